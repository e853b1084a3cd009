//! Receiver reports of a viewer that reads headers only: str0m sees none of its media and would report nothing.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rtc_core::rtcp::{Message, Messages, ReportBlock, Writer};
use srtp::{Receiver, Sender};

use crate::dtls::Keys;
use crate::reception::Reception;

/// RFC 3550 section 6.2 asks for 5 s at least; browsers report about each second.
const INTERVAL: Duration = Duration::from_secs(1);
/// More than any compound packet of a sender of two streams.
const MAX_BYTES: usize = 512;
const CNAME: &[u8] = b"rtc-load";

pub struct Feedback {
    ssrc: u32,
    sender: Sender,
    receiver: Receiver,
    /// Where the media comes from, and so where reports go.
    remote: SocketAddr,
    due: Instant,
    /// The last sender reports: stream, middle of its NTP time, when it came.
    heard: Vec<(u32, u32, Instant)>,
    buffer: [u8; MAX_BYTES],
}

impl Feedback {
    pub fn new(keys: &Keys, remote: SocketAddr, now: Instant) -> Self {
        Self {
            // Its own in its connection, where the other side chooses 32 random bits for each of its streams.
            ssrc: u32::from(remote.port()),
            sender: Sender::new(&keys.own),
            receiver: Receiver::new(&keys.others),
            remote,
            due: now + INTERVAL,
            heard: Vec::new(),
            buffer: [0; MAX_BYTES],
        }
    }

    /// An SRTCP datagram.
    pub fn receive(&mut self, datagram: &[u8], now: Instant) {
        let Some(buffer) = self.buffer.get_mut(..datagram.len()) else { return };
        buffer.copy_from_slice(datagram);
        let Ok(packet) = self.receiver.unprotect_rtcp(buffer) else { return };
        let Some(messages) = Messages::parse(packet) else { return };
        for message in messages {
            if let Message::SenderReport(report) = message {
                self.heard.retain(|&(ssrc, ..)| ssrc != report.ssrc);
                self.heard.push((report.ssrc, report.ntp.middle(), now));
            }
        }
    }

    /// The report that is due, as an SRTCP datagram.
    pub fn report(&mut self, reception: &mut Reception, now: Instant) -> Option<(&[u8], SocketAddr)> {
        if now < self.due {
            return None;
        }
        self.due = now + INTERVAL;
        let heard = &self.heard;
        let blocks: Vec<_> = reception
            .reports()
            .map(|track| {
                let last = heard.iter().find(|&&(ssrc, ..)| ssrc == track.ssrc);
                ReportBlock {
                    ssrc: track.ssrc,
                    fraction_lost: track.fraction_lost,
                    cumulative_lost: track.cumulative_lost,
                    highest_sequence: track.highest_sequence,
                    jitter: 0, // timestamps are not read
                    last_sender_report: last.map_or(0, |&(_, middle, _)| middle),
                    delay_since: last.map_or(0, |&(.., at)| ((now - at).as_secs_f64() * 65536.0) as u32),
                }
            })
            .collect();
        let overhead = self.sender.profile().rtcp_overhead();
        let mut writer = Writer::new(&mut self.buffer[..MAX_BYTES - overhead]);
        writer.receiver_report(self.ssrc, &blocks);
        writer.source_description(&[self.ssrc], CNAME);
        let length = writer.length() + overhead;
        let packet = &mut self.buffer[..length];
        self.sender.protect_rtcp(packet).ok()?;
        Some((packet, self.remote))
    }
}

#[cfg(test)]
mod tests {
    use rtc_core::rtcp::{NtpTime, SenderInfo};
    use srtp::{MasterKey, Profile};

    use super::*;
    use crate::reception::{Header, PayloadTypes};

    #[test]
    fn a_report_says_what_was_lost_and_which_sender_report_was_heard() {
        let key = |fill| MasterKey::new(Profile::AeadAes256Gcm, &[fill; 32], &[fill; 12]).unwrap();
        let remote: SocketAddr = "192.0.2.1:7".parse().unwrap();
        let start = Instant::now();
        let mut feedback = Feedback::new(&Keys { own: key(1), others: key(2) }, remote, start);

        let mut packet = [0; 100];
        let ntp = NtpTime(0x1122_3344_5566_7788);
        let mut writer = Writer::new(&mut packet[..80]);
        assert!(writer.sender_report(&SenderInfo { ssrc: 9, ntp, ..SenderInfo::default() }, &[]));
        let length = writer.length() + Profile::AeadAes256Gcm.rtcp_overhead();
        Sender::new(&key(2)).protect_rtcp(&mut packet[..length]).unwrap();
        feedback.receive(&packet[..length], start);

        let mut reception = Reception::default();
        let types = PayloadTypes { audio: 111, video: 96 };
        for sequence in [10, 11, 13] {
            reception.note(Header { payload_type: 96, sequence, ssrc: 9 }, types);
        }
        assert!(feedback.report(&mut reception, start).is_none());
        let (datagram, to) = feedback.report(&mut reception, start + INTERVAL).unwrap();
        assert_eq!(to, remote);
        let mut datagram = datagram.to_vec();
        let mut receiver = Receiver::new(&key(1));
        let mut messages = Messages::parse(receiver.unprotect_rtcp(&mut datagram).unwrap()).unwrap();
        let Some(Message::ReceiverReport(report)) = messages.next() else { panic!("no report") };
        let expected = ReportBlock {
            ssrc: 9,
            fraction_lost: 64,
            cumulative_lost: 1,
            highest_sequence: 13,
            jitter: 0,
            last_sender_report: 0x3344_5566,
            delay_since: 65536,
        };
        assert_eq!(report.blocks.collect::<Vec<_>>(), [expected]);
        assert!(matches!(messages.next(), Some(Message::SourceDescription(_))));
    }
}

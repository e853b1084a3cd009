//! What one viewer is sent and says of it: RTP and RTCP sealed straight into the batch that leaves. Nobody else sends
//! under these SSRCs and keys, so that no packet index and no SRTCP index is used twice (RFC 3711 section 9.1).

mod reception;
mod stream;
#[cfg(test)]
mod tests;

use std::time::Duration;

use rtc_core::rtcp::{LostPackets, Message, Messages, NtpTime, ReportBlocks, Writer};
use rtc_core::{MediaKind, MonotonicTime, OutgoingPacket};
use srtp::{MasterKey, Receiver, Sender};

pub(crate) use self::reception::Reception;
pub(crate) use self::stream::{MediaIdentification, StreamSetup};
use self::stream::{Stream, Way};
use crate::answer::STREAM;
use crate::socket::{Route, SendBatch};

/// A browser needs two sender reports of each track before it keeps sound and picture in step.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// A sender report, a description and a goodbye.
const REPORT_BYTES: usize = 128;
/// Feedback longer than this comes from no browser: it is to fit a datagram of the path.
const MAX_FEEDBACK: usize = 2048;

/// Room for a datagram of feedback while it is opened and read.
pub(crate) struct FeedbackBuffer([u8; MAX_FEEDBACK]);

impl Default for FeedbackBuffer {
    fn default() -> Self {
        Self([0; MAX_FEEDBACK])
    }
}

/// The keys of both directions and what was negotiated of each track.
#[derive(Debug)]
pub(crate) struct EgressSetup {
    pub(crate) own_key: MasterKey,
    pub(crate) viewer_key: MasterKey,
    pub(crate) audio: Option<StreamSetup>,
    pub(crate) video: Option<StreamSetup>,
}

/// What a viewer asks for or tells.
#[derive(Clone, Debug)]
pub(crate) enum Feedback<'a> {
    Lost(MediaKind, LostPackets<'a>),
    WantsKeyframe,
    RoundTrip(Duration),
}

/// Totals of one viewer since it was connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EgressCounters {
    pub(crate) packets: u64,
    /// Payload bytes.
    pub(crate) bytes: u64,
    pub(crate) retransmissions: u64,
    /// Packets the viewer said were lost, each as often as it said so.
    pub(crate) nacked: u64,
    pub(crate) keyframe_requests: u64,
    pub(crate) reports_received: u64,
    /// Packets that were not sent, as their number had been used for another, or the key was used up.
    pub(crate) refused: u64,
    /// Datagrams that the viewer's key did not open or that were no RTCP.
    pub(crate) unreadable: u64,
}

pub(crate) struct ViewerEgress {
    sender: Sender,
    receiver: Receiver,
    /// Where the viewer is; nothing is sent before that is known.
    route: Option<Route>,
    streams: [Option<Stream>; 2],
    next_report: MonotonicTime,
    counters: EgressCounters,
}

impl ViewerEgress {
    pub(crate) fn new(setup: EgressSetup, now: MonotonicTime) -> Self {
        Self {
            sender: Sender::new(&setup.own_key),
            receiver: Receiver::new(&setup.viewer_key),
            route: None,
            streams: [
                setup.audio.map(|stream| Stream::new(MediaKind::Audio, stream)),
                setup.video.map(|stream| Stream::new(MediaKind::Video, stream)),
            ],
            next_report: now + REPORT_INTERVAL,
            counters: EgressCounters::default(),
        }
    }

    /// The way the viewer nominated (RFC 8445 section 7.3.2).
    pub(crate) fn set_route(&mut self, route: Route) {
        self.route = Some(route);
    }

    pub(crate) fn counters(&self) -> EgressCounters {
        self.counters
    }

    /// What the viewer's newest report says about a track.
    pub(crate) fn reception(&self, kind: MediaKind) -> Option<Reception> {
        self.streams[place(kind)].as_ref().and_then(Stream::reception)
    }

    pub(crate) fn write(&mut self, packet: OutgoingPacket<'_>, batch: &mut SendBatch) {
        let kind = packet.packet.codec.kind();
        let (Some(stream), Some(route)) = (&mut self.streams[place(kind)], self.route) else { return };
        if stream.write(&packet, &mut Way { sender: &self.sender, route, batch }) {
            self.counters.packets += 1;
            self.counters.bytes += packet.packet.payload.len() as u64;
        } else {
            self.counters.refused += 1;
        }
    }

    /// Sends a packet again: as RTX where that was negotiated (RFC 4588), else the same packet once more.
    pub(crate) fn retransmit(&mut self, packet: OutgoingPacket<'_>, batch: &mut SendBatch) {
        let kind = packet.packet.codec.kind();
        let (Some(stream), Some(route)) = (&mut self.streams[place(kind)], self.route) else { return };
        if stream.retransmit(&packet, &mut Way { sender: &self.sender, route, batch }) {
            self.counters.retransmissions += 1;
        } else {
            self.counters.refused += 1;
        }
    }

    /// When `report` is to be called next.
    pub(crate) fn next_report(&self) -> MonotonicTime {
        self.next_report
    }

    /// Sends a sender report of each track that has sent anything since its last; `ntp` is the wall clock at `now`.
    /// Does nothing before it is due.
    pub(crate) fn report(&mut self, now: MonotonicTime, ntp: NtpTime, batch: &mut SendBatch) {
        if now < self.next_report {
            return;
        }
        // From the last due time, so that the interval does not grow by every delay; from now after a long one.
        self.next_report = (self.next_report + REPORT_INTERVAL).max(now);
        for kind in [MediaKind::Audio, MediaKind::Video] {
            self.send_report(kind, now, ntp, false, batch);
        }
    }

    /// Tells the viewer that nothing more will come (RFC 3550 section 6.6).
    pub(crate) fn say_goodbye(&mut self, now: MonotonicTime, ntp: NtpTime, batch: &mut SendBatch) {
        for kind in [MediaKind::Audio, MediaKind::Video] {
            self.send_report(kind, now, ntp, true, batch);
        }
    }

    /// A compound packet for each track: receivers sort them to their sessions by the first SSRC.
    fn send_report(
        &mut self,
        kind: MediaKind,
        now: MonotonicTime,
        ntp: NtpTime,
        is_goodbye: bool,
        batch: &mut SendBatch,
    ) {
        let (Some(stream), Some(route)) = (&mut self.streams[place(kind)], self.route) else { return };
        let Some(info) = stream.sender_info(now, ntp, is_goodbye) else { return };
        let room = batch.reserve(REPORT_BYTES + self.sender.profile().rtcp_overhead());
        let mut writer = Writer::new(&mut room[..REPORT_BYTES]);
        // RFC 3550 section 6.1: a report first, the name in each, a goodbye last.
        let is_whole = writer.sender_report(&info, &[])
            && writer.source_description(&[info.ssrc], STREAM.as_bytes())
            && (!is_goodbye || writer.goodbye(&[info.ssrc]));
        debug_assert!(is_whole, "the report has room");
        let length = writer.length() + self.sender.profile().rtcp_overhead();
        if is_whole && self.sender.protect_rtcp(&mut room[..length]).is_ok() {
            batch.commit(route, length);
        }
    }

    /// Opens what the viewer sent; the messages are for `hear`.
    pub(crate) fn open_feedback<'a>(
        &mut self,
        datagram: &[u8],
        buffer: &'a mut FeedbackBuffer,
    ) -> Option<Messages<'a>> {
        let messages = buffer.0.get_mut(..datagram.len()).and_then(|copy| {
            copy.copy_from_slice(datagram);
            let opened = self.receiver.unprotect_rtcp(copy).ok()?;
            Messages::parse(opened)
        });
        self.counters.unreadable += u64::from(messages.is_none());
        messages
    }

    /// Takes one message of the viewer; what it asks for is the caller's to do. `ntp` is the wall clock.
    pub(crate) fn hear<'a>(&mut self, message: Message<'a>, ntp: NtpTime) -> Option<Feedback<'a>> {
        match message {
            Message::ReceiverReport(report) => self.take_blocks(report.blocks, ntp),
            // From a viewer that also sends something, which nobody asked for.
            Message::SenderReport(report) => self.take_blocks(report.blocks, ntp),
            Message::Nack(nack) => {
                let stream = self.stream(nack.media_ssrc)?;
                let kind = stream.kind();
                self.counters.nacked += nack.lost().count() as u64;
                Some(Feedback::Lost(kind, nack.lost()))
            }
            Message::PictureLoss(loss) => {
                let is_video = self.stream(loss.media_ssrc)?.kind() == MediaKind::Video;
                is_video.then(|| self.wants_keyframe())
            }
            Message::FullIntraRequest(requests) => {
                let mut is_new = false;
                for (ssrc, command) in requests.requests() {
                    let video = self.stream(ssrc).filter(|stream| stream.kind() == MediaKind::Video);
                    is_new |= video.is_some_and(|stream| stream.is_new_command(command));
                }
                is_new.then(|| self.wants_keyframe())
            }
            // A viewer leaves by DTLS or by falling silent; browsers also say goodbye for a track they reconfigure.
            Message::SourceDescription(_) | Message::Goodbye(_) => None,
        }
    }

    fn wants_keyframe(&mut self) -> Feedback<'static> {
        self.counters.keyframe_requests += 1;
        Feedback::WantsKeyframe
    }

    fn take_blocks(&mut self, blocks: ReportBlocks<'_>, ntp: NtpTime) -> Option<Feedback<'static>> {
        self.counters.reports_received += 1;
        let mut round_trip = None;
        for block in blocks {
            if let Some(stream) = self.stream(block.ssrc) {
                round_trip = stream.reported(&block, ntp).or(round_trip);
            }
        }
        round_trip.map(Feedback::RoundTrip)
    }

    /// The stream we send under this SSRC; never one that the viewer sends itself.
    fn stream(&mut self, ssrc: u32) -> Option<&mut Stream> {
        self.streams.iter_mut().flatten().find(|stream| stream.ssrc() == ssrc)
    }
}

const fn place(kind: MediaKind) -> usize {
    match kind {
        MediaKind::Audio => 0,
        MediaKind::Video => 1,
    }
}

use std::collections::HashSet;

use rtc_core::rtcp::{Message, Messages, Nack, SenderInfo, Writer};
use rtc_core::rtp::{self, Extension, Packet};
use srtp::{MasterKey, Profile, Receiver, Refused, Sender};

/// An RTP packet: fixed header, extensions, padding.
pub fn rtp(data: &[u8]) {
    let Some(packet) = Packet::parse(data) else { return };
    assert_eq!(rtp::parsed_header_length(data), Some(packet.header_length));
    assert!(packet.header_length + packet.payload.len() <= data.len());
    let extensions: Vec<Extension<'_>> = packet.extensions().collect();
    let mut written = vec![0; rtp::header_length(&extensions)];
    if extensions.iter().map(|extension| 1 + extension.value.len()).sum::<usize>() > 4 * usize::from(u16::MAX) {
        return;
    }
    assert_eq!(rtp::write_header(&packet.header, &extensions, &mut written), Some(written.len()));
    written.extend(packet.payload);
    let again = Packet::parse(&written).expect("what was written can be read");
    assert_eq!((again.header, again.payload), (packet.header, packet.payload));
    assert_eq!(again.extensions().collect::<Vec<_>>(), extensions);
}

/// An RTCP packet, compound or of reduced size.
pub fn rtcp(data: &[u8]) {
    let Some(messages) = Messages::parse(data) else { return };
    for message in messages {
        let mut out = vec![0; data.len() + 1024];
        let mut writer = Writer::new(&mut out);
        let is_written = match &message {
            Message::SenderReport(report) => {
                let (ssrc, ntp, timestamp) = (report.ssrc, report.ntp, report.timestamp);
                let info = SenderInfo { ssrc, ntp, timestamp, packets: report.packets, bytes: report.bytes };
                writer.sender_report(&info, &report.blocks.clone().collect::<Vec<_>>())
            }
            Message::ReceiverReport(report) => {
                writer.receiver_report(report.ssrc, &report.blocks.clone().collect::<Vec<_>>())
            }
            Message::SourceDescription(chunks) => {
                let Some((ssrc, name)) = chunks.clone().next() else { continue };
                writer.source_description(&[ssrc], name)
            }
            Message::Goodbye(goodbye) => writer.goodbye(&goodbye.sources().collect::<Vec<_>>()),
            Message::Nack(nack) if nack.lost().next().is_none() => continue,
            Message::Nack(nack) => {
                // A number named twice is written once, and items out of order may not fit.
                let mut out = vec![0; 12 + 4 * nack.lost().count()];
                let mut writer = Writer::new(&mut out);
                let is_written = writer.nack(nack.sender_ssrc, nack.media_ssrc, nack.lost());
                if is_written {
                    let length = writer.length();
                    let Some(Message::Nack(again)) = read_one(&out[..length]) else { panic!("a NACK was written") };
                    let numbers = |nack: &Nack<'_>| nack.lost().collect::<HashSet<u16>>();
                    assert_eq!(numbers(&again), numbers(nack));
                }
                continue;
            }
            Message::PictureLoss(loss) => writer.picture_loss(loss.sender_ssrc, loss.media_ssrc),
            Message::FullIntraRequest(requests) => {
                let Some((ssrc, command)) = requests.requests().next() else { continue };
                writer.full_intra_request(requests.sender_ssrc, ssrc, command)
            }
        };
        assert!(is_written, "{message:?} was read, so it can be written");
        let length = writer.length();
        let again = read_one(&out[..length]);
        match (&message, again) {
            (Message::SenderReport(one), Some(Message::SenderReport(other))) => {
                assert_eq!((one.ssrc, one.ntp, one.timestamp), (other.ssrc, other.ntp, other.timestamp));
                assert!(one.blocks.clone().eq(other.blocks));
            }
            (Message::ReceiverReport(one), Some(Message::ReceiverReport(other))) => {
                assert_eq!(one.ssrc, other.ssrc);
                assert!(one.blocks.clone().eq(other.blocks));
            }
            (Message::SourceDescription(one), Some(Message::SourceDescription(mut other))) => {
                assert_eq!(one.clone().next(), other.next());
            }
            (Message::Goodbye(one), Some(Message::Goodbye(other))) => assert!(one.sources().eq(other.sources())),
            (Message::PictureLoss(one), Some(Message::PictureLoss(other))) => assert_eq!(*one, other),
            (Message::FullIntraRequest(one), Some(Message::FullIntraRequest(other))) => {
                assert_eq!(one.requests().next(), other.requests().next());
            }
            (_, again) => panic!("{message:?} was written, {again:?} read"),
        }
    }
}

fn read_one(bytes: &[u8]) -> Option<Message<'_>> {
    Messages::parse(bytes)?.next()
}

const PROFILES: [Profile; 3] = [Profile::Aes128CmHmacSha1_80, Profile::AeadAes128Gcm, Profile::AeadAes256Gcm];

/// SRTP and SRTCP. A byte for the profile and for what follows: a packet from the wire, or one to be sealed and opened.
pub fn srtp(data: &[u8]) {
    let Some((form, packet)) = data.split_first() else { return };
    let profile = PROFILES[usize::from(form >> 4) % PROFILES.len()];
    let (key, salt) = ([7; 32], [9; 16]);
    let master = MasterKey::new(profile, &key[..profile.key_length()], &salt[..profile.salt_length()]);
    let master = master.expect("key and salt have the lengths of the profile");
    let (mut sender, mut receiver) = (Sender::new(&master), Receiver::new(&master));
    match form & 3 {
        0 => {
            let opened = receiver.unprotect_rtp(&mut packet.to_vec()).map(|_| ());
            assert!(matches!(opened, Err(Refused::Malformed | Refused::Forged)), "{opened:?}");
            let opened = receiver.unprotect_rtcp(&mut packet.to_vec()).map(|_| ());
            assert!(matches!(opened, Err(Refused::Malformed | Refused::Forged)), "{opened:?}");
        }
        1 => {
            let Some(header) = rtp::parsed_header_length(packet) else { return };
            let mut sealed = packet.to_vec();
            sealed.resize(packet.len() + profile.rtp_overhead(), 0);
            let sequence = u64::from(u16::from_be_bytes([packet[2], packet[3]]));
            sender.protect_rtp(&mut sealed, header, sequence).expect("the first of its index");
            let (opened, index) = receiver
                .unprotect_rtp(&mut sealed.clone())
                .map(|(packet, index)| (packet.to_vec(), index))
                .expect("what was sealed opens");
            assert_eq!((&opened[..], index), (packet, sequence));
            assert_eq!(receiver.unprotect_rtp(&mut sealed.clone()), Err(Refused::Replayed));
            let changed = usize::from(*form) % sealed.len();
            sealed[changed] ^= 1;
            assert!(Receiver::new(&master).unprotect_rtp(&mut sealed).is_err(), "a changed packet opens");
        }
        _ => {
            if packet.len() < 8 || packet[0] >> 6 != 2 {
                return;
            }
            let mut sealed = packet.to_vec();
            sealed.resize(packet.len() + profile.rtcp_overhead(), 0);
            sender.protect_rtcp(&mut sealed).expect("the first of its index");
            let opened = receiver.unprotect_rtcp(&mut sealed.clone()).map(|packet| packet.to_vec());
            assert_eq!(opened.as_deref(), Ok(packet));
            assert_eq!(receiver.unprotect_rtcp(&mut sealed.clone()), Err(Refused::Replayed));
            let changed = usize::from(*form) % sealed.len();
            sealed[changed] ^= 1;
            assert!(Receiver::new(&master).unprotect_rtcp(&mut sealed).is_err(), "a changed packet opens");
        }
    }
}

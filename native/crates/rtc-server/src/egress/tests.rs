mod cost;
mod feedback;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use rtc_core::rtcp::ReportBlock;
use rtc_core::rtp::Packet;
use rtc_core::{Codec, RoomPacket};
use srtp::Profile;

use super::*;
use crate::socket::{Run, SendCounters, Transmit};

const AUDIO: u32 = 0xa0;
const VIDEO: u32 = 0xb0;
const VIDEO_RTX: u32 = 0xb1;
const OPUS: u8 = 111;
const VP8: u8 = 96;
const VP8_RTX: u8 = 97;
/// The viewer's own SSRC: libwebrtc's receivers report as 1.
const VIEWER: u32 = 1;

const UNIX: Duration = Duration::from_secs(1_700_000_000);

fn at(millis: u64) -> MonotonicTime {
    MonotonicTime::since_start(Duration::from_millis(millis))
}

fn ntp(millis: u64) -> NtpTime {
    NtpTime::from_unix(UNIX + Duration::from_millis(millis))
}

/// Keeps the datagrams that would leave.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<Vec<u8>>>>);

impl Transmit for Wire {
    fn transmit(&mut self, arena: &[u8], runs: &[Run], _counters: &mut SendCounters) {
        for (start, length) in runs.iter().flat_map(Run::datagrams) {
            self.0.lock().unwrap().push(arena[start..start + length].to_vec());
        }
    }
}

/// A viewer's two ends: what the node sends with, and what the viewer opens it with.
struct Pair {
    egress: ViewerEgress,
    batch: SendBatch,
    wire: Wire,
    viewer_receiver: Receiver,
    viewer_sender: Sender,
    buffer: FeedbackBuffer,
}

#[derive(Clone, Copy)]
struct Negotiated {
    profile: Profile,
    has_rtx: bool,
    has_mid: bool,
}

const USUAL: Negotiated = Negotiated { profile: Profile::AeadAes256Gcm, has_rtx: true, has_mid: true };

fn keys(profile: Profile) -> (MasterKey, MasterKey) {
    let material: Vec<u8> = (0..profile.keying_material_length() as u8).collect();
    MasterKey::from_dtls(profile, &material).unwrap()
}

fn route() -> Route {
    Route { destination: "192.0.2.7:5000".parse().unwrap(), source: None }
}

impl Pair {
    fn new(negotiated: Negotiated) -> Self {
        let Negotiated { profile, has_rtx, has_mid } = negotiated;
        let stream = |ssrc, clock_rate, retransmission: Option<_>, mid: &[u8]| StreamSetup {
            ssrc,
            clock_rate,
            has_plain_nack: retransmission.is_none(),
            retransmission,
            mid: has_mid.then(|| MediaIdentification { identifier: 4, mid: mid.into() }),
            orientation: Some(13),
        };
        let retransmission = has_rtx.then(|| (VIDEO_RTX, vec![(VP8, VP8_RTX)]));
        let (viewer_key, own_key) = keys(profile);
        let (viewer_receiver, viewer_sender) = (Receiver::new(&own_key), Sender::new(&viewer_key));
        let setup = EgressSetup {
            own_key,
            viewer_key,
            audio: Some(stream(AUDIO, 48_000, None, b"0")),
            video: Some(stream(VIDEO, 90_000, retransmission, b"1")),
        };
        let wire = Wire::default();
        let mut egress = ViewerEgress::new(setup, at(0));
        egress.set_route(route());
        let batch = SendBatch::new(wire.clone());
        Self { egress, batch, wire, viewer_receiver, viewer_sender, buffer: FeedbackBuffer::default() }
    }

    fn write(&mut self, packet: &RoomPacket) -> Vec<Vec<u8>> {
        self.egress.write(outgoing(packet), &mut self.batch);
        self.sent()
    }

    fn retransmit(&mut self, packet: &RoomPacket) -> Vec<Vec<u8>> {
        self.egress.retransmit(outgoing(packet), &mut self.batch);
        self.sent()
    }

    /// Datagrams as they left since the last look.
    fn sent(&mut self) -> Vec<Vec<u8>> {
        self.batch.flush();
        std::mem::take(&mut self.wire.0.lock().unwrap())
    }

    /// The viewer's RTP packet of a datagram.
    fn open(&mut self, datagram: &[u8]) -> (Vec<u8>, u64) {
        let mut copy = datagram.to_vec();
        let (opened, index) = self.viewer_receiver.unprotect_rtp(&mut copy).unwrap();
        (opened.to_vec(), index)
    }

    fn open_rtcp(&mut self, datagram: &[u8]) -> Vec<u8> {
        self.viewer_receiver.unprotect_rtcp(&mut datagram.to_vec()).unwrap().to_vec()
    }

    /// The viewer writes a compound packet.
    fn feedback(&mut self, write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut packet = [0; 1_500];
        let mut writer = Writer::new(&mut packet[..1_400]);
        write(&mut writer);
        let length = writer.length() + self.viewer_sender.profile().rtcp_overhead();
        self.viewer_sender.protect_rtcp(&mut packet[..length]).unwrap();
        packet[..length].to_vec()
    }

    /// What the node makes of a datagram of the viewer.
    fn hear(&mut self, datagram: &[u8], millis: u64) -> Vec<String> {
        let Self { egress, buffer, .. } = self;
        let Some(messages) = egress.open_feedback(datagram, buffer) else { return vec!["unreadable".into()] };
        let heard = messages.filter_map(|message| egress.hear(message, ntp(millis)));
        let told = heard.map(|feedback| match feedback {
            Feedback::Lost(kind, lost) => format!("{kind:?} {:?}", lost.collect::<Vec<_>>()),
            Feedback::WantsKeyframe => "keyframe".into(),
            Feedback::RoundTrip(round_trip) => format!("{} ms", round_trip.as_millis()),
        });
        told.collect()
    }

    fn report(&mut self, blocks: &[ReportBlock], millis: u64) -> Vec<String> {
        let datagram = self.feedback(|writer| assert!(writer.receiver_report(VIEWER, blocks)));
        self.hear(&datagram, millis)
    }
}

fn video(sequence: u64, millis: u64) -> RoomPacket {
    RoomPacket {
        codec: Codec::Vp8,
        sequence,
        timestamp: (millis * 90) as u32,
        marker: sequence.is_multiple_of(2),
        starts_keyframe: false,
        orientation: None,
        payload: (0..200 + sequence as usize % 7).map(|byte| byte as u8 ^ sequence as u8).collect(),
        arrival: at(millis),
        captured: at(millis),
    }
}

fn audio(sequence: u64, millis: u64) -> RoomPacket {
    RoomPacket { codec: Codec::Opus, timestamp: (millis * 48) as u32, marker: false, ..video(sequence, millis) }
}

/// In the viewer's numbers, which are the room's here.
fn outgoing(packet: &RoomPacket) -> OutgoingPacket<'_> {
    let payload_type = if packet.codec == Codec::Opus { OPUS } else { VP8 };
    OutgoingPacket { payload_type, sequence: packet.sequence, timestamp: packet.timestamp, packet }
}

fn block(ssrc: u32) -> ReportBlock {
    ReportBlock { ssrc, ..ReportBlock::default() }
}

#[test]
fn packets_arrive_as_they_were_under_the_viewer_s_names_for_them() {
    for profile in [Profile::Aes128CmHmacSha1_80, Profile::AeadAes128Gcm, Profile::AeadAes256Gcm] {
        let mut pair = Pair::new(Negotiated { profile, ..USUAL });
        for (packet, ssrc, payload_type) in [(video(1_000, 0), VIDEO, VP8), (audio(1_000, 0), AUDIO, OPUS)] {
            let sent = pair.write(&packet);
            let (opened, index) = pair.open(&sent[0]);
            let parsed = Packet::parse(&opened).unwrap();
            assert_eq!((index, parsed.header.ssrc, parsed.header.payload_type), (1_000, ssrc, payload_type));
            assert_eq!((parsed.header.timestamp, parsed.header.marker), (packet.timestamp, packet.marker));
            assert_eq!(parsed.payload, &*packet.payload);
        }
        assert_eq!(pair.egress.counters().packets, 2);
    }
}

#[test]
fn nothing_leaves_before_the_viewer_s_address_is_known() {
    let mut pair = Pair::new(USUAL);
    pair.egress.route = None;
    assert!(pair.write(&video(1_000, 0)).is_empty());
    pair.egress.say_goodbye(at(1), ntp(1), &mut pair.batch);
    assert!(pair.sent().is_empty());
}

/// RFC 9143 section 15: the MID goes along until the other side must know the stream.
#[test]
fn the_mid_goes_along_until_a_report_has_named_the_stream() {
    let mut pair = Pair::new(USUAL);
    let has_mid = |pair: &mut Pair, datagram: &[u8]| {
        let opened = pair.open(datagram).0;
        let elements: Vec<_> = Packet::parse(&opened).unwrap().extensions().map(|element| element.identifier).collect();
        elements == [4]
    };
    let sent = [pair.write(&video(1_000, 0)), pair.write(&video(1_001, 0)), pair.retransmit(&video(1_000, 0))];
    assert!(sent.iter().all(|sent| has_mid(&mut pair, &sent[0])));
    pair.report(&[block(AUDIO)], 10);
    let sent = pair.write(&video(1_003, 0));
    assert!(has_mid(&mut pair, &sent[0]), "the report was about another stream");
    pair.report(&[block(VIDEO)], 10);
    let sent = pair.write(&video(1_004, 0));
    assert!(!has_mid(&mut pair, &sent[0]));
    let late = pair.write(&video(1_002, 0));
    assert!(has_mid(&mut pair, &late[0]), "its number was given out before");
    let sent = pair.retransmit(&video(1_004, 0));
    assert!(!has_mid(&mut pair, &sent[0]));
}

#[test]
fn the_orientation_goes_along_when_there_is_one() {
    let mut pair = Pair::new(Negotiated { has_mid: false, ..USUAL });
    let sent = pair.write(&RoomPacket { orientation: Some(3), ..video(1_000, 0) });
    let opened = pair.open(&sent[0]).0;
    let elements: Vec<_> = Packet::parse(&opened)
        .unwrap()
        .extensions()
        .map(|element| (element.identifier, element.value.to_vec()))
        .collect();
    assert_eq!(elements, [(13, vec![3])]);
    let sent = pair.write(&video(1_001, 0));
    assert_eq!(pair.open(&sent[0]).0[0], 0x80, "no extension");
}

/// RFC 4588 section 4.
#[test]
fn a_packet_sent_again_is_a_packet_of_the_retransmission_stream() {
    let mut pair = Pair::new(Negotiated { has_mid: false, ..USUAL });
    let original = video(66_001, 7);
    pair.write(&original);
    for expected in [1_000, 1_001] {
        let sent = pair.retransmit(&original);
        let (opened, index) = pair.open(&sent[0]);
        let parsed = Packet::parse(&opened).unwrap();
        assert_eq!((parsed.header.ssrc, parsed.header.payload_type, index), (VIDEO_RTX, VP8_RTX, expected));
        assert_eq!((parsed.header.timestamp, parsed.header.marker), (original.timestamp, original.marker));
        assert_eq!(parsed.payload[..2], (66_001u32 as u16).to_be_bytes());
        assert_eq!(parsed.payload[2..], *original.payload);
    }
    let counters = pair.egress.counters();
    assert_eq!((counters.packets, counters.retransmissions), (1, 2));
}

/// Two packets under one index would give the key away (RFC 7714 section 8.3): the same one may leave again.
#[test]
fn without_rtx_the_same_packet_leaves_again_bit_for_bit_and_no_other_under_its_number() {
    let mut pair = Pair::new(Negotiated { has_rtx: false, ..USUAL });
    let original = video(1_000, 7);
    let first = pair.write(&original);
    pair.report(&[block(VIDEO)], 10);
    assert_eq!(pair.retransmit(&original), first, "with its MID, though the next go without");
    assert!(pair.write(&original).is_empty());
    assert!(pair.retransmit(&video(1_000, 8)).is_empty());
    let other = video(1_001, 7);
    pair.egress.retransmit(OutgoingPacket { sequence: 1_000, ..outgoing(&other) }, &mut pair.batch);
    assert!(pair.sent().is_empty());
    let never_sent = video(999, 6);
    assert_eq!(pair.retransmit(&never_sent).len(), 1);
    for sequence in 1_001..4_000 {
        pair.write(&video(sequence, 9));
    }
    assert!(pair.retransmit(&original).is_empty(), "too old to be sure");
    assert_eq!(pair.egress.counters().refused, 4);
}

proptest! {
    #[test]
    fn no_index_of_a_stream_is_ever_used_for_two_packets(
        has_rtx: bool,
        steps in prop::collection::vec((0u64..40, 0u8..4), 1..300),
    ) {
        let mut pair = Pair::new(Negotiated { has_rtx, ..USUAL });
        let mut sealed: HashMap<(u32, u16), Vec<u8>> = HashMap::new();
        for (sequence, action) in steps {
            let packet = video(1_000 + sequence, 3 * sequence);
            let datagrams = match action {
                0 | 1 => pair.write(&packet),
                2 => pair.retransmit(&packet),
                _ => {
                    pair.report(&[block(VIDEO)], 1);
                    pair.write(&RoomPacket { timestamp: 5, ..packet })
                }
            };
            for datagram in datagrams {
                let header = Packet::parse(&datagram).unwrap().header;
                let before = sealed.entry((header.ssrc, header.sequence)).or_insert_with(|| datagram.clone());
                prop_assert_eq!(&*before, &datagram);
            }
        }
    }
}

/// RFC 3550 sections 6.1 and 6.4.1.
#[test]
fn a_sender_report_gives_the_timestamp_of_its_own_moment() {
    let mut pair = Pair::new(USUAL);
    pair.write(&video(1_000, 900));
    pair.write(&audio(1_000, 940));
    pair.egress.report(at(999), ntp(999), &mut pair.batch);
    assert!(pair.sent().is_empty(), "not due");
    pair.egress.report(at(1_000), ntp(1_000), &mut pair.batch);
    assert_eq!(pair.egress.next_report(), at(2_000));
    let sent = pair.sent();
    assert_eq!(sent.len(), 2);
    for (datagram, ssrc, rate, bytes) in [(&sent[0], AUDIO, 48, 206), (&sent[1], VIDEO, 90, 206)] {
        let opened = pair.open_rtcp(datagram);
        let messages: Vec<_> = Messages::parse(&opened).unwrap().collect();
        let [Message::SenderReport(report), Message::SourceDescription(description)] = &messages[..] else {
            panic!("{messages:?}");
        };
        assert_eq!((report.ssrc, report.ntp, report.timestamp), (ssrc, ntp(1_000), 1_000 * rate));
        assert_eq!((report.packets, report.bytes), (1, bytes));
        assert_eq!(description.clone().collect::<Vec<_>>(), [(ssrc, &b"broadcast"[..])]);
    }
    pair.egress.report(at(2_000), ntp(2_000), &mut pair.batch);
    assert!(pair.sent().is_empty(), "nothing was sent since");
}

#[test]
fn packets_of_a_replayed_group_and_late_ones_tell_no_time() {
    let mut pair = Pair::new(USUAL);
    let timestamp_of_report = |pair: &mut Pair, millis| {
        pair.egress.report(at(millis), ntp(millis), &mut pair.batch);
        let sent = pair.sent();
        let opened = pair.open_rtcp(sent.first()?);
        let Some(Message::SenderReport(report)) = Messages::parse(&opened).unwrap().next() else { panic!() };
        Some(report.timestamp)
    };
    let replayed = video(1_000, 100);
    let squeezed = OutgoingPacket { timestamp: 77, ..outgoing(&replayed) };
    pair.egress.write(squeezed, &mut pair.batch);
    pair.sent();
    assert_eq!(timestamp_of_report(&mut pair, 1_000), None, "no time is known yet");
    pair.write(&video(1_002, 900));
    pair.write(&RoomPacket { captured: at(0), ..video(1_001, 867) });
    assert_eq!(timestamp_of_report(&mut pair, 2_000), Some(2_000 * 90));
}

#[test]
fn reports_come_once_a_second_and_after_a_long_pause_not_in_a_rush() {
    let mut pair = Pair::new(USUAL);
    let mut reports = 0;
    for millis in (0..10_000).step_by(7) {
        pair.write(&video(1_000 + millis, millis));
        pair.egress.report(at(millis), ntp(millis), &mut pair.batch);
        reports += pair.sent().len();
    }
    assert_eq!(reports, 9);
    for millis in [60_000, 60_001, 60_002] {
        pair.write(&video(20_000 + millis, millis));
        pair.egress.report(at(millis), ntp(millis), &mut pair.batch);
        reports += pair.sent().len();
    }
    assert_eq!(reports, 11);
}

/// RFC 3550 sections 6.1 and 6.6.
#[test]
fn a_goodbye_is_the_last_message_of_a_compound_packet() {
    let mut pair = Pair::new(USUAL);
    pair.write(&video(1_000, 0));
    pair.egress.say_goodbye(at(500), ntp(500), &mut pair.batch);
    let sent = pair.sent();
    let opened = pair.open_rtcp(&sent[0]);
    let messages: Vec<_> = Messages::parse(&opened).unwrap().collect();
    let [Message::SenderReport(_), Message::SourceDescription(_), Message::Goodbye(goodbye)] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert_eq!(goodbye.sources().collect::<Vec<_>>(), [VIDEO]);
}

//! RTCP messages as on the wire. Tests name the clause they hold the code to.

use std::time::Duration;

use proptest::prelude::*;
use rtc_core::rtcp::{Message, Messages, NtpTime, ReportBlock, SenderInfo, Writer};

const BLOCK: ReportBlock = ReportBlock {
    ssrc: 7,
    fraction_lost: 64,
    cumulative_lost: -2,
    highest_sequence: 0x0001_0005,
    jitter: 900,
    last_sender_report: 0x1234_5678,
    delay_since: 0x0001_8000,
};

const INFO: SenderInfo =
    SenderInfo { ssrc: 1, ntp: NtpTime(0x0102_0304_0506_0708), timestamp: 9, packets: 10, bytes: 11 };

/// One message, in words.
fn words(write: impl FnOnce(&mut Writer<'_>) -> bool) -> Vec<u32> {
    let mut out = [0xff; 512];
    let mut writer = Writer::new(&mut out);
    assert!(write(&mut writer));
    let length = writer.length();
    out[..length].chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect()
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The messages as text, so that they can be compared.
fn read(bytes: &[u8]) -> Option<Vec<String>> {
    Some(Messages::parse(bytes)?.map(|message| describe(&message)).collect())
}

fn describe(message: &Message<'_>) -> String {
    match message {
        Message::SenderReport(report) => {
            let info = (report.ssrc, report.ntp.0, report.timestamp, report.packets, report.bytes);
            format!("SR {info:?} {:?}", report.blocks.clone().collect::<Vec<_>>())
        }
        Message::ReceiverReport(report) => {
            format!("RR {} {:?}", report.ssrc, report.blocks.clone().collect::<Vec<_>>())
        }
        Message::SourceDescription(chunks) => format!("SDES {:?}", chunks.clone().collect::<Vec<_>>()),
        Message::Goodbye(goodbye) => format!("BYE {:?}", goodbye.sources().collect::<Vec<_>>()),
        Message::Nack(nack) => {
            format!("NACK {} {} {:?}", nack.sender_ssrc, nack.media_ssrc, nack.lost().collect::<Vec<_>>())
        }
        Message::PictureLoss(loss) => format!("PLI {} {}", loss.sender_ssrc, loss.media_ssrc),
        Message::FullIntraRequest(fir) => format!("FIR {} {:?}", fir.sender_ssrc, fir.requests().collect::<Vec<_>>()),
    }
}

#[test]
fn rfc3550_section_6_4_1_a_sender_report_has_its_fields_in_their_places() {
    let report = words(|writer| writer.sender_report(&INFO, &[BLOCK]));
    assert_eq!(report[..7], [0x81c8_000c, 1, 0x0102_0304, 0x0506_0708, 9, 10, 11]);
    assert_eq!(report[7..], [7, 0x40ff_fffe, 0x0001_0005, 900, 0x1234_5678, 0x0001_8000]);
    let told = format!("SR (1, {}, 9, 10, 11) {:?}", INFO.ntp.0, [BLOCK]);
    assert_eq!(read(&bytes(&report)), Some(vec![told]));
}

#[test]
fn rfc3550_section_6_4_2_a_receiver_report_may_have_no_block_and_what_follows_the_blocks_is_passed_over() {
    assert_eq!(words(|writer| writer.receiver_report(5, &[])), [0x80c9_0001, 5]);
    let extended = bytes(&[0x80c9_0003, 5, 0xaaaa_aaaa, 0xbbbb_bbbb]);
    assert_eq!(read(&extended), Some(vec!["RR 5 []".into()]), "profile-specific extension, section 6.4.3");
}

#[test]
fn rfc3550_section_6_4_1_a_block_count_beyond_the_message_makes_it_none() {
    assert_eq!(read(&bytes(&[0x82c9_0001, 5])), Some(vec![]));
}

#[test]
fn rfc3550_section_6_4_1_cumulative_loss_is_signed_and_stays_at_its_bounds() {
    for (lost, told) in [(-1, -1), (0x7f_ffff, 0x7f_ffff), (0x80_0000, 0x7f_ffff), (i32::MIN, -0x80_0000)] {
        let report = words(|writer| writer.receiver_report(5, &[ReportBlock { cumulative_lost: lost, ..BLOCK }]));
        let expected = [ReportBlock { cumulative_lost: told, ..BLOCK }];
        assert_eq!(read(&bytes(&report)), Some(vec![format!("RR 5 {expected:?}")]));
    }
}

#[test]
fn rfc3550_section_6_5_chunks_end_with_a_null_byte_on_a_word() {
    for (name, tail) in [(&b"a"[..], &[0x0101_6100u32][..]), (b"ab", &[0x0102_6162, 0]), (b"", &[0x0100_0000])] {
        let chunk = words(|writer| writer.source_description(&[3], name));
        assert_eq!((chunk[1], &chunk[2..]), (3, tail), "{name:?}");
    }
    let two = words(|writer| writer.source_description(&[3, 4], b"room"));
    let told = format!("SDES {:?}", [(3, b"room"), (4, b"room")]);
    assert_eq!(read(&bytes(&two)), Some(vec![told]));
}

#[test]
fn rfc3550_section_6_5_other_items_are_passed_over_and_a_cut_list_ends_the_chunks() {
    // NAME "xy", CNAME "q", end of list; then a chunk whose item goes past the end.
    let chunks = bytes(&[0x82ca_0005, 3, 0x0202_7879, 0x0101_7100, 4, 0x01ff_6161]);
    assert_eq!(read(&chunks), Some(vec![format!("SDES {:?}", [(3, b"q")])]));
}

#[test]
fn rfc3550_section_6_6_a_goodbye_names_its_sources_and_may_give_a_reason() {
    assert_eq!(words(|writer| writer.goodbye(&[1, 2])), [0x82cb_0002, 1, 2]);
    assert_eq!(read(&bytes(&[0x81cb_0002, 1, 0x0362_7965])), Some(vec!["BYE [1]".into()]));
}

#[test]
fn rfc3550_appendix_a_2_a_datagram_that_is_not_rtcp_from_end_to_end_is_refused() {
    let good = bytes(&words(|writer| writer.receiver_report(5, &[BLOCK]) && writer.goodbye(&[5])));
    assert_eq!(read(&good).unwrap().len(), 2);
    for length in 0..good.len() {
        // The first message alone is whole.
        assert_eq!(read(&good[..length]).is_some(), length == 32, "{length}");
    }
    for at in [0, 32] {
        let mut other = good.clone();
        other[at] = other[at] & 0x3f | 0x40;
        assert!(read(&other).is_none(), "another version");
    }
}

#[test]
fn rfc3550_section_6_4_1_padding_is_allowed_in_the_last_message_only() {
    let padded = [0xa1cb_0002, 9, 4];
    assert_eq!(read(&bytes(&padded)), Some(vec!["BYE [9]".into()]));
    let mut followed = padded.to_vec();
    followed.extend([0x81cb_0001, 9]);
    assert!(read(&bytes(&followed)).is_none());
    for padding in [0, 3, 12] {
        assert!(read(&bytes(&[0xa1cb_0002, 9, padding])).is_none(), "{padding} bytes of 8");
    }
}

#[test]
fn rfc3550_section_6_1_messages_of_unknown_type_are_passed_over() {
    let unknown = bytes(&[0x80d8_0001, 77, 0x80cf_0000, 0x81cb_0001, 9]);
    assert_eq!(read(&unknown), Some(vec!["BYE [9]".into()]));
}

#[test]
fn rfc5506_section_3_1_feedback_may_come_without_a_report_before_it() {
    let feedback = bytes(&words(|writer| writer.picture_loss(1, 2)));
    assert_eq!(read(&feedback), Some(vec!["PLI 1 2".into()]));
}

#[test]
fn rfc4585_section_6_2_1_an_item_names_a_packet_and_the_sixteen_after_it() {
    let lost = [65_535, 0, 15, 16, 17];
    let nack = words(|writer| writer.nack(1, 2, lost));
    assert_eq!(nack, [0x81cd_0004, 1, 2, 0xffff_8001, 0x0010_0001]);
    assert_eq!(read(&bytes(&nack)), Some(vec![format!("NACK 1 2 {lost:?}")]));
    assert!(!Writer::new(&mut [0; 64]).nack(1, 2, []), "a NACK of nothing");
}

#[test]
fn rfc4585_section_6_3_1_a_picture_loss_indication_has_no_parameters() {
    assert_eq!(words(|writer| writer.picture_loss(1, 2)), [0x81ce_0002, 1, 2]);
}

#[test]
fn rfc5104_section_4_3_1_1_a_full_intra_request_names_source_and_command_in_its_items() {
    let request = words(|writer| writer.full_intra_request(1, 2, 9));
    assert_eq!(request, [0x84ce_0004, 1, 0, 2, 0x0900_0000]);
    let two = bytes(&[0x84ce_0006, 1, 0, 2, 0x0900_0000, 3, 0xff00_0000]);
    assert_eq!(read(&two), Some(vec!["FIR 1 [(2, 9), (3, 255)]".into()]));
}

#[test]
fn rfc3550_section_4_wall_clock_counts_from_1900_in_fixed_point() {
    assert_eq!(NtpTime::from_unix(Duration::ZERO), NtpTime(2_208_988_800 << 32));
    let quarter = NtpTime::from_unix(Duration::from_millis(1_250));
    assert_eq!(quarter, NtpTime(2_208_988_801 << 32 | 1 << 30));
    assert_eq!(quarter.middle(), (2_208_988_801u64 << 16 | 1 << 14) as u32);
}

#[test]
fn rfc3550_section_6_4_1_figure_2_gives_a_round_trip_of_6_125_seconds() {
    let block = ReportBlock { last_sender_report: 0xb705_2000, delay_since: 0x0005_4000, ..BLOCK };
    assert_eq!(block.round_trip(NtpTime(0xb710_8000_0000)), Some(Duration::from_millis(6_125)));
}

#[test]
fn rfc3550_section_6_4_1_a_round_trip_that_cannot_be_is_none() {
    let now = NtpTime(0xb710_8000_0000);
    let block = |last_sender_report, delay_since| ReportBlock { last_sender_report, delay_since, ..BLOCK };
    assert_eq!(block(0, 0).round_trip(now), None, "no sender report received yet");
    assert_eq!(block(0xb710_8001, 0).round_trip(now), None, "of a report yet to be sent");
    assert_eq!(block(0xb705_2000, 0x0100_0000).round_trip(now), None, "a delay longer than the time passed");
    assert_eq!(block(0xb710_0000, 0x8004).round_trip(now), Some(Duration::ZERO), "ticks of rounding");
    assert_eq!(block(0xffff_0000, 0).round_trip(NtpTime(0x1_0001_0000_0000)), Some(Duration::from_secs(2)), "wraps");
}

#[test]
fn rfc3550_section_6_4_1_loss_is_in_256ths_and_jitter_in_ticks_of_the_clock() {
    assert_eq!(BLOCK.loss_fraction(), 0.25);
    assert_eq!(BLOCK.jitter_seconds(90_000), 0.01);
    assert!(BLOCK.jitter_seconds(0).is_finite());
}

#[test]
fn a_message_that_does_not_fit_leaves_those_before_it_whole() {
    let mut out = [0; 20];
    let mut writer = Writer::new(&mut out);
    assert!(writer.receiver_report(5, &[]));
    assert!(
        !writer.sender_report(&INFO, &[]) && !writer.goodbye(&[1; 32]) && !writer.source_description(&[1], &[0; 256])
    );
    assert!(writer.picture_loss(1, 2) && !writer.goodbye(&[]));
    assert_eq!(read(&out), Some(vec!["RR 5 []".into(), "PLI 1 2".into()]));
}

fn any_block() -> impl Strategy<Value = ReportBlock> {
    (any::<[u32; 5]>(), any::<u8>(), -0x80_0000..0x80_0000).prop_map(|(words, fraction_lost, cumulative_lost)| {
        let [ssrc, highest_sequence, jitter, last_sender_report, delay_since] = words;
        ReportBlock { ssrc, fraction_lost, cumulative_lost, highest_sequence, jitter, last_sender_report, delay_since }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        info in (any::<[u32; 4]>(), any::<u64>()),
        blocks in prop::collection::vec(any_block(), 0..32),
        sources in prop::collection::vec(any::<u32>(), 0..32),
        name in prop::collection::vec(any::<u8>(), 0..40),
        start: u16, steps in prop::collection::vec(1u16..40, 0..60),
        command: u8,
    ) {
        let ([ssrc, timestamp, packets, bytes], ntp) = info;
        let info = SenderInfo { ssrc, ntp: NtpTime(ntp), timestamp, packets, bytes };
        let mut lost = vec![start];
        lost.extend(steps.iter().scan(start, |at, step| { *at = at.wrapping_add(*step); Some(*at) }));
        let mut out = vec![0; 8_192];
        let mut writer = Writer::new(&mut out);
        prop_assert!(writer.sender_report(&info, &blocks));
        prop_assert!(writer.receiver_report(ssrc, &blocks));
        prop_assert!(writer.source_description(&sources, &name));
        prop_assert!(writer.nack(ssrc, timestamp, lost.iter().copied()));
        prop_assert!(writer.picture_loss(ssrc, timestamp));
        prop_assert!(writer.full_intra_request(ssrc, timestamp, command));
        prop_assert!(writer.goodbye(&sources));
        let length = writer.length();
        let chunks: Vec<_> = sources.iter().map(|source| (*source, &name)).collect();
        prop_assert_eq!(read(&out[..length]), Some(vec![
            format!("SR {:?} {blocks:?}", (ssrc, ntp, timestamp, packets, bytes)),
            format!("RR {ssrc} {blocks:?}"),
            format!("SDES {chunks:?}"),
            format!("NACK {ssrc} {timestamp} {lost:?}"),
            format!("PLI {ssrc} {timestamp}"),
            format!("FIR {ssrc} [({timestamp}, {command})]"),
            format!("BYE {sources:?}"),
        ]));
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>, kind in 199u8..208, count in 0u8..64) {
        let mut framed = vec![0x80 | count, kind, 0, 0];
        framed.extend(&bytes[..bytes.len() / 4 * 4]);
        let words = (framed.len() / 4 - 1) as u16;
        framed[2..4].copy_from_slice(&words.to_be_bytes());
        for datagram in [&bytes, &framed] {
            read(datagram);
        }
    }
}

#[test]
fn a_nack_names_at_most_seventeen_packets_an_item() {
    let mut out = vec![0xffff_ffff; 3];
    out.splice(0..0, [0x81cd_0005, 1, 2]);
    let datagram = bytes(&out);
    let Some(Message::Nack(nack)) = Messages::parse(&datagram).unwrap().next() else { panic!("no NACK") };
    assert_eq!(nack.lost().count(), 3 * 17);
}

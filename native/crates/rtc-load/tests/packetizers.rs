//! What the packetizers cut is put together again: VP8 and H.264 by str0m's depacketizers, AV1 by the rules of its RTP
//! specification.

use proptest::collection::vec;
use proptest::prelude::*;
use rtc_load::film::AccessUnit;
use rtc_load::film::packetizer::{MAX_PAYLOAD_BYTES, Packetizer};
use str0m::format::Codec;
use str0m::format::CodecExtra;
use str0m::unversioned::{Depacketizer, H264Depacketizer, Vp8Depacketizer};

fn packetize(codec: Codec, bytes: Vec<u8>, is_keyframe: bool) -> Vec<Vec<u8>> {
    let payloads = Packetizer::new(codec).unwrap().packetize(&AccessUnit { bytes, is_keyframe });
    assert!(payloads.iter().all(|payload| payload.len() <= MAX_PAYLOAD_BYTES));
    payloads
}

fn depacketize(mut depacketizer: impl Depacketizer, payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut extra = CodecExtra::None;
    for payload in payloads {
        depacketizer.depacketize(payload, &mut out, &mut extra).unwrap();
    }
    out
}

/// OBUs without sizes; AV1 RTP specification section 4.4.
fn av1_elements(payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut obus: Vec<Vec<u8>> = Vec::new();
    let mut is_open = false;
    for payload in payloads {
        let (flags, mut rest) = (payload[0], &payload[1..]);
        let count = flags >> 4 & 3;
        assert_eq!(flags & 0x80 != 0, is_open, "Z repeats the Y of the packet before");
        let mut index = 0;
        while !rest.is_empty() {
            index += 1;
            let length = if index == count { rest.len() } else { leb128(&mut rest) };
            let (element, after) = rest.split_at(length);
            match obus.last_mut() {
                Some(open) if is_open => open.extend(element),
                _ => obus.push(element.to_vec()),
            }
            is_open = false;
            rest = after;
        }
        is_open = flags & 0x40 != 0;
    }
    assert!(!is_open, "the last packet ends its last OBU");
    obus
}

fn leb128(bytes: &mut &[u8]) -> usize {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

/// OBU type and payload.
fn temporal_unit(obus: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut unit = vec![0x12, 0];
    for (kind, payload) in obus {
        unit.push(kind << 3 | 0x02);
        let mut length = payload.len();
        while length >= 0x80 {
            unit.push(length as u8 | 0x80);
            length >>= 7;
        }
        unit.push(length as u8);
        unit.extend(payload);
    }
    unit
}

/// A NAL unit that holds no start code and ends in no zero, as its encoding takes care of (H.264 section 7.4.1).
fn nal_unit() -> impl Strategy<Value = Vec<u8>> {
    let header = prop_oneof![Just(0x67u8), Just(0x68), Just(0x65), Just(0x41), Just(0x06)];
    let length = prop_oneof![0..40usize, 0..6000usize];
    (header, length.prop_flat_map(|length| vec(1..=255u8, length))).prop_map(|(header, mut body)| {
        body.insert(0, header);
        body
    })
}

proptest! {
    #[test]
    fn vp8_survives(frame in (1..8000usize).prop_flat_map(|length| vec(any::<u8>(), length))) {
        let payloads = packetize(Codec::Vp8, frame.clone(), true);
        prop_assert_eq!(depacketize(Vp8Depacketizer::default(), &payloads), frame);
        let lengths = payloads.iter().map(Vec::len);
        prop_assert!(lengths.clone().max().unwrap() - lengths.min().unwrap() <= 1, "about equal");
        let depacketizer = Vp8Depacketizer::default();
        let heads = payloads.iter().filter(|payload| depacketizer.is_partition_head(payload)).count();
        prop_assert_eq!(heads, 1);
    }

    #[test]
    fn h264_survives(units in vec(nal_unit(), 1..6)) {
        let stream: Vec<u8> = units.iter().flat_map(|unit| [&[0, 0, 0, 1], unit.as_slice()].concat()).collect();
        let payloads = packetize(Codec::H264, stream.clone(), true);
        prop_assert_eq!(depacketize(H264Depacketizer::default(), &payloads), stream);
    }

    #[test]
    fn av1_survives(
        obus in vec((prop_oneof![Just(1u8), Just(6), Just(3), Just(4)], vec(any::<u8>(), 0..3000)), 1..6),
        is_keyframe: bool,
    ) {
        let payloads = packetize(Codec::Av1, temporal_unit(&obus), is_keyframe);
        let expected: Vec<_> = obus.iter().map(|(kind, payload)| [&[kind << 3], payload.as_slice()].concat()).collect();
        prop_assert_eq!(av1_elements(&payloads), expected);
        let firsts = payloads.iter().map(|payload| payload[0] & 0x08 != 0);
        let begins_sequence: Vec<_> = (0..payloads.len()).map(|index| index == 0 && is_keyframe).collect();
        prop_assert_eq!(firsts.collect::<Vec<_>>(), begins_sequence);
    }
}

#[test]
fn picture_ids_count_up_and_wrap() {
    let mut packetizer = Packetizer::new(Codec::Vp8).unwrap();
    let unit = AccessUnit { bytes: vec![0x10; 10], is_keyframe: true };
    let id = |payload: &[u8]| u16::from_be_bytes([payload[2] & 0x7f, payload[3]]);
    let ids: Vec<_> = (0..0x8001).map(|_| id(&packetizer.packetize(&unit)[0])).collect();
    assert_eq!((ids[0], ids[1], ids[0x7fff], ids[0x8000]), (1, 2, 0, 1));
}

#[test]
fn small_parameter_sets_travel_together_and_the_delimiter_stays_behind() {
    let stream = [0, 0, 0, 1, 9, 0x10, 0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2].to_vec();
    // RFC 6184 section 5.7.1: the highest NRI of the units, type 24.
    assert_eq!(packetize(Codec::H264, stream, true), [[0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2]]);
}

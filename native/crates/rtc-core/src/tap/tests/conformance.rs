//! Each test names the clause it holds the depacketizers to.

use super::super::depacketizer::{Frame, Malformed, depacketizer};
use super::*;

fn unit(codec: Codec, payloads: &[&[u8]]) -> Result<Option<Frame>, Malformed> {
    let mut depacketizer = depacketizer(codec);
    for payload in payloads {
        depacketizer.push(payload)?;
    }
    depacketizer.finish()
}

fn data(codec: Codec, payloads: &[&[u8]]) -> Vec<u8> {
    unit(codec, payloads).unwrap().unwrap().data
}

const SPS: [u8; 9] = [0x67, 0x42, 0xe0, 0x1f, 0x96, 0x54, 0x05, 0x01, 0xe8];
const PPS: [u8; 4] = [0x68, 0xce, 0x38, 0x80];

fn annex_b(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
}

#[test]
fn rfc6184_5_6_a_single_nal_unit_is_taken_as_it_is() {
    assert_eq!(data(H264, &[&[0x41, 0x9a, 1]]), annex_b(&[&[0x41, 0x9a, 1]]));
}

#[test]
fn rfc6184_5_7_1_a_stap_a_holds_units_with_their_sizes() {
    let stap = [&[0x78, 0, 9], &SPS[..], &[0, 4], &PPS, &[0, 2, 0x65, 0x88]].concat();
    let frame = unit(H264, &[&stap]).unwrap().unwrap();
    assert_eq!(frame.data, annex_b(&[&SPS, &PPS, &[0x65, 0x88]]));
    assert!(frame.is_keyframe);
    assert_eq!(unit(H264, &[&stap[..stap.len() - 1]]), Err(Malformed), "cut short");
    assert_eq!(unit(H264, &[&[0x78]]), Err(Malformed), "at least one unit");
}

#[test]
fn rfc6184_5_8_fragments_get_back_their_header_and_their_order_is_kept() {
    let fragments: [&[u8]; 3] = [&[0x7c, 0x81, 1, 2], &[0x7c, 0x01, 3], &[0x7c, 0x41, 4]];
    assert_eq!(data(H264, &fragments), annex_b(&[&[0x61, 1, 2, 3, 4]]));
    assert_eq!(unit(H264, &fragments[1..]), Err(Malformed), "no start");
    assert_eq!(unit(H264, &fragments[..2]), Err(Malformed), "no end");
    assert_eq!(unit(H264, &[fragments[0], fragments[0]]), Err(Malformed), "two starts");
    assert_eq!(unit(H264, &[fragments[0], &[0x41, 0x9a]]), Err(Malformed), "another unit between");
}

#[test]
fn rfc6184_1_3_damaged_units_and_5_2_types_of_other_modes_are_refused() {
    for payload in [[0xc1, 0x9a], [0x19, 0], [0x1a, 0], [0x1b, 0], [0x1d, 0], [0x00, 0], [0x1e, 0], [0x1f, 0]] {
        assert_eq!(unit(H264, &[&payload]), Err(Malformed), "{payload:02x?}");
    }
}

#[test]
fn rfc6184_8_4_parameter_sets_sent_once_stand_before_every_keyframe() {
    let mut depacketizer = depacketizer(H264);
    for payload in [&SPS[..], &PPS] {
        depacketizer.push(payload).unwrap();
    }
    assert_eq!(depacketizer.finish(), Ok(None), "parameter sets alone show nothing");
    depacketizer.clear();
    let mut next = |payloads: &[&[u8]]| {
        payloads.iter().for_each(|payload| depacketizer.push(payload).unwrap());
        let frame = depacketizer.finish().unwrap().unwrap();
        depacketizer.clear();
        frame
    };
    let keyframe = next(&[&[0x09, 0xf0], &[0x65, 0x88]]);
    assert_eq!(keyframe.data, annex_b(&[&[0x09, 0xf0], &SPS, &PPS, &[0x65, 0x88]]), "behind the delimiter");
    assert_eq!(next(&[&[0x41, 0x9a]]).data, annex_b(&[&[0x41, 0x9a]]));
    let other = [0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00];
    assert_eq!(next(&[&other, &PPS, &[0x65, 1]]).resolution.map(|size| (size.width, size.height)), Some((1280, 720)));
    assert_eq!(next(&[&[0x65, 2]]).data, annex_b(&[&other, &PPS, &[0x65, 2]]), "the newest");
}

#[test]
fn rfc7741_4_2_the_descriptor_is_taken_off_in_each_of_its_forms() {
    let head = [0x11, 0, 0];
    for descriptor in [
        &[0x10][..],
        &[0x90, 0x00],
        &[0x90, 0x80, 0x05],
        &[0x90, 0x80, 0x85, 0x01],
        &[0x90, 0xc0, 0x85, 0x01, 0x07],
        &[0x90, 0x20, 0x40],
        &[0x90, 0xf0, 0x85, 0x01, 0x07, 0x40],
    ] {
        let first = [descriptor, &head].concat();
        assert_eq!(data(Codec::Vp8, &[&first, &[0x00, 9]]), [0x11, 0, 0, 9], "{descriptor:02x?}");
        assert_eq!(unit(Codec::Vp8, &[descriptor]), Err(Malformed), "no data behind {descriptor:02x?}");
    }
}

#[test]
fn rfc7741_4_2_a_frame_begins_with_the_start_of_partition_zero_once() {
    let start: &[u8] = &[0x10, 0x11, 0, 0];
    assert_eq!(unit(Codec::Vp8, &[&[0x00, 9]]), Err(Malformed));
    assert_eq!(unit(Codec::Vp8, &[&[0x11, 9]]), Err(Malformed), "start of partition 1");
    assert_eq!(unit(Codec::Vp8, &[start, start]), Err(Malformed));
    assert!(unit(Codec::Vp8, &[start, &[0x11, 9]]).is_ok());
}

#[test]
fn rfc9628_4_2_the_descriptor_is_taken_off_in_each_of_its_forms() {
    for descriptor in [
        &[0x0c][..],
        &[0x8c, 0x05],
        &[0x8c, 0x85, 0x01],
        &[0xac, 0x05, 0x00, 0x09],
        &[0xfc, 0x05, 0x00, 0x02],
        &[0xfc, 0x05, 0x00, 0x03, 0x05, 0x06],
        &[0x8e, 0x05, 0x00],
        &[0x8e, 0x05, 0x10, 0x02, 0x80, 0x01, 0x68],
        &[0x8e, 0x05, 0x08, 0x02, 0x00, 0x08, 0x01, 0x02],
    ] {
        let payload = [descriptor, &[0x86, 0x00]].concat();
        assert_eq!(data(VP9, &[&payload]), [0x86, 0x00], "{descriptor:02x?}");
        assert_eq!(unit(VP9, &[descriptor]), Err(Malformed), "no data behind {descriptor:02x?}");
    }
    assert_eq!(unit(VP9, &[&[0xfc, 0x05, 0x00, 3, 5, 7, 9, 0x86]]), Err(Malformed), "four P_DIFF");
}

#[test]
fn rfc9628_4_2_every_frame_of_a_picture_begins_and_ends() {
    let (start, end): (&[u8], &[u8]) = (&[0x08, 0x86], &[0x04, 1]);
    assert_eq!(data(VP9, &[start, end]), [0x86, 1]);
    assert_eq!(unit(VP9, &[start]), Err(Malformed));
    assert_eq!(unit(VP9, &[end]), Err(Malformed));
    assert_eq!(unit(VP9, &[start, start]), Err(Malformed));
}

#[test]
fn vp9_annex_b_layers_of_a_picture_become_a_superframe() {
    let small: &[u8] = &[0xac, 0x05, 0x00, 0x09, 0x82, 0x49, 0x83, 0x42, 0x20, 0x27, 0xf0, 0x16, 0x70];
    let large = [&[0xec, 0x05, 0x02, 0x09, 0x86][..], &[7; 299]].concat();
    let frame = unit(VP9, &[small, &large]).unwrap().unwrap();
    assert_eq!(frame.data[..9], small[4..]);
    assert_eq!(frame.data[9..309], large[4..]);
    assert_eq!(frame.data[309..], [0xc9, 9, 0, 44, 1, 0xc9]);
    assert!(frame.is_keyframe);
}

#[test]
fn av1_4_4_elements_are_counted_or_each_has_its_length() {
    let (one, two): (&[u8], &[u8]) = (&[0x30, 0x30, 1], &[0x20, 2]);
    let expected = [0x12, 0, 0x32, 2, 0x30, 1, 0x22, 1, 2];
    let counted = [&[0x20, 3], one, two].concat();
    let measured = [&[0x00, 3], one, &[2], two].concat();
    assert_eq!(data(AV1, &[&counted]), expected);
    assert_eq!(data(AV1, &[&measured]), expected);
    assert_eq!(data(AV1, &[&[&[0x10][..], one].concat(), &[&[0x10][..], two].concat()]), expected);
    assert_eq!(unit(AV1, &[&measured[..measured.len() - 1]]), Err(Malformed), "cut short");
    assert_eq!(unit(AV1, &[&[0x20, 3, 0x30, 0x30, 1]]), Err(Malformed), "fewer than counted");
    assert_eq!(unit(AV1, &[&[0x00]]), Err(Malformed), "none");
}

#[test]
fn av1_4_4_z_and_y_join_an_obu_over_packets_and_must_agree() {
    let (start, middle, end): (&[u8], &[u8], &[u8]) = (&[0x50, 0x30, 0x30], &[0xd0, 1], &[0x90, 2]);
    assert_eq!(data(AV1, &[start, middle, end]), [0x12, 0, 0x32, 3, 0x30, 1, 2]);
    assert_eq!(unit(AV1, &[start, middle]), Err(Malformed), "no end");
    assert_eq!(unit(AV1, &[middle, end]), Err(Malformed), "no start");
    assert_eq!(unit(AV1, &[start, &[0x10, 0x30, 0x30]]), Err(Malformed), "another between");
}

#[test]
fn av1_5_sizes_and_extensions_are_kept_right_and_delimiters_and_tile_lists_left_out() {
    let delimiter: &[u8] = &[0x00, 2, 0x12, 0x00];
    let sized: &[u8] = &[0x10, 0x36, 0x28, 2, 0x30, 7];
    assert_eq!(data(AV1, &[delimiter, sized, &[0x10, 0x40, 9]]), [0x12, 0, 0x36, 0x28, 2, 0x30, 7]);
    assert_eq!(unit(AV1, &[&[0x10, 0x32, 3, 0x30, 7]]), Err(Malformed), "size beyond the element");
    assert_eq!(unit(AV1, &[&[0x10, 0x32, 1, 0x30, 7]]), Err(Malformed), "size short of the element");
    assert_eq!(unit(AV1, &[&[0x10, 0xb0, 0x30]]), Err(Malformed), "forbidden bit");
    let long = [&[0x10, 0x30, 0x30][..], &[1; 299]].concat();
    assert_eq!(data(AV1, &[&long])[..5], [0x12, 0, 0x32, 0xac, 0x02], "sizes above 127 take two bytes");
}

#[test]
fn av1_7_6_1_a_keyframe_has_a_sequence_header_and_a_key_frame() {
    let sequence: &[u8] = &[0x10, 0x08, 0x00, 0x00, 0x00, 0x0c, 0xc4, 0xff, 0x67, 0x12, 0xbe, 0x40];
    let (key, inter, shown_again): (&[u8], &[u8], &[u8]) =
        (&[0x10, 0x30, 0x10], &[0x10, 0x30, 0x30], &[0x10, 0x18, 0x80]);
    let is_keyframe = |payloads: &[&[u8]]| unit(AV1, payloads).unwrap().unwrap().is_keyframe;
    assert!(is_keyframe(&[sequence, key]));
    assert!(!is_keyframe(&[sequence, inter]) && !is_keyframe(&[key]) && !is_keyframe(&[sequence, shown_again]));
    assert_eq!(unit(AV1, &[sequence]), Ok(None), "without a frame there is nothing to show");
}

#[test]
fn rfc7587_4_2_each_payload_is_one_opus_packet() {
    let sound =
        |sequence| packet(Codec::Opus, sequence, sequence as u32 * 960, sequence == 1, &[0xfc, 1, 2], sequence * 20);
    let (units, _) = assemble(&[sound(1), sound(2), sound(3)]);
    assert_eq!(units.iter().map(|unit| &unit.data[..]).collect::<Vec<_>>(), [[0xfc, 1, 2]; 3]);
    assert_eq!(units[2].timestamp - units[0].timestamp, 1_920);
    assert!(units.iter().all(|unit| unit.is_keyframe && !unit.follows_gap));
}

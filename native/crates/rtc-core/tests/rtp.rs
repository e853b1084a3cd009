//! RTP headers as on the wire. Tests name the clause they hold the code to.

use proptest::prelude::*;
use rtc_core::rtp::{Extension, Header, Packet, header_length, parsed_header_length, write_header};

const HEADER: Header =
    Header { marker: true, payload_type: 96, sequence: 0x1234, timestamp: 0x5678_9abc, ssrc: 0xdead_beef };

fn written(extensions: &[Extension<'_>]) -> Vec<u8> {
    let mut out = [0xff; 256];
    let length = write_header(&HEADER, extensions, &mut out).unwrap();
    assert_eq!(length, header_length(extensions));
    out[..length].to_vec()
}

#[test]
fn rfc3550_section_5_1_the_fixed_header_has_its_fields_in_their_places() {
    assert_eq!(written(&[]), [0x80, 0xe0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xad, 0xbe, 0xef]);
}

#[test]
fn rfc3550_section_5_1_contributing_sources_and_padding_are_no_payload() {
    let mut bytes = vec![0xa2, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    bytes.extend([0; 8]);
    bytes.extend([7, 8, 9, 0, 0, 3]);
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!((packet.header_length, packet.payload), (20, &[7, 8, 9][..]));
    assert!(!packet.header.marker);
    for padding in [0, 7, 255] {
        *bytes.last_mut().unwrap() = padding;
        assert!(Packet::parse(&bytes).is_none(), "{padding} bytes of padding in 6");
    }
}

#[test]
fn rfc3550_section_5_1_other_versions_and_cut_headers_are_refused() {
    let whole = written(&[Extension { identifier: 1, value: b"0" }]);
    for length in 0..whole.len() {
        assert!(Packet::parse(&whole[..length]).is_none(), "{length}");
        assert!(parsed_header_length(&whole[..length]).is_none(), "{length}");
    }
    for version in [0, 1, 3] {
        let mut other = whole.clone();
        other[0] = other[0] & 0x3f | version << 6;
        assert!(Packet::parse(&other).is_none(), "{version}");
    }
}

#[test]
fn rfc3550_section_5_3_1_and_rfc8285_section_4_2_elements_fill_whole_words_after_the_profile() {
    let extensions = [Extension { identifier: 4, value: b"12" }, Extension { identifier: 13, value: &[1] }];
    let bytes = written(&extensions);
    assert_eq!(bytes[0], 0x90, "the extension bit");
    assert_eq!(bytes[12..], [0xbe, 0xde, 0, 2, 0x41, b'1', b'2', 0xd0, 1, 0, 0, 0]);
    assert_eq!(Packet::parse(&bytes).unwrap().extensions().collect::<Vec<_>>(), extensions);
}

#[test]
fn rfc8285_section_4_2_identifiers_are_1_to_14_and_elements_1_to_16_bytes() {
    let mut out = [0; 64];
    for (identifier, length, fits) in [(0, 1, false), (15, 1, false), (1, 0, false), (14, 16, true), (1, 17, false)] {
        let extension = Extension { identifier, value: &[7; 17][..length] };
        // An element without a value is no element beside others; alone it makes no extension.
        let beside = Extension { identifier: 2, value: &[1] };
        assert_eq!(write_header(&HEADER, &[beside, extension], &mut out).is_some(), fits, "{identifier} {length}");
    }
    assert!(write_header(&HEADER, &[], &mut out[..11]).is_none(), "no room");
}

/// A packet with this extension, one word after the other.
fn extended(profile: [u8; 2], elements: &[u8]) -> Vec<u8> {
    let mut bytes = written(&[]);
    bytes[0] |= 0x10;
    bytes.extend(profile);
    bytes.extend(((elements.len() / 4) as u16).to_be_bytes());
    bytes.extend(elements);
    bytes
}

fn elements(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let packet = Packet::parse(bytes).unwrap();
    packet.extensions().map(|extension| (extension.identifier, extension.value.to_vec())).collect()
}

#[test]
fn rfc8285_section_4_2_padding_between_elements_is_passed_over() {
    let bytes = extended([0xbe, 0xde], &[0, 0x10, 7, 0, 0, 0x20, 8, 0]);
    assert_eq!(elements(&bytes), [(1, vec![7]), (2, vec![8])]);
}

#[test]
fn rfc8285_section_4_1_2_padding_with_a_length_ends_the_reading() {
    let bytes = extended([0xbe, 0xde], &[0x10, 7, 0x01, 0x20, 8, 0, 0, 0]);
    assert_eq!(elements(&bytes), [(1, vec![7])]);
}

#[test]
fn rfc8285_section_4_2_identifier_15_ends_the_reading() {
    let bytes = extended([0xbe, 0xde], &[0x10, 7, 0xf0, 0, 0x20, 8, 0, 0]);
    assert_eq!(elements(&bytes), [(1, vec![7])]);
}

#[test]
fn rfc8285_section_4_1_2_an_element_past_the_end_and_other_profiles_are_ignored() {
    assert_eq!(elements(&extended([0xbe, 0xde], &[0x10, 7, 0x2f, 0])), [(1, vec![7])]);
    assert_eq!(elements(&extended([0x10, 0x00], &[0x10, 1, 7, 0])), []);
}

fn any_header() -> impl Strategy<Value = Header> {
    (any::<bool>(), 0u8..128, any::<u16>(), any::<u32>(), any::<u32>()).prop_map(
        |(marker, payload_type, sequence, timestamp, ssrc)| Header { marker, payload_type, sequence, timestamp, ssrc },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        header in any_header(),
        values in prop::collection::vec((1u8..15, prop::collection::vec(any::<u8>(), 1..17)), 0..8),
        payload: Vec<u8>,
    ) {
        let extensions: Vec<_> =
            values.iter().map(|(identifier, value)| Extension { identifier: *identifier, value }).collect();
        let mut bytes = vec![0xff; header_length(&extensions)];
        prop_assert_eq!(write_header(&header, &extensions, &mut bytes), Some(bytes.len()));
        bytes.extend(&payload);
        let packet = Packet::parse(&bytes).unwrap();
        prop_assert_eq!(packet.header, header);
        prop_assert_eq!(packet.payload, &payload);
        prop_assert_eq!(packet.extensions().collect::<Vec<_>>(), extensions);
    }

    #[test]
    fn any_bytes_are_read_without_panic(mut bytes: Vec<u8>, version_two: bool) {
        if let Some(first) = bytes.first_mut() && version_two {
            *first = *first & 0x3f | 0x80;
        }
        if let Some(packet) = Packet::parse(&bytes) {
            prop_assert_eq!(parsed_header_length(&bytes), Some(packet.header_length));
            prop_assert!(packet.header_length + packet.payload.len() <= bytes.len());
            prop_assert!(packet.extensions().all(|extension| (1..=16).contains(&extension.value.len())));
        }
    }
}

//! Finds the first packet of a keyframe in RTP payloads, without reassembling frames.

use crate::codec::Codec;

const H264_IDR: u8 = 5;
const H264_SPS: u8 = 7;
const H264_STAP_A: u8 = 24;
const H264_FU_A: u8 = 28;
const AV1_SEQUENCE_HEADER: u8 = 1;
const AV1_TEMPORAL_DELIMITER: u8 = 2;

/// Whether a picture can be decoded from this packet on. An H.264 keyframe answers true for its parameter sets and
/// again for its IDR slice.
pub(crate) fn starts_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus => false,
        Codec::Av1 { .. } => av1(payload).unwrap_or(false),
        Codec::H264(_) => h264(payload).unwrap_or(false),
        Codec::Vp8 => vp8(payload).unwrap_or(false),
        Codec::Vp9 { .. } => vp9(payload).unwrap_or(false),
    }
}

/// RFC 6184 section 5.
fn h264(payload: &[u8]) -> Option<bool> {
    let opens = |kind: u8| kind == H264_SPS || kind == H264_IDR;
    match payload.first()? & 0x1f {
        H264_STAP_A => Some(h264_stap_units(payload).any(|unit| unit.first().is_some_and(|byte| opens(byte & 0x1f)))),
        H264_FU_A => {
            let header = payload.get(1)?;
            Some(header & 0x80 != 0 && opens(header & 0x1f))
        }
        kind => Some(opens(kind)),
    }
}

/// The NAL units of a single-time aggregation packet (RFC 6184 section 5.7.1).
pub(crate) fn h264_stap_units(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = payload.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, tail) = rest.split_first_chunk::<2>()?;
        let (unit, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = tail;
        Some(unit)
    })
}

/// RFC 7741 section 4.2: the frame header follows the descriptor in the packet that starts partition 0.
fn vp8(payload: &[u8]) -> Option<bool> {
    let first = payload.first()?;
    let starts_frame = first & 0x10 != 0 && first & 0x07 == 0;
    let header = payload.get(vp8_descriptor_length(payload)?)?;
    Some(starts_frame && header & 1 == 0)
}

pub(crate) fn vp8_descriptor_length(payload: &[u8]) -> Option<usize> {
    if payload.first()? & 0x80 == 0 {
        return Some(1);
    }
    let extension = payload.get(1)?;
    let mut length = 2;
    if extension & 0x80 != 0 {
        length += if payload.get(length)? & 0x80 != 0 { 2 } else { 1 };
    }
    length += usize::from(extension & 0x40 != 0);
    length += usize::from(extension & 0x30 != 0);
    Some(length)
}

/// RFC 9628 section 4.2: start of a frame, not inter-picture predicted, base spatial layer.
fn vp9(payload: &[u8]) -> Option<bool> {
    let first = *payload.first()?;
    let (has_id, inter_predicted, has_layers, starts_frame) =
        (first & 0x80 != 0, first & 0x40 != 0, first & 0x20 != 0, first & 0x08 != 0);
    if inter_predicted || !starts_frame {
        return Some(false);
    }
    let mut at = 1;
    if has_id {
        at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    Some(!has_layers || (payload.get(at)? >> 1) & 0x07 == 0)
}

/// AV1 RTP section 4.4: N marks the first packet of a coded video sequence. Packetizers that forget it still begin
/// with a sequence header.
fn av1(payload: &[u8]) -> Option<bool> {
    let header = *payload.first()?;
    let (continues, new_sequence) = (header & 0x80 != 0, header & 0x08 != 0);
    if continues {
        return Some(false);
    }
    Some(new_sequence || av1_obus(payload).any(|obu| obu_type(obu) == Some(AV1_SEQUENCE_HEADER)))
}

/// The OBU elements of a payload; the first may continue one of the packet before, the last may go on in the next.
pub(crate) fn av1_obus(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    let count = payload.first().map_or(0, |header| usize::from(header >> 4 & 0x03));
    let mut rest = payload.get(1..).unwrap_or_default();
    let mut index = 0_usize;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        index += 1;
        // With W set the last element has no length field.
        if count == index {
            return Some(std::mem::take(&mut rest));
        }
        let (length, used) = leb128(rest)?;
        let (element, tail) = rest.get(used..)?.split_at_checked(length)?;
        rest = tail;
        Some(element)
    })
    .filter(|obu| obu_type(obu) != Some(AV1_TEMPORAL_DELIMITER))
}

pub(crate) fn obu_type(obu: &[u8]) -> Option<u8> {
    obu.first().map(|byte| (byte >> 3) & 0x0f)
}

/// An unsigned number and how many bytes it took: at most eight, which may end in zeros, for at most 32 bits (AV1
/// specification section 4.10.5).
pub(crate) fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()? as usize, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::H264Format;

    const AV1: Codec = Codec::Av1 { profile: 0 };
    const H264: Codec = Codec::H264(H264Format { profile_level_id: 0x42_e0_1f, packetization_mode: 1 });
    const VP9: Codec = Codec::Vp9 { profile: 0 };

    /// AV1 specification section 4.10.5: an encoder may leave room for a size it does not know yet.
    #[test]
    fn a_size_may_take_eight_bytes_and_not_more_than_32_bits() {
        assert_eq!(leb128(&[0x7f]), Some((127, 1)));
        assert_eq!(leb128(&[0xe5, 0x8e, 0xa6, 0x80, 0x80, 0x80, 0x80, 0x00, 9]), Some((624_485, 8)));
        assert_eq!(leb128(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Some((u32::MAX as usize, 5)));
        assert_eq!(leb128(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None);
        assert_eq!(leb128(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0]), None);
        assert_eq!(leb128(&[0x80]), None);
    }

    #[test]
    fn h264_parameter_sets_and_idr_start_a_keyframe_in_every_packet_form() {
        for payload in [
            &[0x67, 0x42, 0xe0, 0x1f][..],
            &[0x65, 0x88],
            &[24, 0, 2, 0x67, 0x42, 0, 1, 0x68],
            &[24, 0, 1, 0x06, 0, 2, 0x65, 0x88],
            &[0x7c, 0x85, 0x88],
        ] {
            assert!(starts_keyframe(H264, payload), "{payload:02x?}");
        }
        for payload in [&[0x41, 0x9a][..], &[0x7c, 0x05, 0x88], &[0x7c, 0x81, 0x9a], &[24, 0, 9, 0x67], &[]] {
            assert!(!starts_keyframe(H264, payload), "{payload:02x?}");
        }
    }

    #[test]
    fn vp8_needs_the_start_of_partition_zero_and_a_clear_inter_bit() {
        assert!(starts_keyframe(Codec::Vp8, &[0x10, 0x00, 0x9d]));
        assert!(starts_keyframe(Codec::Vp8, &[0x90, 0xe0, 0x81, 0x02, 0x05, 0x20, 0x00]));
        assert!(!starts_keyframe(Codec::Vp8, &[0x10, 0x01]));
        assert!(!starts_keyframe(Codec::Vp8, &[0x00, 0x00]));
        assert!(!starts_keyframe(Codec::Vp8, &[0x11, 0x00]));
        assert!(!starts_keyframe(Codec::Vp8, &[0x90, 0x80, 0x81]));
    }

    #[test]
    fn vp9_needs_the_start_of_a_frame_of_the_base_layer_without_prediction() {
        assert!(starts_keyframe(VP9, &[0x88, 0x05, 0x00]));
        assert!(starts_keyframe(VP9, &[0xa8, 0x85, 0x01, 0x10, 0x00]));
        assert!(!starts_keyframe(VP9, &[0xa8, 0x85, 0x01, 0x02, 0x00]), "spatial layer 1");
        assert!(!starts_keyframe(VP9, &[0xc8, 0x05]), "inter predicted");
        assert!(!starts_keyframe(VP9, &[0x80, 0x05]), "middle of a frame");
    }

    #[test]
    fn av1_new_sequence_flag_or_sequence_header_starts_a_keyframe() {
        assert!(starts_keyframe(AV1, &[0x18, 0x0a]));
        assert!(starts_keyframe(AV1, &[0x20, 0x02, 0x08, 0x00, 0x30]), "sequence header, flag forgotten");
        assert!(!starts_keyframe(AV1, &[0x98, 0x0a]), "continued element");
        assert!(!starts_keyframe(AV1, &[0x10, 0x30]), "a frame");
        assert!(!starts_keyframe(AV1, &[]));
    }

    #[test]
    fn av1_elements_are_told_apart_however_many_there_are() {
        let mut payload = vec![0x00];
        payload.extend([1, 0x30].repeat(300));
        assert_eq!(av1_obus(&payload).count(), 300);
        assert!(av1_obus(&payload).all(|obu| obu == [0x30]));
    }

    proptest::proptest! {
        #[test]
        fn no_payload_makes_detection_panic(payload: Vec<u8>) {
            for codec in [AV1, H264, Codec::Vp8, VP9, Codec::Opus] {
                starts_keyframe(codec, &payload);
            }
        }
    }
}

//! Reads the picture size from the first packet of a keyframe, without decoding.

use crate::codec::Codec;
use crate::keyframe::{av1_obus, h264_stap_units, leb128, obu_type, vp8_descriptor_length};

/// Width and height of the picture in pixels, before any rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

pub(crate) fn resolution(codec: Codec, payload: &[u8]) -> Option<Resolution> {
    match codec {
        Codec::Opus => None,
        Codec::Av1 { .. } => av1(payload),
        Codec::H264(_) => h264(payload),
        Codec::Vp8 => vp8(payload),
        Codec::Vp9 { .. } => vp9(payload),
    }
}

fn vp8(payload: &[u8]) -> Option<Resolution> {
    vp8_frame_header(payload.get(vp8_descriptor_length(payload)?..)?)
}

/// RFC 6386 section 9.1: three bytes of frame tag, a start code, two 14-bit sizes.
pub(crate) fn vp8_frame_header(header: &[u8]) -> Option<Resolution> {
    if header.get(3..6)? != [0x9d, 0x01, 0x2a] {
        return None;
    }
    let size = |at| Some(u32::from(u16::from_le_bytes([*header.get(at)?, *header.get(at + 1)?]) & 0x3fff));
    Some(Resolution { width: size(6)?, height: size(8)? })
}

/// RFC 9628 section 4.2.1: the scalability structure names the size of each spatial layer. Without it, the
/// uncompressed header of the frame does (VP9 bitstream section 6.2).
fn vp9(payload: &[u8]) -> Option<Resolution> {
    let first = *payload.first()?;
    let (has_id, has_layers, is_flexible, has_structure) =
        (first & 0x80 != 0, first & 0x20 != 0, first & 0x10 != 0, first & 0x02 != 0);
    let mut at = 1;
    if has_id {
        at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    if has_layers {
        at += if is_flexible { 1 } else { 2 };
    }
    if has_structure {
        let structure = *payload.get(at)?;
        let layers = usize::from(structure >> 5) + 1;
        if structure & 0x10 == 0 {
            return None;
        }
        let top = payload.get(at + 1 + (layers - 1) * 4..)?.first_chunk::<4>()?;
        return Some(Resolution {
            width: u32::from(u16::from_be_bytes([top[0], top[1]])),
            height: u32::from(u16::from_be_bytes([top[2], top[3]])),
        });
    }
    vp9_frame_header(payload.get(at..)?)
}

/// The size in the header of a keyframe; `None` for any other frame.
pub(crate) fn vp9_frame_header(header: &[u8]) -> Option<Resolution> {
    let mut bits = Bits::new(header);
    if bits.read(2)? != 2 {
        return None;
    }
    let profile = bits.read(1)? | bits.read(1)? << 1;
    if profile == 3 {
        bits.read(1)?;
    }
    // show_existing_frame, frame_type, show_frame, error_resilient_mode
    if bits.read(1)? != 0 || bits.read(1)? != 0 {
        return None;
    }
    bits.read(2)?;
    if bits.read(24)? != 0x49_83_42 {
        return None;
    }
    if profile >= 2 {
        bits.read(1)?;
    }
    const SRGB: u32 = 7;
    if bits.read(3)? == SRGB {
        bits.read(if profile & 1 == 1 { 1 } else { 0 })?;
    } else {
        bits.read(if profile & 1 == 1 { 4 } else { 1 })?;
    }
    Some(Resolution { width: bits.read(16)? + 1, height: bits.read(16)? + 1 })
}

fn av1(payload: &[u8]) -> Option<Resolution> {
    av1_sequence_header(av1_obus(payload).find(|obu| obu_type(obu) == Some(1))?)
}

/// AV1 specification section 5.5: the sequence header tells the greatest size of its frames.
pub(crate) fn av1_sequence_header(obu: &[u8]) -> Option<Resolution> {
    let has_extension = obu.first()? & 0x04 != 0;
    let has_size = obu.first()? & 0x02 != 0;
    let mut at = 1 + usize::from(has_extension);
    if has_size {
        at += leb128(obu.get(at..)?)?.1;
    }
    let mut bits = Bits::new(obu.get(at..)?);
    bits.read(3)?; // seq_profile
    bits.read(1)?; // still_picture
    if bits.read(1)? == 1 {
        bits.read(5)?; // reduced_still_picture_header: seq_level_idx
    } else {
        let mut decoder_delay_bits = None;
        if bits.read(1)? == 1 {
            bits.read(32)?; // num_units_in_display_tick
            bits.read(32)?; // time_scale
            if bits.read(1)? == 1 {
                bits.exp_golomb()?; // num_ticks_per_picture, in the same code
            }
            if bits.read(1)? == 1 {
                decoder_delay_bits = Some(bits.read(5)? + 1);
                bits.read(32)?; // num_units_in_decoding_tick
                bits.read(10)?; // lengths of removal and presentation times
            }
        }
        let has_display_delay = bits.read(1)? == 1;
        let operating_points = bits.read(5)? + 1;
        for _ in 0..operating_points {
            bits.read(12)?; // operating_point_idc
            if bits.read(5)? > 7 {
                bits.read(1)?; // seq_tier
            }
            if let Some(length) = decoder_delay_bits
                && bits.read(1)? == 1
            {
                bits.read(length)?;
                bits.read(length)?;
                bits.read(1)?;
            }
            if has_display_delay && bits.read(1)? == 1 {
                bits.read(4)?;
            }
        }
    }
    let (width_bits, height_bits) = (bits.read(4)? + 1, bits.read(4)? + 1);
    Some(Resolution { width: bits.read(width_bits)? + 1, height: bits.read(height_bits)? + 1 })
}

fn h264(payload: &[u8]) -> Option<Resolution> {
    const SPS: u8 = 7;
    const STAP_A: u8 = 24;
    match payload.first()? & 0x1f {
        SPS => sps(payload),
        STAP_A => {
            h264_stap_units(payload).find(|unit| unit.first().is_some_and(|byte| byte & 0x1f == SPS)).and_then(sps)
        }
        _ => None,
    }
}

/// ITU-T H.264 section 7.3.2.1.1.
pub(crate) fn sps(unit: &[u8]) -> Option<Resolution> {
    let mut bytes = Vec::with_capacity(unit.len());
    for (index, byte) in unit.iter().enumerate().skip(1) {
        // An emulation prevention byte is no part of the data (section 7.4.1).
        if !(*byte == 3 && index >= 2 && unit[index - 1] == 0 && unit[index - 2] == 0) {
            bytes.push(*byte);
        }
    }
    let mut bits = Bits::new(&bytes);
    let profile = bits.read(8)?;
    bits.read(16)?; // constraint flags and level
    bits.exp_golomb()?; // seq_parameter_set_id
    let mut chroma_format = 1;
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        chroma_format = bits.exp_golomb()?;
        if chroma_format == 3 {
            bits.read(1)?;
        }
        bits.exp_golomb()?; // bit_depth_luma_minus8
        bits.exp_golomb()?; // bit_depth_chroma_minus8
        bits.read(1)?;
        if bits.read(1)? == 1 {
            return None; // scaling matrices: rare in live streams, not worth reading
        }
    }
    bits.exp_golomb()?; // log2_max_frame_num_minus4
    match bits.exp_golomb()? {
        0 => {
            bits.exp_golomb()?; // log2_max_pic_order_cnt_lsb_minus4
        }
        1 => {
            bits.read(1)?;
            bits.exp_golomb()?;
            bits.exp_golomb()?;
            for _ in 0..bits.exp_golomb()?.min(255) {
                bits.exp_golomb()?;
            }
        }
        _ => {}
    }
    bits.exp_golomb()?; // max_num_ref_frames
    bits.read(1)?;
    let width_units = bits.exp_golomb()?.checked_add(1)?;
    let height_units = bits.exp_golomb()?.checked_add(1)?;
    let frames_only = bits.read(1)?;
    if frames_only == 0 {
        bits.read(1)?;
    }
    bits.read(1)?; // direct_8x8_inference_flag
    let mut crop = [0; 4];
    if bits.read(1)? == 1 {
        for side in &mut crop {
            *side = bits.exp_golomb()?;
        }
    }
    let (crop_x, crop_y) = match chroma_format {
        0 | 3 => (1, 2 - frames_only),
        1 => (2, 2 * (2 - frames_only)),
        _ => (2, 2 - frames_only),
    };
    let width = width_units.checked_mul(16)?;
    let height = height_units.checked_mul(16)?.checked_mul(2 - frames_only)?;
    Some(Resolution {
        width: width.checked_sub(crop[0].checked_add(crop[1])?.checked_mul(crop_x)?)?,
        height: height.checked_sub(crop[2].checked_add(crop[3])?.checked_mul(crop_y)?)?,
    })
}

/// Reads bits from the most significant on.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn read(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    pub(crate) fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.read(1)? == 0 {
            zeros += 1;
        }
        if zeros > 31 {
            return None;
        }
        Some((1u32 << zeros) - 1 + self.read(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::H264Format;

    const H264: Codec = Codec::H264(H264Format { profile_level_id: 0x42_e0_1f, packetization_mode: 1 });

    fn size(width: u32, height: u32) -> Option<Resolution> {
        Some(Resolution { width, height })
    }

    #[test]
    fn h264_sizes_come_from_the_sequence_parameter_set() {
        // x264, 1280x720 high and 1920x1080 high with cropping; alone and in an aggregation packet.
        let sps_720 = [0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00];
        let sps_1080 = [0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00];
        assert_eq!(resolution(H264, &sps_720), size(1280, 720));
        assert_eq!(resolution(H264, &sps_1080), size(1920, 1080));
        let mut aggregated = vec![24, 0, sps_720.len() as u8];
        aggregated.extend(sps_720);
        assert_eq!(resolution(H264, &aggregated), size(1280, 720));
    }

    #[test]
    fn vp8_sizes_come_from_the_frame_header() {
        let payload = [0x10, 0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];
        assert_eq!(resolution(Codec::Vp8, &payload), size(640, 360));
    }

    #[test]
    fn vp9_sizes_come_from_the_structure_or_the_frame_header() {
        let vp9 = Codec::Vp9 { profile: 0 };
        let structure = [0x8a, 0x05, 0x18, 0x02, 0x80, 0x01, 0x68, 0x01, 0x00];
        assert_eq!(resolution(vp9, &structure), size(640, 360));
        let header = [0x88, 0x05, 0x82, 0x49, 0x83, 0x42, 0x20, 0x27, 0xf0, 0x16, 0x70];
        assert_eq!(resolution(vp9, &header), size(640, 360));
    }

    #[test]
    fn av1_sizes_come_from_the_sequence_header() {
        // SVT-AV1, behind an aggregation header with W=2 and N=1; the sequence header without and with its size.
        let av1 = Codec::Av1 { profile: 0 };
        let small = [0x28, 0x0b, 0x08, 0x00, 0x00, 0x00, 0x0c, 0xc4, 0xff, 0x67, 0x12, 0xbe, 0x40, 0x30];
        let large = [0x28, 0x0d, 0x0a, 0x0b, 0x00, 0x00, 0x00, 0x2d, 0x4c, 0xff, 0xb3, 0xc4, 0xaf, 0x90, 0x04, 0x30];
        assert_eq!(resolution(av1, &small), size(640, 360));
        assert_eq!(resolution(av1, &large), size(1280, 720));
    }

    proptest::proptest! {
        #[test]
        fn no_payload_makes_reading_panic(payload: Vec<u8>) {
            for codec in [Codec::Av1 { profile: 0 }, H264, Codec::Vp8, Codec::Vp9 { profile: 0 }] {
                resolution(codec, &payload);
            }
        }
    }
}

//! IVF: a header with the codec's FourCC, then frames with their length and time.

use str0m::format::Codec;

use super::AccessUnit;
use crate::Failure;

const SIGNATURE: &[u8] = b"DKIF";
const FRAME_HEADER_BYTES: usize = 12;
/// OBU type of a sequence header (AV1 specification, section 6.2.2).
const SEQUENCE_HEADER: u8 = 1;

/// `None` for another kind of file.
pub fn read(file: &[u8]) -> Result<Option<(Codec, Vec<AccessUnit>)>, Failure> {
    if !file.starts_with(SIGNATURE) || file.len() < 32 {
        return Ok(None);
    }
    let codec = match &file[8..12] {
        b"VP80" => Codec::Vp8,
        b"AV01" => Codec::Av1,
        other => return Err(format!("IVF with {}; AV1 and VP8 are known", other.escape_ascii()).into()),
    };
    let header_bytes = usize::from(u16::from_le_bytes([file[6], file[7]]));
    let mut rest = file.get(header_bytes..).unwrap_or_default();
    let mut units = Vec::new();
    while let Some((header, after)) = rest.split_at_checked(FRAME_HEADER_BYTES) {
        let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let (bytes, next) = after.split_at_checked(length).ok_or("the IVF file ends within a frame")?;
        let is_keyframe = match codec {
            // RFC 6386 section 9.1.
            Codec::Vp8 => bytes.first().is_some_and(|first| first & 1 == 0),
            _ => super::packetizer::obus(bytes).iter().any(|obu| obu.kind() == SEQUENCE_HEADER),
        };
        units.push(AccessUnit { bytes: bytes.to_vec(), is_keyframe });
        rest = next;
    }
    Ok(Some((codec, units)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(four_cc: &[u8; 4], frames: &[&[u8]]) -> Vec<u8> {
        let mut file = [b"DKIF".as_slice(), &[0, 0, 32, 0], four_cc, &[0; 20]].concat();
        for frame in frames {
            file.extend((frame.len() as u32).to_le_bytes());
            file.extend([0; 8]);
            file.extend(*frame);
        }
        file
    }

    #[test]
    fn frames_and_their_keyframes_are_found() {
        let (codec, units) = read(&file(b"VP80", &[&[0x10, 1], &[0x11]])).unwrap().unwrap();
        assert_eq!(codec, Codec::Vp8);
        let found: Vec<_> = units.iter().map(|unit| (unit.bytes.as_slice(), unit.is_keyframe)).collect();
        assert_eq!(found, [([0x10, 1].as_slice(), true), ([0x11].as_slice(), false)]);

        // A temporal delimiter, then a sequence header; a temporal delimiter, then a frame.
        let (codec, units) = read(&file(b"AV01", &[&[0x12, 0, 0x0a, 1, 9], &[0x12, 0, 0x32, 1, 9]])).unwrap().unwrap();
        assert_eq!(codec, Codec::Av1);
        assert_eq!(units.iter().map(|unit| unit.is_keyframe).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn what_is_no_ivf_or_is_cut_off_is_told() {
        assert!(read(b"\0\0\0\x01\x67").unwrap().is_none());
        assert!(read(&file(b"VP90", &[])).is_err());
        let whole = file(b"VP80", &[&[0x10, 1]]);
        assert!(read(&whole[..whole.len() - 1]).is_err());
    }
}

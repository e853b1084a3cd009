//! H.264's byte stream (ITU-T H.264, Annex B) as access units.

use super::AccessUnit;

const SLICE: u8 = 1;
const SLICE_OF_IDR: u8 = 5;
const DELIMITER: u8 = 9;

pub fn nal_type(nal_unit: &[u8]) -> u8 {
    nal_unit.first().map_or(0, |header| header & 0x1f)
}

/// NAL units without their start codes (Annex B.1) and without the zeros that may trail them.
pub fn nal_units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(found) = stream.get(at..).and_then(|rest| rest.windows(3).position(|bytes| bytes == [0, 0, 1])) {
        starts.push(at + found);
        at += found + 3;
    }
    let ends = starts.iter().skip(1).copied().chain([stream.len()]).collect::<Vec<_>>();
    starts.into_iter().zip(ends).filter_map(move |(start, end)| {
        let unit = &stream[start + 3..end];
        let length = unit.iter().rposition(|&byte| byte != 0)? + 1;
        Some(&unit[..length])
    })
}

pub fn read(stream: &[u8]) -> Vec<AccessUnit> {
    let mut units: Vec<AccessUnit> = Vec::new();
    let mut has_slice = true;
    for nal_unit in nal_units(stream) {
        let kind = nal_type(nal_unit);
        let is_slice = matches!(kind, SLICE..=SLICE_OF_IDR);
        // Section 7.4.1.2.3: after the last slice of a picture, a delimiter, parameter set or SEI begins the next access
        // unit; section 7.3.3: a slice begins a picture when its first_mb_in_slice is 0, of which the code is one 1 bit.
        let begins_picture = is_slice && nal_unit.get(1).is_some_and(|byte| byte & 0x80 != 0);
        if has_slice && (begins_picture || matches!(kind, 6..=DELIMITER)) {
            units.push(AccessUnit { bytes: Vec::new(), is_keyframe: false });
            has_slice = false;
        }
        let Some(unit) = units.last_mut() else { continue };
        unit.bytes.extend([0, 0, 0, 1]);
        unit.bytes.extend(nal_unit);
        unit.is_keyframe |= kind == SLICE_OF_IDR;
        has_slice |= is_slice;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_and_parameter_sets_are_grouped_by_picture() {
        let stream = [
            [0, 0, 0, 1, 9, 0x10].as_slice(),
            &[0, 0, 0, 1, 0x67, 1, 2],
            &[0, 0, 0, 1, 0x68, 3],
            &[0, 0, 1, 0x65, 0x88, 1],
            &[0, 0, 1, 0x65, 0x08, 2], // a second slice of the picture
            &[0, 0, 0, 1, 0x41, 0x9a, 3],
            &[0, 0, 0, 1, 0x41, 0x9b, 4],
        ]
        .concat();
        let units = read(&stream);
        assert_eq!(units.iter().map(|unit| unit.is_keyframe).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(nal_units(&units[0].bytes).map(nal_type).collect::<Vec<_>>(), [9, 7, 8, 5, 5]);
        assert_eq!(nal_units(&units[1].bytes).collect::<Vec<_>>(), [[0x41, 0x9a, 3]]);
        assert!(read(b"").is_empty());
        assert!(read(&[0, 0, 1]).is_empty());
    }
}

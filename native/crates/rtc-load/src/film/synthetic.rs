use super::AccessUnit;

const PICTURES_A_SECOND: u32 = 30;
/// A keyframe of a moving picture is some times as large as the others.
const KEYFRAME_FACTOR: usize = 3;
/// RFC 6386 section 9.1: the start code, then width and height (1280 by 720).
const KEYFRAME_HEADER: [u8; 7] = [0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];

/// Bytes that look like VP8 to whoever reads no further than the frame's header.
pub struct Synthetic {
    picture_bytes: usize,
    keyframe_interval: u32,
    until_keyframe: u32,
    noise: u64,
}

impl Synthetic {
    /// `keyframe_interval` in pictures; 0 makes keyframes on request only.
    pub fn new(bitrate_bps: u32, keyframe_interval: u32) -> Self {
        // Each keyframe is larger than its share: what is left is spread over all, so that the rate is as asked for.
        let extra = KEYFRAME_FACTOR as u32 - 1;
        let shares = if keyframe_interval == 0 { 1.0 } else { 1.0 + f64::from(extra) / f64::from(keyframe_interval) };
        let picture_bytes = (f64::from(bitrate_bps) / 8.0 / f64::from(PICTURES_A_SECOND) / shares) as usize;
        Self {
            picture_bytes: picture_bytes.max(16),
            keyframe_interval,
            until_keyframe: 0,
            noise: 0x9e37_79b9_7f4a_7c15,
        }
    }

    pub fn next_picture(&mut self, keyframe_wanted: bool) -> AccessUnit {
        let due = self.until_keyframe == 0;
        let is_keyframe = keyframe_wanted || due;
        self.until_keyframe = match self.keyframe_interval {
            0 => u32::MAX,
            interval if is_keyframe => interval - 1,
            _ => self.until_keyframe - 1,
        };
        let length = if is_keyframe { self.picture_bytes * KEYFRAME_FACTOR } else { self.picture_bytes };
        // No two packets are alike, so that each can be told by its payload.
        let mut bytes = vec![0; length];
        for chunk in bytes.chunks_mut(8) {
            self.noise ^= self.noise << 13;
            self.noise ^= self.noise >> 7;
            self.noise ^= self.noise << 17;
            chunk.copy_from_slice(&self.noise.to_le_bytes()[..chunk.len()]);
        }
        // RFC 6386 section 9.1: the lowest bit is 0 for a keyframe, the next three are the version, then "show".
        bytes[0] = 0x10 | u8::from(!is_keyframe);
        if is_keyframe {
            bytes[3..10].copy_from_slice(&KEYFRAME_HEADER);
        }
        AccessUnit { bytes, is_keyframe }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_as_asked_for_and_keyframes_come_by_interval_and_request() {
        let mut film = Synthetic::new(2_400_000, 30);
        let second: Vec<_> = (0..30).map(|_| film.next_picture(false)).collect();
        let bits = second.iter().map(|unit| unit.bytes.len() * 8).sum::<usize>();
        assert!((2_380_000..=2_400_000).contains(&bits), "{bits}");
        let keyframes = |units: &[AccessUnit]| units.iter().filter(|unit| unit.is_keyframe).count();
        assert!(second[0].is_keyframe);
        assert_eq!(keyframes(&second), 1);
        assert!(film.next_picture(false).is_keyframe);
        assert!(!film.next_picture(false).is_keyframe);
        assert!(film.next_picture(true).is_keyframe);

        let mut on_request = Synthetic::new(2_400_000, 0);
        let many: Vec<_> = (0..1000).map(|_| on_request.next_picture(false)).collect();
        assert_eq!(keyframes(&many), 1);
        assert!(on_request.next_picture(true).is_keyframe);
    }
}

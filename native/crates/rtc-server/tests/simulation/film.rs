use netem::Random;

/// How the film is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilmCodec {
    Vp8,
    H264,
    Av1,
}

/// One packet of a picture or of the sound, so made that whoever gets it can tell whether it is what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Piece {
    pub(crate) room: u8,
    /// Counts the broadcaster's sessions.
    pub(crate) generation: u8,
    pub(crate) frame: u32,
    pub(crate) part: u8,
    pub(crate) is_keyframe: bool,
}

pub(crate) const FRAMES_PER_SECOND: u32 = 25;
pub(crate) const TICKS_A_FRAME: u32 = 90_000 / FRAMES_PER_SECOND;
const PICTURE_BYTES: usize = 900;
const SOUND_BYTES: usize = 80;
/// What the codec's payload format begins with, and the film's own.
const HEADER_BYTES: usize = 5 + 8;

impl Piece {
    /// How many packets the picture has.
    pub(crate) fn parts(self) -> u8 {
        if self.is_keyframe { 8 } else { 3 }
    }

    /// The payload, in VP8 with the picture's number as picture id.
    pub(crate) fn picture(self, codec: FilmCodec) -> Vec<u8> {
        let (is_first, is_last) = (self.part == 0, self.part + 1 == self.parts());
        let bit = |is_set: bool, value: u8| if is_set { value } else { 0 };
        let header = match codec {
            // RFC 7741 section 4.2, with a picture id of 15 bits.
            FilmCodec::Vp8 => {
                let [high, low] = (self.frame as u16 | 0x8000).to_be_bytes();
                [0x80 | bit(is_first, 0x10), 0x80, high, low, bit(!self.is_keyframe, 1)]
            }
            // RFC 6184 section 5.8: one slice in fragments.
            FilmCodec::H264 => {
                let kind = if self.is_keyframe { 5 } else { 1 };
                [0x7c, bit(is_first, 0x80) | bit(is_last, 0x40) | kind, 0, 0, 0]
            }
            // AV1 RTP section 4.4: one frame in fragments.
            FilmCodec::Av1 => {
                let begins = bit(is_first && self.is_keyframe, 0x08);
                [bit(!is_first, 0x80) | bit(!is_last, 0x40) | 0x10 | begins, 0x30, 0, 0, 0]
            }
        };
        let mut bytes = header.to_vec();
        bytes.extend([self.room, self.generation]);
        bytes.extend(self.frame.to_be_bytes());
        bytes.extend([self.part, u8::from(self.is_keyframe)]);
        self.fill(bytes, PICTURE_BYTES)
    }

    /// What was sent as this picture packet; none when something else was, or a byte of it has changed. The picture id is
    /// the node's to rewrite.
    pub(crate) fn of_picture(codec: FilmCodec, payload: &[u8]) -> Option<Self> {
        let &[_, _, high, low, _, room, generation, a, b, c, d, part, is_keyframe] =
            payload.first_chunk::<HEADER_BYTES>()?;
        let piece =
            Self { room, generation, frame: u32::from_be_bytes([a, b, c, d]), part, is_keyframe: is_keyframe == 1 };
        let mut expected = piece.picture(codec);
        if codec == FilmCodec::Vp8 {
            expected[2..4].copy_from_slice(&[high, low]);
        }
        (expected == payload).then_some(piece)
    }

    pub(crate) fn sound(self) -> Vec<u8> {
        let mut bytes = vec![self.room, self.generation];
        bytes.extend(self.frame.to_be_bytes());
        self.fill(bytes, SOUND_BYTES)
    }

    pub(crate) fn of_sound(payload: &[u8]) -> Option<Self> {
        let &[room, generation, a, b, c, d] = payload.first_chunk::<6>()?;
        let piece = Self { room, generation, frame: u32::from_be_bytes([a, b, c, d]), part: 0, is_keyframe: false };
        (piece.sound() == payload).then_some(piece)
    }

    fn fill(self, mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
        let seed = u64::from(self.room) << 48 | u64::from(self.generation) << 40 | u64::from(self.part) << 32;
        let mut random = Random::new(seed | u64::from(self.frame));
        while bytes.len() < length {
            bytes.extend(random.next().to_be_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

pub(crate) fn is_sound(payload: &[u8]) -> bool {
    payload.len() == SOUND_BYTES
}

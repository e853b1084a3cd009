use std::fmt::Debug;

use super::{av1, h264, vp8, vp9};
use crate::codec::Codec;
use crate::resolution::Resolution;

/// A payload that its format does not allow, or not at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// What the payloads of one access unit make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) data: Vec<u8>,
    pub(super) is_keyframe: bool,
    pub(super) resolution: Option<Resolution>,
}

/// Takes the payloads of one access unit after the other, each in full and in order. After an error `clear` comes
/// before the next payload.
pub(super) trait Depacketizer: Debug + Send {
    /// Whether an access unit begins with this payload for certain, though the packet before it is not known.
    fn opens_unit(&self, payload: &[u8]) -> bool;
    /// The next payload, never an empty one.
    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed>;
    /// Bytes taken since the last unit.
    fn length(&self) -> usize;
    /// That was the last payload of the unit. `None` when it shows nothing.
    fn finish(&mut self) -> Result<Option<Frame>, Malformed>;
    /// Forgets the unit begun.
    fn clear(&mut self);
}

pub(super) fn depacketizer(codec: Codec) -> Box<dyn Depacketizer> {
    match codec {
        Codec::Opus => Box::<Opus>::default(),
        Codec::Av1 { .. } => Box::<av1::TemporalUnit>::default(),
        Codec::H264(_) => Box::<h264::Picture>::default(),
        Codec::Vp8 => Box::<vp8::Frame>::default(),
        Codec::Vp9 { .. } => Box::<vp9::Picture>::default(),
    }
}

/// RFC 7587 section 4.2: one Opus packet a payload.
#[derive(Debug, Default)]
struct Opus(Vec<u8>);

impl Depacketizer for Opus {
    fn opens_unit(&self, _payload: &[u8]) -> bool {
        true
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        if !self.0.is_empty() {
            return Err(Malformed);
        }
        self.0.extend_from_slice(payload);
        Ok(())
    }

    fn length(&self) -> usize {
        self.0.len()
    }

    fn finish(&mut self) -> Result<Option<Frame>, Malformed> {
        Ok(Some(Frame { data: std::mem::take(&mut self.0), is_keyframe: true, resolution: None }))
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

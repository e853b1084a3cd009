use super::depacketizer::{self, Depacketizer, Malformed};
use crate::keyframe::vp8_descriptor_length;
use crate::resolution::vp8_frame_header;

/// RFC 7741: a frame is what its payloads hold behind their descriptors.
#[derive(Debug, Default)]
pub(super) struct Frame(Vec<u8>);

/// Section 4.2: the first packet of the first partition.
fn starts_frame(payload: &[u8]) -> bool {
    payload.first().is_some_and(|first| first & 0x10 != 0 && first & 0x07 == 0)
}

impl Depacketizer for Frame {
    fn opens_unit(&self, payload: &[u8]) -> bool {
        starts_frame(payload)
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        if starts_frame(payload) != self.0.is_empty() {
            return Err(Malformed);
        }
        let at = vp8_descriptor_length(payload).ok_or(Malformed)?;
        let data = payload.get(at..).filter(|data| !data.is_empty()).ok_or(Malformed)?;
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn length(&self) -> usize {
        self.0.len()
    }

    fn finish(&mut self) -> Result<Option<depacketizer::Frame>, Malformed> {
        let data = std::mem::take(&mut self.0);
        let tag = *data.first().ok_or(Malformed)?;
        // RFC 6386 section 9.1: a clear first bit is a keyframe.
        let is_keyframe = tag & 1 == 0;
        let resolution = vp8_frame_header(&data).filter(|_| is_keyframe);
        Ok(Some(depacketizer::Frame { data, is_keyframe, resolution }))
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

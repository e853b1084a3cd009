//! What the fuzz targets reach of the readers of RTP payloads.

use std::sync::Arc;

use crate::codec::Codec;
use crate::keyframe::starts_keyframe;
use crate::picture_id::PictureIdContinuity;
use crate::resolution::resolution;

/// Whether a keyframe starts in `payload`, and the size of its picture.
pub fn read_payload(codec: Codec, payload: &[u8]) -> (bool, Option<(u32, u32)>) {
    let size = resolution(codec, payload);
    (starts_keyframe(codec, payload), size.map(|size| (size.width, size.height)))
}

/// Lets the picture numbers of `payloads` follow those of `before`, as they do when an encoder returns.
pub fn splice_pictures(codec: Codec, before: &[u8], payloads: &[&[u8]]) -> Vec<Arc<[u8]>> {
    let mut continuity = PictureIdContinuity::default();
    continuity.rewrite(codec, before.into());
    if let Some(first) = payloads.first() {
        continuity.splice(codec, first);
    }
    payloads.iter().map(|payload| continuity.rewrite(codec, (*payload).into())).collect()
}

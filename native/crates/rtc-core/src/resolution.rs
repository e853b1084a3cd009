use crate::codec::Codec;

/// Width and height of the picture in pixels, before any rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Reads the resolution from the first packet of a keyframe.
pub(crate) fn resolution(_codec: Codec, _payload: &[u8]) -> Option<Resolution> {
    None
}

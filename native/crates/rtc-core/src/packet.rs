use std::sync::Arc;

use crate::codec::Codec;
use crate::time::MonotonicTime;

/// One RTP stream of one ingest: sequence numbers and timestamps are continuous only within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceId {
    pub ingest: u64,
    pub ssrc: u32,
}

/// A media packet as a broadcaster sent it.
#[derive(Clone, Debug)]
pub struct IngestPacket {
    pub source: SourceId,
    pub codec: Codec,
    /// Sequence number extended beyond 16 bits.
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
    /// Video orientation (3GPP TS 26.114), clockwise quarter turns as on the wire.
    pub orientation: Option<u8>,
    pub payload: Arc<[u8]>,
    pub arrival: MonotonicTime,
}

/// A media packet in the numbers of its room: these go on without a break when the broadcaster returns.
#[derive(Clone, Debug)]
pub struct RoomPacket {
    pub codec: Codec,
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
    /// First packet of a keyframe.
    pub starts_keyframe: bool,
    pub orientation: Option<u8>,
    pub payload: Arc<[u8]>,
    pub arrival: MonotonicTime,
    /// When the media was captured, on the node's clock; never after `arrival`.
    pub captured: MonotonicTime,
}

/// What a source numbered since it was last asked, in order of arrival, audio and video. One batch serves any number of
/// audiences.
#[derive(Clone, Debug)]
pub struct MediaBatch {
    pub packets: Arc<[RoomPacket]>,
    pub state: SourceState,
}

/// What audiences know of their source beside its packets. It comes with every batch, so that a batch that was dropped
/// takes nothing with it for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    pub audio_codec: Option<Codec>,
    pub video_codec: Option<Codec>,
    /// Video numbered below this is of a broadcaster or a codec that is gone: no picture to start from.
    pub video_start: u64,
    /// Whether the encoder has been seen to answer keyframe requests, and owes no answer for long.
    pub answers_keyframe_requests: bool,
}

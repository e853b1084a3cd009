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

//! Forwarding of live media, without input or output of its own: packets, requests and the time come in as
//! arguments, packets to send and keyframe requests go out. Sockets, timers, threads and WebRTC live in `rtc-server`.
#![forbid(unsafe_code)]

mod codec;
mod continuity;
mod down_track;
mod keyframe;
mod keyframe_cache;
mod keyframe_requests;
mod packet;
mod picture_id;
mod rate;
mod resolution;
mod room;
mod sender_clock;
mod time;
mod up_track;

pub use codec::{Codec, H264Format, MediaKind, PayloadType};
pub use down_track::OutgoingPacket;
pub use keyframe_cache::CacheLimits;
pub use packet::{IngestPacket, RoomPacket, SourceId};
pub use room::{IngestId, IngestStatistics, MediaRoom, PacketSink, RoomBusy, RoomCounters, ViewerId, ViewerTracks};
pub use sender_clock::SenderReport;
pub use time::MonotonicTime;

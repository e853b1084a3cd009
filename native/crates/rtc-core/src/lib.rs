//! Forwarding of live media, without input or output of its own: packets, requests and the time come in as
//! arguments, packets to send and keyframe requests go out. Sockets, timers, threads and WebRTC live in `rtc-server`.
#![forbid(unsafe_code)]

mod audience;
mod codec;
mod continuity;
mod down_track;
#[doc(hidden)]
pub mod fuzzing;
mod keyframe;
mod keyframe_cache;
mod keyframe_requests;
mod packet;
mod packet_ring;
mod picture_id;
mod rate;
mod resolution;
mod retransmission;
pub mod rtcp;
pub mod rtp;
mod sender_clock;
mod source;
mod tap;
mod time;
mod up_track;

pub use audience::{Audience, AudienceCounters, PacketSink, ViewerId, ViewerTracks};
pub use codec::{Codec, H264Format, MediaKind, PayloadType};
pub use down_track::OutgoingPacket;
pub use keyframe_cache::CacheLimits;
pub use packet::{IngestPacket, MediaBatch, RoomPacket, SourceId, SourceState};
pub use sender_clock::SenderReport;
pub use source::{IngestId, IngestStatistics, RoomBusy, Source, SourceCounters};
pub use tap::{AccessUnit, Assembler, AssemblerLimits};
pub use time::MonotonicTime;

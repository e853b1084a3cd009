//! The media node: WebRTC in, WebRTC out, around the forwarding of `rtc-core`.

// The clients of the tests on loopback see the crate from outside.
#[cfg(test)]
extern crate self as rtc_server;

mod answer;
mod assembly;
mod candidates;
mod command;
mod control;
mod directory;
mod door;
mod egress;
mod error;
mod events;
mod fragment;
#[doc(hidden)]
pub mod fuzzing;
mod link;
mod node;
mod offer;
mod outlet;
mod post;
mod random;
mod report;
mod room_report;
mod shard;
#[doc(hidden)]
pub mod simulation;
mod socket;
mod tap;
mod timers;
mod webrtc;

#[cfg(test)]
mod tests;

pub use error::{MediaError, MediaErrorKind};
pub use events::{NodeEvent, NodeEventKind};
pub use node::{MediaNode, NodeOptions, SessionAnswer, SessionPatch};
pub use offer::{MAX_OFFER_BYTES, SessionKind};
pub use report::{CounterSnapshot, IngestReport, PlaybackReport, SessionReport, SessionState};
pub use room_report::{RoomReport, Spread};
pub use tap::{Tap, TapOptions, TappedUnit};

//! The media node: WebRTC in, WebRTC out, around the forwarding of `rtc-core`.

// The clients of the tests on loopback see the crate from outside.
#[cfg(test)]
extern crate self as rtc_server;

mod answer;
mod candidates;
mod command;
mod demultiplexer;
// Until the viewers are served by it.
#[allow(dead_code)]
mod egress;
mod error;
mod execution;
mod fragment;
#[doc(hidden)]
pub mod fuzzing;
mod media_thread;
mod node;
mod offer;
mod random;
mod report;
mod rooms;
mod session;
mod socket;
mod timers;
mod webrtc;
mod wiring;

#[cfg(test)]
mod tests;

pub use error::{MediaError, MediaErrorKind};
pub use node::{MediaNode, NodeOptions, SessionAnswer, SessionPatch};
pub use offer::{MAX_OFFER_BYTES, SessionKind};
pub use report::{CounterSnapshot, IngestReport, SessionReport, SessionState};

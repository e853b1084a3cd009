//! One broadcaster and thousands of viewers in one process, for measuring a media node and for testing it.

pub mod dtls;
pub mod film;
pub mod socket;
pub mod swarm;
pub mod system;

mod broadcaster;
mod feedback;
mod joining;
mod peer;
mod reception;
mod signalling;
mod travel;
mod viewer;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

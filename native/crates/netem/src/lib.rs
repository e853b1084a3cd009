//! A network that behaves as badly as it is told to, the same way for the same seed.
//!
//! No socket, clock, thread or dependency: the caller hands in datagrams and the time, and takes out what arrives.
//! Hosts reach each other over access links, one each way; a host that was not attached has none and loses nothing.
//! A datagram passes the sender's up link, then the receiver's down link.

#![forbid(unsafe_code)]

mod conditions;
mod link;
mod nat;
mod network;
mod random;

pub use conditions::{Conditions, Loss};
pub use link::LinkCounters;
pub use network::{Change, Datagram, Network, NetworkCounters};
pub use random::Random;

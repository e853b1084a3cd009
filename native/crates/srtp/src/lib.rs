//! SRTP and SRTCP (RFC 3711, RFC 7714), sans-IO: packets are sealed and opened in place, with key schedules made once.
//!
//! Who seals RTP brings the packet index; no index of an SSRC may come twice with different bytes, as that would give
//! the key away (RFC 7714 section 8.3). A `ReplayWindow` over what was sent is a cheap way to be sure. The SRTCP index
//! is counted here, one for all SSRCs of a key.
#![forbid(unsafe_code)]

mod cipher;
mod keys;
mod packet;
mod profile;
mod receiver;
mod replay_window;
mod sender;

#[cfg(test)]
mod rfc7714_tests;

pub use keys::{MasterKey, WrongLength};
pub use profile::Profile;
pub use receiver::{Receiver, Refused};
pub use replay_window::ReplayWindow;
pub use sender::{Exhausted, Sender};

#[cfg(test)]
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

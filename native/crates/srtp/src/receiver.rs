use std::error::Error;
use std::fmt;

use crate::cipher::{Cipher, ENCRYPTED};
use crate::keys::MasterKey;
use crate::packet::{RTCP_CLEAR, rtp_header_length, word};
use crate::profile::Profile;
use crate::replay_window::ReplayWindow;

/// Senders of RTP, and senders of RTCP, known at a time. A browser has one to three.
const SOURCES: usize = 32;

/// 128 packets: more than the 64 a window must have (RFC 3711 section 3.3.2).
type Window = ReplayWindow<2>;

/// Opens what the other side sends, each packet once.
pub struct Receiver {
    profile: Profile,
    rtp: Cipher,
    rtcp: Cipher,
    rtp_sources: Vec<(u32, Window)>,
    rtcp_sources: Vec<(u32, Window)>,
}

/// Why a packet was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No RTP or RTCP packet, or too short for SRTP.
    Malformed,
    /// Seen before, or too old to know.
    Replayed,
    /// Not made with the key, or changed on the way.
    Forged,
    /// From one sender more than are kept.
    TooManySources,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "The datagram is no SRTP or SRTCP packet.",
            Self::Replayed => "The packet was seen before or is too old.",
            Self::Forged => "The packet was not made with the key of this connection.",
            Self::TooManySources => "The packet is from one sender more than a connection may have.",
        })
    }
}

impl Error for Refused {}

impl Receiver {
    pub fn new(master: &MasterKey) -> Self {
        Self {
            profile: master.profile(),
            rtp: Cipher::new(&master.rtp_keys()),
            rtcp: Cipher::new(&master.rtcp_keys()),
            rtp_sources: Vec::new(),
            rtcp_sources: Vec::new(),
        }
    }

    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Opens an SRTP packet in place: the RTP packet and its index, which is the sequence number extended beyond 16
    /// bits. A refused packet is left in any state.
    pub fn unprotect_rtp<'a>(&mut self, packet: &'a mut [u8]) -> Result<(&'a mut [u8], u64), Refused> {
        let header = rtp_header_length(packet).ok_or(Refused::Malformed)?;
        let end = packet.len().checked_sub(self.profile.rtp_overhead()).filter(|end| *end >= header);
        let end = end.ok_or(Refused::Malformed)?;
        let sequence = word(packet, 0) as u16;
        let ssrc = word(packet, 8);
        let highest = window(&self.rtp_sources, ssrc).and_then(Window::highest);
        let index = extended(highest, sequence);
        admit(&self.rtp_sources, ssrc, index)?;
        self.rtp.open_rtp(packet, header, ssrc, index).map_err(|_| Refused::Forged)?;
        record(&mut self.rtp_sources, ssrc, index);
        Ok((&mut packet[..end], index))
    }

    /// Opens an SRTCP packet in place: the compound RTCP packet. A refused packet is left in any state.
    pub fn unprotect_rtcp<'a>(&mut self, packet: &'a mut [u8]) -> Result<&'a mut [u8], Refused> {
        let end = packet.len().checked_sub(self.profile.rtcp_overhead()).filter(|end| *end >= RTCP_CLEAR);
        let end = end.filter(|_| packet[0] >> 6 == 2).ok_or(Refused::Malformed)?;
        let ssrc = word(packet, 4);
        let trailer = word(packet, self.rtcp.rtcp_word_at(packet.len()));
        let index = u64::from(trailer & !ENCRYPTED);
        admit(&self.rtcp_sources, ssrc, index)?;
        self.rtcp.open_rtcp(packet, ssrc, trailer).map_err(|_| Refused::Forged)?;
        record(&mut self.rtcp_sources, ssrc, index);
        Ok(&mut packet[..end])
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Receiver({})", self.profile.name())
    }
}

fn window(sources: &[(u32, Window)], ssrc: u32) -> Option<&Window> {
    sources.iter().find(|(known, _)| *known == ssrc).map(|(_, window)| window)
}

fn admit(sources: &[(u32, Window)], ssrc: u32, index: u64) -> Result<(), Refused> {
    match window(sources, ssrc) {
        Some(window) if !window.is_new(index) => Err(Refused::Replayed),
        None if sources.len() >= SOURCES => Err(Refused::TooManySources),
        _ => Ok(()),
    }
}

/// Only for a packet that proved genuine: nobody else may make us keep something.
fn record(sources: &mut Vec<(u32, Window)>, ssrc: u32, index: u64) {
    if let Some((_, window)) = sources.iter_mut().find(|(known, _)| *known == ssrc) {
        window.insert(index);
    } else {
        let mut window = Window::default();
        window.insert(index);
        sources.push((ssrc, window));
    }
}

/// The index nearest to the highest so far that ends in `sequence` (RFC 3711 section 3.3.1 and appendix A).
fn extended(highest: Option<u64>, sequence: u16) -> u64 {
    const HALF: u64 = 1 << 15;
    const ROUND: u64 = 1 << 16;
    let Some(highest) = highest else { return u64::from(sequence) };
    let candidate = (highest & !(ROUND - 1)) | u64::from(sequence);
    if candidate > highest + HALF && candidate >= ROUND {
        candidate - ROUND
    } else if candidate + HALF < highest {
        candidate + ROUND
    } else {
        candidate
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 3711 section 3.3.1.
    #[test]
    fn the_rollover_counter_is_estimated_from_the_nearest_index() {
        assert_eq!(extended(None, 65_535), 65_535);
        assert_eq!(extended(Some(65_535), 0), 65_536);
        assert_eq!(extended(Some(65_536), 65_535), 65_535);
        assert_eq!(extended(Some(3), 65_534), 65_534, "there is no round before the first");
        assert_eq!(extended(Some(3 << 16), 40_000), (2 << 16) + 40_000);
    }

    proptest! {
        #[test]
        fn an_index_within_half_a_round_is_found_again(highest in 1u64 << 16..1 << 47, distance in -32_767i64..32_767) {
            let index = highest.wrapping_add_signed(distance);
            prop_assert_eq!(extended(Some(highest), index as u16), index);
        }
    }
}

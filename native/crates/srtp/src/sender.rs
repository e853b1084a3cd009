use std::error::Error;
use std::fmt;

use crate::cipher::Cipher;
use crate::keys::MasterKey;
use crate::packet::{RTCP_CLEAR, word};
use crate::profile::Profile;

/// Packets one key may protect (RFC 3711 section 9.2).
const RTP_INDEXES: u64 = 1 << 48;
const RTCP_INDEXES: u32 = 1 << 31;

/// Protects what one side sends.
pub struct Sender {
    profile: Profile,
    rtp: Cipher,
    rtcp: Cipher,
    next_rtcp_index: u32,
}

/// The key has protected as many packets as it may: the connection needs a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

impl fmt::Display for Exhausted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("The SRTP key has protected all the packets it may.")
    }
}

impl Error for Exhausted {}

impl Sender {
    pub fn new(master: &MasterKey) -> Self {
        Self {
            profile: master.profile(),
            rtp: Cipher::new(&master.rtp_keys()),
            rtcp: Cipher::new(&master.rtcp_keys()),
            next_rtcp_index: 0,
        }
    }

    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Protects an RTP packet in place: a header of `header` bytes, the payload, and `rtp_overhead` bytes to be filled
    /// at the end. `index` is the sequence number extended beyond 16 bits (RFC 3711 section 3.3.1).
    ///
    /// # Panics
    ///
    /// When the packet has no room for header and overhead.
    pub fn protect_rtp(&self, packet: &mut [u8], header: usize, index: u64) -> Result<(), Exhausted> {
        assert!(header >= 12 && packet.len() >= header + self.profile.rtp_overhead(), "the RTP packet is too short");
        if index >= RTP_INDEXES {
            return Err(Exhausted);
        }
        let ssrc = word(packet, 8);
        self.rtp.seal_rtp(packet, header, ssrc, index);
        Ok(())
    }

    /// Protects a compound RTCP packet in place, with `rtcp_overhead` bytes to be filled at the end.
    ///
    /// # Panics
    ///
    /// When the packet has no room for the first header and overhead.
    pub fn protect_rtcp(&mut self, packet: &mut [u8]) -> Result<(), Exhausted> {
        assert!(packet.len() >= RTCP_CLEAR + self.profile.rtcp_overhead(), "the RTCP packet is too short");
        let index = self.next_rtcp_index;
        if index >= RTCP_INDEXES {
            return Err(Exhausted);
        }
        self.next_rtcp_index += 1;
        let ssrc = word(packet, 4);
        self.rtcp.seal_rtcp(packet, ssrc, index);
        Ok(())
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sender({})", self.profile.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3711 section 9.2.
    #[test]
    fn a_key_that_is_used_up_protects_nothing_more() {
        let mut sender = Sender::new(&MasterKey::new(Profile::AeadAes128Gcm, &[1; 16], &[2; 12]).unwrap());
        let mut packet = [0x80; 40];
        assert_eq!(sender.protect_rtp(&mut packet, 12, RTP_INDEXES - 1), Ok(()));
        assert_eq!(sender.protect_rtp(&mut packet, 12, RTP_INDEXES), Err(Exhausted));
        sender.next_rtcp_index = RTCP_INDEXES - 1;
        assert_eq!(sender.protect_rtcp(&mut packet), Ok(()));
        let before = packet;
        assert_eq!(sender.protect_rtcp(&mut packet), Err(Exhausted));
        assert_eq!(packet, before);
    }
}

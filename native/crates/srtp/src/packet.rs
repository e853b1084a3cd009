//! As much of RTP and RTCP as protection needs: where the header ends, and whose packet it is.

const FIXED_HEADER: usize = 12;
/// What stays in the clear of RTCP: the first header and the sender's SSRC (RFC 3711 section 3.4).
pub(crate) const RTCP_CLEAR: usize = 8;

/// Length of an RTP header with its contributing sources and its extension (RFC 3550 section 5.1, 5.3.1).
pub(crate) fn rtp_header_length(packet: &[u8]) -> Option<usize> {
    let first = *packet.first()?;
    if first >> 6 != 2 {
        return None;
    }
    let mut length = FIXED_HEADER + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let words = packet.get(length + 2..length + 4)?;
        length += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    (length <= packet.len()).then_some(length)
}

/// Four bytes in network order; the caller knows that they are there.
pub(crate) fn word(packet: &[u8], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&packet[at..at + 4]);
    u32::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_ends_after_sources_and_extension() {
        let plain = [0x80; 20];
        assert_eq!(rtp_header_length(&plain), Some(12));
        let mut packet = [0; 40];
        packet[0] = 0x80 | 0x10 | 2;
        packet[20..24].copy_from_slice(&[0xbe, 0xde, 0, 3]);
        assert_eq!(rtp_header_length(&packet), Some(36));
        packet[23] = 5;
        assert_eq!(rtp_header_length(&packet), None, "longer than the packet");
        assert_eq!(rtp_header_length(&packet[..22]), None);
        assert_eq!(rtp_header_length(&[0x40; 20]), None, "version 1");
        assert_eq!(rtp_header_length(&[]), None);
    }
}

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::fragment::IceCredentials;

/// Addresses one session may have checked from at a time; the oldest is forgotten.
const ADDRESSES: usize = 16;

/// Finds the session a datagram belongs to: by the address it came from, and before that by the user name fragment
/// of its STUN checks (RFC 8445 section 7.3).
#[derive(Debug, Default)]
pub(crate) struct Demultiplexer {
    by_address: HashMap<SocketAddr, u64>,
    by_ufrag: HashMap<String, u64>,
    known: HashMap<u64, Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// What the session's checks are made with.
    local: Option<IceCredentials>,
    addresses: Vec<SocketAddr>,
}

impl Demultiplexer {
    /// Registers a session, or its new credentials after an ICE restart.
    pub(crate) fn set_credentials(&mut self, session: u64, local: IceCredentials) {
        let known = self.known.entry(session).or_default();
        if let Some(before) = &known.local {
            self.by_ufrag.remove(&before.ufrag);
        }
        self.by_ufrag.insert(local.ufrag.clone(), session);
        known.local = Some(local);
    }

    /// Addresses and credentials known.
    pub(crate) fn held(&self) -> usize {
        self.by_address.len() + self.by_ufrag.len() + self.known.len()
    }

    pub(crate) fn by_address(&self, address: SocketAddr) -> Option<u64> {
        self.by_address.get(&address).copied()
    }

    /// The session of that fragment, and its password.
    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<(u64, &str)> {
        let session = *self.by_ufrag.get(ufrag)?;
        let local = self.known.get(&session)?.local.as_ref()?;
        Some((session, &local.password))
    }

    /// Gives an address to a session whose check came from there. A router may hand the address of one to another.
    pub(crate) fn bind(&mut self, address: SocketAddr, session: u64) {
        let Some(known) = self.known.get_mut(&session) else { return };
        if known.addresses.len() == ADDRESSES {
            let oldest = known.addresses.remove(0);
            if self.by_address.get(&oldest) == Some(&session) {
                self.by_address.remove(&oldest);
            }
        }
        known.addresses.push(address);
        if let Some(before) = self.by_address.insert(address, session)
            && let Some(known) = self.known.get_mut(&before)
            && before != session
        {
            known.addresses.retain(|kept| *kept != address);
        }
    }

    pub(crate) fn remove(&mut self, session: u64) {
        let Some(known) = self.known.remove(&session) else { return };
        if let Some(local) = known.local {
            self.by_ufrag.remove(&local.ufrag);
        }
        for address in known.addresses {
            if self.by_address.get(&address) == Some(&session) {
                self.by_address.remove(&address);
            }
        }
    }
}

/// The fragment of the receiver in the USERNAME of a STUN binding request (RFC 8489 section 14.3, RFC 8445 section
/// 7.2.2): the part before the colon.
pub(crate) fn stun_receiver_ufrag(datagram: &[u8]) -> Option<&str> {
    const BINDING_REQUEST: [u8; 2] = [0, 1];
    const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
    const HEADER: usize = 20;
    const USERNAME: u16 = 6;
    if !datagram.starts_with(&BINDING_REQUEST) || datagram.get(4..8)? != MAGIC_COOKIE {
        return None;
    }
    let mut attributes = datagram.get(HEADER..)?;
    while let Some((header, rest)) = attributes.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if u16::from_be_bytes([header[0], header[1]]) == USERNAME {
            let name = std::str::from_utf8(rest.get(..length)?).ok()?;
            return name.split_once(':').map(|(receiver, _)| receiver);
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(ufrag: &str) -> IceCredentials {
        IceCredentials { ufrag: ufrag.into(), password: format!("password of {ufrag}") }
    }

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn an_address_follows_the_latest_session_that_proved_it() {
        let mut demultiplexer = Demultiplexer::default();
        demultiplexer.set_credentials(1, credentials("one"));
        demultiplexer.set_credentials(2, credentials("two"));
        demultiplexer.bind(address(5), 1);
        demultiplexer.bind(address(5), 2);
        demultiplexer.remove(1);
        assert_eq!(demultiplexer.by_address(address(5)), Some(2));
        demultiplexer.remove(2);
        assert_eq!(demultiplexer.by_address(address(5)), None);
        assert_eq!(demultiplexer.by_ufrag("two"), None);
    }

    #[test]
    fn a_restart_forgets_the_old_fragment_and_addresses_are_bounded() {
        let mut demultiplexer = Demultiplexer::default();
        demultiplexer.set_credentials(1, credentials("old"));
        demultiplexer.set_credentials(1, credentials("new"));
        assert_eq!(
            (demultiplexer.by_ufrag("old"), demultiplexer.by_ufrag("new")),
            (None, Some((1, "password of new")))
        );
        for port in 0..100 {
            demultiplexer.bind(address(port), 1);
        }
        assert_eq!(demultiplexer.by_address.len(), ADDRESSES);
        assert_eq!(demultiplexer.by_address(address(99)), Some(1));
    }

    #[test]
    fn the_receiver_is_read_from_a_binding_request_and_from_nothing_else() {
        let mut request = vec![0, 1, 0, 20, 0x21, 0x12, 0xa4, 0x42];
        request.extend([7; 12]);
        request.extend([0x80, 0x22, 0, 2, b'x', b'y', 0, 0]);
        request.extend([0, 6, 0, 7]);
        request.extend(b"abc:def\0");
        assert_eq!(stun_receiver_ufrag(&request), Some("abc"));
        request[1] = 0x11;
        assert_eq!(stun_receiver_ufrag(&request), None);
        assert_eq!(stun_receiver_ufrag(&[0, 1, 0, 0]), None);
        assert_eq!(stun_receiver_ufrag(&[0x80; 200]), None);
    }
}

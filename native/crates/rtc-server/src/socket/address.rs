use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// A socket address as the kernel has it, IPv4 or IPv6.
#[derive(Clone, Copy)]
pub(super) struct RawAddress(libc::sockaddr_in6);

impl RawAddress {
    pub(super) const CAPACITY: libc::socklen_t = size_of::<libc::sockaddr_in6>() as libc::socklen_t;

    pub(super) fn empty() -> Self {
        // SAFETY: an all-zero socket address is valid: plain integers, no family.
        Self(unsafe { std::mem::zeroed() })
    }

    /// For a socket of that family: IPv4 is written in its IPv6-mapped form for an IPv6 socket.
    pub(super) fn new(address: SocketAddr, for_v6_socket: bool) -> Self {
        let mut raw = Self::empty();
        match address {
            SocketAddr::V4(v4) if for_v6_socket => {
                raw.set_v6(SocketAddrV6::new(v4.ip().to_ipv6_mapped(), v4.port(), 0, 0));
            }
            SocketAddr::V4(v4) => {
                let address = libc::sockaddr_in {
                    sin_family: libc::AF_INET as libc::sa_family_t,
                    sin_port: v4.port().to_be(),
                    sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(v4.ip().octets()) },
                    sin_zero: [0; 8],
                };
                // SAFETY: sockaddr_in is smaller than and no stricter aligned than the sockaddr_in6 it is put in.
                unsafe { (&raw mut raw.0).cast::<libc::sockaddr_in>().write(address) };
            }
            SocketAddr::V6(v6) => raw.set_v6(v6),
        }
        raw
    }

    fn set_v6(&mut self, address: SocketAddrV6) {
        self.0 = libc::sockaddr_in6 {
            sin6_family: libc::AF_INET6 as libc::sa_family_t,
            sin6_port: address.port().to_be(),
            sin6_flowinfo: address.flowinfo(),
            sin6_addr: libc::in6_addr { s6_addr: address.ip().octets() },
            sin6_scope_id: address.scope_id(),
        };
    }

    /// The address with IPv6-mapped IPv4 as plain IPv4; `None` for another family.
    pub(super) fn get(&self) -> Option<SocketAddr> {
        match libc::c_int::from(self.0.sin6_family) {
            libc::AF_INET => {
                // SAFETY: the family says that a sockaddr_in was written here.
                let v4 = unsafe { (&raw const self.0).cast::<libc::sockaddr_in>().read() };
                let ip = v4.sin_addr.s_addr.to_ne_bytes().into();
                Some(SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(v4.sin_port))))
            }
            libc::AF_INET6 => {
                let ip = Ipv6Addr::from(self.0.sin6_addr.s6_addr);
                let port = u16::from_be(self.0.sin6_port);
                Some(match ip.to_ipv4_mapped() {
                    Some(v4) => SocketAddr::new(IpAddr::V4(v4), port),
                    None => SocketAddr::V6(SocketAddrV6::new(ip, port, 0, self.0.sin6_scope_id)),
                })
            }
            _ => None,
        }
    }

    pub(super) fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.0).cast()
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.0).cast()
    }

    pub(super) fn length(&self) -> libc::socklen_t {
        match libc::c_int::from(self.0.sin6_family) {
            libc::AF_INET => size_of::<libc::sockaddr_in>() as libc::socklen_t,
            _ => Self::CAPACITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_way_to_the_kernel_and_back() {
        for text in ["192.0.2.7:8083", "[2001:db8::1]:443", "[fe80::1%3]:9"] {
            let address: SocketAddr = text.parse().unwrap();
            for for_v6_socket in [address.is_ipv6(), true] {
                assert_eq!(RawAddress::new(address, for_v6_socket).get(), Some(address));
            }
        }
        assert_eq!(RawAddress::empty().get(), None);
    }
}

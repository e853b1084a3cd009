//! The operating system's side of the node: a UDP socket with batched input and output, wake-ups, and the little
//! else that needs `unsafe`. Linux only.

mod address;
mod alarm;
mod receive;
mod send;
mod system;
mod transmit;
mod wake;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use self::address::RawAddress;
pub(crate) use self::alarm::Alarm;
#[cfg(test)]
pub(crate) use self::alarm::wait_readable;
pub(crate) use self::receive::{Datagram, ReceiveBatch};
pub(crate) use self::send::{MAX_DATAGRAM, Run, SendBatch, SendCounters, Transmit};
pub(crate) use self::system::{local_addresses, thread_cpu_seconds};
pub(crate) use self::transmit::SocketTransmit;
pub(crate) use self::wake::{Bell, Wake, wait, wait_for_bell};

/// Asked of the kernel; it may give less.
const SOCKET_BUFFER_BYTES: libc::c_int = 8 << 20;

/// A bound, non-blocking UDP socket. One bound to `::` takes IPv4 too.
#[derive(Debug)]
pub(crate) struct UdpSocket {
    fd: OwnedFd,
    is_v6: bool,
    local: SocketAddr,
}

impl UdpSocket {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let is_v6 = address.is_ipv6();
        let family = if is_v6 { libc::AF_INET6 } else { libc::AF_INET };
        // SAFETY: socket() takes no pointers; the result is checked before it becomes an owned descriptor.
        let fd = unsafe {
            let fd = libc::socket(family, libc::SOCK_DGRAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            OwnedFd::from_raw_fd(fd)
        };
        let raw = fd.as_raw_fd();
        if is_v6 {
            set_option(raw, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 0)?;
            set_option(raw, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?;
        }
        if address.is_ipv4() || address.ip().is_unspecified() {
            set_option(raw, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
        }
        for (forced, plain) in [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)] {
            // Past the system's limit for those who may; else up to the limit.
            if set_option(raw, libc::SOL_SOCKET, forced, SOCKET_BUFFER_BYTES).is_err() {
                set_option(raw, libc::SOL_SOCKET, plain, SOCKET_BUFFER_BYTES)?;
            }
        }
        // Older kernels lack it; then every datagram comes by itself.
        let _ = set_option(raw, libc::SOL_UDP, libc::UDP_GRO, 1);
        let raw_address = RawAddress::new(address, is_v6);
        // SAFETY: the pointer and length describe a socket address that lives through the call.
        if unsafe { libc::bind(raw, raw_address.as_ptr(), raw_address.length()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let local = SocketAddr::new(address.ip(), bound_port(raw)?);
        Ok(Self { fd, is_v6, local })
    }

    pub(crate) fn local_address(&self) -> SocketAddr {
        self.local
    }

    fn raw(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl AsRawFd for UdpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.raw()
    }
}

fn bound_port(fd: RawFd) -> io::Result<u16> {
    let mut address = RawAddress::empty();
    let mut length = RawAddress::CAPACITY;
    // SAFETY: the kernel writes at most `length` bytes into an address that has room for them.
    if unsafe { libc::getsockname(fd, address.as_mut_ptr(), &mut length) } != 0 {
        return Err(io::Error::last_os_error());
    }
    address.get().map(|address| address.port()).ok_or_else(|| io::Error::other("the socket has no address"))
}

fn set_option(fd: RawFd, level: libc::c_int, name: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: the option value is an int that lives through the call, and its size is given.
    let result = unsafe {
        libc::setsockopt(fd, level, name, (&raw const value).cast(), size_of::<libc::c_int>() as libc::socklen_t)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Where a datagram goes, and from which of the node's addresses when it has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) destination: SocketAddr,
    pub(crate) source: Option<IpAddr>,
}

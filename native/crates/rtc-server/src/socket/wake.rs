use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::time::Duration;

use super::UdpSocket;

/// An eventfd: one side sets it, the other sees it readable.
#[derive(Debug)]
pub(crate) struct Wake(OwnedFd);

impl Wake {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: eventfd() takes no pointers; the result is checked before it becomes an owned descriptor.
        unsafe {
            let fd = libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC);
            if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(Self(OwnedFd::from_raw_fd(fd))) }
        }
    }

    pub(crate) fn set(&self) {
        let one = 1u64;
        // SAFETY: eight bytes that live through the call. A counter already full is as readable as one set now.
        unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
    }

    pub(crate) fn clear(&self) {
        let mut count = 0u64;
        // SAFETY: eight writable bytes that live through the call. Nothing to read is no error.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), size_of::<u64>()) };
    }
}

impl AsRawFd for Wake {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readiness {
    pub(crate) socket: bool,
    pub(crate) wake: bool,
}

/// Sleeps until the socket has input, `wake` is set or the time is up.
pub(crate) fn wait(socket: &UdpSocket, wake: &Wake, timeout: Duration) -> Readiness {
    let timeout =
        libc::timespec { tv_sec: timeout.as_secs().min(3600) as libc::time_t, tv_nsec: timeout.subsec_nanos().into() };
    let entry = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let mut entries = [entry(socket.as_raw_fd()), entry(wake.as_raw_fd())];
    // SAFETY: two entries and a time that live through the call; no signal mask is given.
    let ready = unsafe { libc::ppoll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, &timeout, ptr::null()) };
    Readiness { socket: ready > 0 && entries[0].revents != 0, wake: ready > 0 && entries[1].revents != 0 }
}

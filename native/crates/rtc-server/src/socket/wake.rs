use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// A `Wake` that costs a system call only when nobody has rung it since it was last answered.
#[derive(Debug)]
pub(crate) struct Bell {
    wake: Wake,
    has_rung: AtomicBool,
}

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { wake: Wake::new()?, has_rung: AtomicBool::new(false) })
    }

    /// Call it after what there is to find has been put down.
    pub(crate) fn ring(&self) {
        if !self.has_rung.swap(true, Ordering::AcqRel) {
            self.wake.set();
        }
    }

    pub(crate) fn has_rung(&self) -> bool {
        self.has_rung.load(Ordering::Acquire)
    }

    /// Who rings may be slow to set what another has answered already: nobody must be kept awake by that. Look whether
    /// it has rung afterwards: it may have meanwhile.
    fn calm(&self) {
        if !self.has_rung() {
            self.wake.clear();
        }
    }

    /// Call it before looking. The order matters: who rings between the two lines has put its thing down already.
    pub(crate) fn answer(&self) {
        self.wake.clear();
        self.has_rung.swap(false, Ordering::AcqRel);
    }
}

/// Sleeps until the bell rings or the time is up.
pub(crate) fn wait_for_bell(bell: &Bell, timeout: Duration) {
    sleep(&mut [entry(bell.wake.as_raw_fd())], timeout);
}

/// Sleeps until the socket has input, the bell rings or the time is up; true when the socket has input.
pub(crate) fn wait(socket: &UdpSocket, bell: &Bell, timeout: Duration) -> bool {
    let mut entries = [entry(socket.as_raw_fd()), entry(bell.wake.as_raw_fd())];
    if sleep(&mut entries, timeout) <= 0 {
        return false;
    }
    if entries[1].revents != 0 {
        bell.calm();
    }
    entries[0].revents != 0
}

fn entry(fd: RawFd) -> libc::pollfd {
    libc::pollfd { fd, events: libc::POLLIN, revents: 0 }
}

fn sleep(entries: &mut [libc::pollfd], timeout: Duration) -> libc::c_int {
    let timeout =
        libc::timespec { tv_sec: timeout.as_secs().min(3600) as libc::time_t, tv_nsec: timeout.subsec_nanos().into() };
    // SAFETY: the entries and a time live through the call; no signal mask is given.
    unsafe { libc::ppoll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, &timeout, ptr::null()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_rung_many_times_is_heard_once_and_then_again() {
        let bell = Bell::new().unwrap();
        bell.ring();
        bell.ring();
        wait_for_bell(&bell, Duration::from_secs(3600));
        assert!(bell.has_rung());
        bell.answer();
        assert!(!bell.has_rung());
        wait_for_bell(&bell, Duration::ZERO);
        bell.ring();
        wait_for_bell(&bell, Duration::from_secs(3600));
    }

    #[test]
    fn a_ring_answered_before_it_was_set_keeps_nobody_awake() {
        let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let bell = Bell::new().unwrap();
        let is_set = |bell: &Bell| sleep(&mut [entry(bell.wake.as_raw_fd())], Duration::ZERO) == 1;
        // The two halves of a ring, and an answer between them.
        bell.has_rung.swap(true, Ordering::AcqRel);
        bell.answer();
        bell.wake.set();
        assert!(!wait(&socket, &bell, Duration::from_secs(3600)) && !is_set(&bell));
        bell.ring();
        assert!(!wait(&socket, &bell, Duration::from_secs(3600)) && is_set(&bell) && bell.has_rung());
    }
}

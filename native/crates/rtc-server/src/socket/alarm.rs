use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::time::Duration;

/// A timerfd: readable from the time it is set to until it is set anew. Others may wait for it, but not read it.
#[derive(Debug)]
pub(crate) struct Alarm(OwnedFd);

impl Alarm {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: timerfd_create() takes no pointers; the result is checked before it becomes an owned descriptor.
        unsafe {
            let fd = libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK | libc::TFD_CLOEXEC);
            if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(Self(OwnedFd::from_raw_fd(fd))) }
        }
    }

    /// Readable at once.
    pub(crate) fn ring(&self) {
        self.set(Some(Duration::ZERO));
    }

    /// Readable after this time; never without one.
    pub(crate) fn set(&self, after: Option<Duration>) {
        // All zeros would disarm it.
        let after = after.map_or(Duration::ZERO, |after| after.max(Duration::from_nanos(1)));
        let value = libc::itimerspec {
            it_interval: libc::timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: libc::timespec {
                tv_sec: after.as_secs().min(3600) as libc::time_t,
                tv_nsec: after.subsec_nanos().into(),
            },
        };
        // SAFETY: the time lives through the call; the old one is not asked for. A valid time cannot be refused.
        unsafe { libc::timerfd_settime(self.0.as_raw_fd(), 0, &value, ptr::null_mut()) };
    }
}

impl AsRawFd for Alarm {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Whether `fd` becomes readable within the time.
#[cfg(test)]
pub(crate) fn wait_readable(fd: &impl AsRawFd, timeout: Duration) -> bool {
    let mut entry = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one entry that lives through the call.
    unsafe { libc::poll(&mut entry, 1, timeout.as_millis() as libc::c_int) == 1 }
}

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A path of which nothing was heard for this long gives way to one that a check came by without nominating it: some
/// players nominate once, and their router gives them another port later. Browsers check every 2.5 s and report every
/// second.
const SILENCE: Duration = Duration::from_secs(3);

/// Where a viewer is: the pair of addresses that media takes. An ICE-lite agent takes what the other side nominates
/// (RFC 8445 section 7.3.2).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Path {
    current: Option<(SocketAddr, SocketAddr)>,
    heard: Option<Instant>,
}

impl Path {
    /// The other side's address and ours.
    pub(crate) fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.current
    }

    /// A check by one who knows the password came from `remote` to `local`. True when media is to go that way from now
    /// on, and did not before.
    pub(crate) fn checked(&mut self, remote: SocketAddr, local: SocketAddr, nominates: bool, now: Instant) -> bool {
        let is_same = self.current == Some((remote, local));
        let is_silent = self.heard.is_none_or(|heard| now.saturating_duration_since(heard) > SILENCE);
        if is_same || nominates || is_silent {
            self.current = Some((remote, local));
            self.heard = Some(now);
            return !is_same;
        }
        false
    }

    /// Something else that only the other side can have sent came from `remote`.
    pub(crate) fn heard(&mut self, remote: SocketAddr, now: Instant) {
        if self.current.is_some_and(|(current, _)| current == remote) {
            self.heard = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn media_follows_nominations_and_no_other_checks_while_the_path_lives() {
        let (start, local) = (Instant::now(), address(9));
        let at = |millis| start + Duration::from_millis(millis);
        let mut path = Path::default();
        assert!(path.checked(address(1), local, false, at(0)), "better than none");
        assert!(!path.checked(address(2), local, false, at(100)));
        assert!(path.checked(address(2), local, true, at(200)));
        assert!(!path.checked(address(1), local, false, at(3_100)));
        path.heard(address(2), at(3_150));
        assert!(!path.checked(address(1), local, false, at(6_100)));
        assert_eq!(path.addresses(), Some((address(2), local)));
    }

    #[test]
    fn a_path_fallen_silent_gives_way_to_any_that_is_checked() {
        let (start, local) = (Instant::now(), address(9));
        let mut path = Path::default();
        path.checked(address(1), local, true, start);
        path.heard(address(2), start + SILENCE);
        assert!(path.checked(address(2), local, false, start + SILENCE + Duration::from_millis(1)));
        assert_eq!(path.addresses(), Some((address(2), local)));
    }
}

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// While something was heard by the path within this time, a check alone takes nothing away from it: it may be a copy,
/// sent on from an address that is not the other side's.
const ALIVE: Duration = Duration::from_secs(2);
/// A path of which nothing was heard for this long gives way to one that a check came by without nominating it: some
/// players nominate once, and their router gives them another port later. Browsers check every 2.5 s and report every
/// second.
const SILENCE: Duration = Duration::from_secs(3);
/// The same when media or reports come that way: an encoder whose router gave it another port sends on without a pause.
const MOVED: Duration = Duration::from_millis(500);
/// One who has sent media or reports sends some by its new path within this time, or checks that come by it count as
/// copies.
const TRIAL: Duration = Duration::from_secs(7);

/// The other side's address and ours.
type Pair = (SocketAddr, SocketAddr);

/// Where the other side is: the pair of addresses that media and feedback to it take. An ICE-lite agent takes what the
/// other side nominates (RFC 8445 section 7.3.2). But whoever sees a check can send it on from elsewhere, as it says
/// nothing of where it came from: what is in use and alive is left only for where media or reports come from, which
/// nobody can send twice.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Path {
    current: Option<Pair>,
    heard: Option<Instant>,
    taken: Option<Instant>,
    /// Media or reports have come by the present path.
    is_proven: bool,
    /// They have come at all: some players send none.
    was_proven: bool,
    /// A pair that a check came by and that has not been taken, and whether it was nominated.
    proposed: Option<(Pair, bool)>,
}

impl Path {
    /// The other side's address and ours.
    pub(crate) fn addresses(&self) -> Option<Pair> {
        self.current
    }

    /// A check by one who knows the password came from `remote` to `local`. True when the path is another from now on.
    pub(crate) fn checked(&mut self, remote: SocketAddr, local: SocketAddr, nominates: bool, now: Instant) -> bool {
        let pair = (remote, local);
        if self.current == Some(pair) {
            self.heard = Some(now);
            return false;
        }
        let gives_way = match nominates {
            true => !self.is_proven || self.is_silent(ALIVE, now),
            false => self.is_silent(SILENCE, now),
        };
        if gives_way {
            self.take(pair, now);
        } else {
            self.proposed = Some((pair, nominates));
        }
        gives_way
    }

    /// Media or reports that only the other side can have sent, and nobody again, came from `remote`. True when the path
    /// is another from now on.
    pub(crate) fn proved(&mut self, remote: SocketAddr, now: Instant) -> bool {
        let is_current = self.current.is_some_and(|(current, _)| current == remote);
        if !is_current {
            let is_silent = self.is_silent(MOVED, now);
            let Some((pair, _)) =
                self.proposed.filter(|(pair, nominated)| pair.0 == remote && (*nominated || is_silent))
            else {
                return false;
            };
            self.take(pair, now);
        }
        self.heard = Some(now);
        (self.is_proven, self.was_proven) = (true, true);
        !is_current
    }

    /// Whether a check from `remote` tells that the other side is there.
    pub(crate) fn vouches(&self, remote: SocketAddr, now: Instant) -> bool {
        let is_on_trial = || self.taken.is_some_and(|taken| now.saturating_duration_since(taken) < TRIAL);
        let is_current = self.current.is_some_and(|(current, _)| current == remote);
        is_current && (self.is_proven || !self.was_proven || is_on_trial())
    }

    fn is_silent(&self, time: Duration, now: Instant) -> bool {
        self.heard.is_none_or(|heard| now.saturating_duration_since(heard) > time)
    }

    fn take(&mut self, pair: Pair, now: Instant) {
        self.current = Some(pair);
        (self.heard, self.taken) = (Some(now), Some(now));
        self.is_proven = false;
        self.proposed = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    struct Walk {
        path: Path,
        start: Instant,
    }

    impl Walk {
        fn new() -> Self {
            Self { path: Path::default(), start: Instant::now() }
        }

        fn at(&self, millis: u64) -> Instant {
            self.start + Duration::from_millis(millis)
        }

        fn checked(&mut self, port: u16, nominates: bool, millis: u64) -> bool {
            self.path.checked(address(port), address(9), nominates, self.at(millis))
        }

        fn proved(&mut self, port: u16, millis: u64) -> bool {
            self.path.proved(address(port), self.at(millis))
        }

        fn vouches(&self, port: u16, millis: u64) -> bool {
            self.path.vouches(address(port), self.at(millis))
        }
    }

    #[test]
    fn media_follows_nominations_and_no_other_checks_while_the_path_lives() {
        let mut walk = Walk::new();
        assert!(walk.checked(1, false, 0), "better than none");
        assert!(!walk.checked(2, false, 100));
        assert!(walk.checked(2, true, 200));
        assert!(!walk.checked(1, false, 3_100));
        walk.proved(2, 3_150);
        assert!(!walk.checked(1, false, 6_100));
        assert_eq!(walk.path.addresses(), Some((address(2), address(9))));
    }

    #[test]
    fn a_path_fallen_silent_gives_way_to_any_that_is_checked() {
        let mut walk = Walk::new();
        walk.checked(1, true, 0);
        assert!(!walk.proved(2, 3_000), "nobody has checked from there");
        assert!(walk.checked(2, false, 3_001));
        assert_eq!(walk.path.addresses(), Some((address(2), address(9))));
    }

    #[test]
    fn a_nominating_check_sent_on_from_elsewhere_takes_nothing_from_a_path_that_lives() {
        let mut walk = Walk::new();
        walk.checked(1, true, 0);
        walk.proved(1, 1_000);
        assert!(!walk.checked(66, true, 2_900));
        assert!(!walk.proved(1, 3_000), "still there");
        assert!(walk.checked(2, true, 5_001), "silent for two seconds");
    }

    #[test]
    fn a_nominated_path_is_taken_as_soon_as_reports_come_by_it() {
        let mut walk = Walk::new();
        walk.checked(1, true, 0);
        walk.proved(1, 1_000);
        assert!(!walk.checked(2, true, 1_100));
        assert!(walk.proved(2, 1_200));
        assert!(!walk.proved(1, 1_210), "what was on its way by the old one does not turn it back");
        assert_eq!(walk.path.addresses(), Some((address(2), address(9))));
    }

    #[test]
    fn an_encoder_that_nominates_once_and_moves_is_followed_by_its_media() {
        let mut walk = Walk::new();
        walk.checked(1, true, 0);
        walk.proved(1, 1_000);
        assert!(!walk.checked(2, false, 1_100));
        assert!(!walk.proved(2, 1_400), "both may live");
        assert!(walk.proved(2, 1_501));
    }

    #[test]
    fn copies_of_a_check_keep_nobody_alive_who_used_to_send_reports() {
        let mut walk = Walk::new();
        walk.checked(1, true, 0);
        assert!(walk.vouches(1, 60_000), "some never send any");
        walk.proved(1, 60_000);
        assert!(walk.vouches(1, 120_000));
        assert!(walk.checked(66, true, 120_000));
        assert!(walk.vouches(66, 126_900) && !walk.vouches(1, 126_900));
        assert!(!walk.checked(66, true, 127_000) && !walk.vouches(66, 127_000));
        assert!(walk.checked(1, true, 127_000), "the way back is open");
    }
}

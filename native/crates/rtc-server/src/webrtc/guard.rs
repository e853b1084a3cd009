use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

/// Caught panics told in the log in so much time: whoever found a datagram that makes one can send it again and again.
const TOLD: u32 = 10;
const TOLD_IN: Duration = Duration::from_secs(60);

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// str0m panics where it takes a state to be impossible. What it does for one connection must not end the others':
/// `None` then.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(limit_what_is_told);
    let was_guarded = IS_GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    IS_GUARDED.set(was_guarded);
    done
}

/// Other panics are told as before.
fn limit_what_is_told() {
    let tell = panic::take_hook();
    let limit = Mutex::new(Limit::default());
    panic::set_hook(Box::new(move |panicked| {
        let may = || limit.lock().unwrap_or_else(PoisonError::into_inner).admits(Instant::now());
        if !IS_GUARDED.get() || may() {
            tell(panicked);
        }
    }));
}

#[derive(Default)]
struct Limit {
    began: Option<Instant>,
    told: u32,
}

impl Limit {
    fn admits(&mut self, now: Instant) -> bool {
        if self.began.is_none_or(|began| now.saturating_duration_since(began) >= TOLD_IN) {
            *self = Self { began: Some(now), told: 0 };
        }
        self.told += 1;
        self.told <= TOLD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_the_work_and_not_the_thread() {
        assert_eq!(guarded(|| 1), Some(1));
        assert_eq!(guarded(|| guarded(|| panic!("as str0m may")).is_none()), Some(true));
        assert!(!IS_GUARDED.get());
    }

    #[test]
    fn of_a_flood_of_panics_the_log_has_the_first_of_each_minute() {
        let (mut limit, start) = (Limit::default(), Instant::now());
        let told = |limit: &mut Limit, seconds| {
            (0..1_000).filter(|_| limit.admits(start + Duration::from_secs(seconds))).count()
        };
        assert_eq!((told(&mut limit, 0), told(&mut limit, 59), told(&mut limit, 60)), (10, 0, 10));
    }
}

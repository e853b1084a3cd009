use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Instant;

/// The next deadline of each session. A deadline that moves later is found out when its old time comes, so that
/// every packet does not cost a change of the heap.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, u64)>>,
    deadlines: HashMap<u64, Deadline>,
}

#[derive(Debug)]
struct Deadline {
    at: Instant,
    /// When the heap will look; never after `at`.
    queued: Instant,
}

impl Timers {
    pub(crate) fn set(&mut self, session: u64, at: Instant) {
        let deadline = self.deadlines.entry(session).or_insert_with(|| {
            self.heap.push(Reverse((at, session)));
            Deadline { at, queued: at }
        });
        deadline.at = at;
        if at < deadline.queued {
            deadline.queued = at;
            self.heap.push(Reverse((at, session)));
        }
    }

    pub(crate) fn remove(&mut self, session: u64) {
        self.deadlines.remove(&session);
    }

    /// When `due` is to be called next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// A session whose deadline has come; it is to be set again.
    pub(crate) fn due(&mut self, now: Instant) -> Option<u64> {
        while let Some(Reverse((at, session))) = self.heap.peek().copied() {
            if at > now {
                return None;
            }
            self.heap.pop();
            let Some(deadline) = self.deadlines.get_mut(&session) else { continue };
            if deadline.queued != at {
                continue;
            }
            if deadline.at <= now {
                self.deadlines.remove(&session);
                return Some(session);
            }
            deadline.queued = deadline.at;
            self.heap.push(Reverse((deadline.at, session)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn sessions_come_due_in_order_and_once() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut timers = Timers::default();
        timers.set(1, at(30));
        timers.set(2, at(10));
        timers.set(3, at(20));
        timers.remove(3);
        assert_eq!(timers.due(at(5)), None);
        assert_eq!(timers.due(at(50)), Some(2));
        assert_eq!(timers.due(at(50)), Some(1));
        assert_eq!(timers.due(at(50)), None);
    }

    #[test]
    fn a_deadline_may_move_either_way() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut timers = Timers::default();
        timers.set(1, at(10));
        timers.set(1, at(40));
        assert_eq!(timers.due(at(20)), None);
        timers.set(1, at(25));
        assert_eq!(timers.due(at(30)), Some(1));
        assert_eq!(timers.due(at(60)), None);
        assert_eq!(timers.next(), None);
    }
}

use std::fmt;

use super::Route;

/// Bytes kept before they are sent without being asked to: what a processor's second cache holds.
const ARENA_BYTES: usize = 256 * 1024;
/// The longest a datagram may be; the kernel takes a little less.
pub(crate) const MAX_DATAGRAM: usize = 1 << 16;
/// The kernel takes at most 64 segments and 64 KiB in one message (UDP_SEGMENT).
const SEGMENTS: usize = 60;
const MESSAGE_BYTES: usize = 64_000;

/// Collects datagrams one behind the other, written where they are sent from, and sends them with few system calls.
/// Neighbours of one route and one size form a run, which the kernel may take as a single message.
pub(crate) struct SendBatch {
    arena: Box<[u8]>,
    used: usize,
    runs: Vec<Run>,
    transmit: Box<dyn Transmit>,
    counters: SendCounters,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SendCounters {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// What the kernel had no room for, or no way to send.
    pub(crate) drops: u64,
    pub(crate) messages: u64,
    pub(crate) system_calls: u64,
}

/// Datagrams of one route that lie one behind the other, equally long but for the last, which may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) route: Route,
    pub(crate) start: usize,
    pub(crate) length: usize,
    /// Bytes of every datagram but the last.
    pub(crate) segment: usize,
    pub(crate) count: usize,
}

/// Sends the runs of a batch.
pub(crate) trait Transmit: Send {
    fn transmit(&mut self, arena: &[u8], runs: &[Run], counters: &mut SendCounters);
}

impl SendBatch {
    pub(crate) fn new(transmit: impl Transmit + 'static) -> Self {
        Self {
            arena: vec![0; ARENA_BYTES].into(),
            used: 0,
            runs: Vec::new(),
            transmit: Box::new(transmit),
            counters: SendCounters::default(),
        }
    }

    pub(crate) fn counters(&self) -> SendCounters {
        self.counters
    }

    /// Room for a datagram of `length` bytes, at most `MAX_DATAGRAM`, with anything in it. `commit` is what makes it one.
    pub(crate) fn reserve(&mut self, length: usize) -> &mut [u8] {
        if self.used + length > self.arena.len() {
            self.flush();
        }
        &mut self.arena[self.used..self.used + length]
    }

    /// Lets the first `length` bytes of what was reserved leave by `route`.
    pub(crate) fn commit(&mut self, route: Route, length: usize) {
        let start = self.used;
        self.used += length;
        if let Some(run) = self.runs.last_mut()
            && run.takes(&route, length)
        {
            run.length += length;
            run.count += 1;
            return;
        }
        self.runs.push(Run { route, start, length, segment: length, count: 1 });
    }

    /// Takes a datagram made elsewhere; one that is too long is dropped and counted.
    pub(crate) fn push(&mut self, route: Route, bytes: &[u8]) {
        if bytes.len() > MAX_DATAGRAM {
            self.counters.drops += 1;
            return;
        }
        self.reserve(bytes.len()).copy_from_slice(bytes);
        self.commit(route, bytes.len());
    }

    /// Sends everything. What the kernel has no room for is dropped and counted, as on any network.
    pub(crate) fn flush(&mut self) {
        if !self.runs.is_empty() {
            self.transmit.transmit(&self.arena[..self.used], &self.runs, &mut self.counters);
            self.runs.clear();
        }
        self.used = 0;
    }
}

impl fmt::Debug for SendBatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SendBatch").field("runs", &self.runs).field("counters", &self.counters).finish()
    }
}

impl Run {
    /// Only whole segments may be followed by another datagram.
    fn takes(&self, route: &Route, length: usize) -> bool {
        self.length == self.segment * self.count
            && length <= self.segment
            && length > 0
            && self.count < SEGMENTS
            && self.length + length <= MESSAGE_BYTES
            && self.route == *route
    }

    /// Where its datagrams lie in the arena.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let Self { start, length, segment, count, .. } = *self;
        (0..count).map(move |index| (start + index * segment, segment.min(length - index * segment)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    type Sent = Vec<(Route, Vec<u8>)>;

    /// Keeps what is sent.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<(Sent, usize)>>);

    impl Transmit for Kept {
        fn transmit(&mut self, arena: &[u8], runs: &[Run], counters: &mut SendCounters) {
            let mut kept = self.0.lock().unwrap();
            kept.1 += runs.len();
            for run in runs {
                assert!(run.count <= SEGMENTS && run.length <= MAX_DATAGRAM);
                for (start, length) in run.datagrams() {
                    kept.0.push((run.route, arena[start..start + length].to_vec()));
                    counters.packets += 1;
                }
            }
        }
    }

    fn route(port: u16) -> Route {
        Route { destination: ([127, 0, 0, 1], port).into(), source: None }
    }

    proptest! {
        #[test]
        fn every_datagram_comes_out_as_it_was_put_in_and_in_order(
            datagrams in prop::collection::vec((0u16..3, prop::sample::select(vec![0, 1, 40, 1_199, 1_200, 9_000])), 0..600),
        ) {
            let kept = Kept::default();
            let mut batch = SendBatch::new(kept.clone());
            let mut expected = Vec::new();
            for (index, (port, length)) in datagrams.into_iter().enumerate() {
                let bytes = vec![index as u8; length];
                batch.push(route(port), &bytes);
                expected.push((route(port), bytes));
            }
            batch.flush();
            prop_assert_eq!(&kept.0.lock().unwrap().0, &expected);
            prop_assert_eq!(batch.counters().packets, expected.len() as u64);
        }
    }

    #[test]
    fn neighbours_of_one_route_and_size_make_a_run_that_a_shorter_one_ends() {
        let kept = Kept::default();
        let mut batch = SendBatch::new(kept.clone());
        for (port, length) in [(1, 1_200), (1, 1_200), (1, 500), (1, 500), (1, 1_200), (2, 1_200), (2, 1_200)] {
            batch.push(route(port), &vec![0; length]);
        }
        batch.flush();
        assert_eq!(kept.0.lock().unwrap().1, 4);
    }

    #[test]
    fn what_is_reserved_and_not_committed_is_not_sent() {
        let kept = Kept::default();
        let mut batch = SendBatch::new(kept.clone());
        batch.reserve(100).fill(1);
        batch.reserve(100).fill(2);
        batch.commit(route(1), 60);
        batch.reserve(100).fill(3);
        batch.flush();
        assert_eq!(kept.0.lock().unwrap().0, [(route(1), vec![2; 60])]);
    }

    #[test]
    fn a_datagram_longer_than_any_is_dropped_and_counted() {
        let mut batch = SendBatch::new(Kept::default());
        batch.push(route(1), &vec![0; MAX_DATAGRAM + 1]);
        assert_eq!(batch.counters().drops, 1);
    }
}

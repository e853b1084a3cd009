//! How long packets took from the broadcaster's socket to a viewer's, both in this process and by one clock.

use std::collections::{HashMap, VecDeque};

/// Packets remembered after they were sent: some seconds' worth.
const REMEMBERED: usize = 4096;
/// Travel times kept for the percentiles.
const KEPT: usize = 1_000_000;
/// A server may change the beginning of a payload (a VP8 picture id), not its end.
const MARK_BYTES: usize = 16;
const MIN_PAYLOAD_BYTES: usize = 64;

type Mark = [u8; MARK_BYTES];

#[derive(Default)]
pub struct TravelTimes {
    sent_at: HashMap<Mark, u64>,
    order: VecDeque<(Mark, u64)>,
    microseconds: Vec<u32>,
    matched: u64,
}

impl TravelTimes {
    /// `sent_at` in nanoseconds of the wall clock.
    pub fn note_sent(&mut self, payload: &[u8], sent_at: u64) {
        let Some(mark) = mark(payload) else { return };
        if self.order.len() == REMEMBERED
            && let Some((oldest, then)) = self.order.pop_front()
            && self.sent_at.get(&oldest) == Some(&then)
        // not sent again since, by a film that begins anew
        {
            self.sent_at.remove(&oldest);
        }
        self.sent_at.insert(mark, sent_at);
        self.order.push_back((mark, sent_at));
    }

    pub fn note_arrival(&mut self, payload: &[u8], arrived_at: u64) {
        let Some(&sent_at) = mark(payload).and_then(|mark| self.sent_at.get(&mark)) else { return };
        self.matched += 1;
        if self.microseconds.len() < KEPT {
            self.microseconds.push((arrived_at.saturating_sub(sent_at) / 1000).try_into().unwrap_or(u32::MAX));
        }
    }

    /// Begins a new measurement.
    pub fn restart(&mut self) {
        self.microseconds.clear();
        self.matched = 0;
    }

    /// Packets whose travel time is known, of the present measurement.
    pub fn matched(&self) -> u64 {
        self.matched
    }

    /// In microseconds.
    pub fn percentile(&mut self, share: f64) -> u32 {
        percentile(&mut self.microseconds, share)
    }
}

fn mark(payload: &[u8]) -> Option<Mark> {
    if payload.len() < MIN_PAYLOAD_BYTES { None } else { payload.last_chunk().copied() }
}

/// Of unsorted values; 0 when there are none.
pub fn percentile(values: &mut [u32], share: f64) -> u32 {
    values.sort_unstable();
    let index = (values.len() as f64 * share) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_known_by_its_end() {
        let mut times = TravelTimes::default();
        let mut payload = vec![3; 100];
        times.note_sent(&payload, 1_000_000);
        payload[0] = 9; // a descriptor rewritten on the way
        times.note_arrival(&payload, 1_250_000);
        times.note_arrival(&[4; 100], 1_250_000);
        times.note_arrival(&payload[..20], 1_250_000);
        assert_eq!((times.matched(), times.percentile(0.5)), (1, 250));
        times.restart();
        assert_eq!((times.matched(), times.percentile(0.5)), (0, 0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut times = TravelTimes::default();
        for number in 0..3 * REMEMBERED as u64 {
            times.note_sent(&[[0; 56].as_slice(), &number.to_be_bytes()].concat(), number);
        }
        assert_eq!((times.sent_at.len(), times.order.len()), (REMEMBERED, REMEMBERED));
    }
}

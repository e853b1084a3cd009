use std::time::{Duration, Instant};

use crate::conditions::{Conditions, Loss};
use crate::random::Random;

/// What happened to datagrams in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounters {
    pub entered: u64,
    pub lost: u64,
    /// Came when the queue of a limited rate was full.
    pub overflowed: u64,
    pub duplicated: u64,
    pub reordered: u64,
}

/// One direction of an access link: says when a datagram arrives, if it does.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) conditions: Conditions,
    random: Random,
    is_bad: bool,
    /// When all that waits for its turn has been sent.
    free_at: Instant,
    /// No datagram that keeps its place comes before this.
    last_arrival: Instant,
}

impl Link {
    pub(crate) fn new(conditions: Conditions, random: Random, now: Instant) -> Self {
        Self { conditions, random, is_bad: false, free_at: now, last_arrival: now }
    }

    /// When a datagram given at `now` arrives, and when its copy does.
    pub(crate) fn carry(&mut self, now: Instant, length: usize, counters: &mut LinkCounters) -> [Option<Instant>; 2] {
        counters.entered += 1;
        let Some(departure) = self.departure(now, length) else {
            counters.overflowed += 1;
            return [None; 2];
        };
        if self.loses() {
            counters.lost += 1;
            return [None; 2];
        }
        let jitter = self.conditions.jitter.mul_f64(self.random.fraction());
        let mut arrival = departure + self.conditions.delay + jitter;
        if self.random.chance(self.conditions.reordering) {
            counters.reordered += 1;
            arrival += self.conditions.reordering_delay;
        } else {
            arrival = arrival.max(self.last_arrival);
            self.last_arrival = arrival;
        }
        let is_twice = self.random.chance(self.conditions.duplication);
        counters.duplicated += u64::from(is_twice);
        [Some(arrival), is_twice.then_some(arrival)]
    }

    /// When the last bit has left at the link's rate; none when there is no room to wait.
    fn departure(&mut self, now: Instant, length: usize) -> Option<Instant> {
        let Some(rate_bps) = self.conditions.rate_bps else { return Some(now) };
        let waiting = self.free_at.saturating_duration_since(now);
        let waiting_bytes = waiting.as_secs_f64() * rate_bps as f64 / 8.0;
        // One that finds the link idle passes however long it is.
        if !waiting.is_zero() && waiting_bytes + length as f64 > self.conditions.queue_bytes as f64 {
            return None;
        }
        let takes = Duration::from_secs_f64(length as f64 * 8.0 / rate_bps.max(1) as f64);
        self.free_at = self.free_at.max(now) + takes;
        Some(self.free_at)
    }

    fn loses(&mut self) -> bool {
        match self.conditions.loss {
            Loss::None => false,
            Loss::All => true,
            Loss::Independent(probability) => self.random.chance(probability),
            Loss::Bursts { worsen, recover, loss_when_good, loss_when_bad } => {
                let turns = self.random.chance(if self.is_bad { recover } else { worsen });
                self.is_bad ^= turns;
                self.random.chance(if self.is_bad { loss_when_bad } else { loss_when_good })
            }
        }
    }
}

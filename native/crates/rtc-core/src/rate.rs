use std::time::Duration;

use crate::time::MonotonicTime;

const BUCKET: Duration = Duration::from_millis(250);
const BUCKETS: usize = 8;

/// A count over the last two seconds, given as a rate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rate {
    buckets: [u64; BUCKETS],
    current: u64,
    first: Option<u64>,
}

impl Rate {
    pub(crate) fn add(&mut self, amount: u64, now: MonotonicTime) {
        self.advance(now);
        self.buckets[self.current as usize % BUCKETS] += amount;
    }

    pub(crate) fn sum(&mut self, now: MonotonicTime) -> u64 {
        self.advance(now);
        self.buckets.iter().sum()
    }

    /// Amount a second, over the part of the window that has been seen.
    pub(crate) fn per_second(&mut self, now: MonotonicTime) -> f64 {
        let sum = self.sum(now);
        let Some(first) = self.first else { return 0.0 };
        let into_bucket = now.elapsed().as_secs_f64() / BUCKET.as_secs_f64() - self.current as f64;
        let full = (self.current - first).min(BUCKETS as u64 - 1) as f64;
        sum as f64 / ((full + into_bucket).max(1.0) * BUCKET.as_secs_f64())
    }

    fn advance(&mut self, now: MonotonicTime) {
        let bucket = (now.elapsed().as_millis() / BUCKET.as_millis()) as u64;
        if self.first.is_none() {
            self.first = Some(bucket);
            self.current = bucket;
        }
        let passed = bucket.saturating_sub(self.current).min(BUCKETS as u64);
        for index in 1..=passed {
            self.buckets[(self.current + index) as usize % BUCKETS] = 0;
        }
        self.current = self.current.max(bucket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> MonotonicTime {
        MonotonicTime::since_start(Duration::from_millis(millis))
    }

    #[test]
    fn a_steady_stream_has_its_rate_from_the_first_second_on() {
        let mut rate = Rate::default();
        for millis in (100_000..110_000).step_by(10) {
            rate.add(1, at(millis));
            if millis > 101_000 {
                assert!((rate.per_second(at(millis)) - 100.0).abs() < 15.0, "{}", rate.per_second(at(millis)));
            }
        }
    }

    #[test]
    fn silence_brings_the_rate_to_zero() {
        let mut rate = Rate::default();
        rate.add(1_000, at(0));
        assert!(rate.per_second(at(100)) > 0.0);
        assert_eq!(rate.per_second(at(2_500)), 0.0);
        assert_eq!(rate.sum(at(u64::MAX / 2_000_000)), 0);
    }
}

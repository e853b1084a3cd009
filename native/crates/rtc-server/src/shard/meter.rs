//! How steadily media flows, for reports.

use std::collections::VecDeque;
use std::time::Duration;

use rtc_core::{MediaKind, MonotonicTime};

/// A viewer's picture that stands still for longer than this is seen to.
const STANDSTILL: Duration = Duration::from_millis(500);
const MEASURED_OVER: Duration = Duration::from_secs(1);
/// Pictures whose distance is the usual one.
const USUAL: usize = 30;
/// webrtc-stats, freezeCount: more than three usual distances, and 150 ms more than one.
const FREEZE_FACTOR: u32 = 3;
const FREEZE_EXCESS: Duration = Duration::from_millis(150);

/// What one viewer is sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ViewerMeter {
    /// When the last video packet left, and its number in the room.
    last: Option<(MonotonicTime, u64)>,
    /// Times the picture stood still although the broadcast went on: a keyframe was waited for, the viewer was not
    /// heard of, or another shard's media did not get here.
    pub(crate) freezes: u64,
    pub(crate) bitrate_bps: u64,
    measured: Option<(MonotonicTime, u64)>,
}

impl ViewerMeter {
    /// A video packet leaves, of this number in the room and this arrival.
    pub(crate) fn video_sent(&mut self, sequence: u64, arrival: MonotonicTime, now: MonotonicTime) {
        if let Some((at, before)) = self.last {
            if sequence <= before {
                // Late or sent from the keyframe group: tells nothing about the newest.
                return;
            }
            // New and nothing left out means that the broadcaster sent nothing meanwhile.
            let was_there = sequence > before + 1 || now.since(arrival) > STANDSTILL;
            self.freezes += u64::from(now.since(at) > STANDSTILL && was_there);
        }
        self.last = Some((now, sequence));
    }

    /// Takes the bytes sent since the beginning, now and then.
    pub(crate) fn measure(&mut self, bytes: u64, now: MonotonicTime) {
        let Some((since, before)) = self.measured else {
            self.measured = Some((now, bytes));
            return;
        };
        let passed = now.since(since);
        if passed >= MEASURED_OVER {
            self.bitrate_bps = ((bytes - before) as f64 * 8.0 / passed.as_secs_f64()) as u64;
            self.measured = Some((now, bytes));
        }
    }
}

/// What an encoder sends.
#[derive(Debug, Default)]
pub(crate) struct IngestMeter {
    /// Arrival and timestamp of the newest video packet.
    last: Option<(MonotonicTime, u32)>,
    /// Seconds, of video.
    jitter: f64,
    picture: Option<MonotonicTime>,
    distances: VecDeque<Duration>,
    /// Times the picture stood still.
    pub(crate) freezes: u64,
}

impl IngestMeter {
    pub(crate) fn jitter(&self) -> Option<Duration> {
        self.last.map(|_| Duration::from_secs_f64(self.jitter))
    }

    pub(crate) fn received(&mut self, kind: MediaKind, timestamp: u32, clock_rate: u32, arrival: MonotonicTime) {
        if kind != MediaKind::Video {
            return;
        }
        if let Some((before, last)) = self.last {
            let step = timestamp.wrapping_sub(last) as i32;
            if step < 0 {
                return;
            }
            // RFC 3550 section 6.4.1.
            let transit = arrival.since(before).as_secs_f64() - f64::from(step) / f64::from(clock_rate);
            self.jitter += (transit.abs() - self.jitter) / 16.0;
            if step > 0 {
                self.picture_began(arrival);
            }
        } else {
            self.picture = Some(arrival);
        }
        self.last = Some((arrival, timestamp));
    }

    fn picture_began(&mut self, arrival: MonotonicTime) {
        let Some(before) = self.picture.replace(arrival) else { return };
        let distance = arrival.since(before);
        if self.distances.len() == USUAL {
            let usual = self.distances.iter().sum::<Duration>() / USUAL as u32;
            self.freezes += u64::from(distance > (usual * FREEZE_FACTOR).max(usual + FREEZE_EXCESS));
            self.distances.pop_front();
        }
        self.distances.push_back(distance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> MonotonicTime {
        MonotonicTime::since_start(Duration::from_millis(millis))
    }

    #[test]
    fn a_viewer_freezes_when_pictures_are_left_out_and_not_when_there_are_none() {
        let mut meter = ViewerMeter::default();
        let send = |meter: &mut ViewerMeter, sequence, millis| meter.video_sent(sequence, at(millis), at(millis));
        send(&mut meter, 10, 0);
        send(&mut meter, 11, 40);
        send(&mut meter, 12, 2_000);
        assert_eq!(meter.freezes, 0, "the broadcaster sent nothing");
        send(&mut meter, 20, 2_100);
        assert_eq!(meter.freezes, 0, "a short gap");
        send(&mut meter, 80, 4_000);
        assert_eq!(meter.freezes, 1);
        send(&mut meter, 79, 4_010);
        send(&mut meter, 81, 4_020);
        assert_eq!(meter.freezes, 1);
        meter.video_sent(70, at(3_900), at(9_000));
        meter.video_sent(82, at(4_100), at(9_000));
        assert_eq!(meter.freezes, 2, "a keyframe group that waited for the viewer");
    }

    #[test]
    fn the_bitrate_is_that_of_the_last_second_or_so() {
        let mut meter = ViewerMeter::default();
        meter.measure(1_000, at(0));
        meter.measure(5_000, at(500));
        assert_eq!(meter.bitrate_bps, 0);
        meter.measure(251_000, at(1_000));
        assert_eq!(meter.bitrate_bps, 2_000_000);
        meter.measure(251_000, at(3_000));
        assert_eq!(meter.bitrate_bps, 0);
    }

    #[test]
    fn an_ingest_freezes_by_the_measure_of_its_own_pictures() {
        let mut meter = IngestMeter::default();
        let mut time = 0;
        let mut picture = |meter: &mut IngestMeter, step: u64| {
            time += step;
            for _ in 0..3 {
                meter.received(MediaKind::Video, (time * 90) as u32, 90_000, at(time));
            }
        };
        (0..100).for_each(|_| picture(&mut meter, 33));
        picture(&mut meter, 170);
        assert_eq!((meter.freezes, meter.jitter()), (0, Some(Duration::ZERO)));
        picture(&mut meter, 200);
        assert_eq!(meter.freezes, 1);
    }

    #[test]
    fn pictures_that_come_unevenly_are_jitter() {
        let mut meter = IngestMeter::default();
        for index in 0..300u64 {
            let late = if index % 2 == 0 { 0 } else { 10 };
            meter.received(MediaKind::Video, (index * 33 * 90) as u32, 90_000, at(index * 33 + late));
        }
        let jitter = meter.jitter().unwrap();
        assert!(jitter > Duration::from_millis(9) && jitter < Duration::from_millis(11), "{jitter:?}");
    }
}

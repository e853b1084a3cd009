use std::time::Duration;

use crate::codec::MediaKind;
use crate::time::MonotonicTime;

/// Media further than this from its arrival comes from a sender whose clock is not to be trusted.
const PLAUSIBLE_MICROS: i64 = 10_000_000;

/// The least delay is that of the last one or two of these: two clocks run apart by some milliseconds in that time, and
/// by seconds in a day.
const WINDOW: Duration = Duration::from_secs(60);

/// What an RTCP sender report says: this RTP timestamp was captured at this time (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    pub timestamp: u32,
    /// Wall clock of the sender, microseconds from any fixed moment.
    pub wall_clock_micros: i64,
}

/// Maps the RTP timestamps of one broadcaster's audio and video to one clock, so that both leave with sender reports
/// that agree and lips stay with the voice.
#[derive(Debug, Default)]
pub(crate) struct SenderClock {
    audio: TrackClock,
    video: TrackClock,
    least_delay: Option<LeastDelay>,
}

/// Least time seen of late between capture, on the sender's clock, and arrival, on ours, in microseconds.
#[derive(Clone, Copy, Debug)]
struct LeastDelay {
    /// When the present window began.
    since: MonotonicTime,
    present: i64,
    previous: i64,
}

impl LeastDelay {
    fn new(delay: i64, now: MonotonicTime) -> Self {
        Self { since: now, present: delay, previous: delay }
    }

    fn least(self) -> i64 {
        self.present.min(self.previous)
    }

    fn with(self, delay: i64, now: MonotonicTime) -> Self {
        if now.since(self.since) < WINDOW {
            Self { present: self.present.min(delay), ..self }
        } else {
            Self { since: now, present: delay, previous: self.present }
        }
    }
}

#[derive(Debug, Default)]
struct TrackClock {
    in_use: bool,
    report: Option<SenderReport>,
}

impl SenderClock {
    pub(crate) fn report(&mut self, kind: MediaKind, report: SenderReport) {
        self.track(kind).report = Some(report);
    }

    /// When the media was captured, on our clock: from the sender reports once every track in use has one, before
    /// that the arrival.
    pub(crate) fn captured(
        &mut self,
        kind: MediaKind,
        clock_rate: u32,
        timestamp: u32,
        arrival: MonotonicTime,
    ) -> MonotonicTime {
        self.track(kind).in_use = true;
        let all_reported = [&self.audio, &self.video].iter().all(|track| !track.in_use || track.report.is_some());
        let Some(report) = self.track(kind).report.filter(|_| all_reported) else { return arrival };
        let ticks = i64::from(timestamp.wrapping_sub(report.timestamp) as i32);
        let sender_micros = report.wall_clock_micros + ticks * 1_000_000 / i64::from(clock_rate);
        let delay = arrival.micros() - sender_micros;
        let least = match self.least_delay {
            Some(before) if delay > before.least() + PLAUSIBLE_MICROS => return arrival,
            Some(before) if delay >= before.least() - PLAUSIBLE_MICROS => before.with(delay, arrival),
            _ => LeastDelay::new(delay, arrival),
        };
        self.least_delay = Some(least);
        MonotonicTime::from_micros(sender_micros + least.least()).min(arrival)
    }

    fn track(&mut self, kind: MediaKind) -> &mut TrackClock {
        match kind {
            MediaKind::Audio => &mut self.audio,
            MediaKind::Video => &mut self.video,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> MonotonicTime {
        MonotonicTime::since_start(Duration::from_millis(millis))
    }

    #[test]
    fn audio_and_video_captured_together_get_the_same_time_though_video_arrives_later() {
        let mut clock = SenderClock::default();
        clock.report(MediaKind::Audio, SenderReport { timestamp: 48_000, wall_clock_micros: 5_000_000 });
        clock.report(MediaKind::Video, SenderReport { timestamp: 900_000, wall_clock_micros: 5_000_000 });
        let audio = clock.captured(MediaKind::Audio, 48_000, 48_000, at(1_000));
        let video = clock.captured(MediaKind::Video, 90_000, 900_000, at(1_080));
        assert_eq!((audio, video), (at(1_000), at(1_000)));
        assert_eq!(clock.captured(MediaKind::Video, 90_000, 903_000, at(1_120)).micros(), 1_033_333);
    }

    #[test]
    fn until_both_tracks_have_a_report_the_arrival_counts() {
        let mut clock = SenderClock::default();
        assert_eq!(clock.captured(MediaKind::Audio, 48_000, 0, at(10)), at(10));
        clock.report(MediaKind::Video, SenderReport { timestamp: 0, wall_clock_micros: 0 });
        assert_eq!(clock.captured(MediaKind::Video, 90_000, 0, at(20)), at(20));
    }

    #[test]
    fn capture_is_never_after_arrival_and_a_broken_clock_is_ignored() {
        let mut clock = SenderClock::default();
        clock.report(MediaKind::Video, SenderReport { timestamp: 0, wall_clock_micros: 0 });
        clock.captured(MediaKind::Video, 90_000, 0, at(1_000));
        assert_eq!(clock.captured(MediaKind::Video, 90_000, 90_000, at(1_500)), at(1_500));
        let wrong = SenderReport { timestamp: 0, wall_clock_micros: -3_600_000_000 };
        clock.report(MediaKind::Video, wrong);
        assert_eq!(clock.captured(MediaKind::Video, 90_000, 0, at(2_000)), at(2_000));
    }

    /// A quartz is off by up to 100 millionths.
    #[test]
    fn a_sender_whose_clock_runs_slow_falls_no_further_behind_however_long_it_sends() {
        let mut clock = SenderClock::default();
        for second in 0..48 * 3600u64 {
            let sender_micros = second * 999_900;
            let report =
                SenderReport { timestamp: (sender_micros * 9 / 100) as u32, wall_clock_micros: sender_micros as i64 };
            clock.report(MediaKind::Video, report);
            let captured = clock.captured(MediaKind::Video, 90_000, report.timestamp, at(second * 1_000));
            assert!(at(second * 1_000).since(captured) < Duration::from_millis(20), "after {second} s");
        }
    }
}

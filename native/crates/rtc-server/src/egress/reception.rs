use std::time::Duration;

use rtc_core::MonotonicTime;
use rtc_core::rtcp::{NtpTime, ReportBlock};

/// What a viewer says about one of its streams (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Reception {
    /// Share of the packets since the report before that were lost, 0 to 1.
    pub(crate) loss_fraction: f64,
    /// Packets lost since the start.
    pub(crate) lost: u64,
    pub(crate) jitter: Duration,
    pub(crate) round_trip: Option<Duration>,
    /// When the newest report came.
    pub(crate) reported_at: MonotonicTime,
    /// When the viewer last had received more than in the report before; a viewer that is sent packets and makes no
    /// progress is stalled.
    pub(crate) progress_at: MonotonicTime,
    highest_sequence: u32,
}

impl Reception {
    /// Takes a report block after those before, `None` for the first.
    pub(super) fn after(
        before: Option<Self>,
        block: &ReportBlock,
        clock_rate: u32,
        now: MonotonicTime,
        ntp: NtpTime,
    ) -> Self {
        let round_trip = block.round_trip(ntp);
        let progressed = before.is_none_or(|before| before.highest_sequence != block.highest_sequence);
        Self {
            loss_fraction: block.loss_fraction(),
            lost: u64::try_from(block.cumulative_lost).unwrap_or(0),
            jitter: Duration::from_secs_f64(block.jitter_seconds(clock_rate)),
            round_trip: round_trip.or(before.and_then(|before| before.round_trip)),
            reported_at: now,
            progress_at: if progressed { now } else { before.map_or(now, |before| before.progress_at) },
            highest_sequence: block.highest_sequence,
        }
    }
}

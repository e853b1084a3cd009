use std::time::Duration;

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
}

impl Reception {
    /// Takes a report block after those before, `None` for the first.
    pub(super) fn after(before: Option<Self>, block: &ReportBlock, clock_rate: u32, ntp: NtpTime) -> Self {
        Self {
            loss_fraction: block.loss_fraction(),
            lost: u64::try_from(block.cumulative_lost).unwrap_or(0),
            jitter: Duration::from_secs_f64(block.jitter_seconds(clock_rate)),
            round_trip: block.round_trip(ntp).or(before.and_then(|before| before.round_trip)),
        }
    }
}

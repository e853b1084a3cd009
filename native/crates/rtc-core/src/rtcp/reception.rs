use std::time::Duration;

/// A wall-clock time as reports carry it: seconds since 1900 in the upper 32 bits, their fraction in the lower
/// (RFC 3550 section 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NtpTime(pub u64);

/// From 1900 to 1970, in seconds.
const UNIX_EPOCH: u64 = 2_208_988_800;

impl NtpTime {
    pub fn from_unix(since_1970: Duration) -> Self {
        let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
        Self(since_1970.as_secs().wrapping_add(UNIX_EPOCH) << 32 | fraction)
    }

    /// The middle 32 bits: what a report block repeats as LSR. Units of 1/65536 s.
    pub fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }
}

/// What a receiver says about one stream (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    pub ssrc: u32,
    /// Share lost since the report before, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the beginning; 24 bits on the wire. Below zero when more were received twice than lost.
    pub cumulative_lost: i32,
    /// Highest sequence number received, with the number of its wraps above 16 bits.
    pub highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// Middle of the NTP time of the last sender report received; 0 when there was none.
    pub last_sender_report: u32,
    /// From that report's arrival to this one, in 1/65536 s.
    pub delay_since: u32,
}

impl ReportBlock {
    /// Share lost since the report before, 0 to 1.
    pub fn loss_fraction(&self) -> f64 {
        f64::from(self.fraction_lost) / 256.0
    }

    /// Interarrival jitter in seconds, for a stream of this clock rate in Hz.
    pub fn jitter_seconds(&self, clock_rate: u32) -> f64 {
        f64::from(self.jitter) / f64::from(clock_rate.max(1))
    }

    /// Time to the receiver and back, for a report that arrives `now` on the clock of our sender reports. `None` before
    /// the receiver has seen one of them, and for times that cannot be.
    pub fn round_trip(&self, now: NtpTime) -> Option<Duration> {
        if self.last_sender_report == 0 {
            return None;
        }
        let away = now.middle().wrapping_sub(self.last_sender_report);
        // The delay is the receiver's own measure: rounding may put it a tick past what has passed here.
        let units = match away.wrapping_sub(self.delay_since) {
            0xffff_fff0.. => 0,
            units => units,
        };
        // Half the range is negative: a delay longer than the time since the report, or a report not yet sent.
        (units < 1 << 31 && away < 1 << 31).then(|| Duration::from_nanos((u64::from(units) * 1_000_000_000) >> 16))
    }
}

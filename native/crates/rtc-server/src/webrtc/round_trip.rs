use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use str0m::rtp::RawPacket;
use str0m::rtp::rtcp::{ReportBlock, Rtcp};

/// Reference times an answer may still come for: with two tracks, those of some seconds.
const KEPT: usize = 16;
/// Seconds from 1900, where NTP begins, to 1970.
const NTP_TO_UNIX: u64 = 2_208_988_800;

/// Round trip of one who only receives (RFC 3611 sections 4.4 and 4.5): it sends its time, and the sender says how long
/// it kept that before its answer. libwebrtc, and so every browser, answers; FFmpeg does not.
///
/// str0m looks for the track of the answer by the receiver's SSRC, where there is none, so it never has a result.
#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    sent: VecDeque<(u32, Instant)>,
}

impl RoundTrip {
    /// Looks at a packet that came or went; gives the time when it holds an answer.
    pub(super) fn see(&mut self, packet: RawPacket, now: Instant) -> Option<Duration> {
        let (RawPacket::RtcpTx(Rtcp::ExtendedReport(report)) | RawPacket::RtcpRx(Rtcp::ExtendedReport(report))) =
            &packet
        else {
            return None;
        };
        let mut measured = None;
        for block in &report.blocks {
            match (block, &packet) {
                (ReportBlock::Rrtr(reference), RawPacket::RtcpTx(_)) => self.sent(reference.ntp_time, now),
                (ReportBlock::Dlrr(answers), RawPacket::RtcpRx(_)) => {
                    let mut answers = answers.items.iter();
                    let found = answers.find_map(|item| self.answered(item.last_rr_time, item.last_rr_delay, now));
                    measured = found.or(measured);
                }
                _ => {}
            }
        }
        measured
    }

    /// A receiver reference time left.
    fn sent(&mut self, reference: SystemTime, now: Instant) {
        if self.sent.len() == KEPT {
            self.sent.pop_front();
        }
        self.sent.push_back((middle_of_ntp(reference), now));
    }

    /// A sender answers `last_rr` (the middle of the reference time) after `delay` units of 1/65536 s.
    fn answered(&mut self, last_rr: u32, delay: u32, now: Instant) -> Option<Duration> {
        // str0m rounds the time in floating point, so that the last bit may differ.
        let is_same = |sent: u32| last_rr.wrapping_sub(sent).wrapping_add(1) <= 2;
        let at = self.sent.iter().position(|(sent, _)| is_same(*sent))?;
        let elapsed = now.checked_duration_since(self.sent[at].1)?;
        let kept = Duration::from_nanos(u64::from(delay) * 1_000_000_000 / 65_536);
        // A sender's clock may run a little faster than ours; one that claims much more than has passed is wrong.
        (kept < elapsed + Duration::from_millis(10)).then(|| elapsed.saturating_sub(kept))
    }
}

/// The middle 32 of the 64 bits of an NTP time: units of 1/65536 s.
fn middle_of_ntp(time: SystemTime) -> u32 {
    let unix = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(unix.subsec_nanos()) << 16) / 1_000_000_000;
    (((unix.as_secs() + NTP_TO_UNIX) << 16) | fraction) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_time_the_sender_kept_the_question_does_not_count() {
        let (wall, now) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000), Instant::now());
        let mut round_trip = RoundTrip::default();
        round_trip.sent(wall, now);
        round_trip.sent(wall + millis(1_500), now + millis(1_500));
        let first = middle_of_ntp(wall);
        let half_a_second = 65_536 / 2;
        assert_eq!(round_trip.answered(first, half_a_second, now + millis(580)), Some(millis(80)));
        assert_eq!(round_trip.answered(first + 1, half_a_second, now + millis(520)), Some(millis(20)));
        let second = first + 65_536 + half_a_second;
        assert_eq!(round_trip.answered(second, 0, now + millis(1_507)), Some(millis(7)));
    }

    #[test]
    fn what_was_not_asked_or_cannot_be_is_no_answer() {
        let (wall, now) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000), Instant::now());
        let mut round_trip = RoundTrip::default();
        let first = middle_of_ntp(wall);
        assert_eq!(round_trip.answered(first, 0, now), None);
        round_trip.sent(wall, now);
        assert_eq!(round_trip.answered(first + 5, 0, now + millis(9)), None);
        assert_eq!(round_trip.answered(first, u32::MAX, now + millis(9)), None);
        for second in 1..=KEPT as u64 {
            round_trip.sent(wall + Duration::from_secs(second), now + Duration::from_secs(second));
        }
        assert_eq!(round_trip.answered(first, 0, now + millis(9)), None, "forgotten");
    }

    #[test]
    fn ntp_counts_from_1900_and_its_middle_wraps() {
        // The example of RFC 3550 section 6.4.1: 10 Nov 1995 11:33:25.125 UTC is 0xb44db705.20000000.
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(816_003_205_125);
        assert_eq!(middle_of_ntp(time), 0xb705_2000);
    }
}

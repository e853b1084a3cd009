use std::time::Duration;

use crate::packet::IngestPacket;
use crate::time::MonotonicTime;

/// First sequence number of a room. Any number will do that leaves room for packets that come out of order.
const FIRST_SEQUENCE: u64 = 1 << 16;

/// The numbers a room gives to the packets of one track: sequence numbers follow each other and timestamps keep the
/// pace of the clock when the broadcaster returns, whatever numbers the new source begins with.
#[derive(Debug)]
pub(crate) struct Continuity {
    clock_rate: u32,
    splice: Option<Splice>,
    highest: Option<Newest>,
}

/// How the numbers of the current source become those of the room.
#[derive(Clone, Copy, Debug)]
struct Splice {
    first_sequence: u64,
    sequence_shift: u64,
    timestamp_shift: u32,
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    sequence: u64,
    timestamp: u32,
    arrival: MonotonicTime,
}

impl Continuity {
    pub(crate) fn new(clock_rate: u32) -> Self {
        Self { clock_rate, splice: None, highest: None }
    }

    /// What the first packet after a splice gets.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.highest.map_or(FIRST_SEQUENCE, |last| last.sequence + 1)
    }

    /// Makes `first` the packet that follows all that were numbered so far.
    pub(crate) fn splice(&mut self, first: &IngestPacket) {
        let sequence = self.next_sequence();
        let timestamp = match self.highest {
            None => first.timestamp,
            Some(last) => {
                let passed = first.arrival.since(last.arrival).max(Duration::from_millis(1));
                let ticks = passed.as_micros() * u128::from(self.clock_rate) / 1_000_000;
                last.timestamp.wrapping_add(ticks as u32)
            }
        };
        self.splice = Some(Splice {
            first_sequence: first.sequence,
            sequence_shift: sequence.wrapping_sub(first.sequence),
            timestamp_shift: timestamp.wrapping_sub(first.timestamp),
        });
    }

    /// Room sequence number and timestamp; `None` for a packet from before the splice.
    pub(crate) fn number(&mut self, packet: &IngestPacket) -> Option<(u64, u32)> {
        let splice = self.splice.filter(|splice| packet.sequence >= splice.first_sequence)?;
        let sequence = packet.sequence.wrapping_add(splice.sequence_shift);
        let timestamp = packet.timestamp.wrapping_add(splice.timestamp_shift);
        if self.highest.is_none_or(|highest| sequence > highest.sequence) {
            self.highest = Some(Newest { sequence, timestamp, arrival: packet.arrival });
        }
        Some((sequence, timestamp))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::Codec;
    use crate::packet::SourceId;

    pub(crate) fn packet(sequence: u64, timestamp: u32, millis: u64) -> IngestPacket {
        IngestPacket {
            source: SourceId { ingest: 1, ssrc: 1 },
            codec: Codec::Vp8,
            sequence,
            timestamp,
            marker: true,
            orientation: None,
            payload: Arc::from([0x10, 0x01]),
            arrival: MonotonicTime::since_start(Duration::from_millis(millis)),
        }
    }

    #[test]
    fn packets_from_before_a_splice_have_no_number() {
        let mut continuity = Continuity::new(90_000);
        assert_eq!(continuity.number(&packet(5, 0, 0)), None);
        continuity.splice(&packet(6, 0, 0));
        assert_eq!(continuity.number(&packet(5, 0, 0)), None);
        assert!(continuity.number(&packet(6, 0, 0)).is_some());
    }

    proptest! {
        #[test]
        fn a_return_continues_numbers_and_keeps_the_pace_of_the_clock(
            first in 0u64..1 << 40, first_timestamp: u32, second in 0u64..1 << 40, second_timestamp: u32,
            count in 1u64..200, silence_ms in 1u64..60_000,
        ) {
            let mut continuity = Continuity::new(90_000);
            let mut sent = Vec::new();
            let mut now = 1_000;
            for (start, timestamp) in [(first, first_timestamp), (second, second_timestamp)] {
                continuity.splice(&packet(start, timestamp, now));
                for index in 0..count {
                    let stamp = timestamp.wrapping_add(index as u32 * 900);
                    sent.push((now, continuity.number(&packet(start + index, stamp, now)).unwrap()));
                    now += 10;
                }
                now += silence_ms;
            }
            for pair in sent.windows(2) {
                let [(before, (last, stamp)), (after, (next, next_stamp))] = pair else { unreachable!() };
                prop_assert_eq!(last + 1, *next);
                prop_assert_eq!(u64::from(next_stamp.wrapping_sub(*stamp)), (after - before) * 90);
            }
        }

        #[test]
        fn order_and_gaps_within_a_source_are_kept(start in 0u64..1 << 40, steps in prop::collection::vec(0u64..500, 1..50)) {
            let mut continuity = Continuity::new(48_000);
            continuity.splice(&packet(start, 0, 0));
            for step in steps {
                let (sequence, _) = continuity.number(&packet(start + step, 0, step)).unwrap();
                prop_assert_eq!(sequence, FIRST_SEQUENCE + step);
            }
        }
    }
}

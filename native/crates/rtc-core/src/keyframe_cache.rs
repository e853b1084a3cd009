use std::time::Duration;

use crate::packet::RoomPacket;
use crate::time::MonotonicTime;

/// Bounds of the keyframe group kept for viewers who join.
#[derive(Clone, Copy, Debug)]
pub struct CacheLimits {
    pub duration: Duration,
    pub bytes: usize,
    pub packets: usize,
}

/// Ten seconds between keyframes are the most that encoders are commonly set to; with room for a keyframe that comes a
/// little late, at 2.5 Mbit/s.
impl Default for CacheLimits {
    fn default() -> Self {
        Self { duration: Duration::from_secs(12), bytes: 4 << 20, packets: 4000 }
    }
}

/// The newest keyframe and everything after it, in order of sequence. Empty when the group outgrew its limits: the
/// next keyframe fills it again.
#[derive(Debug)]
pub(crate) struct KeyframeCache {
    limits: CacheLimits,
    packets: Vec<RoomPacket>,
    bytes: usize,
    started: MonotonicTime,
}

impl KeyframeCache {
    pub(crate) fn new(limits: CacheLimits) -> Self {
        Self { limits, packets: Vec::new(), bytes: 0, started: MonotonicTime::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.packets.clear();
        self.bytes = 0;
    }

    pub(crate) fn packets(&self) -> &[RoomPacket] {
        &self.packets
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<&RoomPacket> {
        let at = self.packets.binary_search_by_key(&sequence, |kept| kept.sequence).ok()?;
        self.packets.get(at)
    }

    pub(crate) fn push(&mut self, packet: &RoomPacket) {
        match self.packets.first() {
            // Of a group that is over.
            Some(first) if packet.sequence < first.sequence => return,
            None if !packet.starts_keyframe => return,
            _ => {}
        }
        if packet.starts_keyframe {
            // The start may have been lost and sent again, then some of its group is here already.
            self.packets.retain(|kept| kept.sequence > packet.sequence);
            self.bytes = self.packets.iter().map(|kept| kept.payload.len()).sum();
            self.started = packet.arrival;
        }
        let at = match self.packets.last() {
            Some(last) if packet.sequence <= last.sequence => {
                match self.packets.binary_search_by_key(&packet.sequence, |kept| kept.sequence) {
                    Ok(_) => return,
                    Err(at) => at,
                }
            }
            _ => self.packets.len(),
        };
        self.packets.insert(at, packet.clone());
        self.bytes += packet.payload.len();
        if self.packets.len() > self.limits.packets
            || self.bytes > self.limits.bytes
            || packet.arrival.since(self.started) > self.limits.duration
        {
            self.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::codec::Codec;

    fn packet(sequence: u64, starts_keyframe: bool, millis: u64) -> RoomPacket {
        let arrival = MonotonicTime::since_start(Duration::from_millis(millis));
        RoomPacket {
            codec: Codec::Vp8,
            sequence,
            timestamp: sequence as u32 * 3000,
            marker: true,
            starts_keyframe,
            orientation: None,
            payload: Arc::from([0u8; 100]),
            arrival,
            captured: arrival,
        }
    }

    fn sequences(cache: &KeyframeCache) -> Vec<u64> {
        cache.packets().iter().map(|packet| packet.sequence).collect()
    }

    #[test]
    fn keeps_the_newest_group_in_order_whatever_order_packets_come_in() {
        let mut cache = KeyframeCache::new(CacheLimits::default());
        for (sequence, starts) in [(5, false), (10, true), (12, false), (11, false), (12, false), (9, false)] {
            cache.push(&packet(sequence, starts, 0));
        }
        assert_eq!(sequences(&cache), [10, 11, 12]);
        cache.push(&packet(20, true, 1));
        assert_eq!(sequences(&cache), [20]);
    }

    #[test]
    fn a_keyframe_start_that_comes_late_keeps_what_followed_it() {
        let mut cache = KeyframeCache::new(CacheLimits::default());
        for (sequence, starts) in [(10, true), (11, false), (21, false), (22, false), (20, true)] {
            cache.push(&packet(sequence, starts, 0));
        }
        assert_eq!(sequences(&cache), [20, 21, 22]);
    }

    #[test]
    fn a_group_that_is_over_comes_back_with_none_of_its_packets() {
        let mut cache = KeyframeCache::new(CacheLimits::default());
        for (sequence, starts) in [(10, true), (20, true), (21, false), (10, true), (11, false), (20, true)] {
            cache.push(&packet(sequence, starts, 0));
        }
        assert_eq!(sequences(&cache), [20, 21]);
    }

    #[test]
    fn ten_seconds_of_two_and_a_half_megabits_are_kept_until_a_keyframe_that_comes_a_little_late() {
        let mut cache = KeyframeCache::new(CacheLimits::default());
        let count = 2_500_000 * 11 / 8 / 1_100;
        for sequence in 0..count {
            let large = RoomPacket {
                payload: Arc::from([0u8; 1_100]),
                ..packet(sequence, sequence == 0, sequence * 11_000 / count)
            };
            cache.push(&large);
        }
        assert_eq!(cache.packets().len() as u64, count);
    }

    #[test]
    fn a_group_past_any_limit_is_dropped_until_the_next_keyframe() {
        for limits in [
            CacheLimits { packets: 3, ..Default::default() },
            CacheLimits { bytes: 350, ..Default::default() },
            CacheLimits { duration: Duration::from_millis(250), ..Default::default() },
        ] {
            let mut cache = KeyframeCache::new(limits);
            cache.push(&packet(1, true, 0));
            for sequence in 2..=5 {
                cache.push(&packet(sequence, false, sequence * 100));
            }
            assert_eq!(sequences(&cache), [] as [u64; 0], "{limits:?}");
            cache.push(&packet(6, true, 900));
            assert_eq!(sequences(&cache), [6]);
        }
    }
}

use std::collections::BTreeMap;

use super::AssemblerLimits;
use crate::packet::RoomPacket;
use crate::time::MonotonicTime;

/// Puts the packets of one track back in order, each once.
#[derive(Debug)]
pub(super) struct ReorderBuffer {
    limits: AssemblerLimits,
    held: BTreeMap<u64, RoomPacket>,
    bytes: usize,
    /// The sequence number to go out next; `None` before the first packet.
    next: Option<u64>,
    /// Since when packets are held because the next is missing.
    waiting_since: Option<MonotonicTime>,
}

impl ReorderBuffer {
    pub(super) fn new(limits: AssemblerLimits) -> Self {
        Self { limits, held: BTreeMap::new(), bytes: 0, next: None, waiting_since: None }
    }

    pub(super) fn push(&mut self, packet: RoomPacket) {
        let next = *self.next.get_or_insert(packet.sequence);
        // Before: sent twice, or given up. Held already: sent twice.
        if packet.sequence < next || self.held.contains_key(&packet.sequence) {
            return;
        }
        if packet.sequence != next {
            self.waiting_since.get_or_insert(packet.arrival);
        }
        self.bytes += packet.payload.len();
        self.held.insert(packet.sequence, packet);
    }

    /// The next packet, and whether some are missing before it. Without a `clock` nothing is waited for.
    pub(super) fn pop(&mut self, clock: Option<MonotonicTime>) -> Option<(RoomPacket, bool)> {
        let (&sequence, _) = self.held.first_key_value()?;
        let follows_gap = self.next != Some(sequence);
        if follows_gap && !self.is_given_up(clock) {
            return None;
        }
        let packet = self.held.remove(&sequence)?;
        self.bytes -= packet.payload.len();
        self.next = Some(sequence + 1);
        let is_missing = self.held.first_key_value().is_some_and(|(&first, _)| first != sequence + 1);
        self.waiting_since = if is_missing { self.held.values().map(|packet| packet.arrival).min() } else { None };
        Some((packet, follows_gap))
    }

    /// When `pop` gives up what is missing.
    pub(super) fn deadline(&self) -> Option<MonotonicTime> {
        self.waiting_since.map(|since| since + self.limits.wait)
    }

    fn is_given_up(&self, clock: Option<MonotonicTime>) -> bool {
        let is_due = self.deadline().is_none_or(|deadline| clock.is_none_or(|now| now >= deadline));
        is_due || self.held.len() > self.limits.window_packets || self.bytes > self.limits.window_bytes
    }
}

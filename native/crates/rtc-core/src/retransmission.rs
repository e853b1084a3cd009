use std::time::Duration;

use crate::codec::MediaKind;
use crate::packet::RoomPacket;
use crate::time::MonotonicTime;

/// What a viewer may have sent again at once, bytes. Beyond it half of what it is sent.
const BURST: usize = 128 << 10;

/// Bytes a packet costs on the way beside its payload: headers down to IP, the SRTP tag. So that small packets are not
/// free.
const OVERHEAD: usize = 64;

/// Assumed until the viewer's receiver reports tell.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// No receiver asks again sooner, whatever the reports say, nor is one made to wait longer.
const SHORTEST_ROUND_TRIP: Duration = Duration::from_millis(5);
const LONGEST_ROUND_TRIP: Duration = Duration::from_millis(500);

/// Packets remembered as sent again: what the budget lets through in the longest round trip, of packets of usual size.
const REMEMBERED: usize = 256;

/// What one viewer may have sent again: a budget in bytes, and nothing twice within a round trip.
#[derive(Debug)]
pub(crate) struct RetransmissionBudget {
    /// In half bytes: each byte sent earns half a byte.
    half_bytes: usize,
    round_trip: Duration,
    audio: RecentlySent,
    video: RecentlySent,
}

/// When packets were sent again, by the low bits of their sequence number. A newer one takes the place of an older.
/// The memory is taken with the first.
type RecentlySent = Vec<Option<(u64, MonotonicTime)>>;

impl Default for RetransmissionBudget {
    fn default() -> Self {
        Self { half_bytes: 2 * BURST, round_trip: ROUND_TRIP, audio: Vec::new(), video: Vec::new() }
    }
}

fn cost(packet: &RoomPacket) -> usize {
    packet.payload.len() + OVERHEAD
}

impl RetransmissionBudget {
    pub(crate) fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = round_trip.clamp(SHORTEST_ROUND_TRIP, LONGEST_ROUND_TRIP);
    }

    /// The packet was sent for the first time.
    pub(crate) fn earn(&mut self, packet: &RoomPacket) {
        self.half_bytes = (self.half_bytes + cost(packet)).min(2 * BURST);
    }

    /// Whether the packet may be sent again as `sequence` of the viewer; it then counts as sent.
    pub(crate) fn spend(&mut self, kind: MediaKind, sequence: u64, packet: &RoomPacket, now: MonotonicTime) -> bool {
        let Some(left) = self.half_bytes.checked_sub(2 * cost(packet)) else { return false };
        let recent = match kind {
            MediaKind::Audio => &mut self.audio,
            MediaKind::Video => &mut self.video,
        };
        if recent.is_empty() {
            recent.resize(REMEMBERED, None);
        }
        let place = &mut recent[sequence as usize % REMEMBERED];
        if place.is_some_and(|(sent, at)| sent == sequence && now.since(at) < self.round_trip) {
            return false;
        }
        *place = Some((sequence, now));
        self.half_bytes = left;
        true
    }
}

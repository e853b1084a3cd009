use std::time::Duration;

use crate::codec::MediaKind;
use crate::packet::RoomPacket;
use crate::time::MonotonicTime;

/// What a viewer may have sent again at once, bytes. Beyond it half of what it is sent.
const BURST: usize = 128 << 10;

/// Bytes a packet costs on the way beside its payload, headers down to IP and the SRTP tag, so that small packets are
/// not free.
pub(crate) const OVERHEAD: usize = 64;

/// Assumed until the viewer's receiver reports tell.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// Reports are believed within these bounds.
const SHORTEST_ROUND_TRIP: Duration = Duration::from_millis(5);
const LONGEST_ROUND_TRIP: Duration = Duration::from_millis(500);

/// Packets remembered as sent again: about what the budget lets through in a long round trip.
const REMEMBERED: usize = 256;

/// What one viewer may have sent again: a budget in bytes, and nothing twice within a round trip.
#[derive(Debug)]
pub(crate) struct RetransmissionBudget {
    /// Each byte sent earns half a byte, so it is kept in halves.
    half_bytes: usize,
    round_trip: Duration,
    audio: RecentlySent,
    video: RecentlySent,
}

/// When packets were sent again, by the low bits of their sequence number: a newer one takes the place of an older.
/// Most viewers ask for nothing, so the memory is taken with the first.
#[derive(Debug, Default)]
struct RecentlySent(Vec<SentAgain>);

#[derive(Clone, Copy, Debug, Default)]
struct SentAgain {
    /// Low bits; they come around after weeks.
    sequence: u32,
    millis: u32,
}

impl Default for RetransmissionBudget {
    fn default() -> Self {
        Self {
            half_bytes: 2 * BURST,
            round_trip: ROUND_TRIP,
            audio: RecentlySent::default(),
            video: RecentlySent::default(),
        }
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
        let is_due = recent.note(sequence, now, self.round_trip);
        if is_due {
            self.half_bytes = left;
        }
        is_due
    }
}

impl RecentlySent {
    /// False for a packet sent again within the round trip before `now`; any other is noted.
    fn note(&mut self, sequence: u64, now: MonotonicTime, round_trip: Duration) -> bool {
        let (sequence, millis) = (sequence as u32, now.elapsed().as_millis() as u32);
        if self.0.is_empty() {
            self.0.resize(REMEMBERED, SentAgain::default());
        }
        let place = &mut self.0[sequence as usize % REMEMBERED];
        // A viewer's numbers do not begin at zero, so an empty place is no packet.
        if place.sequence == sequence && u128::from(millis.wrapping_sub(place.millis)) < round_trip.as_millis() {
            return false;
        }
        *place = SentAgain { sequence, millis };
        true
    }
}

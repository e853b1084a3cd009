use std::time::Duration;

use crate::packet::RoomPacket;
use crate::time::MonotonicTime;

/// What goes at once behind the keyframe itself, bytes.
const BURST: f64 = (32 << 10) as f64;

/// The pace at the beginning and at least, in rates of the stream: the viewer is to catch up on any way that carries it.
const FIRST_PACE: f64 = 4.0;
const SLOWEST_PACE: f64 = 2.0;

/// How long nothing may have been lost before the pace is doubled: a queue that fills is heard of when what was sent last
/// has come through it. Then it doubles this often.
const PROBATION: Duration = Duration::from_millis(1_000);
const DOUBLING: Duration = Duration::from_millis(200);

/// A share of loss that is the way's own does not slow anything down; a full queue loses more. It is measured over so
/// many packets.
const HEAVY_LOSS: f64 = 0.25;
const MEASURED_OVER: f64 = 32.0;

/// Taken for the rate of a stream that has sent little yet, bytes a second.
const LEAST_RATE: f64 = 64_000.0;

/// Between two looks: some packets gather.
const STEP: Duration = Duration::from_millis(2);

/// A keyframe group on its way to one viewer: megabytes, which the queue of a narrow way would lose most of if they came
/// at once. The keyframe goes at once; the rest as fast as the way seems to carry, live packets behind it, until the
/// viewer has caught up.
#[derive(Debug)]
pub(super) struct Replay {
    /// Room sequence number of the packet that is next.
    next: u64,
    /// Bytes a second.
    rate: f64,
    slowest: f64,
    /// Bytes that may go, counted up to `counted`; below zero after a packet that was larger.
    credit: f64,
    counted: MonotonicTime,
    doubles_at: MonotonicTime,
    /// Share of the viewer's newest packets that were lost, by what it asks for again.
    loss: f64,
    /// The newest packet that was lost, in the viewer's numbers.
    newest_lost: u64,
}

/// Bytes a packet costs on the way beside its payload.
fn cost(packet: &RoomPacket) -> f64 {
    (packet.payload.len() + crate::retransmission::OVERHEAD) as f64
}

impl Replay {
    /// Of a group that is not empty; `sent` is the viewer's highest sequence number so far.
    pub(super) fn new(group: &[RoomPacket], sent: u64, now: MonotonicTime) -> Self {
        let (first, last) = (&group[0], &group[group.len() - 1]);
        let seconds = last.arrival.since(first.arrival).as_secs_f64().max(1.0);
        let stream = (group.iter().map(cost).sum::<f64>() / seconds).max(LEAST_RATE);
        let keyframe: f64 = group.iter().take_while(|packet| packet.timestamp == first.timestamp).map(cost).sum();
        Self {
            next: first.sequence,
            rate: stream * FIRST_PACE,
            slowest: stream * SLOWEST_PACE,
            credit: keyframe + BURST,
            counted: now,
            doubles_at: now + PROBATION,
            loss: 0.0,
            newest_lost: sent,
        }
    }

    /// Room sequence number from which on packets wait for their turn.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Goes on with a later keyframe: nobody needs what is before it.
    pub(super) fn skip_to(&mut self, sequence: u64) {
        self.next = sequence;
    }

    pub(super) fn pass_time(&mut self, now: MonotonicTime) {
        let earned = self.rate * now.since(self.counted).as_secs_f64();
        self.counted = self.counted.max(now);
        if self.credit < BURST {
            self.credit = (self.credit + earned).min(BURST);
        }
        if now >= self.doubles_at {
            self.rate *= 2.0;
            self.doubles_at = now + DOUBLING;
        }
    }

    /// The next number whose packet may go, if one may and it is not above `newest`.
    pub(super) fn take(&mut self, newest: u64) -> Option<u64> {
        let may = self.credit > 0.0 && self.next <= newest;
        may.then(|| {
            self.next += 1;
            self.next - 1
        })
    }

    /// A packet went to the viewer, also one sent again.
    pub(super) fn spend(&mut self, packet: &RoomPacket) {
        self.credit -= cost(packet);
    }

    /// When there is something to do if nothing else happens.
    pub(super) fn deadline(&self) -> MonotonicTime {
        self.counted + STEP.max(Duration::from_secs_f64((-self.credit).max(0.0) / self.rate))
    }

    /// The viewer asks for its packet `lost` again; `sent` is the highest it was sent.
    pub(super) fn lose(&mut self, lost: u64, sent: u64, now: MonotonicTime) {
        // Asked for before, or sent before the pace was slowed down.
        let Some(ahead) = lost.checked_sub(self.newest_lost).filter(|ahead| *ahead > 0) else { return };
        self.newest_lost = lost;
        let kept = 1.0 - 1.0 / MEASURED_OVER;
        self.loss = self.loss * kept.powi(i32::try_from(ahead).unwrap_or(i32::MAX)) + 1.0 / MEASURED_OVER;
        if self.loss > HEAVY_LOSS {
            self.rate = (self.rate / 2.0).max(self.slowest);
            self.credit = self.credit.min(0.0);
            self.doubles_at = now + PROBATION;
            self.loss = 0.0;
            self.newest_lost = sent;
        }
    }
}

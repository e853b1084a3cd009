use std::sync::Arc;
use std::time::Duration;

use crate::report::PlaybackReport;

/// One broadcast with all its players that are connected now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoomReport {
    pub room: String,
    pub viewers: u64,
    /// Of them, those that are sent nothing, as nothing is heard of them.
    pub stalled: u64,
    /// To all players together.
    pub bitrate_bps: u64,
    /// Over the players that report, 0 to 1.
    pub loss_fraction: Spread<f64>,
    pub jitter: Spread<Duration>,
    pub round_trip: Spread<Duration>,
    pub freezes: u64,
    pub nacks: u64,
    pub retransmissions: u64,
    /// Packets that did not get from the shard of the broadcaster to one with players.
    pub shard_drops: u64,
}

/// A quantity over several players; `None` when nobody tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread<T> {
    pub average: Option<T>,
    pub worst: Option<T>,
}

/// What one shard, or several together, have to say of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoomTally {
    pub(crate) room: u64,
    pub(crate) name: Arc<str>,
    pub(crate) shard_drops: u64,
    viewers: u64,
    stalled: u64,
    bitrate_bps: u64,
    freezes: u64,
    nacks: u64,
    retransmissions: u64,
    loss_fraction: Tally,
    /// In seconds.
    jitter: Tally,
    round_trip: Tally,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    sum: f64,
    count: u64,
    worst: f64,
}

impl RoomTally {
    pub(crate) fn new(room: u64, name: Arc<str>, shard_drops: u64) -> Self {
        Self { room, name, shard_drops, ..Self::default() }
    }

    pub(crate) fn add_viewer(&mut self, viewer: &PlaybackReport) {
        self.viewers += 1;
        self.stalled += u64::from(viewer.is_stalled);
        self.bitrate_bps += viewer.bitrate_bps;
        self.freezes += viewer.freezes;
        self.nacks += viewer.nacks;
        self.retransmissions += viewer.retransmissions;
        self.loss_fraction.add(viewer.loss_fraction);
        self.jitter.add(viewer.jitter.map(|jitter| jitter.as_secs_f64()));
        self.round_trip.add(viewer.round_trip.map(|time| time.as_secs_f64()));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.shard_drops += other.shard_drops;
        self.viewers += other.viewers;
        self.stalled += other.stalled;
        self.bitrate_bps += other.bitrate_bps;
        self.freezes += other.freezes;
        self.nacks += other.nacks;
        self.retransmissions += other.retransmissions;
        self.loss_fraction.merge(other.loss_fraction);
        self.jitter.merge(other.jitter);
        self.round_trip.merge(other.round_trip);
    }

    pub(crate) fn report(self) -> RoomReport {
        RoomReport {
            room: self.name.to_string(),
            viewers: self.viewers,
            stalled: self.stalled,
            bitrate_bps: self.bitrate_bps,
            loss_fraction: self.loss_fraction.spread(|share| share),
            jitter: self.jitter.spread(Duration::from_secs_f64),
            round_trip: self.round_trip.spread(Duration::from_secs_f64),
            freezes: self.freezes,
            nacks: self.nacks,
            retransmissions: self.retransmissions,
            shard_drops: self.shard_drops,
        }
    }
}

impl Tally {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.merge(Self { sum: value, count: 1, worst: value });
        }
    }

    fn merge(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
        self.worst = self.worst.max(other.worst);
    }

    fn spread<T>(self, convert: impl Fn(f64) -> T) -> Spread<T> {
        let told = (self.count > 0).then_some(self);
        Spread {
            average: told.map(|tally| convert(tally.sum / tally.count as f64)),
            worst: told.map(|tally| convert(tally.worst)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(loss: Option<f64>, millis: u64) -> PlaybackReport {
        PlaybackReport {
            bitrate_bps: 1_000,
            loss_fraction: loss,
            jitter: None,
            round_trip: Some(Duration::from_millis(millis)),
            nacks: 2,
            retransmissions: 1,
            keyframe_requests: 0,
            freezes: 1,
            is_stalled: loss.is_none(),
        }
    }

    #[test]
    fn what_shards_say_of_a_room_adds_up_and_who_does_not_tell_does_not_count() {
        let mut one = RoomTally { shard_drops: 5, ..RoomTally::default() };
        one.add_viewer(&viewer(Some(0.1), 10));
        one.add_viewer(&viewer(None, 20));
        let mut other = RoomTally::default();
        other.add_viewer(&viewer(Some(0.3), 60));
        one.merge(&other);
        let report = one.report();
        assert_eq!((report.viewers, report.stalled, report.bitrate_bps), (3, 1, 3_000));
        assert_eq!((report.freezes, report.nacks, report.retransmissions, report.shard_drops), (3, 6, 3, 5));
        assert!((report.loss_fraction.average.unwrap() - 0.2).abs() < 1e-9);
        assert_eq!(report.loss_fraction.worst, Some(0.3));
        assert_eq!(report.jitter, Spread::default());
        assert_eq!(report.round_trip.average.unwrap().as_millis(), 30);
        assert_eq!(report.round_trip.worst.unwrap().as_millis(), 60);
    }
}

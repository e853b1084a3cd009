use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rtc_core::{
    Audience, AudienceCounters, CacheLimits, IngestId, MediaBatch, MonotonicTime, PacketSink, Source, SourceCounters,
    ViewerId, ViewerTracks,
};

use crate::error::{MediaError, MediaErrorKind};
use crate::link::RoomLink;
use crate::post::{Notice, Parcel, ShardPost};
use crate::tap::TapInlet;

/// Taps of one room at most.
const TAPS: usize = 16;

/// The rooms a shard has a part of, by id.
#[derive(Default)]
pub(crate) struct Rooms {
    rooms: HashMap<u64, Room>,
    /// Rooms something may have happened in since the last look, so that the idle ones cost nothing.
    touched: Vec<u64>,
    /// Rooms whose taps are to be woken.
    tapped: Vec<u64>,
    /// When rooms want a look although nothing happens.
    deadlines: BTreeSet<(MonotonicTime, u64)>,
    /// Counters of sources and audiences that are gone.
    past: RoomCounters,
}

/// A shard's part of a room: the source on the room's home shard, and an audience where viewers are.
pub(crate) struct Room {
    pub(crate) link: Arc<RoomLink>,
    pub(crate) source: Option<Source>,
    pub(crate) audience: Option<Audience>,
    pub(crate) sessions: BTreeSet<u64>,
    /// With the source.
    taps: Vec<TapInlet>,
    /// Packets of the room that other shards had no room for.
    pub(crate) packets_dropped: u64,
    /// The taps are to be woken.
    has_tapped: bool,
    /// Shards that missed batches and get the keyframe group at the next tick.
    missed: BTreeSet<usize>,
    is_touched: bool,
    /// As in `Rooms::deadlines`.
    deadline: Option<MonotonicTime>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RoomCounters {
    pub(crate) source: SourceCounters,
    pub(crate) audience: AudienceCounters,
    /// Packets other shards had no room for.
    pub(crate) packets_dropped: u64,
}

/// A shard as its rooms see it.
pub(crate) struct Place<'a> {
    pub(crate) shard: usize,
    pub(crate) posts: &'a [ShardPost],
}

impl Room {
    fn new(link: Arc<RoomLink>, place: &Place<'_>) -> Self {
        let is_home = link.home == place.shard;
        Self {
            link,
            source: is_home.then(|| Source::new(CacheLimits::default())),
            audience: None,
            sessions: BTreeSet::new(),
            taps: Vec::new(),
            packets_dropped: 0,
            has_tapped: false,
            missed: BTreeSet::new(),
            is_touched: false,
            deadline: None,
        }
    }

    /// The viewers here; with the first of them the shard begins to take the room's batches.
    fn audience(&mut self, place: &Place<'_>) -> &mut Audience {
        self.audience.get_or_insert_with(|| {
            let mut audience = Audience::new(CacheLimits::default());
            match &self.source {
                Some(source) => audience.seed(&source.history()),
                None if self.link.subscribe(place.shard) => {
                    place.posts[self.link.home].notify(Notice::Look { room: self.link.id });
                }
                None => {}
            }
            audience
        })
    }

    pub(crate) fn add_viewer(
        &mut self,
        viewer: ViewerId,
        tracks: ViewerTracks,
        now: MonotonicTime,
        place: &Place<'_>,
        sink: &mut impl PacketSink,
    ) {
        self.audience(place).add_viewer(viewer, tracks, now, sink);
    }

    /// Takes what the source numbered to this shard's viewers and to the shards of the others.
    fn distribute(&mut self, place: &Place<'_>) {
        let Some(source) = &mut self.source else { return };
        let room = self.link.id;
        if let Some(batch) = source.take() {
            for shard in self.link.subscribers() {
                if !place.posts[shard].deliver(Parcel::Batch { room, packets: batch.clone() }) {
                    self.packets_dropped += batch.packets.len() as u64;
                    self.missed.insert(shard);
                }
            }
            if let Some(audience) = &mut self.audience {
                audience.receive(&batch);
            }
            self.taps.iter().for_each(|tap| tap.put(&batch));
            self.has_tapped |= !self.taps.is_empty();
        }
        if self.taps.iter().fold(false, |is_wished, tap| is_wished | tap.take_keyframe_wish()) {
            source.want_keyframe();
        }
        if self.link.owes_seeds() {
            let history = source.history();
            for shard in self.link.take_seeds() {
                if !place.posts[shard].deliver(Parcel::Seed { room, packets: history.clone() }) {
                    self.missed.insert(shard);
                }
            }
        }
    }

    /// Gives a tap the present keyframe group, and from now on all that is numbered.
    pub(crate) fn open_tap(&mut self, tap: TapInlet) -> Result<(), MediaError> {
        let Some(source) = &mut self.source else {
            return Err(MediaError::new(MediaErrorKind::RoomEmpty, "The broadcast is not at home on this shard."));
        };
        self.taps.retain(|tap| !tap.is_closed());
        if self.taps.len() == TAPS {
            let detail = format!("The channel has its {TAPS} taps; close one.");
            return Err(MediaError::new(MediaErrorKind::Overloaded, detail));
        }
        let history = source.history();
        if history.packets.is_empty() {
            source.want_keyframe();
        }
        tap.put(&history);
        tap.wake();
        self.taps.push(tap);
        Ok(())
    }

    /// Tells the source what viewers wish for, here or by way of its home shard.
    fn pass_wishes(&mut self, place: &Place<'_>) {
        let is_wished = self.audience.as_mut().is_some_and(Audience::take_keyframe_wish);
        match &mut self.source {
            Some(source) if is_wished | self.link.take_keyframe_wish() => source.want_keyframe(),
            None if is_wished && self.link.want_keyframe() => {
                place.posts[self.link.home].notify(Notice::Look { room: self.link.id });
            }
            _ => {}
        }
    }
}

impl Rooms {
    /// Rooms and their deadlines.
    pub(crate) fn held(&self) -> usize {
        self.rooms.len() + self.deadlines.len()
    }

    /// This shard's part of the room, made if there is none.
    pub(crate) fn open(&mut self, link: &Arc<RoomLink>, place: &Place<'_>) -> &mut Room {
        self.rooms.entry(link.id).or_insert_with(|| Room::new(link.clone(), place))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Room)> {
        self.rooms.iter().map(|(id, room)| (*id, room))
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Room> {
        self.rooms.get(&id)
    }

    /// Gives a room to be changed; it is looked at afterwards.
    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Room> {
        let room = self.rooms.get_mut(&id)?;
        if !std::mem::replace(&mut room.is_touched, true) {
            self.touched.push(id);
        }
        Some(room)
    }

    pub(crate) fn remove(&mut self, id: u64, shard: usize) {
        if let Some(room) = self.rooms.remove(&id) {
            room.link.unsubscribe(shard);
            self.past.add(room.counters());
            if let Some(at) = room.deadline {
                self.deadlines.remove(&(at, id));
            }
        }
    }

    /// A session is gone. Without viewers there is no audience, and without sessions no part of the room, but for the
    /// source: that one waits for the broadcaster's return.
    pub(crate) fn leave(&mut self, id: u64, session: u64, shard: usize) {
        let Some(room) = self.get_mut(id) else { return };
        room.sessions.remove(&session);
        if let Some(audience) = &mut room.audience {
            audience.remove_viewer(ViewerId(session));
            if audience.viewer_count() == 0 {
                let counters = RoomCounters { audience: audience.counters(), ..RoomCounters::default() };
                room.audience = None;
                room.link.unsubscribe(shard);
                self.past.add(counters);
            }
        }
        if self.rooms.get(&id).is_some_and(|room| room.sessions.is_empty() && room.source.is_none()) {
            self.remove(id, shard);
        }
    }

    /// Media of another shard's room.
    pub(crate) fn receive(&mut self, id: u64, packets: &MediaBatch, is_seed: bool) {
        let Some(audience) = self.get_mut(id).and_then(|room| room.audience.as_mut()) else { return };
        if is_seed { audience.seed(packets) } else { audience.receive(packets) }
    }

    pub(crate) fn forward(&mut self, now: MonotonicTime, place: &Place<'_>, sink: &mut impl PacketSink) {
        for id in &self.touched {
            if let Some(room) = self.rooms.get_mut(id) {
                let had_tapped = room.has_tapped;
                room.distribute(place);
                if room.has_tapped && !had_tapped {
                    self.tapped.push(*id);
                }
                if let Some(audience) = &mut room.audience {
                    audience.forward(now, sink);
                }
            }
        }
    }

    /// After what viewers get has been sent: nobody who drains a tap takes the processor before.
    pub(crate) fn wake_taps(&mut self) {
        for id in self.tapped.drain(..) {
            if let Some(room) = self.rooms.get_mut(&id)
                && std::mem::take(&mut room.has_tapped)
            {
                room.taps.iter().for_each(TapInlet::wake);
            }
        }
    }

    /// Looks at the rooms something happened in and at those whose time has come.
    pub(crate) fn poll_keyframe_requests(&mut self, now: MonotonicTime, place: &Place<'_>) -> Vec<IngestId> {
        let mut asked = Vec::new();
        self.touch_due(now);
        let mut ids = std::mem::take(&mut self.touched);
        for id in ids.drain(..) {
            let Some(room) = self.rooms.get_mut(&id) else { continue };
            room.is_touched = false;
            room.pass_wishes(place);
            asked.extend(room.source.as_mut().and_then(|source| source.poll_keyframe_request(now)));
            let request = room.source.as_ref().and_then(Source::deadline);
            let replay = room.audience.as_ref().and_then(Audience::deadline);
            let deadline = request.into_iter().chain(replay).min();
            if room.deadline != deadline {
                self.deadlines.extend(deadline.map(|at| (at, id)));
                if let Some(before) = std::mem::replace(&mut room.deadline, deadline) {
                    self.deadlines.remove(&(before, id));
                }
            }
        }
        // Keeps its room for the next round.
        self.touched = ids;
        asked
    }

    /// Has the rooms looked at whose time has come.
    pub(crate) fn touch_due(&mut self, now: MonotonicTime) {
        let due: Vec<u64> = self.deadlines.range(..=(now, u64::MAX)).map(|(_, id)| *id).collect();
        for id in due {
            self.get_mut(id);
        }
    }

    /// When `touch_due`, `forward` and `poll_keyframe_requests` are to be called next.
    pub(crate) fn deadline(&self) -> Option<MonotonicTime> {
        let at_once = (!self.touched.is_empty()).then(MonotonicTime::default);
        at_once.or_else(|| self.deadlines.first().map(|(at, _)| *at))
    }

    /// Gives the shards that missed something another chance.
    pub(crate) fn retry(&mut self) {
        let missing: BTreeMap<u64, BTreeSet<usize>> = self
            .rooms
            .iter_mut()
            .filter(|(_, room)| !room.missed.is_empty())
            .map(|(id, room)| (*id, std::mem::take(&mut room.missed)))
            .collect();
        for (id, shards) in missing {
            if let Some(room) = self.get_mut(id) {
                for shard in shards.into_iter().filter(|shard| room.link.is_subscribed(*shard)) {
                    room.link.put_back_seed(shard);
                }
            }
        }
    }

    pub(crate) fn counters(&self) -> RoomCounters {
        let mut sum = self.past;
        self.rooms.values().for_each(|room| sum.add(room.counters()));
        sum
    }
}

impl Room {
    fn counters(&self) -> RoomCounters {
        RoomCounters {
            source: self.source.as_ref().map(Source::counters).unwrap_or_default(),
            audience: self.audience.as_ref().map(Audience::counters).unwrap_or_default(),
            packets_dropped: self.packets_dropped,
        }
    }
}

impl RoomCounters {
    fn add(&mut self, other: Self) {
        self.source.keyframe_requests_sent += other.source.keyframe_requests_sent;
        self.audience.keyframe_requests_received += other.audience.keyframe_requests_received;
        self.audience.keyframe_requests_from_cache += other.audience.keyframe_requests_from_cache;
        self.audience.packets_nacked += other.audience.packets_nacked;
        self.audience.packets_retransmitted += other.audience.packets_retransmitted;
        self.audience.retransmissions_refused += other.audience.retransmissions_refused;
        self.packets_dropped += other.packets_dropped;
    }
}

#[cfg(test)]
mod tests;

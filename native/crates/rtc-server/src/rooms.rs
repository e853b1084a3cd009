use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use rtc_core::{CacheLimits, IngestId, MediaRoom, MonotonicTime, PacketSink, RoomCounters};

/// A room nobody is in is forgotten after this time; broadcasters return sooner.
const EMPTY_ROOM_LIFETIME: Duration = Duration::from_secs(600);

/// The rooms of a node, by the name they were opened under.
#[derive(Default)]
pub(crate) struct Rooms {
    rooms: HashMap<u64, Room>,
    by_name: HashMap<String, u64>,
    next: u64,
    /// Counters of rooms that are gone.
    past: RoomCounters,
}

pub(crate) struct Room {
    pub(crate) name: String,
    pub(crate) media: MediaRoom,
    pub(crate) sessions: HashSet<u64>,
    empty_since: Option<Instant>,
}

impl Room {
    pub(crate) fn joined(&mut self, session: u64) {
        self.sessions.insert(session);
        self.empty_since = None;
    }

    pub(crate) fn left(&mut self, session: u64, now: Instant) {
        self.sessions.remove(&session);
        if self.sessions.is_empty() {
            self.empty_since = Some(now);
        }
    }
}

impl Rooms {
    pub(crate) fn id(&self, name: &str) -> Option<u64> {
        self.by_name.get(name).copied()
    }

    /// The room of that name, made if there is none.
    pub(crate) fn open(&mut self, name: &str, now: Instant) -> (u64, &mut Room) {
        let id = *self.by_name.entry(name.to_owned()).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        let room = self.rooms.entry(id).or_insert_with(|| Room {
            name: name.to_owned(),
            media: MediaRoom::new(CacheLimits::default()),
            sessions: HashSet::new(),
            empty_since: Some(now),
        });
        (id, room)
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Room> {
        self.rooms.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Room> {
        self.rooms.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: u64) {
        if let Some(room) = self.rooms.remove(&id) {
            self.by_name.remove(&room.name);
            self.past = sum(self.past, room.media.counters());
        }
    }

    pub(crate) fn forward(&mut self, now: MonotonicTime, sink: &mut impl PacketSink) {
        for room in self.rooms.values_mut() {
            room.media.forward(now, sink);
        }
    }

    pub(crate) fn poll_keyframe_requests(&mut self, now: MonotonicTime) -> Vec<IngestId> {
        self.rooms.values_mut().filter_map(|room| room.media.poll_keyframe_request(now)).collect()
    }

    pub(crate) fn deadline(&self) -> Option<MonotonicTime> {
        self.rooms.values().filter_map(|room| room.media.deadline()).min()
    }

    pub(crate) fn sweep(&mut self, now: Instant) {
        let stale = |room: &Room| room.empty_since.is_some_and(|since| now - since > EMPTY_ROOM_LIFETIME);
        let ids: Vec<u64> = self.rooms.iter().filter(|(_, room)| stale(room)).map(|(id, _)| *id).collect();
        for id in ids {
            self.remove(id);
        }
    }

    pub(crate) fn counters(&self) -> RoomCounters {
        self.rooms.values().map(|room| room.media.counters()).fold(self.past, sum)
    }
}

fn sum(one: RoomCounters, other: RoomCounters) -> RoomCounters {
    RoomCounters {
        keyframe_requests_received: one.keyframe_requests_received + other.keyframe_requests_received,
        keyframe_requests_from_cache: one.keyframe_requests_from_cache + other.keyframe_requests_from_cache,
        keyframe_requests_sent: one.keyframe_requests_sent + other.keyframe_requests_sent,
    }
}

use std::collections::{BTreeSet, HashMap, HashSet};
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
    /// Rooms something may have happened in since the last look, so that the idle ones cost nothing.
    touched: Vec<u64>,
    /// When rooms want a look although nothing happens.
    deadlines: BTreeSet<(MonotonicTime, u64)>,
    /// Counters of rooms that are gone.
    past: RoomCounters,
}

pub(crate) struct Room {
    pub(crate) name: String,
    pub(crate) media: MediaRoom,
    pub(crate) sessions: HashSet<u64>,
    empty_since: Option<Instant>,
    is_touched: bool,
    /// As in `Rooms::deadlines`.
    deadline: Option<MonotonicTime>,
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
    pub(crate) fn open(&mut self, name: &str, now: Instant) -> u64 {
        *self.by_name.entry(name.to_owned()).or_insert_with(|| {
            self.next += 1;
            let room = Room {
                name: name.to_owned(),
                media: MediaRoom::new(CacheLimits::default()),
                sessions: HashSet::new(),
                empty_since: Some(now),
                is_touched: false,
                deadline: None,
            };
            self.rooms.insert(self.next, room);
            self.next
        })
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

    pub(crate) fn remove(&mut self, id: u64) {
        if let Some(room) = self.rooms.remove(&id) {
            self.by_name.remove(&room.name);
            self.past = sum(self.past, room.media.counters());
            if let Some(at) = room.deadline {
                self.deadlines.remove(&(at, id));
            }
        }
    }

    pub(crate) fn forward(&mut self, now: MonotonicTime, sink: &mut impl PacketSink) {
        for id in &self.touched {
            if let Some(room) = self.rooms.get_mut(id) {
                room.media.forward(now, sink);
            }
        }
    }

    /// Looks at the rooms something happened in and at those whose time has come.
    pub(crate) fn poll_keyframe_requests(&mut self, now: MonotonicTime) -> Vec<IngestId> {
        let mut asked = Vec::new();
        let due = self.deadlines.range(..=(now, u64::MAX)).map(|(_, id)| *id);
        let mut ids = std::mem::take(&mut self.touched);
        ids.extend(due);
        for id in ids.drain(..) {
            let Some(room) = self.rooms.get_mut(&id) else { continue };
            room.is_touched = false;
            asked.extend(room.media.poll_keyframe_request(now));
            let deadline = room.media.deadline();
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

    /// When `poll_keyframe_requests` is to be called next.
    pub(crate) fn deadline(&self) -> Option<MonotonicTime> {
        let at_once = (!self.touched.is_empty()).then(MonotonicTime::default);
        at_once.or_else(|| self.deadlines.first().map(|(at, _)| *at))
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

#[cfg(test)]
mod tests {
    use rtc_core::{Codec, IngestPacket, OutgoingPacket, SourceId, ViewerId, ViewerTracks};

    use super::*;

    #[derive(Default)]
    struct Sink(Vec<ViewerId>);

    impl PacketSink for Sink {
        fn write(&mut self, viewer: ViewerId, _packet: OutgoingPacket<'_>) {
            self.0.push(viewer);
        }

        fn retransmit(&mut self, _viewer: ViewerId, _packet: OutgoingPacket<'_>) {}

        fn finish(&mut self, _viewer: ViewerId) {}
    }

    fn at(millis: u64) -> MonotonicTime {
        MonotonicTime::since_start(Duration::from_millis(millis))
    }

    fn picture(ingest: u64, sequence: u64, millis: u64) -> IngestPacket {
        IngestPacket {
            source: SourceId { ingest, ssrc: 1 },
            codec: Codec::Vp8,
            sequence,
            timestamp: sequence as u32 * 3_000,
            marker: true,
            orientation: None,
            payload: [0x10, u8::from(sequence > 1)].into(),
            arrival: at(millis),
        }
    }

    /// Rooms with an ingest, a keyframe and a viewer each, numbered alike.
    fn live(count: u64) -> Rooms {
        let mut rooms = Rooms::default();
        for id in 1..=count {
            assert_eq!(rooms.open(&format!("room{id}"), Instant::now()), id);
            let media = &mut rooms.get_mut(id).unwrap().media;
            media.open_ingest(IngestId(id), false, Duration::ZERO, at(0)).unwrap();
            media.receive(picture(id, 1, 0));
            let tracks = ViewerTracks { video: vec![(Codec::Vp8, 96)], ..ViewerTracks::default() };
            media.add_viewer(ViewerId(id), tracks, at(0), &mut Sink::default());
        }
        assert_eq!(rooms.poll_keyframe_requests(at(0)), []);
        rooms
    }

    #[test]
    fn only_rooms_something_happened_in_are_looked_at() {
        let mut rooms = live(100);
        assert!(rooms.touched.is_empty());
        let mut sink = Sink::default();
        for id in [70, 7, 70] {
            let sequence = 2 + sink.0.len() as u64;
            rooms.get_mut(id).unwrap().media.receive(picture(id, sequence, 10));
        }
        assert_eq!(rooms.touched, [70, 7]);
        rooms.forward(at(10), &mut sink);
        sink.0.dedup();
        assert_eq!(sink.0, [ViewerId(70), ViewerId(7)]);
    }

    #[test]
    fn a_request_that_has_to_wait_goes_out_when_its_time_has_come_though_nothing_happens() {
        let mut rooms = live(3);
        let ask = |rooms: &mut Rooms, millis| {
            rooms.get_mut(2).unwrap().media.viewer_wants_keyframe(ViewerId(2), at(millis));
            rooms.poll_keyframe_requests(at(millis))
        };
        assert_eq!(ask(&mut rooms, 5_000), [IngestId(2)]);
        assert_eq!(rooms.deadline(), None);
        assert_eq!(ask(&mut rooms, 5_100), [], "asked a moment ago");
        let deadline = rooms.deadline().unwrap();
        assert!(deadline > at(5_100) && rooms.touched.is_empty());
        assert_eq!(rooms.poll_keyframe_requests(deadline), [IngestId(2)]);
        assert_eq!(rooms.deadline(), None);
    }

    #[test]
    fn a_room_that_is_gone_leaves_its_counters_and_no_deadline() {
        let mut rooms = live(2);
        for millis in [5_000, 5_100] {
            rooms.get_mut(2).unwrap().media.viewer_wants_keyframe(ViewerId(2), at(millis));
            rooms.poll_keyframe_requests(at(millis));
        }
        rooms.remove(2);
        assert_eq!(rooms.deadline(), None);
        assert_eq!(rooms.counters().keyframe_requests_received, 2);
    }
}

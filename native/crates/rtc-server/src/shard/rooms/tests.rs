use std::time::{Duration, Instant};

use rtc_core::{Codec, IngestPacket, OutgoingPacket, SourceId};

use super::*;
use crate::post::{ShardMailbox, next};
use crate::socket::Bell;
use crate::tap::{TapOptions, tap};

#[derive(Default)]
struct Sink(Vec<(ViewerId, u64)>);

impl PacketSink for Sink {
    fn write(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        self.0.push((viewer, packet.packet.sequence));
    }

    fn retransmit(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        self.write(viewer, packet);
    }

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

fn tracks() -> ViewerTracks {
    ViewerTracks { video: vec![(Codec::Vp8, 96)], ..ViewerTracks::default() }
}

/// Shards as their rooms see them.
struct Shards {
    posts: Vec<ShardPost>,
    mailboxes: Vec<ShardMailbox>,
}

impl Shards {
    fn new(count: usize) -> Self {
        let (posts, mailboxes) = (0..count).map(|_| ShardPost::new(Bell::new().unwrap())).unzip();
        Self { posts, mailboxes }
    }

    fn place(&self, shard: usize) -> Place<'_> {
        Place { shard, posts: &self.posts }
    }

    /// Hands a shard's rooms what waits for them.
    fn deliver(&self, shard: usize, rooms: &mut Rooms) {
        while let Some(Notice::Look { room }) = next(&self.mailboxes[shard].notices) {
            rooms.get_mut(room).unwrap().link.look();
        }
        while let Some(parcel) = next(&self.mailboxes[shard].parcels) {
            match parcel {
                Parcel::Batch { room, packets } => rooms.receive(room, &packets, false),
                Parcel::Seed { room, packets } => rooms.receive(room, &packets, true),
                Parcel::Stray(_) => panic!("nothing strays here"),
            }
        }
    }
}

/// A room with an ingest and a keyframe.
fn open(rooms: &mut Rooms, id: u64, shards: &Shards) -> Arc<RoomLink> {
    let link = Arc::new(RoomLink::new(id, &format!("room{id}"), 0));
    rooms.open(&link, &shards.place(0)).sessions.insert(id);
    let source = rooms.get_mut(id).unwrap().source.as_mut().unwrap();
    source.open_ingest(IngestId(id), false, Duration::ZERO, at(0)).unwrap();
    source.receive(picture(id, 1, 0));
    link
}

fn source(rooms: &mut Rooms, id: u64) -> &mut Source {
    rooms.get_mut(id).unwrap().source.as_mut().unwrap()
}

/// Rooms with an ingest, a keyframe and a viewer each, numbered alike.
fn live(count: u64, shards: &Shards) -> Rooms {
    let mut rooms = Rooms::default();
    for id in 1..=count {
        open(&mut rooms, id, shards);
        let room = rooms.get_mut(id).unwrap();
        room.add_viewer(ViewerId(id), tracks(), at(0), &shards.place(0), &mut Sink::default());
    }
    rooms.forward(at(0), &shards.place(0), &mut Sink::default());
    assert_eq!(rooms.poll_keyframe_requests(at(0), &shards.place(0)), []);
    rooms
}

#[test]
fn only_rooms_something_happened_in_are_looked_at() {
    let shards = Shards::new(1);
    let mut rooms = live(100, &shards);
    assert!(rooms.touched.is_empty());
    let mut sink = Sink::default();
    for (id, sequence) in [(70, 2), (7, 2), (70, 3)] {
        source(&mut rooms, id).receive(picture(id, sequence, 10));
    }
    assert_eq!(rooms.touched, [70, 7]);
    rooms.forward(at(10), &shards.place(0), &mut sink);
    let viewers: Vec<ViewerId> = sink.0.iter().map(|(viewer, _)| *viewer).collect();
    assert_eq!(viewers, [70, 70, 7].map(ViewerId));
}

#[test]
fn a_request_that_has_to_wait_goes_out_when_its_time_has_come_though_nothing_happens() {
    let shards = Shards::new(1);
    let mut rooms = live(3, &shards);
    let ask = |rooms: &mut Rooms, millis| {
        rooms.get_mut(2).unwrap().audience.as_mut().unwrap().viewer_wants_keyframe(ViewerId(2), at(millis));
        rooms.poll_keyframe_requests(at(millis), &shards.place(0))
    };
    assert_eq!(ask(&mut rooms, 5_000), [IngestId(2)]);
    assert_eq!(rooms.deadline(), None);
    assert_eq!(ask(&mut rooms, 5_100), [], "asked a moment ago");
    let deadline = rooms.deadline().unwrap();
    assert!(deadline > at(5_100) && rooms.touched.is_empty());
    assert_eq!(rooms.poll_keyframe_requests(deadline, &shards.place(0)), [IngestId(2)]);
    assert_eq!(rooms.deadline(), None);
}

#[test]
fn a_room_that_is_gone_leaves_its_counters_and_no_deadline() {
    let shards = Shards::new(1);
    let mut rooms = live(2, &shards);
    for millis in [5_000, 5_100] {
        rooms.get_mut(2).unwrap().audience.as_mut().unwrap().viewer_wants_keyframe(ViewerId(2), at(millis));
        rooms.poll_keyframe_requests(at(millis), &shards.place(0));
    }
    rooms.remove(2, 0);
    assert_eq!(rooms.deadline(), None);
    assert_eq!(rooms.counters().audience.keyframe_requests_received, 2);
    assert_eq!(rooms.counters().source.keyframe_requests_sent, 1);
}

#[test]
fn viewers_on_another_shard_get_the_keyframe_group_and_what_follows() {
    let shards = Shards::new(2);
    let (mut home, mut other) = (Rooms::default(), Rooms::default());
    let link = open(&mut home, 1, &shards);
    home.forward(at(0), &shards.place(0), &mut Sink::default());
    other.open(&link, &shards.place(1)).sessions.insert(9);
    let mut sink = Sink::default();
    other.get_mut(1).unwrap().add_viewer(ViewerId(9), tracks(), at(5), &shards.place(1), &mut sink);
    shards.deliver(0, &mut home);
    home.forward(at(5), &shards.place(0), &mut Sink::default());
    source(&mut home, 1).receive(picture(1, 2, 10));
    home.forward(at(10), &shards.place(0), &mut Sink::default());
    shards.deliver(1, &mut other);
    other.forward(at(10), &shards.place(1), &mut sink);
    let sequences: Vec<u64> = sink.0.iter().map(|(_, sequence)| *sequence).collect();
    assert!(sequences.len() == 2 && sequences[0] + 1 == sequences[1], "{sequences:?}");
    // A wish goes the other way.
    other.get_mut(1).unwrap().audience.as_mut().unwrap().viewer_wants_keyframe(ViewerId(9), at(5_000));
    assert_eq!(other.poll_keyframe_requests(at(5_000), &shards.place(1)), []);
    shards.deliver(0, &mut home);
    assert_eq!(home.poll_keyframe_requests(at(5_000), &shards.place(0)), [IngestId(1)]);
    // Without viewers there is nothing to send there, and no part of the room.
    other.leave(1, 9, 1);
    assert!(other.get(1).is_none() && !link.is_subscribed(1));
    source(&mut home, 1).receive(picture(1, 3, 5_010));
    home.forward(at(5_010), &shards.place(0), &mut Sink::default());
    assert!(next(&shards.mailboxes[1].parcels).is_none());
}

#[test]
fn a_shard_that_takes_nothing_costs_drops_and_gets_the_group_when_it_takes_again() {
    let shards = Shards::new(2);
    let (mut home, mut other) = (Rooms::default(), Rooms::default());
    let link = open(&mut home, 1, &shards);
    other.open(&link, &shards.place(1)).sessions.insert(9);
    let mut sink = Sink::default();
    other.get_mut(1).unwrap().add_viewer(ViewerId(9), tracks(), at(5), &shards.place(1), &mut sink);
    shards.deliver(0, &mut home);
    let mut sequence = 1;
    while home.counters().packets_dropped == 0 {
        sequence += 1;
        assert!(sequence < 100_000, "the queue has an end");
        source(&mut home, 1).receive(picture(1, sequence, 10));
        home.forward(at(10), &shards.place(0), &mut Sink::default());
    }
    shards.deliver(1, &mut other);
    other.forward(at(20), &shards.place(1), &mut sink);
    assert!(sink.0.iter().all(|(_, got)| *got != sink.0[0].1 + sequence - 1), "the last one was dropped");
    home.retry();
    home.forward(at(30), &shards.place(0), &mut Sink::default());
    shards.deliver(1, &mut other);
    other.forward(at(30), &shards.place(1), &mut sink);
    // What of the group may not go at once goes when its time has come.
    other.poll_keyframe_requests(at(30), &shards.place(1));
    while let Some(deadline) = other.deadline() {
        assert!(deadline < at(5_000));
        other.touch_due(deadline);
        other.forward(deadline, &shards.place(1), &mut sink);
        other.poll_keyframe_requests(deadline, &shards.place(1));
    }
    let mut got: Vec<u64> = sink.0.iter().map(|(_, got)| *got).collect();
    got.sort_unstable();
    got.dedup();
    assert_eq!(got.len() as u64, sequence, "what was missed has come with the group");
}

#[test]
fn a_tap_gets_the_keyframe_group_what_follows_and_the_end_and_its_gaps_ask_for_a_keyframe() {
    let shards = Shards::new(1);
    let mut rooms = live(1, &shards);
    let (inlet, mut tap) = tap(TapOptions::default(), Instant::now()).unwrap();
    rooms.get_mut(1).unwrap().open_tap(inlet).unwrap();
    source(&mut rooms, 1).receive(picture(1, 2, 10));
    rooms.forward(at(10), &shards.place(0), &mut Sink::default());
    let units = tap.assemble(9, at(10));
    assert_eq!(units.iter().map(|unit| unit.is_keyframe).collect::<Vec<_>>(), [true, false]);
    assert_eq!(rooms.poll_keyframe_requests(at(5_000), &shards.place(0)), []);
    for (sequence, millis) in [(4, 5_000), (5, 5_300)] {
        source(&mut rooms, 1).receive(picture(1, sequence, millis));
        rooms.forward(at(millis), &shards.place(0), &mut Sink::default());
        tap.assemble(9, at(millis));
    }
    assert_eq!(tap.gaps(), 1);
    source(&mut rooms, 1).receive(picture(1, 6, 5_320));
    rooms.forward(at(5_320), &shards.place(0), &mut Sink::default());
    assert_eq!(rooms.poll_keyframe_requests(at(5_320), &shards.place(0)), [IngestId(1)]);
    rooms.remove(1, 0);
    assert!(tap.assemble(9, at(5_320)).len() == 1 && tap.is_ended());
}

#[test]
fn taps_of_a_room_are_limited_and_those_that_were_closed_do_not_count() {
    let shards = Shards::new(1);
    let mut rooms = live(1, &shards);
    let (inlets, mut taps): (Vec<_>, Vec<_>) =
        (0..=TAPS + 1).map(|_| tap(TapOptions::default(), Instant::now()).unwrap()).unzip();
    let room = rooms.get_mut(1).unwrap();
    let opened: Vec<bool> = inlets
        .into_iter()
        .enumerate()
        .map(|(index, inlet)| {
            if index == TAPS + 1 {
                taps.remove(0);
            }
            room.open_tap(inlet).is_ok()
        })
        .collect();
    assert_eq!(opened.iter().filter(|is_open| !**is_open).count(), 1);
    assert!(!opened[TAPS] && opened[TAPS + 1]);
}

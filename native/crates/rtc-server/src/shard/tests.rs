use std::net::SocketAddr;
use std::time::Duration;

use rtc_core::{Codec, IngestPacket, MediaBatch, SourceState};

use super::*;
use crate::assembly::Assembly;
use crate::link::RoomLink;
use crate::node::NodeOptions;
use crate::socket::{Run, SendBatch, SendCounters, Transmit};

struct Nowhere;

impl Transmit for Nowhere {
    fn transmit(&mut self, _arena: &[u8], _runs: &[Run], _counters: &mut SendCounters) {}
}

const ROOM: u64 = 1_000;

fn shards(count: u16, now: Instant) -> Assembly {
    let addresses: Vec<SocketAddr> =
        (0..count).map(|index| SocketAddr::from(([192, 0, 2, 1], 8_000 + index))).collect();
    let options = NodeOptions {
        host: addresses[0].ip(),
        port: 8_000,
        public_addresses: Vec::new(),
        silence: Duration::from_secs(2),
        max_sessions: 100,
        shards: usize::from(count),
    };
    let beginning = Beginning { instant: now, wall_clock: Duration::ZERO };
    Assembly::new(&options, beginning, &addresses, |_| SendBatch::new(Nowhere)).unwrap()
}

fn picture(sequence: u64, arrival: MonotonicTime) -> IngestPacket {
    IngestPacket {
        source: SourceId { ingest: 1, ssrc: 1 },
        codec: Codec::Vp8,
        sequence,
        timestamp: sequence as u32 * 3_000,
        marker: true,
        orientation: None,
        payload: [0x10, u8::from(sequence > 1)].into(),
        arrival,
    }
}

#[test]
fn a_shard_that_missed_a_batch_gets_the_keyframe_group_though_nothing_more_comes_from_the_encoder() {
    let now = Instant::now();
    let mut node = shards(2, now);
    let [home, other] = &mut node.shards[..] else { panic!("two shards") };
    let link = Arc::new(RoomLink::new(ROOM, "room", 0));
    link.subscribe(1);
    let receive = |home: &mut Shard, sequence, now| {
        let arrival = home.monotonic(now);
        home.with_rooms(|rooms, place, _, _| rooms.open(&link, place).sessions.insert(1));
        let source = home.rooms.get_mut(ROOM).and_then(|room| room.source.as_mut()).unwrap();
        if sequence == 1 {
            source.open_ingest(IngestId(1), false, Duration::ZERO, arrival).unwrap();
        }
        source.receive(picture(sequence, arrival));
        home.finish(now);
    };
    receive(home, 1, now);
    let nothing = MediaBatch { packets: Arc::from([]), state: SourceState::default() };
    while home.surroundings.shards[1].deliver(Parcel::Batch { room: 7, packets: nothing.clone() }) {}
    receive(home, 2, now);
    while post::next(&other.mailbox.parcels).is_some() {}
    home.finish(now + TICK);
    let seed = post::next(&other.mailbox.parcels);
    let Some(Parcel::Seed { room: ROOM, packets }) = seed else { panic!("no keyframe group") };
    assert_eq!(packets.packets.len(), 2);
}

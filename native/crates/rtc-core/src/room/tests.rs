use super::*;
use crate::OutgoingPacket;
use crate::continuity::tests::packet;

const SILENCE: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Collected(Vec<(ViewerId, MediaKind, u64)>);

impl PacketSink for Collected {
    fn write(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        self.0.push((viewer, packet.packet.codec.kind(), packet.sequence));
    }

    fn retransmit(&mut self, _viewer: ViewerId, _packet: OutgoingPacket<'_>) {}

    fn finish(&mut self, _viewer: ViewerId) {}
}

fn at(millis: u64) -> MonotonicTime {
    MonotonicTime::since_start(Duration::from_millis(millis))
}

fn keyframe(sequence: u64, timestamp: u32, millis: u64) -> IngestPacket {
    IngestPacket { payload: [0x10, 0x00].into(), ..packet(sequence, timestamp, millis) }
}

fn sound(sequence: u64, millis: u64) -> IngestPacket {
    IngestPacket { codec: Codec::Opus, ..packet(sequence, 0, millis) }
}

fn room() -> MediaRoom {
    let mut room = MediaRoom::new(CacheLimits::default());
    room.open_ingest(IngestId(1), false, SILENCE, at(0)).unwrap();
    room
}

fn tracks() -> ViewerTracks {
    ViewerTracks { audio: vec![(Codec::Opus, 111)], video: vec![(Codec::Vp8, 96)] }
}

#[test]
fn a_broadcast_of_sound_alone_is_asked_for_no_keyframe_and_wants_no_time() {
    let mut room = room();
    for index in 0..10 {
        room.receive(sound(index, index * 20));
        assert_eq!(room.deadline(), None, "a deadline that cannot be met would keep the node awake");
        assert_eq!(room.poll_keyframe_request(at(index * 20)), None);
    }
    room.receive(packet(1, 0, 200));
    assert!(room.deadline().is_some_and(|deadline| deadline <= at(200)));
    assert_eq!(room.poll_keyframe_request(at(200)), Some(IngestId(1)));
    assert_eq!(room.deadline(), None);
}

#[test]
fn only_silence_or_a_takeover_gives_the_room_to_another() {
    let mut room = room();
    room.receive(keyframe(1, 0, 1_000));
    assert_eq!(room.open_ingest(IngestId(2), false, SILENCE, at(2_999)), Err(RoomBusy));
    assert_eq!(room.open_ingest(IngestId(2), false, SILENCE, at(3_000)), Ok(Some(IngestId(1))));
    room.receive(keyframe(2, 0, 3_100));
    assert_eq!(room.media_age(at(3_100)), None, "the first has the room no longer");
    assert_eq!(room.open_ingest(IngestId(3), true, SILENCE, at(3_100)), Ok(Some(IngestId(2))));
}

#[test]
fn viewers_who_stay_see_the_one_who_returns_on_the_same_numbers() {
    let (mut room, mut sink) = (room(), Collected::default());
    room.receive(keyframe(7, 0, 10));
    room.add_viewer(ViewerId(1), tracks(), at(20), &mut sink);
    room.receive(packet(8, 3_000, 40));
    room.forward(at(40), &mut sink);
    room.close_ingest(IngestId(1));
    room.open_ingest(IngestId(2), false, SILENCE, at(9_000)).unwrap();
    let returned =
        |packet: IngestPacket| IngestPacket { source: crate::packet::SourceId { ingest: 2, ssrc: 5 }, ..packet };
    for packet in [packet(90, 1, 9_000), keyframe(91, 2, 9_010), packet(92, 3, 9_020)] {
        room.receive(returned(packet));
        room.forward(at(9_020), &mut sink);
    }
    let sequences: Vec<u64> = sink.0.iter().map(|(_, _, sequence)| *sequence).collect();
    assert_eq!(sequences.len(), 4, "two of each, and not what came before the keyframe");
    assert!(sequences.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{sequences:?}");
}

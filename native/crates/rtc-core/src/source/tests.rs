use super::*;
use crate::continuity::tests::packet;
use crate::packet::SourceId;

const SILENCE: Duration = Duration::from_secs(2);

fn at(millis: u64) -> MonotonicTime {
    MonotonicTime::since_start(Duration::from_millis(millis))
}

fn keyframe(sequence: u64, timestamp: u32, millis: u64) -> IngestPacket {
    IngestPacket { payload: [0x10, 0x00].into(), ..packet(sequence, timestamp, millis) }
}

fn sound(sequence: u64, millis: u64) -> IngestPacket {
    IngestPacket { codec: Codec::Opus, ..packet(sequence, 0, millis) }
}

fn source() -> Source {
    let mut source = Source::new(CacheLimits::default());
    source.open_ingest(IngestId(1), false, SILENCE, at(0)).unwrap();
    source
}

#[test]
fn a_broadcast_of_sound_alone_is_asked_for_no_keyframe_and_wants_no_time() {
    let mut source = source();
    for index in 0..10 {
        source.receive(sound(index, index * 20));
        source.want_keyframe();
        assert_eq!(source.deadline(), None, "a deadline that cannot be met would keep the node awake");
        assert_eq!(source.poll_keyframe_request(at(index * 20)), None);
    }
    source.receive(packet(1, 0, 200));
    assert!(source.deadline().is_some_and(|deadline| deadline <= at(200)));
    assert_eq!(source.poll_keyframe_request(at(200)), Some(IngestId(1)));
    assert_eq!(source.deadline(), None);
}

#[test]
fn only_silence_or_a_takeover_gives_the_room_to_another() {
    let mut source = source();
    source.receive(keyframe(1, 0, 1_000));
    assert_eq!(source.open_ingest(IngestId(2), false, SILENCE, at(2_999)), Err(RoomBusy));
    assert_eq!(source.open_ingest(IngestId(2), false, SILENCE, at(3_000)), Ok(Some(IngestId(1))));
    source.receive(keyframe(2, 0, 3_100));
    assert_eq!(source.media_age(at(3_100)), None, "the first has the room no longer");
    assert_eq!(source.open_ingest(IngestId(3), true, SILENCE, at(3_100)), Ok(Some(IngestId(2))));
}

#[test]
fn a_batch_has_audio_and_video_in_order_of_arrival_and_is_taken_once() {
    let mut source = source();
    source.take();
    for packet in [keyframe(1, 0, 1), sound(7, 2), packet(2, 0, 3), sound(8, 4)] {
        source.receive(packet);
    }
    let batch = source.take().unwrap();
    let kinds: Vec<_> = batch.packets.iter().map(|packet| packet.codec.kind()).collect();
    assert_eq!(kinds, [MediaKind::Video, MediaKind::Audio, MediaKind::Video, MediaKind::Audio]);
    assert_eq!((batch.state.video_codec, batch.state.audio_codec), (Some(Codec::Vp8), Some(Codec::Opus)));
    assert!(source.take().is_none());
    assert_eq!(source.history().packets.len(), 2, "the keyframe group, no sound");
}

#[test]
fn a_broadcaster_who_goes_is_told_by_a_batch_without_packets() {
    let mut source = source();
    source.receive(keyframe(1, 0, 1));
    let last = source.take().unwrap();
    source.close_ingest(IngestId(1));
    let gone = source.take().unwrap();
    assert!(gone.packets.is_empty() && gone.state.video_start > last.packets[0].sequence);
    assert!(source.history().packets.is_empty() && source.take().is_none());
    source.open_ingest(IngestId(2), false, SILENCE, at(9)).unwrap();
    source.receive(IngestPacket { source: SourceId { ingest: 2, ssrc: 5 }, ..keyframe(90, 7, 10) });
    let returned = source.take().unwrap();
    assert_eq!(returned.packets[0].sequence, last.packets[0].sequence + 1);
    assert_eq!(returned.state.video_start, returned.packets[0].sequence);
}

#[test]
fn wishes_of_any_number_of_audiences_become_one_request_and_its_answer_is_told() {
    let mut source = source();
    source.receive(keyframe(1, 0, 0));
    source.take();
    let mut asked = 0;
    for millis in 1_000..1_400 {
        source.want_keyframe();
        asked += u64::from(source.poll_keyframe_request(at(millis)).is_some());
    }
    assert_eq!((asked, source.counters().keyframe_requests_sent), (1, 1));
    source.receive(keyframe(2, 3_000, 1_401));
    assert!(source.take().unwrap().state.answers_keyframe_requests);
    assert_eq!(source.poll_keyframe_request(at(1_600)), None, "the keyframe answered them all");
}

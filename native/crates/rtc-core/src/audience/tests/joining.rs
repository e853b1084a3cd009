use super::*;

#[test]
fn one_who_joins_has_the_group_at_once_and_nothing_is_asked_of_the_broadcaster() {
    let mut room = Room::live();
    for index in 0..60 {
        room.picture(index % 60 == 0, 1_000 + index * 33);
    }
    room.add(ONE, 3_000);
    let sent = room.sink.take();
    assert_eq!(sent.len(), 60);
    assert!(is_contiguous(&sent));
    let squeezed = |step: u32| (89..=90).contains(&step);
    assert!(sent.windows(2).all(|pair| squeezed(pair[1].timestamp.wrapping_sub(pair[0].timestamp))));
    assert_eq!(sent.last().unwrap().timestamp, (1_000 + 59 * 33) * 90);
    assert_eq!(room.sink.finished, [ONE]);
    assert!(!room.audience.take_keyframe_wish());
    room.audience.viewer_wants_keyframe(ONE, at(3_500));
    assert!(!room.audience.take_keyframe_wish(), "the group was the answer");
    room.audience.viewer_wants_keyframe(ONE, at(4_100));
    assert!(room.audience.take_keyframe_wish() && !room.audience.take_keyframe_wish());
    let counters = room.audience.counters();
    assert_eq!((counters.keyframe_requests_received, counters.keyframe_requests_from_cache), (2, 1));
}

#[test]
fn packets_not_yet_forwarded_when_one_joins_reach_everyone_once() {
    let mut room = Room::live();
    room.picture(true, 0);
    room.add(ONE, 1);
    room.source.receive(picture(2, false, 33));
    room.audience.receive(&room.source.take().unwrap());
    room.add(TWO, 34);
    room.audience.forward(at(35), &mut room.sink);
    for viewer in [ONE, TWO] {
        let rooms: Vec<u64> = room.sink.of(viewer).iter().map(|sent| sent.room_sequence).collect();
        assert_eq!(rooms.len(), 2, "{viewer:?}");
        assert_eq!(rooms[0] + 1, rooms[1]);
    }
}

#[test]
fn one_who_joins_before_the_history_came_starts_with_it_and_wishes_for_nothing() {
    let mut room = Room::live();
    room.picture(true, 0);
    room.picture(false, 33);
    let mut audience = Audience::new(CacheLimits::default());
    audience.add_viewer(ONE, tracks(), at(40), &mut room.sink);
    room.source.receive(picture(3, false, 66));
    // Live packets may come first: there is no picture in them, and nothing to be said yet.
    let history = room.source.history();
    audience.receive(&room.source.take().unwrap());
    audience.forward(at(67), &mut room.sink);
    assert!(room.sink.sent.is_empty() && !audience.take_keyframe_wish());
    audience.seed(&history);
    audience.forward(at(68), &mut room.sink);
    assert!(!audience.take_keyframe_wish());
    let sent = room.sink.take();
    assert_eq!(sent.len(), 3);
    assert!(is_contiguous(&sent));
}

#[test]
fn a_long_group_is_replayed_whether_the_encoder_answers_or_not() {
    let mut room = Room::live();
    room.teach_to_answer(0);
    for index in 1..60 {
        room.picture(false, 200 + index * 100);
    }
    let group = room.source.history().packets.len();
    room.add(ONE, 6_200);
    assert_eq!(room.sink.take().len(), group);
    assert!(!room.audience.take_keyframe_wish());

    let mut silent = Room::live();
    for index in 0..60 {
        silent.picture(index == 0, index * 100);
    }
    silent.add(ONE, 6_200);
    assert_eq!(silent.sink.take().len(), 60);
    assert!(!silent.audience.take_keyframe_wish());
}

#[test]
fn a_keyframe_answers_the_wishes_made_before_it() {
    let mut room = Room::live();
    room.picture(true, 0);
    room.add(ONE, 10);
    room.audience.viewer_wants_keyframe(ONE, at(2_000));
    room.source.receive(picture(2, true, 2_001));
    room.audience.receive(&room.source.take().unwrap());
    assert!(!room.audience.take_keyframe_wish());
}

#[test]
fn one_viewer_gets_a_keyframe_it_asks_for_every_two_seconds_and_one_that_does_not_come_it_may_ask_for_again() {
    let mut room = Room::live();
    room.picture(true, 0);
    room.add(ONE, 10);
    room.add(TWO, 10);
    let ask = |room: &mut Room, viewer, millis| {
        room.audience.viewer_wants_keyframe(viewer, at(millis));
        room.audience.take_keyframe_wish()
    };
    assert!(ask(&mut room, ONE, 5_000));
    assert!(ask(&mut room, ONE, 5_400), "nothing came");
    room.picture(true, 5_500);
    assert!(!ask(&mut room, ONE, 6_000) && !ask(&mut room, ONE, 7_390));
    assert!(ask(&mut room, TWO, 6_100), "others may");
    room.picture(true, 6_200);
    assert!(ask(&mut room, ONE, 7_400));
    let asked = (0..100).map(|index| 10_000 + index * 100).filter(|millis| {
        let asks = ask(&mut room, ONE, *millis);
        if asks {
            room.picture(true, millis + 10);
        }
        asks
    });
    assert_eq!(asked.collect::<Vec<_>>(), [10_000, 12_000, 14_000, 16_000, 18_000]);
}

#[test]
fn viewers_of_every_audience_see_the_broadcaster_who_returns_on_the_same_numbers() {
    let mut room = Room::live();
    let mut other = Audience::new(CacheLimits::default());
    room.picture(true, 10);
    room.add(ONE, 20);
    other.seed(&room.source.history());
    other.add_viewer(TWO, tracks(), at(20), &mut room.sink);
    room.source.close_ingest(INGEST);
    room.source.open_ingest(IngestId(2), false, Duration::ZERO, at(9_000)).unwrap();
    for packet in [picture(90, false, 9_000), picture(91, true, 9_010), picture(92, false, 9_020)] {
        room.source.receive(IngestPacket { source: SourceId { ingest: 2, ssrc: 5 }, ..packet });
        let Some(batch) = room.source.take() else { continue };
        for audience in [&mut room.audience, &mut other] {
            audience.receive(&batch);
            audience.forward(at(9_020), &mut room.sink);
        }
    }
    let (one, two) = (room.sink.of(ONE), room.sink.of(TWO));
    assert_eq!(one.len(), 3, "not what came before the keyframe");
    assert!(is_contiguous(&one) && is_contiguous(&two));
    let timestamps = |sent: &[Sent]| sent.iter().map(|sent| sent.timestamp).collect::<Vec<_>>();
    assert_eq!(timestamps(&one), timestamps(&two));
    assert_eq!(timestamps(&one)[1] - timestamps(&one)[0], 9_000 * 90);
}

#[test]
fn the_picture_of_a_broadcaster_who_is_gone_is_shown_to_nobody_who_joins() {
    let mut room = Room::live();
    room.picture(true, 0);
    let late = room.source.history();
    room.source.close_ingest(INGEST);
    room.pass_on(10);
    room.add(ONE, 20);
    assert!(room.sink.sent.is_empty());
    room.audience.seed(&late);
    room.add(TWO, 30);
    assert!(room.sink.sent.is_empty(), "nor when an old batch comes late");
}

#[test]
fn a_codec_the_viewer_lacks_is_reported_and_its_return_begins_with_a_keyframe() {
    let mut room = Room::live();
    room.picture(true, 0);
    room.add(ONE, 1);
    room.sink.take();
    let vp9 = Codec::Vp9 { profile: 0 };
    for (sequence, opens) in [(2, true), (3, false)] {
        let payload = [if opens { 0x88 } else { 0xc8 }, 5].into();
        room.source.receive(IngestPacket { codec: vp9, payload, ..picture(sequence, opens, 30 * sequence) });
        room.pass_on(30 * sequence);
    }
    assert_eq!(room.audience.unplayable(ONE), [vp9]);
    assert!(room.sink.sent.is_empty());
    room.audience.viewer_wants_keyframe(ONE, at(5_000));
    assert!(!room.audience.take_keyframe_wish(), "no keyframe would help");
    room.sequence = 3;
    room.picture(false, 5_100);
    assert!(room.sink.sent.is_empty());
    room.picture(true, 5_200);
    assert_eq!(room.audience.unplayable(ONE), []);
    let sent = room.sink.take();
    assert_eq!((sent.len(), sent[0].sequence), (1, 1_001), "no gap for what was not sent");
}

#[test]
fn a_paused_viewer_gets_nothing_and_on_return_the_group_ahead_of_what_it_has_seen() {
    let mut room = Room::live();
    room.picture(true, 0);
    room.source.receive(sound(1, 5));
    room.pass_on(5);
    room.add(ONE, 10);
    room.source.receive(sound(2, 20));
    room.pass_on(20);
    let before = room.sink.take();
    room.audience.pause(ONE);
    for index in 1..100 {
        room.picture(index == 60, index * 33);
        room.source.receive(sound(2 + index, index * 33));
        room.pass_on(index * 33);
    }
    room.audience.viewer_wants_keyframe(ONE, at(3_400));
    assert!(!room.audience.take_keyframe_wish());
    assert!(room.sink.sent.is_empty());
    room.audience.resume(ONE, at(3_500), &mut room.sink);
    room.audience.resume(ONE, at(3_500), &mut room.sink);
    let after = room.sink.take();
    assert_eq!(after.len(), 40, "once");
    let newest = |sent: &[Sent]| sent.iter().rfind(|sent| sent.kind == MediaKind::Video).unwrap().clone();
    assert_eq!(after[0].sequence, newest(&before).sequence + 1);
    assert!(after[0].timestamp > newest(&before).timestamp);
    room.source.receive(sound(200, 3_600));
    room.pass_on(3_600);
    let audio = room.sink.take();
    assert_eq!((audio.len(), audio[0].sequence), (1, 1_001));
}

#[test]
fn a_group_that_would_turn_back_time_is_not_replayed_to_one_who_returns() {
    let mut room = Room::live();
    for index in 0..100 {
        room.picture(index == 0, index * 33);
    }
    room.add(ONE, 3_300);
    room.sink.take();
    room.audience.pause(ONE);
    room.picture(false, 3_333);
    room.audience.resume(ONE, at(3_340), &mut room.sink);
    assert!(room.sink.sent.is_empty());
    assert!(room.audience.take_keyframe_wish());
}

#[test]
fn what_a_missed_batch_held_comes_with_the_next_history_once() {
    let mut room = Room::live();
    room.picture(true, 0);
    room.add(ONE, 5);
    room.sequence = 4;
    for sequence in 2..=4 {
        room.source.receive(picture(sequence, false, sequence * 33));
    }
    let missed = room.source.take().unwrap();
    room.picture(false, 200);
    room.audience.seed(&room.source.history());
    room.pass_on(210);
    room.audience.receive(&missed);
    room.audience.seed(&room.source.history());
    room.pass_on(220);
    let mut sequences: Vec<u64> = room.sink.take().iter().map(|sent| sent.sequence).collect();
    assert_eq!(sequences[1], 1_004, "the gap is left open for what comes late");
    sequences.sort_unstable();
    assert_eq!(sequences, [1_000, 1_001, 1_002, 1_003, 1_004]);
    room.add(TWO, 230);
    let joined = room.sink.of(TWO);
    assert!(joined.len() == 5 && is_contiguous(&joined), "the group has no hole either");
}

#[test]
fn viewers_come_and_go_in_any_order() {
    let mut room = Room::live();
    room.picture(true, 0);
    for id in 0..10 {
        room.add(ViewerId(id), 1);
    }
    for id in [0, 9, 4, 4, 77] {
        room.audience.remove_viewer(ViewerId(id));
    }
    room.add(ViewerId(3), 2);
    room.sink.take();
    room.picture(false, 33);
    let mut served: Vec<u64> = room.sink.take().iter().map(|sent| sent.viewer.0).collect();
    served.sort_unstable();
    assert_eq!(served, [1, 2, 3, 5, 6, 7, 8]);
    assert_eq!(room.audience.viewer_count(), 7);
}

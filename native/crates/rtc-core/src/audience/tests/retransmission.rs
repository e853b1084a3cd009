use super::*;

/// A viewer who has been sent a keyframe and `count` pictures 4 ms apart, and what it was sent.
fn watched(count: u64) -> (Room, Vec<Sent>) {
    let mut room = Room::live();
    room.picture(true, 0);
    room.add(ONE, 0);
    for index in 1..=count {
        room.picture(false, index * 4);
    }
    let sent = room.sink.take();
    (room, sent)
}

fn again(sent: &Sent) -> Sent {
    Sent { again: true, ..sent.clone() }
}

#[test]
fn a_packet_that_was_missed_is_sent_as_it_was() {
    let (mut room, sent) = watched(10);
    room.sink.finished.clear();
    let lost = [3, 5, 10].map(|index: usize| again(&sent[index]));
    assert_eq!(room.nack(ONE, [1_003, 1_005, 1_010], 50), lost);
    assert_eq!(room.sink.finished, [ONE]);
    let counters = room.audience.counters();
    assert_eq!((counters.packets_nacked, counters.packets_retransmitted, counters.retransmissions_refused), (3, 3, 0));
}

#[test]
fn each_viewer_names_packets_by_its_own_numbers() {
    let (mut room, _) = watched(10);
    room.picture(true, 50);
    room.add(TWO, 60);
    let sent = room.sink.take();
    assert_eq!(room.nack(TWO, [1_000], 70)[0].room_sequence, sent.last().unwrap().room_sequence);
    assert_ne!(room.nack(ONE, [1_000], 70)[0].room_sequence, sent.last().unwrap().room_sequence);
}

#[test]
fn a_packet_goes_out_again_once_a_round_trip() {
    let (mut room, _) = watched(10);
    assert_eq!(room.nack(ONE, [1_003, 1_003], 100).len(), 1);
    assert_eq!(room.nack(ONE, [1_003], 149).len(), 0);
    assert_eq!(room.nack(ONE, [1_003], 150).len(), 1);
    room.audience.set_round_trip(ONE, Duration::from_millis(200));
    assert_eq!(room.nack(ONE, [1_003], 349).len(), 0);
    assert_eq!(room.nack(ONE, [1_003], 350).len(), 1);
    room.audience.set_round_trip(ONE, Duration::from_secs(3_600));
    assert_eq!(room.nack(ONE, [1_003], 850).len(), 1, "no report makes a viewer wait for ever");
}

#[test]
fn packets_never_sent_and_packets_of_before_the_start_are_refused() {
    let (mut room, _) = watched(10);
    assert_eq!(room.nack(ONE, [999, 0, 1_011, 40_000, 65_535], 50), []);
    assert_eq!(room.nack(TWO, [1_000], 50), [], "nobody");
    room.audience.pause(ONE);
    assert_eq!(room.nack(ONE, [1_003], 50), []);
    room.audience.resume(ONE, at(60), &mut room.sink);
    assert_eq!(room.nack(ONE, [1_003], 60), []);
    let counters = room.audience.counters();
    assert_eq!((counters.packets_retransmitted, counters.retransmissions_refused), (0, 7));
}

#[test]
fn own_numbers_and_the_ring_go_around_any_number_of_times() {
    let (mut room, sent) = watched(140_000);
    let newest = sent.last().unwrap();
    assert!(newest.sequence > 2 << 16);
    for behind in [0, 1, 77, VIDEO_RING - 1] {
        let lost = &sent[sent.len() - 1 - behind];
        assert_eq!(room.nack(ONE, [lost.sequence as u16], 600_000), [again(lost)], "{behind}");
    }
    let too_old = &sent[sent.len() - 1 - VIDEO_RING];
    assert_eq!(room.nack(ONE, [too_old.sequence as u16], 600_000), []);
}

#[test]
fn older_packets_of_a_replayed_group_are_found_with_the_squeezed_time_they_went_out_with() {
    let mut room = Room::live();
    for index in 0..50 {
        room.picture(index == 0, index * 33);
    }
    room.add(ONE, 1_650);
    let sent = room.sink.take();
    // As if so much had come since that the ring has none of them left.
    room.audience.video_ring = PacketRing::new(VIDEO_RING);
    for (index, lost) in sent.iter().enumerate().step_by(7) {
        assert_eq!(room.nack(ONE, [lost.sequence as u16], 1_700), [again(lost)], "{index}");
    }
}

#[test]
fn sound_is_sent_again_from_a_ring_of_its_own() {
    let mut room = Room::live();
    room.add(ONE, 0);
    for index in 0..=300 {
        room.source.receive(sound(index, index * 20));
        room.pass_on(index * 20);
    }
    let sent = room.sink.take();
    let newest = sent.len() - 1;
    let lost = [newest, newest - AUDIO_RING + 1, newest - AUDIO_RING].map(|index| sent[index].sequence as u16);
    room.audience.answer_nack(ONE, MediaKind::Audio, lost.into_iter(), at(6_000), &mut room.sink);
    assert_eq!(room.sink.take(), [again(&sent[newest]), again(&sent[newest - AUDIO_RING + 1])]);
}

#[test]
fn a_viewer_who_asks_for_everything_for_ever_gets_the_burst_and_half_of_what_it_is_sent() {
    let mut room = Room::live();
    room.audience.add_viewer(ONE, tracks(), at(0), &mut room.sink);
    const BYTES: usize = 1_000;
    const COUNT: u64 = 5_000;
    let mut again = 0;
    for index in 0..COUNT {
        let mut payload = vec![0; BYTES];
        payload[..2].copy_from_slice(&[0x10, u8::from(index > 0)]);
        room.source.receive(IngestPacket { payload: payload.into(), ..packet(index, index as u32, index * 4) });
        room.pass_on(index * 4);
        room.sink.sent.clear();
        let everything = (0..=u16::MAX).filter(|sequence| sequence % 3 == 0);
        if index % 50 == 0 {
            again += room.nack(ONE, everything, index * 4).len();
            again +=
                room.nack(ONE, (0..1_000).map(|behind| (1_000 + index - behind.min(index)) as u16), index * 4).len();
        }
    }
    let budget = (128 << 10) / BYTES + COUNT as usize / 2;
    assert!(again <= budget, "{again} of {budget}");
    assert!(again > budget / 2, "one who has lost so much is helped: {again} of {budget}");
    let counters = room.audience.counters();
    assert_eq!(counters.packets_nacked, counters.packets_retransmitted + counters.retransmissions_refused);
}

//! The same packets in other batches.

use proptest::prelude::*;

use super::*;

/// What a broadcaster sends: sound and pictures of one to three packets, some swapped with the next or lost.
fn broadcast() -> impl Strategy<Value = Vec<IngestPacket>> {
    let step = (0u8..4, 1u64..4, any::<bool>(), 0u8..20);
    prop::collection::vec(step, 1..120).prop_map(|steps| {
        let (mut video, mut audio, mut packets) = (60_000, 10, Vec::new());
        for (index, (kind, parts, opens, fate)) in steps.into_iter().enumerate() {
            let millis = index as u64 * 20;
            if kind == 0 {
                packets.push(sound(audio, millis));
                audio += 1;
                continue;
            }
            for part in 0..parts {
                packets.push(IngestPacket {
                    payload: [if part == 0 { 0x10 } else { 0x00 }, u8::from(!(opens && fate < 5))].into(),
                    ..picture(video, false, millis)
                });
                video += 1;
            }
            let newest = packets.len() - 1;
            match fate {
                6 => drop(packets.pop()),
                7 if newest > 0 => packets.swap(newest - 1, newest),
                8 => packets.push(packets[newest].clone()),
                _ => {}
            }
        }
        packets
    })
}

/// All that a viewer gets who is there from the beginning, and one who joins in the middle, with batches of these sizes.
fn watch(packets: &[IngestPacket], sizes: &[usize]) -> [Vec<Sent>; 2] {
    let mut room = Room::live();
    let (mut sizes, mut left, mut now) = (sizes.iter().cycle(), 0, 0);
    let middle = packets.len() / 2;
    room.add(ONE, 0);
    for (index, packet) in packets.iter().enumerate() {
        now = packet.arrival.elapsed().as_millis() as u64;
        if index == middle {
            room.pass_on(now);
            room.add(TWO, now);
        }
        room.source.receive(packet.clone());
        left += 1;
        if left >= *sizes.next().unwrap() {
            left = 0;
            room.pass_on(now);
        }
    }
    room.pass_on(now);
    [ONE, TWO].map(|viewer| room.sink.of(viewer))
}

proptest! {
    #[test]
    fn nothing_is_sent_twice_and_numbers_tell_packets_apart(packets in broadcast(), sizes in prop::collection::vec(1usize..9, 1..5)) {
        for sent in watch(&packets, &sizes) {
            for kind in [MediaKind::Audio, MediaKind::Video] {
                let of_kind: Vec<_> = sent.iter().filter(|sent| sent.kind == kind).collect();
                let mut numbers: Vec<(u64, u64)> =
                    of_kind.iter().map(|sent| (sent.sequence, sent.room_sequence)).collect();
                numbers.sort_unstable();
                for pair in numbers.windows(2) {
                    // Own numbers go as the room's do: the gaps are those of the broadcast.
                    prop_assert!(pair[0].0 < pair[1].0);
                    prop_assert_eq!(pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
                }
            }
            prop_assert!(sent.iter().all(|sent| !sent.again));
        }
    }

    #[test]
    fn batches_of_any_size_bring_a_viewer_the_same(packets in broadcast(), sizes in prop::collection::vec(1usize..9, 1..5)) {
        // One who waits for the first keyframe starts with the newest of the batch, so let that be the only one.
        let keyframe = |packet: &IngestPacket| packet.payload[..] == [0x10, 0x00];
        let mut has_started = false;
        let packets: Vec<IngestPacket> = packets
            .into_iter()
            .filter(|packet| !keyframe(packet) || !std::mem::replace(&mut has_started, true))
            .collect();
        let by_track = |sent: &[Sent], kind| -> Vec<Sent> {
            let mut sent: Vec<Sent> = sent.iter().filter(|sent| sent.kind == kind).cloned().collect();
            sent.sort_by_key(|sent| sent.sequence);
            sent
        };
        let (single, split) = (watch(&packets, &[1]), watch(&packets, &sizes));
        for (single, split) in single.iter().zip(&split) {
            prop_assert_eq!(by_track(single, MediaKind::Audio), by_track(split, MediaKind::Audio));
            let numbers = |sent: &[Sent]| -> Vec<(u64, u64)> {
                by_track(sent, MediaKind::Video).iter().map(|sent| (sent.sequence, sent.room_sequence)).collect()
            };
            prop_assert_eq!(numbers(single), numbers(split));
        }
    }

    #[test]
    fn two_audiences_send_the_same_though_one_missed_batches_and_was_seeded(packets in broadcast(), missed: u64) {
        let mut room = Room::live();
        let mut other = Audience::new(CacheLimits::default());
        let mut seeded = Collected::default();
        other.seed(&room.source.history());
        room.add(ONE, 0);
        other.add_viewer(ONE, tracks(), at(0), &mut seeded);
        for (index, packet) in packets.iter().filter(|packet| packet.codec.kind() == MediaKind::Video).enumerate() {
            let now = packet.arrival;
            room.source.receive(packet.clone());
            let Some(batch) = room.source.take() else { continue };
            room.audience.receive(&batch);
            room.audience.forward(now, &mut room.sink);
            if missed >> (index % 64) & 1 == 0 {
                other.receive(&batch);
            } else {
                other.seed(&room.source.history());
            }
            other.forward(now, &mut seeded);
        }
        let numbers = |sink: &Collected| -> Vec<(u64, u64)> {
            let mut numbers: Vec<_> = sink.sent.iter().map(|sent| (sent.sequence, sent.room_sequence)).collect();
            numbers.sort_unstable();
            numbers
        };
        prop_assert_eq!(numbers(&room.sink), numbers(&seeded));
    }
}

use std::sync::Arc;

use proptest::prelude::*;

use self::packetize::Cuts;
use super::*;
use crate::codec::H264Format;

mod conformance;
mod packetize;

const AV1: Codec = Codec::Av1 { profile: 0 };
const H264: Codec = Codec::H264(H264Format { profile_level_id: 0x42_e0_1f, packetization_mode: 1 });
const VP9: Codec = Codec::Vp9 { profile: 0 };

const FRAME_TICKS: u32 = 3000;
const FRAME_MILLIS: u64 = 33;

fn at(millis: u64) -> MonotonicTime {
    MonotonicTime::since_start(Duration::from_millis(millis))
}

fn packet(codec: Codec, sequence: u64, timestamp: u32, marker: bool, payload: &[u8], millis: u64) -> RoomPacket {
    RoomPacket {
        codec,
        sequence,
        timestamp,
        marker,
        starts_keyframe: false,
        orientation: None,
        payload: Arc::from(payload),
        arrival: at(millis),
        captured: at(millis),
    }
}

fn drain(assembler: &mut Assembler) -> Vec<AccessUnit> {
    std::iter::from_fn(|| assembler.take()).collect()
}

fn assemble(packets: &[RoomPacket]) -> (Vec<AccessUnit>, Assembler) {
    let mut assembler = Assembler::new(AssemblerLimits::default());
    for packet in packets {
        assembler.receive(packet, &SourceState::default());
    }
    assembler.finish();
    let units = drain(&mut assembler);
    (units, assembler)
}

/// A picture as an encoder made it, and as it is to come out.
#[derive(Clone, Debug)]
struct Picture {
    payloads: Vec<Vec<u8>>,
    data: Vec<u8>,
    is_keyframe: bool,
}

fn body(seed: u8, length: usize) -> Vec<u8> {
    // No zeros, so that no start code comes about.
    (0..length).map(|index| (index as u8).wrapping_mul(31).wrapping_add(seed) | 0x01).collect()
}

fn picture(codec: Codec, index: usize, is_keyframe: bool, length: usize, entropy: &[u8]) -> Picture {
    let mut cuts = Cuts::new(entropy);
    let seed = index as u8;
    let joined = |head: &[u8]| [head, &body(seed, length)].concat();
    let (payloads, data) = match codec {
        Codec::Opus => {
            let sound = joined(&[0xfc]);
            (vec![sound.clone()], sound)
        }
        Codec::Vp8 => {
            let frame = joined(if is_keyframe {
                &[0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]
            } else {
                &[0x11, 0x02, 0x00]
            });
            (packetize::vp8(&frame, index as u16, &mut cuts), frame)
        }
        Codec::Vp9 { .. } => {
            let header: &[u8] =
                if is_keyframe { &[0x82, 0x49, 0x83, 0x42, 0x20, 0x27, 0xf0, 0x16, 0x70] } else { &[0x86, 0x00] };
            let layers: Vec<Vec<u8>> = (0..1 + cuts.choose(3)).map(|_| joined(header)).collect();
            let mut data = layers.concat();
            if layers.len() > 1 {
                let size = (layers[0].len() as u32).to_le_bytes();
                let width = if layers[0].len() < 256 { 1 } else { 2 };
                let marker = 0xc0 | (width as u8 - 1) << 3 | (layers.len() as u8 - 1);
                data.push(marker);
                layers.iter().for_each(|_| data.extend_from_slice(&size[..width]));
                data.push(marker);
            }
            (packetize::vp9(&layers, is_keyframe, &mut cuts), data)
        }
        Codec::H264(_) => {
            let sps = vec![0x67, 0x42, 0xe0, 0x1f, 0x96, 0x54, 0x05, 0x01, 0xe8, seed | 1];
            let mut units = if is_keyframe { vec![sps, vec![0x68, 0xce, 0x38, 0x80]] } else { Vec::new() };
            for _ in 0..1 + cuts.choose(2) {
                units.push(joined(if is_keyframe { &[0x65, 0x88] } else { &[0x41, 0x9a] }));
            }
            let data = units.iter().flat_map(|unit| [&[0, 0, 0, 1], &unit[..]].concat()).collect();
            (packetize::h264(&units, &mut cuts), data)
        }
        Codec::Av1 { .. } => {
            let sequence = vec![0x08, 0x00, 0x00, 0x00, 0x0c, 0xc4, 0xff, 0x67, 0x12, 0xbe, 0x40];
            let mut obus = if is_keyframe { vec![sequence] } else { Vec::new() };
            obus.push(joined(if is_keyframe { &[0x30, 0x10] } else { &[0x30, 0x30] }));
            if cuts.choose(2) == 1 {
                obus.push(joined(&[0x24, 0x20]));
            }
            let mut data = vec![0x12, 0x00];
            obus.iter().for_each(|obu| data.extend(packetize::with_size(obu)));
            (packetize::av1(&obus, is_keyframe, &mut cuts), data)
        }
    };
    Picture { payloads, data, is_keyframe }
}

/// The packets of pictures that follow each other, as they leave the sender.
fn sent(codec: Codec, pictures: &[Picture], first_timestamp: u32) -> Vec<RoomPacket> {
    let mut packets = Vec::new();
    for (index, picture) in pictures.iter().enumerate() {
        let timestamp = first_timestamp.wrapping_add(index as u32 * FRAME_TICKS);
        for (number, payload) in picture.payloads.iter().enumerate() {
            let marker = number + 1 == picture.payloads.len();
            let sequence = 70_000 + packets.len() as u64;
            packets.push(packet(codec, sequence, timestamp, marker, payload, 1_000 + index as u64 * FRAME_MILLIS));
        }
    }
    packets
}

fn codecs() -> impl Strategy<Value = Codec> {
    prop::sample::select(vec![AV1, H264, Codec::Vp8, VP9, Codec::Opus])
}

fn entropy() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..64)
}

/// Pictures, the first a keyframe and then one of each `group`.
fn pictures(codec: Codec, lengths: &[usize], group: usize, entropy: &[u8]) -> Vec<Picture> {
    let made = |(index, &length): (usize, &usize)| {
        let is_keyframe = index % group == 0 || codec == Codec::Opus;
        // Each cut differently.
        let turned: Vec<u8> = entropy.iter().map(|byte| byte.rotate_left(index as u32 % 8)).collect();
        picture(codec, index, is_keyframe, length, &turned)
    };
    lengths.iter().enumerate().map(made).collect()
}

proptest! {
    #[test]
    fn any_fragmentation_any_order_in_the_window_and_duplicates_give_the_same_units(
        codec in codecs(), lengths in prop::collection::vec(1usize..1500, 1..20), group in 1usize..8,
        entropy in entropy(), moves in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40), 0..40),
        first_timestamp: u32,
    ) {
        let pictures = pictures(codec, &lengths, group, &entropy);
        let in_order = sent(codec, &pictures, first_timestamp);
        let mut shuffled = in_order.clone();
        for (index, distance) in moves {
            // The first tells where the track begins, so it stays; what is moved is sent twice.
            let from = 1 + index.index(in_order.len());
            if from < in_order.len() {
                shuffled.insert((from + distance).min(shuffled.len()), in_order[from].clone());
                if let Some(first) = shuffled.iter().position(|packet| packet.sequence == in_order[from].sequence)
                    && distance % 2 == 0
                {
                    shuffled.remove(first);
                }
            }
        }
        // All within the time that is waited.
        shuffled.iter_mut().for_each(|packet| packet.arrival = at(1_000));
        let (units, assembler) = assemble(&shuffled);
        prop_assert_eq!(assembler.gaps(), 0);
        prop_assert_eq!(units.len(), pictures.len());
        for (index, (unit, picture)) in units.iter().zip(&pictures).enumerate() {
            prop_assert_eq!(&unit.data, &picture.data);
            prop_assert_eq!(unit.is_keyframe, picture.is_keyframe);
            prop_assert!(!unit.follows_gap);
            prop_assert_eq!(unit.timestamp - units[0].timestamp, index as u64 * u64::from(FRAME_TICKS));
            prop_assert_eq!(unit.timestamp as u32, first_timestamp.wrapping_add(index as u32 * FRAME_TICKS));
            prop_assert_eq!(unit.resolution.is_some(), picture.is_keyframe && codec != Codec::Opus);
        }
    }

    #[test]
    fn what_is_lost_is_a_gap_and_no_torn_unit_comes_out(
        codec in codecs(), lengths in prop::collection::vec(1usize..800, 2..20), group in 1usize..8,
        entropy in entropy(), lost in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
    ) {
        let pictures = pictures(codec, &lengths, group, &entropy);
        let all = sent(codec, &pictures, 7);
        let mut arrived = all.clone();
        for index in lost {
            let at = index.index(arrived.len());
            // The end of the broadcast does not tell whether more was sent.
            if at > 0 && at + 1 < arrived.len() {
                arrived.remove(at);
            }
        }
        let (units, assembler) = assemble(&arrived);
        let gaps = arrived.windows(2).filter(|pair| pair[0].sequence + 1 != pair[1].sequence).count();
        prop_assert_eq!(assembler.gaps(), gaps as u64);
        let mut next = 0;
        let mut may_decode = false;
        for unit in &units {
            let index = ((unit.timestamp as u32 - 7) / FRAME_TICKS) as usize;
            prop_assert_eq!(&unit.data, &pictures[index].data, "complete, bit for bit");
            let is_whole_before = index == next;
            let is_marked_well = match codec {
                Codec::Opus => unit.follows_gap != is_whole_before,
                // A unit that is not marked has every unit since its keyframe before it.
                _ => unit.follows_gap || (may_decode && is_whole_before) || (index == 0 && unit.is_keyframe),
            };
            prop_assert!(is_marked_well, "unit {} after {}: {:?}", index, next, unit.follows_gap);
            may_decode = unit.is_keyframe || (may_decode && is_whole_before);
            prop_assert!(!may_decode || !unit.follows_gap || unit.is_keyframe, "marked after a keyframe made good");
            next = index + 1;
        }
    }

    #[test]
    fn units_do_not_depend_on_when_they_are_taken(
        codec in codecs(), lengths in prop::collection::vec(1usize..400, 2..12), entropy in entropy(),
        lost in any::<prop::sample::Index>(), pauses in prop::collection::vec(any::<bool>(), 1..16),
    ) {
        let mut packets = sent(codec, &pictures(codec, &lengths, 4, &entropy), 7);
        packets.remove(lost.index(packets.len()));
        let (at_once, _) = assemble(&packets);
        let mut assembler = Assembler::new(AssemblerLimits::default());
        let mut one_by_one = Vec::new();
        for (index, packet) in packets.iter().enumerate() {
            assembler.receive(packet, &SourceState::default());
            if pauses[index % pauses.len()] {
                assembler.advance(packet.arrival);
                one_by_one.extend(drain(&mut assembler));
            }
        }
        assembler.finish();
        one_by_one.extend(drain(&mut assembler));
        prop_assert_eq!(at_once, one_by_one);
    }

    #[test]
    fn nothing_that_is_sent_makes_it_panic_or_grow(
        codec in codecs(), packets in prop::collection::vec(
            (0u64..40, 0u32..4, any::<bool>(), prop::collection::vec(any::<u8>(), 0..80)), 1..80),
    ) {
        let limits = AssemblerLimits { window_packets: 8, window_bytes: 300, unit_bytes: 200, ..Default::default() };
        let mut assembler = Assembler::new(limits);
        for (step, (sequence, timestamp, marker, payload)) in packets.iter().enumerate() {
            let sequence = *sequence + step as u64;
            assembler.receive(&packet(codec, sequence, *timestamp, *marker, payload, step as u64), &SourceState::default());
        }
        assembler.finish();
        for unit in drain(&mut assembler) {
            // Start codes, sizes and parameter sets come on top of what was received.
            prop_assert!(unit.data.len() <= 2_000);
        }
    }
}

fn vp8_keyframe(sequence: u64, timestamp: u32, millis: u64) -> RoomPacket {
    packet(Codec::Vp8, sequence, timestamp, true, &[0x10, 0x10, 0, 0], millis)
}

fn vp8_delta(sequence: u64, timestamp: u32, millis: u64) -> RoomPacket {
    packet(Codec::Vp8, sequence, timestamp, true, &[0x10, 0x11, 0, 0], millis)
}

#[test]
fn a_packet_sent_again_is_waited_for_but_not_longer_than_asked() {
    let mut assembler = Assembler::new(AssemblerLimits::default());
    for packet in [vp8_keyframe(1, 0, 0), vp8_delta(3, 6_000, 66), vp8_delta(4, 9_000, 300)] {
        assembler.receive(&packet, &SourceState::default());
    }
    assert_eq!(drain(&mut assembler).len(), 1);
    assert_eq!(assembler.deadline(), Some(at(66 + 250)));
    assembler.receive(&vp8_delta(2, 3_000, 315), &SourceState::default());
    assert_eq!(drain(&mut assembler).iter().map(|unit| unit.follows_gap).collect::<Vec<_>>(), [false; 3]);
    assert_eq!(assembler.deadline(), None);
    assembler.receive(&vp8_delta(6, 15_000, 400), &SourceState::default());
    assembler.advance(at(649));
    assert_eq!((assembler.ready(), assembler.gaps()), (0, 0));
    assembler.advance(at(650));
    assert_eq!(drain(&mut assembler).iter().map(|unit| unit.follows_gap).collect::<Vec<_>>(), [true]);
    assert!(assembler.gaps() == 1 && assembler.awaits_keyframe());
    assembler.receive(&vp8_delta(5, 12_000, 651), &SourceState::default());
    assert_eq!(assembler.ready(), 0, "given up is given up");
}

#[test]
fn a_second_hole_is_waited_for_from_the_packets_behind_it() {
    let mut assembler = Assembler::new(AssemblerLimits::default());
    for packet in [vp8_keyframe(1, 0, 0), vp8_delta(3, 6_000, 10), vp8_delta(5, 12_000, 100)] {
        assembler.receive(&packet, &SourceState::default());
    }
    assembler.advance(at(260));
    assert_eq!((drain(&mut assembler).len(), assembler.gaps()), (2, 1));
    assert_eq!(assembler.deadline(), Some(at(350)));
    assembler.advance(at(350));
    assert_eq!((drain(&mut assembler).len(), assembler.gaps()), (1, 2));
}

#[test]
fn a_full_window_ends_the_waiting() {
    for limits in [
        AssemblerLimits { window_packets: 3, ..Default::default() },
        AssemblerLimits { window_bytes: 15, ..Default::default() },
    ] {
        let mut assembler = Assembler::new(limits);
        assembler.receive(&vp8_keyframe(1, 0, 0), &SourceState::default());
        for sequence in 3..7 {
            assert_eq!(assembler.gaps(), 0, "{limits:?}");
            assembler.receive(&vp8_delta(sequence, sequence as u32 * 3_000, 0), &SourceState::default());
        }
        assert_eq!((drain(&mut assembler).len(), assembler.gaps()), (5, 1), "{limits:?}");
    }
}

#[test]
fn a_unit_that_is_too_large_is_a_gap_and_the_next_comes_out() {
    let mut assembler = Assembler::new(AssemblerLimits { unit_bytes: 1_000, ..Default::default() });
    let large = |sequence, start: u8, marker| {
        packet(Codec::Vp8, sequence, 3_000, marker, &[&[start, 0x11][..], &[7; 600]].concat(), 33)
    };
    for packet in [vp8_keyframe(1, 0, 0), large(2, 0x10, false), large(3, 0, false), large(4, 0, true)] {
        assembler.receive(&packet, &SourceState::default());
    }
    assembler.receive(&vp8_delta(5, 6_000, 66), &SourceState::default());
    let units = drain(&mut assembler);
    assert_eq!(units.iter().map(|unit| unit.follows_gap).collect::<Vec<_>>(), [false, true]);
    assert_eq!(assembler.gaps(), 1);
}

#[test]
fn a_tap_that_begins_in_the_middle_marks_what_needs_a_keyframe_and_counts_no_gap() {
    let (units, assembler) = assemble(&[vp8_delta(7, 0, 0), vp8_keyframe(8, 3_000, 33), vp8_delta(9, 6_000, 66)]);
    let marks: Vec<_> = units.iter().map(|unit| (unit.is_keyframe, unit.follows_gap)).collect();
    assert_eq!(marks, [(false, true), (true, true), (false, false)]);
    assert_eq!(assembler.gaps(), 0);
    let (units, _) = assemble(&[vp8_keyframe(8, 3_000, 33)]);
    assert!(!units[0].follows_gap, "a tap that begins with a keyframe misses nothing");
}

#[test]
fn timestamps_go_on_beyond_32_bits_through_wraps_reordering_and_long_silence() {
    let day = 24 * 3_600_000;
    let stamp = |millis: u64| (u32::MAX - 4_500).wrapping_add((millis * 90) as u32);
    let times = [0, 100, 66, 133, day, day + 20 * 3_600_000];
    let packets: Vec<_> =
        (1..).zip(times).map(|(sequence, millis)| vp8_keyframe(sequence, stamp(millis), millis)).collect();
    let (units, _) = assemble(&packets);
    for (unit, millis) in units.iter().zip(times) {
        assert_eq!(unit.timestamp, units[0].timestamp + millis * 90 - times[0] * 90);
        assert_eq!((unit.timestamp as u32, unit.captured), (stamp(millis), at(millis)));
    }
}

#[test]
fn what_a_broadcaster_left_in_the_middle_is_not_ended_by_the_one_who_comes_next() {
    let mut assembler = Assembler::new(AssemblerLimits::default());
    for packet in [vp8_keyframe(1, 0, 0), RoomPacket { marker: false, ..vp8_delta(2, 3_000, 33) }] {
        assembler.receive(&packet, &SourceState::default());
    }
    let returned = SourceState { video_start: 3, ..SourceState::default() };
    for packet in [vp8_keyframe(3, 90_000, 1_000), vp8_delta(4, 93_000, 1_033)] {
        assembler.receive(&packet, &returned);
    }
    let marks: Vec<_> = drain(&mut assembler).iter().map(|unit| (unit.is_keyframe, unit.follows_gap)).collect();
    assert_eq!(marks, [(true, false), (true, true), (false, false)]);
    assert!(!assembler.awaits_keyframe());
    assert_eq!(assembler.gaps(), 1);
}

#[test]
fn a_codec_may_change_and_the_rotation_is_the_newest_told() {
    let mut sideways = vp8_keyframe(1, 0, 0);
    sideways.orientation = Some(1);
    let vp9_keyframe = [0x8c, 0x05, 0x82, 0x49, 0x83, 0x42, 0x20, 0x27, 0xf0, 0x16, 0x70];
    let packets =
        [sideways, vp8_delta(2, 3_000, 33), vp8_delta(3, 6_000, 66), packet(VP9, 4, 9_000, true, &vp9_keyframe, 99)];
    let (units, assembler) = assemble(&packets);
    assert_eq!(units.iter().map(|unit| unit.rotation).collect::<Vec<_>>(), [1, 1, 1, 0]);
    assert_eq!((units[3].codec, units[3].resolution), (VP9, Some((640, 360))));
    assert!(!units[3].follows_gap && assembler.gaps() == 0);
}

#[test]
fn padding_is_no_gap_and_sound_and_picture_do_not_wait_for_each_other() {
    let sound = |sequence, millis: u64| packet(Codec::Opus, sequence, millis as u32 * 48, false, &[0xfc, 1], millis);
    let packets =
        [vp8_keyframe(1, 0, 0), packet(Codec::Vp8, 2, 0, false, &[], 1), vp8_delta(3, 3_000, 33), sound(9, 40)];
    let (units, assembler) = assemble(&packets);
    assert_eq!((units.len(), assembler.gaps()), (3, 0));
    let mut assembler = Assembler::new(AssemblerLimits::default());
    for packet in [vp8_keyframe(1, 0, 0), vp8_delta(3, 3_000, 33), sound(9, 40), sound(11, 60), sound(12, 80)] {
        assembler.receive(&packet, &SourceState::default());
    }
    assert_eq!(drain(&mut assembler).len(), 2, "one picture, one sound");
    assembler.advance(at(1_000));
    assert_eq!(drain(&mut assembler).iter().map(|unit| unit.follows_gap).collect::<Vec<_>>(), [true, false, true]);
}

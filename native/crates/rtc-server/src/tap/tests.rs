use std::thread;

use rtc_core::{Codec, RoomPacket, SourceState};

use super::*;
use crate::socket::wait_readable;

fn at(millis: u64) -> MonotonicTime {
    MonotonicTime::since_start(Duration::from_millis(millis))
}

/// A batch of VP8 pictures of one packet, the first of all a keyframe.
fn pictures(sequences: std::ops::Range<u64>, length: usize, millis: u64) -> MediaBatch {
    let picture = |sequence: u64| {
        let mut payload = vec![u8::from(sequence > 0); length];
        payload[0] = 0x10;
        RoomPacket {
            codec: Codec::Vp8,
            sequence,
            timestamp: sequence as u32 * 3000,
            marker: true,
            starts_keyframe: sequence == 0,
            orientation: None,
            payload: payload.into(),
            arrival: at(millis),
            captured: at(millis),
        }
    };
    MediaBatch { packets: sequences.map(picture).collect(), state: SourceState::default() }
}

fn is_readable(tap: &Tap) -> bool {
    wait_readable(tap, Duration::ZERO)
}

#[test]
fn a_tap_is_readable_while_there_is_something_to_drain() {
    let (inlet, mut tap) = tap(TapOptions::default(), Instant::now()).unwrap();
    assert!(!is_readable(&tap));
    inlet.put(&pictures(0..5, 100, 0));
    assert!(!is_readable(&tap), "the viewers first");
    inlet.wake();
    assert!(wait_readable(&tap, Duration::from_secs(60)));
    assert_eq!(tap.assemble(3, at(0)).len(), 3);
    assert!(wait_readable(&tap, Duration::from_secs(60)), "two are left");
    assert_eq!(tap.assemble(3, at(0)).len(), 2);
    assert!(!is_readable(&tap));
    assert!(tap.assemble(3, at(0)).is_empty());
    inlet.put(&pictures(5..6, 100, 0));
    inlet.wake();
    assert!(wait_readable(&tap, Duration::from_secs(60)));
}

#[test]
fn what_waits_behind_a_missing_packet_wakes_the_reader_when_the_wait_is_over() {
    let options = TapOptions { gap_wait: Duration::from_millis(30), ..TapOptions::default() };
    let (inlet, mut tap) = tap(options, Instant::now()).unwrap();
    inlet.put(&pictures(0..1, 100, 0));
    inlet.put(&pictures(2..3, 100, 0));
    assert_eq!((tap.assemble(9, at(0)).len(), tap.gaps()), (1, 0));
    assert!(wait_readable(&tap, Duration::from_secs(60)), "though nothing was put in");
    let units = tap.assemble(9, at(30));
    assert_eq!((units.len(), units[0].follows_gap, tap.gaps()), (1, true, 1));
}

#[test]
fn too_much_is_dropped_by_whole_batches_and_counted_and_leaves_a_gap() {
    for options in [
        TapOptions { max_queued_packets: 4, ..TapOptions::default() },
        TapOptions { max_queued_bytes: 400, ..TapOptions::default() },
    ] {
        let (inlet, mut tap) = tap(options, Instant::now()).unwrap();
        inlet.put(&pictures(0..3, 100, 0));
        inlet.put(&pictures(3..6, 100, 10));
        assert_eq!(tap.dropped_packets(), 3);
        assert_eq!(tap.assemble(9, at(10)).len(), 3);
        inlet.put(&pictures(6..9, 100, 20));
        inlet.put(&pictures(9..10, 100, 20 + 250));
        let units = tap.assemble(9, at(20 + 250));
        assert!(units.len() == 4 && units.iter().all(|unit| unit.follows_gap), "{units:?}");
        assert_eq!((tap.gaps(), tap.dropped_packets()), (1, 3));
    }
}

#[test]
fn a_gap_makes_a_tap_wish_for_a_keyframe_again_and_again_until_one_comes() {
    let (inlet, mut tap) = tap(TapOptions::default(), Instant::now()).unwrap();
    let mut wishes = |batch: MediaBatch, millis: u64| {
        inlet.put(&batch);
        tap.assemble(9, at(millis));
        inlet.take_keyframe_wish()
    };
    assert!(!wishes(pictures(0..1, 100, 0), 0));
    assert!(wishes(pictures(2..3, 100, 0), 250));
    assert!(!wishes(pictures(3..4, 100, 500), 500));
    assert!(wishes(pictures(4..5, 100, 1_250), 1_250));
    let mut keyframe = pictures(0..1, 100, 2_300).packets[0].clone();
    keyframe.sequence = 5;
    assert!(!wishes(MediaBatch { packets: [keyframe].into(), state: SourceState::default() }, 2_300));
}

#[test]
fn the_end_comes_after_all_that_was_put_in_and_stays_readable() {
    let (inlet, mut tap) = tap(TapOptions::default(), Instant::now()).unwrap();
    inlet.put(&pictures(0..2, 100, 0));
    inlet.put(&pictures(3..4, 100, 0));
    drop(inlet);
    assert_eq!(tap.assemble(2, at(0)).len(), 2);
    assert!(!tap.is_ended());
    assert_eq!(tap.assemble(2, at(0)).len(), 1, "nothing is waited for any more");
    assert!(tap.is_ended() && tap.assemble(2, at(0)).is_empty());
    assert!(wait_readable(&tap, Duration::from_secs(60)));
}

#[test]
fn a_tap_that_is_closed_tells_its_room_and_takes_nothing() {
    let (inlet, tap) = tap(TapOptions::default(), Instant::now()).unwrap();
    assert!(!inlet.is_closed());
    drop(tap);
    assert!(inlet.is_closed());
    inlet.put(&pictures(0..2, 100, 0));
}

#[test]
fn the_time_of_capture_is_that_of_the_world() {
    let started = Instant::now().checked_sub(Duration::from_secs(10)).unwrap();
    let (inlet, mut tap) = tap(TapOptions::default(), started).unwrap();
    inlet.put(&pictures(0..1, 100, 4_000));
    let age = tap.drain(1)[0].captured_at.elapsed().unwrap();
    assert!(age >= Duration::from_secs(6) && age < Duration::from_secs(60), "{age:?}");
}

#[test]
fn nobody_sleeps_through_what_is_put_in_from_another_thread() {
    const COUNT: u64 = 20_000;
    let (inlet, mut tap) = tap(TapOptions::default(), Instant::now()).unwrap();
    let writer = thread::spawn(move || {
        for sequence in 0..COUNT {
            inlet.put(&pictures(sequence..sequence + 1, 20, 0));
            inlet.wake();
            if sequence % 7 == 0 {
                thread::yield_now();
            }
        }
    });
    let mut taken = 0;
    while !tap.is_ended() {
        assert!(wait_readable(&tap, Duration::from_secs(60)), "asleep after {taken}");
        taken += tap.assemble(5, at(0)).len() as u64;
    }
    writer.join().unwrap();
    assert_eq!(taken, COUNT);
}

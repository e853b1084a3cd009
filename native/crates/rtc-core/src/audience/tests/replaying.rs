//! The keyframe group on its way to one who joins.

use super::*;

/// Ten seconds of 2.4 Mbit/s: a keyframe of 60 packets, then 25 pictures a second of 12 packets each.
struct Show {
    room: Room,
    sequence: u64,
    picture: u64,
}

const PAYLOAD: usize = 1_000;
const PICTURE: u64 = 12;
const KEYFRAME: u64 = 60;
const BETWEEN: u64 = 40;

impl Show {
    fn new(pictures: u64) -> Self {
        let mut show = Self { room: Room::live(), sequence: 0, picture: 0 };
        (0..pictures).for_each(|index| show.next_picture(index == 0));
        show
    }

    fn millis(&self) -> u64 {
        self.picture * BETWEEN
    }

    fn next_picture(&mut self, is_keyframe: bool) {
        self.picture += 1;
        let millis = self.millis();
        for part in 0..if is_keyframe { KEYFRAME } else { PICTURE } {
            self.sequence += 1;
            let opens = is_keyframe && part == 0;
            let mut payload = vec![0; PAYLOAD];
            payload[..2].copy_from_slice(&[if part == 0 { 0x10 } else { 0 }, u8::from(!opens)]);
            let packet = picture(self.sequence, opens, millis);
            self.room.source.receive(IngestPacket { payload: payload.into(), ..packet });
        }
        self.room.pass_on(millis);
    }

    /// Lets time pass until `end`, with a picture every 40 ms; the audience is called when it wants to be.
    fn go_on(&mut self, end: u64) {
        while self.millis() < end {
            let until = at(self.millis() + BETWEEN);
            while let Some(deadline) = self.room.audience.deadline().filter(|deadline| *deadline < until) {
                self.room.audience.forward(deadline, &mut self.room.sink);
            }
            self.next_picture(false);
        }
    }
}

fn newest(sent: &[Sent]) -> u64 {
    sent.iter().map(|sent| sent.sequence).max().unwrap()
}

#[test]
fn the_keyframe_goes_at_once_the_rest_soon_and_live_packets_behind_it() {
    let mut show = Show::new(250);
    let start = show.millis();
    show.room.add(ONE, start);
    let first = show.room.sink.sent.len() as u64;
    assert!((KEYFRAME..KEYFRAME + 40).contains(&first), "{first}");
    show.go_on(start + 200);
    assert!(show.room.audience.deadline().is_some(), "not all within a moment");
    show.go_on(start + 2_000);
    assert_eq!(show.room.audience.deadline(), None, "it has caught up");
    let sent = show.room.sink.take();
    assert_eq!(sent.len() as u64, show.sequence, "each packet once");
    assert!(is_contiguous(&sent), "in order, the live ones behind the group");
    assert!(sent.windows(2).all(|pair| pair[0].timestamp <= pair[1].timestamp));
    show.go_on(start + 2_040);
    assert_eq!(show.room.sink.take().len() as u64, PICTURE, "from now on at once");
}

#[test]
fn who_loses_much_of_it_gets_the_rest_more_slowly_and_who_loses_a_little_does_not() {
    let caught_up_after = |lost: fn(u64) -> bool| {
        let mut show = Show::new(250);
        let start = show.millis();
        show.room.add(ONE, start);
        let (mut told, mut most) = (1_000, 0);
        while show.room.audience.deadline().is_some() {
            let (millis, sent) = (show.millis(), show.room.sink.sent.len());
            show.go_on(millis + BETWEEN);
            most = most.max(show.room.sink.sent.len() - sent);
            let highest = newest(&show.room.sink.sent);
            let missing: Vec<u16> = (told..highest).filter(|sequence| lost(*sequence)).map(|one| one as u16).collect();
            told = highest;
            let now = at(show.millis());
            let Room { audience, sink, .. } = &mut show.room;
            audience.answer_nack(ONE, MediaKind::Video, missing.into_iter(), now, sink);
            assert!(show.millis() < start + 60_000, "it catches up in the end");
        }
        (show.millis() - start, most)
    };
    let (unhurt, most_unhurt) = caught_up_after(|_| false);
    let (little, _) = caught_up_after(|sequence| sequence % 10 == 0);
    let (much, most_hurt) = caught_up_after(|sequence| sequence % 3 != 0);
    assert!(unhurt <= 2_000 && little <= 2 * unhurt, "{unhurt} {little}");
    assert!(much > 3 * unhurt && most_hurt * 2 < most_unhurt, "{much}: {most_hurt} of {most_unhurt} in 40 ms");
}

#[test]
fn a_new_keyframe_is_where_it_goes_on_and_nothing_is_missing_in_the_viewers_numbers() {
    let mut show = Show::new(250);
    let start = show.millis();
    show.room.add(ONE, start);
    show.next_picture(true);
    let keyframe = show.sequence - KEYFRAME;
    show.go_on(start + 2_000);
    let sent = show.room.sink.take();
    assert!(is_contiguous(&sent));
    assert!((sent.len() as u64) < show.sequence - 1_000, "what nobody needs any more is left out");
    let rooms: Vec<u64> = sent.iter().map(|sent| sent.room_sequence).collect();
    let jump = rooms.windows(2).position(|pair| pair[0] + 1 != pair[1]).unwrap();
    assert_eq!(rooms[jump + 1] - rooms[0], keyframe);
    assert!(sent.windows(2).all(|pair| pair[0].timestamp <= pair[1].timestamp));
}

#[test]
fn a_group_that_outgrows_what_is_kept_of_it_meanwhile_reaches_who_has_begun_with_it() {
    let mut show = Show::new(297);
    let start = show.millis();
    show.room.add(ONE, start);
    assert!(!show.room.source.history().packets.is_empty());
    show.go_on(start + 2_000);
    assert!(show.room.source.history().packets.is_empty(), "twelve seconds are over");
    let sent = show.room.sink.take();
    assert!(is_contiguous(&sent) || sent.last().unwrap().room_sequence - sent[0].room_sequence + 1 == show.sequence);
    assert_eq!(sent.last().unwrap().room_sequence - sent[0].room_sequence + 1, show.sequence, "up to the newest");
    assert_eq!(show.room.audience.deadline(), None);
}

#[test]
fn who_leaves_or_falls_silent_in_the_middle_gets_nothing_more() {
    let mut show = Show::new(250);
    let start = show.millis();
    show.room.add(ONE, start);
    show.room.add(TWO, start);
    show.room.sink.take();
    show.room.audience.remove_viewer(ONE);
    show.room.audience.pause(TWO);
    assert_eq!(show.room.audience.deadline(), None);
    show.go_on(start + 100);
    assert!(show.room.sink.sent.is_empty());
}

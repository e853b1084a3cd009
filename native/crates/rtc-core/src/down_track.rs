use crate::codec::{Codec, PayloadType};
use crate::packet::RoomPacket;

/// First sequence number a viewer sees: small, as an SRTP receiver takes the rollover counter to be zero
/// (RFC 3711 section 3.3.1).
const FIRST_SEQUENCE: u64 = 1_000;

/// The time of pictures replayed from the cache runs at this share of its pace, so that a player shows the newest at once
/// instead of playing the group as slowly as it was made and staying that far behind: of 30 a second, 1 ms apart.
const REPLAY_PACE: (i64, i64) = (3, 100);

/// A wider gap than this in a viewer's numbers would leave its SRTP receiver guessing the rollover counter wrong
/// (RFC 3711 section 3.3.1: half the range). Nothing of it will be sent any more.
const WIDEST_GAP: u64 = 1 << 14;

/// A packet for one viewer.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingPacket<'a> {
    pub payload_type: PayloadType,
    pub sequence: u64,
    /// Not the packet's own in a keyframe group that is replayed: there it says nothing of when the media was captured.
    pub timestamp: u32,
    pub packet: &'a RoomPacket,
}

/// One track as it leaves to one viewer: payload type and sequence numbers are the viewer's own.
#[derive(Debug)]
pub(crate) struct DownTrack {
    payload_types: Vec<(Codec, PayloadType)>,
    /// The codec last sent, and the viewer's payload type for it.
    selected: Option<(Codec, Option<PayloadType>)>,
    flow: Option<Flow>,
    highest_sequence: u64,
    replay: Option<Replay>,
    /// Timestamp of the packet with the highest sequence number.
    newest_timestamp: Option<u32>,
}

/// Room sequence `room_start` leaves as `own_start`.
#[derive(Clone, Copy, Debug)]
struct Flow {
    room_start: u64,
    own_start: u64,
}

/// How the viewer got the timestamps of the replayed group, also for those packets of it that come late.
#[derive(Debug)]
struct Replay {
    last_sequence: u64,
    last_timestamp: u32,
}

impl DownTrack {
    pub(crate) fn new(payload_types: Vec<(Codec, PayloadType)>) -> Self {
        Self {
            payload_types,
            selected: None,
            flow: None,
            highest_sequence: FIRST_SEQUENCE - 1,
            replay: None,
            newest_timestamp: None,
        }
    }

    /// The codec of the broadcast that this viewer cannot take.
    pub(crate) fn unplayable(&self) -> Option<Codec> {
        match self.selected {
            Some((codec, None)) => Some(codec),
            _ => None,
        }
    }

    pub(crate) fn is_flowing(&self) -> bool {
        self.flow.is_some()
    }

    /// Of the packets sent.
    pub(crate) fn highest_sequence(&self) -> u64 {
        self.highest_sequence
    }

    /// Lets packets flow from `packet` on.
    pub(crate) fn start_at(&mut self, packet: &RoomPacket) {
        self.flow = Some(Flow { room_start: packet.sequence, own_start: self.highest_sequence + 1 });
    }

    /// Lets nothing flow until the next start.
    pub(crate) fn stop(&mut self) {
        self.flow = None;
    }

    /// Starts with a keyframe group: all of it is to go out. False for a group that would turn back the viewer's
    /// time: it has seen later pictures.
    pub(crate) fn start_with_group(&mut self, group: &[RoomPacket]) -> bool {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return false };
        let replay = Replay { last_sequence: last.sequence, last_timestamp: last.timestamp };
        let opening = replay.squeezed(first.timestamp);
        if self.newest_timestamp.is_some_and(|newest| !is_after(opening, newest)) {
            return false;
        }
        self.replay = Some(replay);
        self.start_at(first);
        true
    }

    /// Whether the viewer takes this codec; remembers the answer.
    pub(crate) fn select(&mut self, codec: Codec) -> bool {
        match self.selected {
            Some((selected, payload_type)) if selected == codec => payload_type.is_some(),
            _ => {
                let payload_type = codec.payload_type_among(&self.payload_types);
                self.selected = Some((codec, payload_type));
                if payload_type.is_none() {
                    self.flow = None;
                }
                payload_type.is_some()
            }
        }
    }

    /// The packet in this viewer's numbers; `None` when it is not for this viewer.
    pub(crate) fn write<'a>(&mut self, packet: &'a RoomPacket) -> Option<OutgoingPacket<'a>> {
        if !self.select(packet.codec) {
            return None;
        }
        let payload_type = self.selected?.1?;
        let flow = self.flow?;
        let mut sequence = flow.own_start + packet.sequence.checked_sub(flow.room_start)?;
        if sequence > self.highest_sequence + WIDEST_GAP {
            self.start_at(packet);
            sequence = self.highest_sequence + 1;
        }
        // Nothing that old is sent again any more.
        if self.replay.as_ref().is_some_and(|replay| packet.sequence > replay.last_sequence + 4_000) {
            self.replay = None;
        }
        let timestamp = self.timestamp(packet);
        if sequence > self.highest_sequence {
            self.highest_sequence = sequence;
            self.newest_timestamp = Some(timestamp);
        }
        Some(OutgoingPacket { payload_type, sequence, timestamp, packet })
    }

    /// The viewer's sequence number that ends in these 16 bits, and the room's of the same packet; `None` when it has
    /// not been sent since the last start.
    pub(crate) fn sent_as(&self, low_bits: u16) -> Option<(u64, u64)> {
        let flow = self.flow?;
        let behind = (self.highest_sequence as u16).wrapping_sub(low_bits);
        let sequence = self.highest_sequence.checked_sub(u64::from(behind))?;
        Some((sequence, flow.room_start + sequence.checked_sub(flow.own_start)?))
    }

    /// A packet as it went out as `sequence` before.
    pub(crate) fn write_again<'a>(&self, sequence: u64, packet: &'a RoomPacket) -> Option<OutgoingPacket<'a>> {
        let payload_type = match self.selected {
            Some((selected, payload_type)) if selected == packet.codec => payload_type?,
            _ => packet.codec.payload_type_among(&self.payload_types)?,
        };
        Some(OutgoingPacket { payload_type, sequence, timestamp: self.timestamp(packet), packet })
    }

    fn timestamp(&self, packet: &RoomPacket) -> u32 {
        match &self.replay {
            Some(replay) if packet.sequence <= replay.last_sequence => replay.squeezed(packet.timestamp),
            _ => packet.timestamp,
        }
    }
}

impl Replay {
    /// The last picture keeps its own; those before, whether they were there at the replay or come late, keep their order.
    fn squeezed(&self, timestamp: u32) -> u32 {
        let behind = self.last_timestamp.wrapping_sub(timestamp).cast_signed();
        let (part, whole) = REPLAY_PACE;
        self.last_timestamp.wrapping_sub((i64::from(behind) * part / whole) as u32)
    }
}

/// Whether a timestamp lies ahead of another, in serial arithmetic (RFC 3550 section 5.1: they wrap).
fn is_after(timestamp: u32, other: u32) -> bool {
    timestamp != other && timestamp.wrapping_sub(other) < 1 << 31
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::time::MonotonicTime;

    fn packet(sequence: u64, timestamp: u32) -> RoomPacket {
        RoomPacket {
            codec: Codec::Vp8,
            sequence,
            timestamp,
            marker: true,
            starts_keyframe: false,
            orientation: None,
            payload: Arc::from([0u8]),
            arrival: MonotonicTime::default(),
            captured: MonotonicTime::default(),
        }
    }

    fn track() -> DownTrack {
        DownTrack::new(vec![(Codec::Vp8, 96)])
    }

    #[test]
    fn a_viewer_who_joins_late_still_begins_below_the_first_rollover() {
        let mut track = track();
        track.start_at(&packet(10_000_000, 5));
        let sent = [10_000_000, 10_000_001, 9_999_999]
            .map(|sequence| track.write(&packet(sequence, 5)).map(|out| out.sequence));
        assert_eq!(sent, [Some(FIRST_SEQUENCE), Some(FIRST_SEQUENCE + 1), None]);
    }

    #[test]
    fn a_packet_that_came_late_makes_no_number_be_used_twice() {
        let mut track = track();
        track.start_at(&packet(10, 0));
        for sequence in [10, 13, 11] {
            track.write(&packet(sequence, sequence as u32));
        }
        assert_eq!(track.sent_as(FIRST_SEQUENCE as u16 + 3), Some((FIRST_SEQUENCE + 3, 13)));
        track.stop();
        assert!(!track.start_with_group(&[packet(20, 12)]), "it has seen later pictures");
        assert!(track.start_with_group(&[packet(21, 14)]));
        assert_eq!(track.write(&packet(21, 14)).unwrap().sequence, FIRST_SEQUENCE + 4);
    }

    #[test]
    fn a_gap_that_would_hide_a_rollover_is_closed() {
        let mut track = track();
        track.start_at(&packet(10, 0));
        let sent = [10, 10 + WIDEST_GAP, 10 + 3 * WIDEST_GAP, 11 + 3 * WIDEST_GAP, 9 + 3 * WIDEST_GAP]
            .map(|sequence| track.write(&packet(sequence, 0)).map(|out| out.sequence - FIRST_SEQUENCE));
        assert_eq!(sent, [Some(0), Some(WIDEST_GAP), Some(WIDEST_GAP + 1), Some(WIDEST_GAP + 2), None]);
    }

    #[test]
    fn a_codec_the_viewer_lacks_is_reported_and_not_sent_and_the_next_start_leaves_no_gap() {
        let mut track = track();
        track.start_at(&packet(10, 0));
        track.write(&packet(10, 0));
        let av1 = Codec::Av1 { profile: 0 };
        assert!(track.write(&RoomPacket { codec: av1, ..packet(11, 1) }).is_none());
        assert_eq!(track.unplayable(), Some(av1));
        assert!(!track.is_flowing());
        assert!(track.write(&packet(12, 2)).is_none(), "needs a keyframe first");
        assert_eq!(track.unplayable(), None);
        track.start_at(&packet(13, 3));
        assert_eq!(track.write(&packet(13, 3)).unwrap().sequence, FIRST_SEQUENCE + 1);
    }

    #[test]
    fn a_picture_of_a_replayed_group_that_comes_late_has_its_place_in_time() {
        let mut track = track();
        let stamps: Vec<u32> = [0, 1, 2, 4, 3, 5].iter().map(|picture| picture * 3_000).collect();
        let packets: Vec<RoomPacket> =
            [10, 11, 12, 14, 13, 15].iter().zip(stamps).map(|(sequence, stamp)| packet(*sequence, stamp)).collect();
        assert!(track.start_with_group(&packets[..4]), "the picture before the last is missing");
        let mut sent: Vec<(u64, u32)> = packets
            .iter()
            .map(|packet| track.write(packet).unwrap())
            .map(|sent| (sent.sequence, sent.timestamp))
            .collect();
        sent.sort_unstable();
        assert!(sent.windows(2).all(|pair| pair[0].1 < pair[1].1), "{sent:?}");
    }

    proptest! {
        #[test]
        fn a_replayed_group_is_squeezed_up_to_its_newest_picture(first: u32, pictures in 1usize..300, packets in 1usize..4) {
            let stamp = |picture: usize| first.wrapping_add(picture as u32 * 3000);
            let group: Vec<_> =
                (0..pictures * packets).map(|index| packet(70_000 + index as u64, stamp(index / packets))).collect();
            let mut track = track();
            track.start_with_group(&group);
            let sent: Vec<u32> = group.iter().map(|packet| track.write(packet).unwrap().timestamp).collect();
            prop_assert_eq!(*sent.last().unwrap(), stamp(pictures - 1), "the newest keeps its own");
            for pair in sent.chunks(packets).collect::<Vec<_>>().windows(2) {
                prop_assert_eq!(pair[1][0].wrapping_sub(pair[0][0]), 90);
                prop_assert!(pair[0].iter().all(|timestamp| *timestamp == pair[0][0]), "one picture, one timestamp");
            }
            let next = packet(70_000 + (pictures * packets) as u64, stamp(pictures));
            prop_assert_eq!(track.write(&next).unwrap().timestamp, stamp(pictures), "live pictures keep theirs");
            prop_assert_eq!(track.write(&group[0]).unwrap().timestamp, sent[0], "sent again, the same");
        }
    }
}

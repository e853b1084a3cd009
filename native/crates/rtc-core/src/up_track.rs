use crate::codec::{Codec, MediaKind};
use crate::continuity::Continuity;
use crate::keyframe::starts_keyframe;
use crate::keyframe_cache::{CacheLimits, KeyframeCache};
use crate::packet::{IngestPacket, RoomPacket, SourceId};
use crate::picture_id::PictureIdContinuity;
use crate::rate::Rate;
use crate::resolution::{Resolution, resolution};
use crate::sender_clock::SenderClock;
use crate::time::MonotonicTime;

/// Packets held while a new source has shown no keyframe: the start of the keyframe may come late.
const HELD_PACKETS: usize = 256;

/// One track of the broadcast as it arrives: numbers its packets for the room and keeps the newest keyframe group.
#[derive(Debug)]
pub(crate) struct UpTrack {
    kind: MediaKind,
    continuity: Continuity,
    pictures: PictureIdContinuity,
    cache: KeyframeCache,
    source: Option<SourceId>,
    codec: Option<Codec>,
    /// Video of a new source or codec goes out from its first keyframe on.
    awaits_keyframe: bool,
    held: Vec<IngestPacket>,
    keyframe_timestamp: Option<u32>,
    /// As in `SourceState::video_start`.
    start: u64,
    pub(crate) statistics: TrackStatistics,
}

#[derive(Debug, Default)]
pub(crate) struct TrackStatistics {
    pub(crate) bytes: Rate,
    pub(crate) frames: Rate,
    expected: Rate,
    received: Rate,
    highest_sequence: Option<u64>,
    frame_timestamp: Option<u32>,
    pub(crate) resolution: Option<Resolution>,
}

impl UpTrack {
    pub(crate) fn new(kind: MediaKind, limits: CacheLimits) -> Self {
        let clock_rate = match kind {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        };
        Self {
            kind,
            continuity: Continuity::new(clock_rate),
            pictures: PictureIdContinuity::default(),
            cache: KeyframeCache::new(limits),
            source: None,
            codec: None,
            awaits_keyframe: false,
            held: Vec::new(),
            keyframe_timestamp: None,
            start: 0,
            statistics: TrackStatistics::default(),
        }
    }

    pub(crate) fn codec(&self) -> Option<Codec> {
        self.codec
    }

    pub(crate) fn awaits_keyframe(&self) -> bool {
        self.awaits_keyframe
    }

    /// First room sequence number that the present source may have.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// The newest keyframe and what followed.
    pub(crate) fn keyframe_group(&self) -> &[RoomPacket] {
        self.cache.packets()
    }

    /// Another broadcaster takes over: what the last one sent is no picture to start from.
    pub(crate) fn restart(&mut self) {
        self.source = None;
        self.statistics = TrackStatistics::default();
        self.forget();
    }

    fn forget(&mut self) {
        self.cache.clear();
        self.held.clear();
        self.start = self.continuity.next_sequence();
    }

    /// Appends to `out` what viewers are to get for this packet: nothing, itself, or itself and packets held before.
    pub(crate) fn receive(&mut self, packet: IngestPacket, clock: &mut SenderClock, out: &mut Vec<RoomPacket>) {
        self.statistics.count(&packet);
        let opens = self.kind == MediaKind::Video
            && self.keyframe_timestamp != Some(packet.timestamp)
            && starts_keyframe(packet.codec, &packet.payload);
        let new_source = self.source != Some(packet.source);
        if new_source || self.codec != Some(packet.codec) {
            self.forget();
            self.source = Some(packet.source);
            self.codec = Some(packet.codec);
            self.awaits_keyframe = self.kind == MediaKind::Video;
            if self.kind == MediaKind::Audio {
                self.continuity.splice(&packet);
            }
        }
        if self.awaits_keyframe {
            if !opens {
                if self.held.len() < HELD_PACKETS {
                    self.held.push(packet);
                }
                return;
            }
            self.awaits_keyframe = false;
            self.continuity.splice(&packet);
            self.pictures.splice(packet.codec, &packet.payload);
        }
        if opens {
            self.keyframe_timestamp = Some(packet.timestamp);
            if let Some(found) = resolution(packet.codec, &packet.payload) {
                self.statistics.resolution = Some(found);
            }
        }
        let start = packet.sequence;
        self.number(packet, opens, clock, out);
        let mut held = std::mem::take(&mut self.held);
        held.sort_by_key(|packet| packet.sequence);
        for packet in held.into_iter().filter(|packet| packet.sequence > start) {
            self.number(packet, false, clock, out);
        }
    }

    fn number(&mut self, packet: IngestPacket, opens: bool, clock: &mut SenderClock, out: &mut Vec<RoomPacket>) {
        let Some((sequence, timestamp)) = self.continuity.number(&packet) else { return };
        let codec = packet.codec;
        let captured = clock.captured(self.kind, codec.clock_rate(), packet.timestamp, packet.arrival);
        let numbered = RoomPacket {
            codec,
            sequence,
            timestamp,
            marker: packet.marker,
            starts_keyframe: opens,
            orientation: packet.orientation,
            payload: self.pictures.rewrite(codec, packet.payload),
            arrival: packet.arrival,
            captured,
        };
        if self.kind == MediaKind::Video {
            self.cache.push(&numbered);
        }
        out.push(numbered);
    }
}

impl TrackStatistics {
    fn count(&mut self, packet: &IngestPacket) {
        let now = packet.arrival;
        self.bytes.add(packet.payload.len() as u64, now);
        self.received.add(1, now);
        let advance = self.highest_sequence.map_or(1, |highest| packet.sequence.saturating_sub(highest));
        if advance > 0 {
            self.highest_sequence = Some(packet.sequence);
            // A jump this wide is a restart of the sender, not loss.
            self.expected.add(if advance > 3000 { 1 } else { advance }, now);
            if self.frame_timestamp.replace(packet.timestamp) != Some(packet.timestamp) {
                self.frames.add(1, now);
            }
        }
    }

    /// Packets lost and packets expected in the last seconds; a packet sent again is not lost.
    pub(crate) fn loss(&mut self, now: MonotonicTime) -> (u64, u64) {
        let expected = self.expected.sum(now);
        (expected.saturating_sub(self.received.sum(now)), expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::continuity::tests::packet;

    fn video() -> UpTrack {
        UpTrack::new(MediaKind::Video, CacheLimits::default())
    }

    fn keyframe(sequence: u64, timestamp: u32, millis: u64) -> IngestPacket {
        IngestPacket { payload: [0x10, 0x00].into(), ..packet(sequence, timestamp, millis) }
    }

    fn receive(track: &mut UpTrack, packets: impl IntoIterator<Item = IngestPacket>) -> Vec<RoomPacket> {
        let mut out = Vec::new();
        for packet in packets {
            track.receive(packet, &mut SenderClock::default(), &mut out);
        }
        out
    }

    #[test]
    fn video_goes_out_from_the_first_keyframe_on() {
        let mut track = video();
        let sent =
            receive(&mut track, [packet(1, 0, 0), packet(2, 3000, 33), keyframe(3, 6000, 66), packet(4, 9000, 99)]);
        assert_eq!(sent.iter().map(|packet| packet.starts_keyframe).collect::<Vec<_>>(), [true, false]);
        assert_eq!(track.keyframe_group().len(), 2);
    }

    #[test]
    fn a_keyframe_start_that_comes_late_brings_the_rest_of_its_frame() {
        let mut track = video();
        let sent =
            receive(&mut track, [packet(9, 0, 0), packet(12, 3000, 1), packet(11, 3000, 1), keyframe(10, 3000, 9)]);
        let first = sent[0].sequence;
        assert_eq!(sent.iter().map(|packet| packet.sequence - first).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn a_new_source_waits_for_its_own_keyframe_and_drops_the_old_group() {
        let mut track = video();
        let before = receive(&mut track, [keyframe(1, 0, 0), packet(2, 3000, 33)]);
        let other = SourceId { ingest: 2, ssrc: 9 };
        let late = |packet: IngestPacket| IngestPacket { source: other, ..packet };
        assert!(receive(&mut track, [late(packet(500, 77, 5_033))]).is_empty());
        assert!(track.keyframe_group().is_empty() && track.awaits_keyframe());
        let after = receive(&mut track, [late(keyframe(501, 3077, 5_066))]);
        assert_eq!(after[0].sequence, before[1].sequence + 1);
        assert_eq!(after[0].timestamp.wrapping_sub(before[1].timestamp), 5_033 * 90);
    }

    #[test]
    fn a_codec_change_within_a_source_waits_for_a_keyframe_too() {
        let mut track = video();
        receive(&mut track, [keyframe(1, 0, 0)]);
        let vp9 = |packet: IngestPacket| IngestPacket { codec: Codec::Vp9 { profile: 0 }, ..packet };
        assert!(
            receive(&mut track, [vp9(IngestPacket { payload: [0xc8, 5].into(), ..packet(2, 3000, 33) })]).is_empty()
        );
        let sent = receive(&mut track, [vp9(IngestPacket { payload: [0x88, 6].into(), ..packet(3, 6000, 66) })]);
        assert_eq!(sent.len(), 1);
    }

    #[test]
    fn loss_counts_gaps_and_forgives_packets_sent_again() {
        let mut track = video();
        receive(&mut track, [keyframe(1, 0, 0), packet(2, 0, 0), packet(5, 3000, 10), packet(4, 3000, 20)]);
        assert_eq!(track.statistics.loss(MonotonicTime::default() + std::time::Duration::from_millis(20)), (1, 5));
    }
}

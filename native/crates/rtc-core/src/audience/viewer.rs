use std::time::Duration;

use super::replay::Replay;
use super::{History, PacketSink, ViewerId, ViewerTracks};
use crate::codec::MediaKind;
use crate::down_track::DownTrack;
use crate::packet::{RoomPacket, SourceState};
use crate::retransmission::RetransmissionBudget;
use crate::time::MonotonicTime;

/// A viewer who has just got a keyframe group asks for a keyframe once more out of habit: the group was the answer.
const GROUP_ANSWERS_FOR: Duration = Duration::from_millis(1_000);

/// Between two keyframes that one viewer asks for.
const WISH_INTERVAL: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Viewer {
    pub(super) id: ViewerId,
    pub(super) audio: DownTrack,
    pub(super) video: DownTrack,
    pub(super) retransmissions: RetransmissionBudget,
    pub(super) is_paused: bool,
    /// Whether it has been looked for a keyframe group to begin with.
    pub(super) has_joined: bool,
    got_group: Option<MonotonicTime>,
    /// While the keyframe group is on its way.
    replay: Option<Box<Replay>>,
    /// When its last wish was passed on, and how many keyframes the audience had had then.
    wished: Option<(MonotonicTime, u64)>,
}

impl Viewer {
    pub(super) fn new(id: ViewerId, tracks: ViewerTracks) -> Self {
        Self {
            id,
            audio: DownTrack::new(tracks.audio),
            video: DownTrack::new(tracks.video),
            retransmissions: RetransmissionBudget::default(),
            is_paused: false,
            has_joined: false,
            got_group: None,
            replay: None,
            wished: None,
        }
    }

    /// Whether video flows.
    pub(super) fn is_watching(&self) -> bool {
        self.video.is_flowing()
    }

    pub(super) fn got_group_just_before(&self, now: MonotonicTime) -> bool {
        self.got_group.is_some_and(|at| now.since(at) < GROUP_ANSWERS_FOR)
    }

    /// Whether the viewer may wish for a keyframe, which then counts as wished: one that brought a keyframe is enough for
    /// a while, as each costs the encoder and every other viewer.
    pub(super) fn may_wish(&mut self, keyframes: u64, now: MonotonicTime) -> bool {
        let is_early = self.wished.is_some_and(|(at, before)| keyframes > before && now.since(at) < WISH_INTERVAL);
        if !is_early {
            self.wished = Some((now, keyframes));
        }
        !is_early
    }

    pub(super) fn pause(&mut self) {
        self.is_paused = true;
        self.has_joined = false;
        self.replay = None;
        self.audio.stop();
        self.video.stop();
    }

    /// Whether anything was written.
    pub(super) fn send_audio(&mut self, packets: &[RoomPacket], sink: &mut impl PacketSink) -> bool {
        let mut has_written = false;
        for packet in packets {
            if self.audio.select(packet.codec) && !self.audio.is_flowing() {
                self.audio.start_at(packet);
            }
            if let Some(outgoing) = self.audio.write(packet) {
                self.retransmissions.earn(packet);
                sink.write(self.id, outgoing);
                has_written = true;
            }
        }
        has_written
    }

    /// Sends what is not to wait behind the keyframe group. Whether anything was written.
    pub(super) fn send_video(&mut self, packets: &[RoomPacket], sink: &mut impl PacketSink) -> bool {
        let mut has_written = false;
        if self.video.is_flowing() {
            let until = self.replay.as_ref().map_or(u64::MAX, |replay| replay.next());
            for packet in packets.iter().filter(|packet| packet.sequence < until) {
                if let Some(outgoing) = self.video.write(packet) {
                    self.retransmissions.earn(packet);
                    sink.write(self.id, outgoing);
                    has_written = true;
                }
            }
        }
        has_written
    }

    /// Begins with the keyframe group, however long it is: whoever comes must cost the broadcaster and the others nothing.
    /// Says whether there is none and a keyframe is wished for.
    pub(super) fn join(
        &mut self,
        source: &SourceState,
        history: &History<'_>,
        now: MonotonicTime,
        sink: &mut impl PacketSink,
    ) -> bool {
        self.has_joined = true;
        self.start(source, history, true, now, sink)
    }

    /// Begins with the keyframe group, if it may; says whether a keyframe is wished for.
    pub(super) fn start(
        &mut self,
        source: &SourceState,
        history: &History<'_>,
        may_start: bool,
        now: MonotonicTime,
        sink: &mut impl PacketSink,
    ) -> bool {
        let takes_video = source.video_codec.is_some_and(|codec| self.video.select(codec));
        if !takes_video {
            return false;
        }
        let group = history.cache.packets();
        if !may_start || group.is_empty() || !self.video.start_with_group(group) {
            return true;
        }
        self.got_group = Some(now);
        self.replay = Some(Box::new(Replay::new(group, self.video.highest_sequence(), now)));
        self.replay_on(history, now, sink);
        false
    }

    /// Goes on with the keyframe group. Whether anything was written.
    pub(super) fn replay_on(&mut self, history: &History<'_>, now: MonotonicTime, sink: &mut impl PacketSink) -> bool {
        let Some(replay) = self.replay.as_mut().filter(|_| self.video.is_flowing()) else {
            self.replay = None;
            return false;
        };
        if let Some(keyframe) = history.cache.packets().first().filter(|first| first.sequence > replay.next()) {
            // Without a gap in the viewer's numbers, so that it does not ask for what was left out.
            self.video.start_at(keyframe);
            replay.skip_to(keyframe.sequence);
        }
        let mut has_written = false;
        replay.pass_time(now);
        while let Some(sequence) = replay.take(history.newest) {
            let Some(packet) = history.video(sequence) else { continue };
            if let Some(outgoing) = self.video.write(packet) {
                replay.spend(packet);
                self.retransmissions.earn(packet);
                sink.write(self.id, outgoing);
                has_written = true;
            }
        }
        if replay.next() > history.newest {
            self.replay = None;
        }
        has_written
    }

    /// When `replay_on` is to be called next, while the keyframe group is on its way.
    pub(super) fn replays_at(&self) -> Option<MonotonicTime> {
        self.replay.as_ref().map(|replay| replay.deadline())
    }

    /// Sends the packet of this viewer's sequence number again, if `find` has it and it may be.
    pub(super) fn retransmit<'a>(
        &mut self,
        kind: MediaKind,
        lost: u16,
        find: impl Fn(u64) -> Option<&'a RoomPacket>,
        now: MonotonicTime,
        sink: &mut impl PacketSink,
    ) -> bool {
        let track = match kind {
            MediaKind::Audio => &self.audio,
            MediaKind::Video => &self.video,
        };
        let sent_as = track.sent_as(lost);
        if let (MediaKind::Video, Some(replay), Some((sequence, _))) = (kind, &mut self.replay, sent_as) {
            replay.lose(sequence, track.highest_sequence(), now);
        }
        let outgoing = sent_as.and_then(|(sequence, room_sequence)| {
            let packet = find(room_sequence)?;
            track.write_again(sequence, packet)
        });
        let Some(outgoing) = outgoing else { return false };
        let may = self.retransmissions.spend(kind, outgoing.sequence, outgoing.packet, now);
        if may {
            // It takes its share of the way.
            if let Some(replay) = &mut self.replay {
                replay.spend(outgoing.packet);
            }
            sink.retransmit(self.id, outgoing);
        }
        may
    }
}

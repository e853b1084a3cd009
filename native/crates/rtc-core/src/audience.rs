use std::collections::HashMap;
use std::time::Duration;

use crate::codec::{Codec, MediaKind, PayloadType};
use crate::down_track::{DownTrack, OutgoingPacket};
use crate::keyframe_cache::{CacheLimits, KeyframeCache};
use crate::packet::{MediaBatch, RoomPacket, SourceState};
use crate::packet_ring::PacketRing;
use crate::time::MonotonicTime;
use viewer::Viewer;

mod replay;
mod viewer;

/// Packets kept for retransmission: some seconds of either. Older video is found in the keyframe group.
const VIDEO_RING: usize = 2048;
const AUDIO_RING: usize = 256;

/// Packets one NACK message may have looked up; a hostile one names thousands.
const LOOKED_UP: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewerId(pub u64);

/// What a viewer negotiated, in its order of preference.
#[derive(Clone, Debug, Default)]
pub struct ViewerTracks {
    pub audio: Vec<(Codec, PayloadType)>,
    pub video: Vec<(Codec, PayloadType)>,
}

/// Takes what leaves a room, viewer by viewer: all packets of one, then `finish`, then those of the next.
pub trait PacketSink {
    fn write(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>);
    /// The packet has been written before under the same sequence number, and the viewer has missed it.
    fn retransmit(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>);
    /// The viewer got all there is for now.
    fn finish(&mut self, viewer: ViewerId);
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudienceCounters {
    pub keyframe_requests_received: u64,
    /// Requests that the keyframe group just sent had answered.
    pub keyframe_requests_from_cache: u64,
    /// Packets that viewers asked for again.
    pub packets_nacked: u64,
    pub packets_retransmitted: u64,
    /// Asked for and not sent again: too old, never sent, sent again a moment ago, or over the viewer's budget.
    pub retransmissions_refused: u64,
}

/// A room's viewers on one shard, with what they share: the keyframe group for those who join and the packets that may
/// be asked for again. It belongs to one source, whose numbers it goes by.
#[derive(Debug)]
pub struct Audience {
    state: SourceState,
    /// Whether the source's history has come, so that a missing keyframe group is missing at the source too.
    is_seeded: bool,
    cache: KeyframeCache,
    audio_ring: PacketRing,
    video_ring: PacketRing,
    /// Packets received and not yet forwarded.
    pending_audio: Vec<RoomPacket>,
    pending_video: Vec<RoomPacket>,
    /// The highest sequence number of video received.
    newest_video: u64,
    viewers: Vec<Viewer>,
    /// Those to whom a keyframe group is on its way.
    replaying: Vec<ViewerId>,
    places: HashMap<ViewerId, usize>,
    wishes_keyframe: bool,
    /// Keyframes received.
    keyframes: u64,
    counters: AudienceCounters,
}

/// What may be sent of the video so far.
struct History<'a> {
    cache: &'a KeyframeCache,
    ring: &'a PacketRing,
    /// The highest sequence number there is.
    newest: u64,
}

impl History<'_> {
    /// The packet of this number of the room.
    fn video(&self, sequence: u64) -> Option<&RoomPacket> {
        self.ring.get(sequence).or_else(|| self.cache.get(sequence))
    }
}

impl Audience {
    pub fn new(limits: CacheLimits) -> Self {
        Self {
            state: SourceState::default(),
            is_seeded: false,
            cache: KeyframeCache::new(limits),
            audio_ring: PacketRing::new(AUDIO_RING),
            video_ring: PacketRing::new(VIDEO_RING),
            pending_audio: Vec::new(),
            pending_video: Vec::new(),
            newest_video: 0,
            viewers: Vec::new(),
            replaying: Vec::new(),
            places: HashMap::new(),
            wishes_keyframe: false,
            keyframes: 0,
            counters: AudienceCounters::default(),
        }
    }

    pub fn viewer_count(&self) -> usize {
        self.viewers.len()
    }

    pub fn counters(&self) -> AudienceCounters {
        self.counters
    }

    /// The source's history: at the beginning, and again when batches have been missed. What is known already counts
    /// once. Viewers who joined before it came start with it at the next `forward`.
    pub fn seed(&mut self, history: &MediaBatch) {
        self.is_seeded = true;
        self.receive(history);
    }

    /// Takes what the source numbered; `forward` sends it on.
    pub fn receive(&mut self, batch: &MediaBatch) {
        if batch.state.video_start > self.state.video_start {
            self.cache.clear();
        }
        // A batch that comes late tells of a state that is past.
        if batch.state.video_start >= self.state.video_start {
            self.state = batch.state;
        }
        for packet in &*batch.packets {
            match packet.codec.kind() {
                MediaKind::Audio => {
                    if self.audio_ring.insert(packet) {
                        self.pending_audio.push(packet.clone());
                    }
                }
                MediaKind::Video => {
                    // Even one known: it may have come before the keyframe it belongs to.
                    if packet.sequence >= self.state.video_start {
                        self.cache.push(packet);
                    }
                    if !self.video_ring.insert(packet) {
                        continue;
                    }
                    self.newest_video = self.newest_video.max(packet.sequence);
                    if packet.starts_keyframe {
                        self.keyframes += 1;
                        self.is_seeded = true;
                        // A keyframe answers every wish made before it.
                        self.wishes_keyframe = false;
                    }
                    self.pending_video.push(packet.clone());
                }
            }
        }
    }

    /// Hands every viewer what has been received since the last call, and who has joined what is due of its keyframe
    /// group.
    pub fn forward(&mut self, now: MonotonicTime, sink: &mut impl PacketSink) {
        if self.pending_audio.is_empty() && self.pending_video.is_empty() {
            self.replay_on(now, sink);
            return;
        }
        self.replaying.clear();
        let history = History { cache: &self.cache, ring: &self.video_ring, newest: self.newest_video };
        let has_keyframe = self.pending_video.iter().any(|packet| packet.starts_keyframe);
        for viewer in self.viewers.iter_mut().filter(|viewer| !viewer.is_paused) {
            let mut has_written = viewer.send_audio(&self.pending_audio, sink);
            has_written |= viewer.send_video(&self.pending_video, sink);
            if !viewer.has_joined && self.is_seeded {
                self.wishes_keyframe |= viewer.join(&self.state, &history, now, sink);
                has_written |= viewer.is_watching();
            } else if !viewer.is_watching() && self.is_seeded {
                // Has not started yet, or the broadcast has come back to a codec the viewer takes. An encoder that
                // answers is waited for; a player that gets no video never asks itself.
                let may_start = has_keyframe || !self.state.answers_keyframe_requests;
                self.wishes_keyframe |= viewer.start(&self.state, &history, may_start, now, sink);
                has_written |= viewer.is_watching();
            } else {
                has_written |= viewer.replay_on(&history, now, sink);
            }
            if has_written {
                sink.finish(viewer.id);
            }
            if viewer.replays_at().is_some() {
                self.replaying.push(viewer.id);
            }
        }
        self.pending_audio.clear();
        self.pending_video.clear();
    }

    fn replay_on(&mut self, now: MonotonicTime, sink: &mut impl PacketSink) {
        let history = History { cache: &self.cache, ring: &self.video_ring, newest: self.newest_video };
        let (viewers, places) = (&mut self.viewers, &self.places);
        self.replaying.retain(|id| {
            let Some(viewer) = places.get(id).map(|place| &mut viewers[*place]) else { return false };
            if viewer.replay_on(&history, now, sink) {
                sink.finish(viewer.id);
            }
            viewer.replays_at().is_some()
        });
    }

    /// When `forward` is to be called although nothing is received.
    pub fn deadline(&self) -> Option<MonotonicTime> {
        let viewers = self.replaying.iter().filter_map(|id| self.places.get(id).map(|place| &self.viewers[*place]));
        viewers.filter_map(Viewer::replays_at).min()
    }

    /// A viewer who is ready to receive. It gets the keyframe group kept, or a keyframe is wished for.
    pub fn add_viewer(
        &mut self,
        viewer: ViewerId,
        tracks: ViewerTracks,
        now: MonotonicTime,
        sink: &mut impl PacketSink,
    ) {
        self.forward(now, sink);
        self.remove_viewer(viewer);
        let mut added = Viewer::new(viewer, tracks);
        if let Some(codec) = self.state.audio_codec {
            added.audio.select(codec);
        }
        let place = self.viewers.len();
        self.places.insert(viewer, place);
        self.viewers.push(added);
        self.join(place, now, sink);
    }

    /// Before the source's history has come nothing can be said: `forward` joins those who wait for it.
    fn join(&mut self, place: usize, now: MonotonicTime, sink: &mut impl PacketSink) {
        if self.is_seeded {
            let history = History { cache: &self.cache, ring: &self.video_ring, newest: self.newest_video };
            let viewer = &mut self.viewers[place];
            self.wishes_keyframe |= viewer.join(&self.state, &history, now, sink);
            if viewer.is_watching() {
                sink.finish(viewer.id);
            }
            if viewer.replays_at().is_some() {
                self.replaying.push(viewer.id);
            }
        }
    }

    pub fn remove_viewer(&mut self, viewer: ViewerId) {
        let Some(place) = self.places.remove(&viewer) else { return };
        self.viewers.swap_remove(place);
        self.replaying.retain(|replaying| *replaying != viewer);
        if let Some(moved) = self.viewers.get(place) {
            self.places.insert(moved.id, place);
        }
    }

    /// Nothing is heard of the viewer: it is sent nothing until `resume`.
    pub fn pause(&mut self, viewer: ViewerId) {
        if let Some(viewer) = self.viewer(viewer) {
            viewer.pause();
        }
    }

    /// The viewer is heard of again: as if it joined now.
    pub fn resume(&mut self, viewer: ViewerId, now: MonotonicTime, sink: &mut impl PacketSink) {
        let Some(&place) = self.places.get(&viewer).filter(|place| self.viewers[**place].is_paused) else { return };
        self.forward(now, sink);
        self.viewers[place].is_paused = false;
        self.join(place, now, sink);
    }

    /// The codecs of the broadcast that the viewer cannot take.
    pub fn unplayable(&self, viewer: ViewerId) -> Vec<Codec> {
        let viewer = self.places.get(&viewer).map(|place| &self.viewers[*place]);
        viewer.into_iter().flat_map(|viewer| [&viewer.audio, &viewer.video]).filter_map(DownTrack::unplayable).collect()
    }

    /// A viewer asks for a keyframe. Its group may just have answered, or be about to; else the audience wishes for one,
    /// unless one came that this viewer asked for a moment ago.
    pub fn viewer_wants_keyframe(&mut self, viewer: ViewerId, now: MonotonicTime) {
        let Some(place) = self.places.get(&viewer) else { return };
        self.counters.keyframe_requests_received += 1;
        let viewer = &mut self.viewers[*place];
        if viewer.got_group_just_before(now) {
            self.counters.keyframe_requests_from_cache += 1;
        } else if viewer.has_joined && viewer.video.unplayable().is_none() {
            self.wishes_keyframe |= viewer.may_wish(self.keyframes, now);
        }
    }

    /// Whether a keyframe is wished for, to be told to the source. The wish counts as told.
    pub fn take_keyframe_wish(&mut self) -> bool {
        std::mem::take(&mut self.wishes_keyframe)
    }

    /// Time from a packet to what the viewer says of it, from its receiver reports.
    pub fn set_round_trip(&mut self, viewer: ViewerId, round_trip: Duration) {
        if let Some(viewer) = self.viewer(viewer) {
            viewer.retransmissions.set_round_trip(round_trip);
        }
    }

    /// Sends again what the viewer missed, by its own sequence numbers (RFC 4585 section 6.2.1): within its budget, and
    /// no packet twice within a round trip.
    pub fn answer_nack(
        &mut self,
        viewer: ViewerId,
        kind: MediaKind,
        lost: impl Iterator<Item = u16>,
        now: MonotonicTime,
        sink: &mut impl PacketSink,
    ) {
        let Some(&place) = self.places.get(&viewer) else { return };
        let viewer = &mut self.viewers[place];
        let (ring, cache) = match kind {
            MediaKind::Audio => (&self.audio_ring, None),
            MediaKind::Video => (&self.video_ring, Some(&self.cache)),
        };
        let (mut asked, mut sent) = (0, 0);
        for sequence in lost {
            asked += 1;
            if asked > LOOKED_UP as u64 || viewer.is_paused {
                continue;
            }
            let find = |room_sequence| {
                ring.get(room_sequence).or_else(|| cache.and_then(|cache: &KeyframeCache| cache.get(room_sequence)))
            };
            sent += u64::from(viewer.retransmit(kind, sequence, find, now, sink));
        }
        if sent > 0 {
            sink.finish(viewer.id);
        }
        self.counters.packets_nacked += asked;
        self.counters.packets_retransmitted += sent;
        self.counters.retransmissions_refused += asked - sent;
    }

    fn viewer(&mut self, viewer: ViewerId) -> Option<&mut Viewer> {
        self.places.get(&viewer).map(|place| &mut self.viewers[*place])
    }
}

#[cfg(test)]
mod tests;

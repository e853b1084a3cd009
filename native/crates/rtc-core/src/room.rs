use std::collections::BTreeMap;
use std::time::Duration;

use crate::codec::{Codec, MediaKind, PayloadType};
use crate::down_track::{DownTrack, OutgoingPacket};
use crate::keyframe_cache::CacheLimits;
use crate::keyframe_requests::KeyframeRequests;
use crate::packet::{IngestPacket, RoomPacket};
use crate::sender_clock::{SenderClock, SenderReport};
use crate::time::MonotonicTime;
use crate::up_track::UpTrack;

const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

/// A viewer who has just got a keyframe group asks for a keyframe once more out of habit: the group was the answer.
const GROUP_ANSWERS_FOR: Duration = Duration::from_millis(1_000);

/// A group longer than this takes a player some time to work through: a new keyframe is better, from an encoder that
/// answers.
const SHORT_GROUP: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewerId(pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IngestId(pub u64);

/// A broadcaster's media still flows into the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomBusy;

/// What a viewer negotiated, in its order of preference.
#[derive(Clone, Debug, Default)]
pub struct ViewerTracks {
    pub audio: Vec<(Codec, PayloadType)>,
    pub video: Vec<(Codec, PayloadType)>,
}

/// Takes what leaves the room, viewer by viewer.
pub trait PacketSink {
    fn write(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>);
    /// The viewer got all there is for now.
    fn finish(&mut self, viewer: ViewerId);
}

/// The state of the media that flows in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngestStatistics {
    pub video_bitrate_bps: u64,
    pub audio_bitrate_bps: u64,
    pub frames_per_second: f64,
    /// Share of the packets of the last two seconds that never arrived, 0 to 1.
    pub loss_fraction: f64,
    pub video_codec: Option<Codec>,
    pub audio_codec: Option<Codec>,
    /// Width and height in pixels.
    pub resolution: Option<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomCounters {
    pub keyframe_requests_received: u64,
    pub keyframe_requests_from_cache: u64,
    pub keyframe_requests_sent: u64,
}

/// One broadcast: a broadcaster who may go and return, and its viewers, who stay.
#[derive(Debug)]
pub struct MediaRoom {
    audio: UpTrack,
    video: UpTrack,
    clock: SenderClock,
    ingest: Option<IngestId>,
    last_media: Option<MonotonicTime>,
    viewers: BTreeMap<ViewerId, Viewer>,
    /// Numbered packets not yet forwarded.
    pending_audio: Vec<RoomPacket>,
    pending_video: Vec<RoomPacket>,
    requests: KeyframeRequests,
    counters: RoomCounters,
}

#[derive(Debug)]
struct Viewer {
    audio: DownTrack,
    video: DownTrack,
    got_group: Option<MonotonicTime>,
}

impl MediaRoom {
    pub fn new(limits: CacheLimits) -> Self {
        Self {
            audio: UpTrack::new(MediaKind::Audio, limits),
            video: UpTrack::new(MediaKind::Video, limits),
            clock: SenderClock::default(),
            ingest: None,
            last_media: None,
            viewers: BTreeMap::new(),
            pending_audio: Vec::new(),
            pending_video: Vec::new(),
            requests: KeyframeRequests::new(KEYFRAME_INTERVAL),
            counters: RoomCounters::default(),
        }
    }

    pub fn ingest(&self) -> Option<IngestId> {
        self.ingest
    }

    pub fn counters(&self) -> RoomCounters {
        self.counters
    }

    pub fn viewer_count(&self) -> usize {
        self.viewers.len()
    }

    /// Age of the newest media packet of the present ingest.
    pub fn media_age(&self, now: MonotonicTime) -> Option<Duration> {
        self.last_media.map(|last| now.since(last))
    }

    /// Gives the room to `ingest` and returns the one it had. While media flows (newer than `silence`) only a
    /// takeover may do so.
    pub fn open_ingest(
        &mut self,
        ingest: IngestId,
        takeover: bool,
        silence: Duration,
        now: MonotonicTime,
    ) -> Result<Option<IngestId>, RoomBusy> {
        if self.is_busy(silence, now) && !takeover {
            return Err(RoomBusy);
        }
        let before = self.ingest.replace(ingest);
        self.last_media = None;
        self.clock = SenderClock::default();
        self.audio.restart();
        self.video.restart();
        self.requests.restart();
        Ok(before)
    }

    /// Whether the room's ingest sent media within `silence`.
    pub fn is_busy(&self, silence: Duration, now: MonotonicTime) -> bool {
        self.ingest.is_some() && self.media_age(now).is_some_and(|age| age < silence)
    }

    /// The broadcaster is gone; viewers stay.
    pub fn close_ingest(&mut self, ingest: IngestId) {
        if self.ingest == Some(ingest) {
            self.ingest = None;
            self.last_media = None;
            self.audio.restart();
            self.video.restart();
        }
    }

    /// A viewer who is ready to receive. It gets the keyframe group kept, or a keyframe is asked for.
    pub fn add_viewer(
        &mut self,
        viewer: ViewerId,
        tracks: ViewerTracks,
        now: MonotonicTime,
        sink: &mut impl PacketSink,
    ) {
        self.forward(now, sink);
        let mut added =
            Viewer { audio: DownTrack::new(tracks.audio), video: DownTrack::new(tracks.video), got_group: None };
        if let Some(codec) = self.audio.codec() {
            added.audio.select(codec);
        }
        if let Some(codec) = self.video.codec() {
            let takes_video = added.video.select(codec);
            let group = self.video.keyframe_group();
            let is_short = group.first().is_none_or(|first| now.since(first.arrival) < SHORT_GROUP);
            let replay = is_short || !self.requests.is_answered();
            if takes_video && !(replay && added.send_group(viewer, group, now, sink)) {
                self.requests.want();
            }
        }
        self.viewers.insert(viewer, added);
    }

    pub fn remove_viewer(&mut self, viewer: ViewerId) {
        self.viewers.remove(&viewer);
    }

    /// The codecs of the broadcast that the viewer cannot take.
    pub fn unplayable(&self, viewer: ViewerId) -> Vec<Codec> {
        let viewer = self.viewers.get(&viewer);
        viewer.into_iter().flat_map(|viewer| [&viewer.audio, &viewer.video]).filter_map(DownTrack::unplayable).collect()
    }

    /// Takes a packet of the present ingest; `forward` sends it on.
    pub fn receive(&mut self, packet: IngestPacket) {
        if self.ingest != Some(IngestId(packet.source.ingest)) {
            return;
        }
        let arrival = packet.arrival;
        self.last_media = Some(arrival);
        match packet.codec.kind() {
            MediaKind::Audio => self.audio.receive(packet, &mut self.clock, &mut self.pending_audio),
            MediaKind::Video => {
                let before = self.pending_video.len();
                self.video.receive(packet, &mut self.clock, &mut self.pending_video);
                if self.pending_video[before..].iter().any(|packet| packet.starts_keyframe) {
                    self.requests.keyframe_arrived(arrival);
                }
                if self.video.awaits_keyframe() {
                    self.requests.want();
                }
            }
        }
    }

    pub fn sender_report(&mut self, ingest: IngestId, kind: MediaKind, report: SenderReport) {
        if self.ingest == Some(ingest) {
            self.clock.report(kind, report);
        }
    }

    /// Hands every viewer what has been received since the last call.
    pub fn forward(&mut self, now: MonotonicTime, sink: &mut impl PacketSink) {
        if self.pending_audio.is_empty() && self.pending_video.is_empty() {
            return;
        }
        let has_keyframe = self.pending_video.iter().any(|packet| packet.starts_keyframe);
        for (&id, viewer) in &mut self.viewers {
            viewer.send_audio(id, &self.pending_audio, sink);
            if viewer.video.is_flowing() {
                for packet in &self.pending_video {
                    if let Some(outgoing) = viewer.video.write(packet) {
                        sink.write(id, outgoing);
                    }
                }
            }
            // Not flowing: has not started yet, or the broadcast has come back to a codec the viewer takes.
            if !viewer.video.is_flowing()
                && let Some(codec) = self.video.codec()
                && viewer.video.select(codec)
            {
                // An encoder that answers is waited for; a player that gets no video never asks itself.
                let may_start = has_keyframe || !self.requests.is_answered();
                if !(may_start && viewer.send_group(id, self.video.keyframe_group(), now, sink)) {
                    self.requests.want();
                }
            }
            sink.finish(id);
        }
        self.pending_audio.clear();
        self.pending_video.clear();
    }

    /// A viewer asks for a keyframe.
    pub fn viewer_wants_keyframe(&mut self, viewer: ViewerId, now: MonotonicTime) {
        let Some(viewer) = self.viewers.get(&viewer) else { return };
        self.counters.keyframe_requests_received += 1;
        if viewer.got_group.is_some_and(|at| now.since(at) < GROUP_ANSWERS_FOR) {
            self.counters.keyframe_requests_from_cache += 1;
        } else if viewer.video.unplayable().is_none() {
            self.requests.want();
        }
    }

    /// The ingest to send a keyframe request to, if one is due.
    pub fn poll_keyframe_request(&mut self, now: MonotonicTime) -> Option<IngestId> {
        let ingest = self.askable()?;
        let due = self.requests.poll(now);
        self.counters.keyframe_requests_sent += u64::from(due);
        due.then_some(ingest)
    }

    /// When `poll_keyframe_request` is to be called next, if nothing else happens.
    pub fn deadline(&self) -> Option<MonotonicTime> {
        self.requests.deadline().filter(|_| self.askable().is_some())
    }

    /// A request to a broadcaster who has sent no video yet would be lost.
    fn askable(&self) -> Option<IngestId> {
        self.ingest.filter(|_| self.video.codec().is_some() && self.last_media.is_some())
    }

    pub fn statistics(&mut self, now: MonotonicTime) -> IngestStatistics {
        let (audio_lost, audio_expected) = self.audio.statistics.loss(now);
        let (video_lost, video_expected) = self.video.statistics.loss(now);
        let expected = (audio_expected + video_expected).max(1);
        IngestStatistics {
            video_bitrate_bps: (self.video.statistics.bytes.per_second(now) * 8.0) as u64,
            audio_bitrate_bps: (self.audio.statistics.bytes.per_second(now) * 8.0) as u64,
            frames_per_second: self.video.statistics.frames.per_second(now),
            loss_fraction: (audio_lost + video_lost) as f64 / expected as f64,
            video_codec: self.video.codec(),
            audio_codec: self.audio.codec(),
            resolution: self.video.statistics.resolution.map(|found| (found.width, found.height)),
        }
    }
}

impl Viewer {
    fn send_audio(&mut self, id: ViewerId, packets: &[RoomPacket], sink: &mut impl PacketSink) {
        for packet in packets {
            if self.audio.select(packet.codec) && !self.audio.is_flowing() {
                self.audio.start_at(packet);
            }
            if let Some(outgoing) = self.audio.write(packet) {
                sink.write(id, outgoing);
            }
        }
    }

    /// Sends the keyframe group; false when there is none.
    fn send_group(
        &mut self,
        id: ViewerId,
        group: &[RoomPacket],
        now: MonotonicTime,
        sink: &mut impl PacketSink,
    ) -> bool {
        if group.is_empty() {
            return false;
        }
        self.video.start_with_group(group);
        self.got_group = Some(now);
        for packet in group {
            if let Some(outgoing) = self.video.write(packet) {
                sink.write(id, outgoing);
            }
        }
        sink.finish(id);
        true
    }
}

#[cfg(test)]
mod tests;

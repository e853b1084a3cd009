use std::sync::Arc;
use std::time::Duration;

use crate::codec::{Codec, MediaKind};
use crate::keyframe_cache::CacheLimits;
use crate::keyframe_requests::KeyframeRequests;
use crate::packet::{IngestPacket, MediaBatch, RoomPacket, SourceState};
use crate::sender_clock::{SenderClock, SenderReport};
use crate::time::MonotonicTime;
use crate::up_track::UpTrack;

const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IngestId(pub u64);

/// A broadcaster's media still flows into the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomBusy;

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
pub struct SourceCounters {
    pub keyframe_requests_sent: u64,
}

/// The broadcaster's half of a room: numbers what the present ingest sends so that a return goes on without a break,
/// and merges what audiences wish into keyframe requests.
#[derive(Debug)]
pub struct Source {
    audio: UpTrack,
    video: UpTrack,
    clock: SenderClock,
    ingest: Option<IngestId>,
    last_media: Option<MonotonicTime>,
    /// Numbered packets not yet taken.
    pending: Vec<RoomPacket>,
    /// As in the batch last taken.
    taken: SourceState,
    requests: KeyframeRequests,
    counters: SourceCounters,
}

impl Source {
    /// `limits` bound the keyframe group kept for audiences that come.
    pub fn new(limits: CacheLimits) -> Self {
        let (audio, video) = (UpTrack::new(MediaKind::Audio, limits), UpTrack::new(MediaKind::Video, limits));
        Self {
            audio,
            video,
            clock: SenderClock::default(),
            ingest: None,
            last_media: None,
            pending: Vec::new(),
            taken: SourceState::default(),
            requests: KeyframeRequests::new(KEYFRAME_INTERVAL),
            counters: SourceCounters::default(),
        }
    }

    pub fn ingest(&self) -> Option<IngestId> {
        self.ingest
    }

    pub fn counters(&self) -> SourceCounters {
        self.counters
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

    /// The broadcaster is gone; audiences stay.
    pub fn close_ingest(&mut self, ingest: IngestId) {
        if self.ingest == Some(ingest) {
            self.ingest = None;
            self.last_media = None;
            self.audio.restart();
            self.video.restart();
        }
    }

    /// Takes a packet of the present ingest; those of any other are dropped.
    pub fn receive(&mut self, packet: IngestPacket) {
        if self.ingest != Some(IngestId(packet.source.ingest)) {
            return;
        }
        let arrival = packet.arrival;
        self.last_media = Some(arrival);
        match packet.codec.kind() {
            MediaKind::Audio => self.audio.receive(packet, &mut self.clock, &mut self.pending),
            MediaKind::Video => {
                let before = self.pending.len();
                self.video.receive(packet, &mut self.clock, &mut self.pending);
                if self.pending[before..].iter().any(|packet| packet.starts_keyframe) {
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

    /// What has been numbered since the last call; `None` when there is nothing new for any audience. A batch without
    /// packets tells that the state changed.
    pub fn take(&mut self) -> Option<MediaBatch> {
        let state = self.state();
        if self.pending.is_empty() && state == self.taken {
            return None;
        }
        self.taken = state;
        Some(MediaBatch { packets: self.pending.drain(..).collect(), state })
    }

    /// The present keyframe group, for an audience that begins now or has missed batches.
    pub fn history(&self) -> MediaBatch {
        MediaBatch { packets: Arc::from(self.video.keyframe_group()), state: self.state() }
    }

    fn state(&self) -> SourceState {
        SourceState {
            audio_codec: self.audio.codec(),
            video_codec: self.video.codec(),
            video_start: self.video.start(),
            answers_keyframe_requests: self.requests.is_answered(),
        }
    }

    /// Some audience wishes for a keyframe. Any number of wishes become one request an interval.
    pub fn want_keyframe(&mut self) {
        self.requests.wish();
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

#[cfg(test)]
mod tests;

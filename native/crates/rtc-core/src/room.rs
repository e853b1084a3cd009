use std::time::Duration;

use crate::audience::{Audience, PacketSink, ViewerId, ViewerTracks};
use crate::codec::{Codec, MediaKind};
use crate::keyframe_cache::CacheLimits;
use crate::packet::IngestPacket;
use crate::sender_clock::SenderReport;
use crate::source::{IngestId, IngestStatistics, RoomBusy, Source};
use crate::time::MonotonicTime;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomCounters {
    pub keyframe_requests_received: u64,
    pub keyframe_requests_from_cache: u64,
    pub keyframe_requests_sent: u64,
}

/// One broadcast whose source and whose only audience are on one thread.
#[derive(Debug)]
pub struct MediaRoom {
    source: Source,
    audience: Audience,
}

impl MediaRoom {
    pub fn new(limits: CacheLimits) -> Self {
        let (source, mut audience) = (Source::new(limits), Audience::new(limits));
        audience.seed(&source.history());
        Self { source, audience }
    }

    pub fn ingest(&self) -> Option<IngestId> {
        self.source.ingest()
    }

    pub fn counters(&self) -> RoomCounters {
        let viewers = self.audience.counters();
        RoomCounters {
            keyframe_requests_received: viewers.keyframe_requests_received,
            keyframe_requests_from_cache: viewers.keyframe_requests_from_cache,
            keyframe_requests_sent: self.source.counters().keyframe_requests_sent,
        }
    }

    pub fn viewer_count(&self) -> usize {
        self.audience.viewer_count()
    }

    /// Age of the newest media packet of the present ingest.
    pub fn media_age(&self, now: MonotonicTime) -> Option<Duration> {
        self.source.media_age(now)
    }

    /// As `Source::open_ingest`.
    pub fn open_ingest(
        &mut self,
        ingest: IngestId,
        takeover: bool,
        silence: Duration,
        now: MonotonicTime,
    ) -> Result<Option<IngestId>, RoomBusy> {
        let before = self.source.open_ingest(ingest, takeover, silence, now)?;
        self.pass_on();
        Ok(before)
    }

    /// Whether the room's ingest sent media within `silence`.
    pub fn is_busy(&self, silence: Duration, now: MonotonicTime) -> bool {
        self.source.is_busy(silence, now)
    }

    /// The broadcaster is gone; viewers stay.
    pub fn close_ingest(&mut self, ingest: IngestId) {
        self.source.close_ingest(ingest);
        self.pass_on();
    }

    /// A viewer who is ready to receive. It gets the keyframe group kept, or a keyframe is asked for.
    pub fn add_viewer(
        &mut self,
        viewer: ViewerId,
        tracks: ViewerTracks,
        now: MonotonicTime,
        sink: &mut impl PacketSink,
    ) {
        self.pass_on();
        self.audience.add_viewer(viewer, tracks, now, sink);
        self.pass_wish();
    }

    pub fn remove_viewer(&mut self, viewer: ViewerId) {
        self.audience.remove_viewer(viewer);
    }

    /// The codecs of the broadcast that the viewer cannot take.
    pub fn unplayable(&self, viewer: ViewerId) -> Vec<Codec> {
        self.audience.unplayable(viewer)
    }

    /// Takes a packet of the present ingest; `forward` sends it on.
    pub fn receive(&mut self, packet: IngestPacket) {
        self.source.receive(packet);
    }

    pub fn sender_report(&mut self, ingest: IngestId, kind: MediaKind, report: SenderReport) {
        self.source.sender_report(ingest, kind, report);
    }

    /// Hands every viewer what has been received since the last call.
    pub fn forward(&mut self, now: MonotonicTime, sink: &mut impl PacketSink) {
        self.pass_on();
        self.audience.forward(now, sink);
        self.pass_wish();
    }

    /// A viewer asks for a keyframe.
    pub fn viewer_wants_keyframe(&mut self, viewer: ViewerId, now: MonotonicTime) {
        self.audience.viewer_wants_keyframe(viewer, now);
        self.pass_wish();
    }

    /// The ingest to send a keyframe request to, if one is due.
    pub fn poll_keyframe_request(&mut self, now: MonotonicTime) -> Option<IngestId> {
        self.source.poll_keyframe_request(now)
    }

    /// When `poll_keyframe_request` is to be called next, if nothing else happens.
    pub fn deadline(&self) -> Option<MonotonicTime> {
        self.source.deadline()
    }

    pub fn statistics(&mut self, now: MonotonicTime) -> IngestStatistics {
        self.source.statistics(now)
    }

    fn pass_on(&mut self) {
        if let Some(batch) = self.source.take() {
            self.audience.receive(&batch);
        }
    }

    fn pass_wish(&mut self) {
        if self.audience.take_keyframe_wish() {
            self.source.want_keyframe();
        }
    }
}

#[cfg(test)]
mod tests;

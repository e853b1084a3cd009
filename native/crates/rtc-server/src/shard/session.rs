use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant, SystemTime};

use rtc_core::{MediaKind, MonotonicTime, OutgoingPacket, PacketSink, ViewerId};

use super::meter::{IngestMeter, ViewerMeter};
use super::path::Path;
use crate::command::OpenSession;
use crate::egress::ViewerEgress;
use crate::offer::SessionKind;
use crate::outlet::Outlet;
use crate::report::{PlaybackReport, SessionState};
use crate::socket::SendBatch;
use crate::webrtc::Connection;

/// The sessions of a shard by id: looked into for every packet of every viewer, so the hash is one multiplication.
pub(crate) type Sessions = HashMap<u64, Session, BuildHasherDefault<IdHasher>>;

/// Ids count up: nobody outside chooses them.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, id: u64) {
        // Spreads neighbours over the upper bits (Fibonacci hashing).
        self.0 = (self.0 ^ id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// One session with its place in the node.
pub(crate) struct Session {
    pub(crate) name: Arc<str>,
    pub(crate) kind: SessionKind,
    pub(crate) room: u64,
    pub(crate) tag: Option<Arc<str>>,
    /// `None` while it is at the door.
    pub(crate) connection: Option<Box<dyn Connection>>,
    /// Its datagrams that wait at the door.
    pub(crate) letters: Arc<AtomicUsize>,
    pub(crate) state: SessionState,
    pub(crate) opened: Instant,
    pub(crate) connected_at: Option<SystemTime>,
    /// Known of encoders that let it be measured.
    pub(crate) round_trip: Option<Duration>,
    pub(crate) keyframe_requests: u64,
    /// Whether media was flowing when last looked at.
    pub(crate) was_flowing: bool,
    /// NACKs an encoder has been sent.
    pub(crate) nacks: u64,
    /// What a connected viewer is sent by.
    pub(crate) egress: Option<Box<ViewerEgress>>,
    pub(crate) viewer_meter: ViewerMeter,
    pub(crate) ingest_meter: IngestMeter,
    pub(crate) path: Path,
    /// When something was last heard that only the other side can have sent.
    pub(crate) heard: Instant,
    /// Nothing has been heard of the viewer for a while: it is sent nothing.
    pub(crate) is_stalled: bool,
}

impl Session {
    /// The session of a request, and its connection.
    pub(crate) fn new(request: OpenSession, now: Instant) -> (Self, Box<dyn Connection>) {
        let session = Self {
            name: request.name.into(),
            kind: request.kind,
            room: request.room.id,
            tag: request.tag.map(Arc::from),
            connection: None,
            letters: Arc::default(),
            state: SessionState::Connecting,
            opened: now,
            connected_at: None,
            round_trip: None,
            keyframe_requests: 0,
            was_flowing: false,
            nacks: 0,
            egress: None,
            viewer_meter: ViewerMeter::default(),
            ingest_meter: IngestMeter::default(),
            path: Path::default(),
            heard: now,
            is_stalled: false,
        };
        (session, request.connection)
    }

    /// How a connected viewer is served.
    pub(crate) fn playback_report(&self) -> Option<PlaybackReport> {
        let egress = self.egress.as_ref()?;
        let counters = egress.counters();
        let (video, audio) = (egress.reception(MediaKind::Video), egress.reception(MediaKind::Audio));
        let told = video.or(audio);
        Some(PlaybackReport {
            bitrate_bps: self.viewer_meter.bitrate_bps,
            loss_fraction: told.map(|reception| reception.loss_fraction),
            jitter: told.map(|reception| reception.jitter),
            round_trip: [video, audio].into_iter().flatten().find_map(|reception| reception.round_trip),
            nacks: counters.nacked,
            retransmissions: counters.retransmissions,
            keyframe_requests: counters.keyframe_requests,
            freezes: self.viewer_meter.freezes,
            is_stalled: self.is_stalled,
        })
    }

    /// When the viewer's next reports are due, on the clock that began at `started`.
    fn next_report(&self, started: Instant) -> Option<Instant> {
        let egress = self.egress.as_ref().filter(|_| !self.is_stalled)?;
        Some(started + egress.next_report().elapsed())
    }

    /// Takes all the connection has to send and to tell.
    pub(crate) fn drain(&mut self, id: u64, outlet: &mut Outlet, started: Instant) {
        let next_report = self.next_report(started);
        if let Some(connection) = &mut self.connection {
            outlet.drain(id, &mut **connection, self.path.addresses(), next_report);
        }
    }
}

/// Writes what leaves a room into the viewers' parts of the batch.
pub(crate) struct Egress<'a> {
    pub(crate) batch: &'a mut SendBatch,
    pub(crate) sessions: &'a mut Sessions,
    pub(crate) now: MonotonicTime,
}

impl PacketSink for Egress<'_> {
    fn write(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        let Some(session) = self.sessions.get_mut(&viewer.0) else { return };
        let Some(egress) = &mut session.egress else { return };
        if packet.packet.codec.kind() == MediaKind::Video {
            session.viewer_meter.video_sent(packet.packet.sequence, packet.packet.arrival, self.now);
        }
        egress.write(packet, self.batch);
    }

    fn retransmit(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        if let Some(egress) = self.sessions.get_mut(&viewer.0).and_then(|session| session.egress.as_mut()) {
            egress.retransmit(packet, self.batch);
        }
    }

    fn finish(&mut self, _viewer: ViewerId) {}
}

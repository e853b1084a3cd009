use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::{Duration, Instant, SystemTime};

use rtc_core::{MediaKind, OutgoingPacket, PacketSink, ViewerId};

use crate::command::OpenSession;
use crate::offer::SessionKind;
use crate::outlet::Outlet;
use crate::report::SessionState;
use crate::webrtc::{Connection, PeerStatistics};

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
    pub(crate) name: String,
    pub(crate) kind: SessionKind,
    pub(crate) room: u64,
    pub(crate) tag: Option<String>,
    /// `None` while it is at the door.
    pub(crate) connection: Option<Box<dyn Connection>>,
    pub(crate) state: SessionState,
    pub(crate) opened: Instant,
    pub(crate) connected_at: Option<SystemTime>,
    /// Known of encoders that let it be measured.
    pub(crate) round_trip: Option<Duration>,
    pub(crate) keyframe_requests: u64,
    /// Whether media was flowing when last looked at.
    pub(crate) was_flowing: bool,
    /// Video packets written, to tell retransmissions from them.
    pub(crate) video_packets_written: u64,
    pub(crate) nacks: u64,
    pub(crate) retransmissions: u64,
}

impl Session {
    /// The session of a request, and its connection.
    pub(crate) fn new(request: OpenSession, now: Instant) -> (Self, Box<dyn Connection>) {
        let session = Self {
            name: request.name,
            kind: request.kind,
            room: request.room.id,
            tag: request.tag,
            connection: None,
            state: SessionState::Connecting,
            opened: now,
            connected_at: None,
            round_trip: None,
            keyframe_requests: 0,
            was_flowing: false,
            video_packets_written: 0,
            nacks: 0,
            retransmissions: 0,
        };
        (session, request.connection)
    }

    /// How many NACKs and retransmissions came since the last statistics.
    pub(crate) fn update(&mut self, statistics: PeerStatistics) -> (u64, u64) {
        let nacks = statistics.nacks.unwrap_or(self.nacks).max(self.nacks);
        let sent_again = statistics.packets_sent.map(|sent| sent.saturating_sub(self.video_packets_written));
        let retransmissions = sent_again.unwrap_or(0).max(self.retransmissions);
        let grown = (nacks - self.nacks, retransmissions - self.retransmissions);
        (self.nacks, self.retransmissions) = (nacks, retransmissions);
        grown
    }
}

/// Writes what leaves a room into the viewers' connections.
pub(crate) struct Egress<'a> {
    pub(crate) outlet: &'a mut Outlet,
    pub(crate) sessions: &'a mut Sessions,
    /// The moment from which monotonic time counts.
    pub(crate) started: Instant,
    pub(crate) now: Instant,
}

impl PacketSink for Egress<'_> {
    fn write(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        if let Some(session) = self.sessions.get_mut(&viewer.0)
            && let Some(connection) = &mut session.connection
        {
            session.video_packets_written += u64::from(packet.packet.codec.kind() == MediaKind::Video);
            connection.write(packet, self.started + packet.packet.captured.elapsed());
        }
    }

    fn retransmit(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        self.write(viewer, packet);
    }

    fn finish(&mut self, viewer: ViewerId) {
        if let Some(session) = self.sessions.get_mut(&viewer.0)
            && let Some(connection) = &mut session.connection
        {
            connection.advance(self.now);
            self.outlet.drain(viewer.0, &mut **connection);
        }
    }
}

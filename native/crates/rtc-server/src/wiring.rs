use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use rtc_core::{MediaKind, OutgoingPacket, PacketSink, ViewerId};

use crate::candidates::Candidates;
use crate::session::{Outbox, Session};
use crate::socket::{SendBatch, SocketTransmit, UdpSocket};
use crate::timers::Timers;
use crate::webrtc::PeerEvent;

/// The way of packets out of the node, apart from the sessions so that both can be borrowed at once.
pub(crate) struct Wiring {
    pub(crate) socket: Arc<UdpSocket>,
    pub(crate) candidates: Candidates,
    pub(crate) batch: SendBatch,
    pub(crate) timers: Timers,
    /// What peers told and nobody has looked at yet.
    pub(crate) events: Vec<(u64, PeerEvent)>,
}

impl Wiring {
    pub(crate) fn new(socket: UdpSocket, candidates: Candidates) -> Self {
        let socket = Arc::new(socket);
        let batch = SendBatch::new(SocketTransmit::new(socket.clone()));
        Self { socket, candidates, batch, timers: Timers::default(), events: Vec::new() }
    }

    /// Takes all a peer has to send and to tell.
    pub(crate) fn drain(&mut self, id: u64, session: &mut Session) {
        let Self { candidates, batch, timers, events, .. } = self;
        match session.peer.poll(&mut Outbox { session: id, candidates, batch, events }) {
            Ok(deadline) => timers.set(id, deadline),
            Err(reason) => events.push((id, PeerEvent::Closed(reason))),
        }
    }
}

/// Writes what leaves a room into the viewers' connections.
pub(crate) struct Egress<'a> {
    pub(crate) wiring: &'a mut Wiring,
    pub(crate) sessions: &'a mut HashMap<u64, Session>,
    /// The moment from which monotonic time counts.
    pub(crate) started: Instant,
    pub(crate) now: Instant,
}

impl PacketSink for Egress<'_> {
    fn write(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        if let Some(session) = self.sessions.get_mut(&viewer.0) {
            session.video_packets_written += u64::from(packet.packet.codec.kind() == MediaKind::Video);
            session.peer.write(packet, self.started + packet.packet.captured.elapsed());
        }
    }

    /// str0m answers NACKs itself.
    fn retransmit(&mut self, _viewer: ViewerId, _packet: OutgoingPacket<'_>) {}

    fn finish(&mut self, viewer: ViewerId) {
        if let Some(session) = self.sessions.get_mut(&viewer.0) {
            session.peer.advance(self.now);
            self.wiring.drain(viewer.0, session);
        }
    }
}

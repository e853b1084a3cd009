use std::collections::{HashMap, VecDeque};
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant, SystemTime};

use rtc_core::{IngestId, IngestPacket, MonotonicTime, SourceId, ViewerId};

use crate::candidates::Candidates;
use crate::command::Command;
use crate::demultiplexer::{Demultiplexer, stun_receiver_ufrag};
use crate::node::NodeOptions;
use crate::offer::SessionKind;
use crate::report::{Counters, SessionReport, SessionState};
use crate::rooms::Rooms;
use crate::session::Session;
use crate::socket::{Readiness, ReceiveBatch, UdpSocket, Wake, thread_cpu_seconds, wait};
use crate::webrtc::{PeerEvent, ReceivedPacket};
use crate::wiring::{Egress, Wiring};

/// Housekeeping: silence, lingering reports, connections that never came about.
const TICK: Duration = Duration::from_millis(100);
/// A session that has not connected by then is closed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Rounds of reading the socket before other work gets its turn.
const READ_ROUNDS: usize = 8;
/// Commands taken between two looks at the socket.
const COMMANDS_A_ROUND: usize = 64;

/// What the media thread shares with the handle.
pub(crate) struct Shared {
    pub(crate) wake: Wake,
    pub(crate) changed: Wake,
    pub(crate) counters: Counters,
}

/// Owns the socket, the sessions and the rooms; nothing else touches them.
pub(crate) struct MediaThread {
    pub(crate) options: NodeOptions,
    pub(crate) shared: Arc<Shared>,
    started: Instant,
    pub(crate) now: Instant,
    wiring: Wiring,
    pub(crate) demultiplexer: Demultiplexer,
    pub(crate) sessions: HashMap<u64, Session>,
    pub(crate) by_name: HashMap<String, u64>,
    pub(crate) rooms: Rooms,
    pub(crate) closed: VecDeque<(Instant, SessionReport)>,
    next_session: u64,
    next_tick: Instant,
}

impl MediaThread {
    pub(crate) fn new(options: NodeOptions, socket: UdpSocket, candidates: Candidates, shared: Arc<Shared>) -> Self {
        let now = Instant::now();
        Self {
            options,
            shared,
            started: now,
            now,
            wiring: Wiring::new(socket, candidates),
            demultiplexer: Demultiplexer::default(),
            sessions: HashMap::new(),
            by_name: HashMap::new(),
            rooms: Rooms::default(),
            closed: VecDeque::new(),
            next_session: 1,
            next_tick: now,
        }
    }

    /// Runs until it is told to stop, or the socket fails for good.
    pub(crate) fn run(mut self, commands: &Receiver<Command>) -> io::Result<()> {
        let mut incoming = ReceiveBatch::new();
        loop {
            let ready = wait(&self.wiring.socket, &self.shared.wake, self.timeout());
            if !self.turn(ready, Instant::now(), &mut incoming, commands)? {
                return Ok(());
            }
        }
    }

    /// Does what there is to do at `now`; false when told to stop.
    pub(crate) fn turn(
        &mut self,
        ready: Readiness,
        now: Instant,
        incoming: &mut ReceiveBatch,
        commands: &Receiver<Command>,
    ) -> io::Result<bool> {
        self.now = now;
        if ready.socket {
            self.read(incoming)?;
        }
        self.expire();
        self.settle();
        if ready.wake && !self.obey(commands) {
            self.close_everything();
            return Ok(false);
        }
        if self.now >= self.next_tick {
            self.tick();
            self.next_tick = self.now + TICK;
        }
        self.request_keyframes();
        self.settle();
        self.wiring.batch.flush();
        Ok(true)
    }

    fn timeout(&self) -> Duration {
        let room = self.rooms.deadline().map(|at| self.started + at.elapsed());
        let earliest = [self.wiring.timers.next(), room].into_iter().flatten().min().unwrap_or(self.next_tick);
        earliest.min(self.next_tick).saturating_duration_since(Instant::now())
    }

    pub(crate) fn monotonic(&self, at: Instant) -> MonotonicTime {
        MonotonicTime::since_start(at.saturating_duration_since(self.started))
    }

    fn read(&mut self, incoming: &mut ReceiveBatch) -> io::Result<()> {
        for _ in 0..READ_ROUNDS {
            let more = incoming.receive(&self.wiring.socket)?;
            self.now = Instant::now();
            let (mut packets, mut bytes) = (0, 0);
            for datagram in incoming.datagrams() {
                packets += 1;
                bytes += datagram.bytes.len() as u64;
                let destination = self.wiring.candidates.destination(datagram.source, datagram.local);
                let Some(id) = self.addressee(datagram.source, destination, datagram.bytes) else { continue };
                let Some(session) = self.sessions.get_mut(&id) else { continue };
                session.peer.receive(datagram.source, destination, datagram.bytes, self.now);
                self.wiring.drain(id, session);
            }
            Counters::add(&self.shared.counters.packets_received, packets);
            Counters::add(&self.shared.counters.bytes_received, bytes);
            self.settle();
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn addressee(&mut self, source: SocketAddr, destination: SocketAddr, bytes: &[u8]) -> Option<u64> {
        let known = self.demultiplexer.by_address(source);
        let Some(named) = stun_receiver_ufrag(bytes).and_then(|ufrag| self.demultiplexer.by_ufrag(ufrag)) else {
            return known;
        };
        if known != Some(named) {
            // Only one who knows the session's password may redirect it.
            if !self.sessions.get(&named)?.peer.accepts(source, destination, bytes) {
                return known;
            }
            self.demultiplexer.bind(source, named);
        }
        Some(named)
    }

    fn expire(&mut self) {
        while let Some(id) = self.wiring.timers.due(self.now) {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.peer.advance(self.now);
                self.wiring.drain(id, session);
            }
        }
    }

    /// Works off what the peers told, and sends on the media that came in.
    pub(crate) fn settle(&mut self) {
        loop {
            let events = mem::take(&mut self.wiring.events);
            if events.is_empty() {
                break;
            }
            for (id, event) in events {
                self.handle(id, event);
            }
            let now = self.monotonic(self.now);
            let Self { rooms, wiring, sessions, started, now: instant, .. } = self;
            let mut egress = Egress { wiring, sessions, started: *started, now: *instant };
            rooms.forward(now, &mut egress);
        }
    }

    fn handle(&mut self, id: u64, event: PeerEvent) {
        let now = self.monotonic(self.now);
        match event {
            PeerEvent::Packet(packet) => self.receive(id, packet),
            PeerEvent::SenderReport(kind, report) => {
                if let Some(session) = self.sessions.get(&id)
                    && let Some(room) = self.rooms.get_mut(session.room)
                {
                    room.media.sender_report(IngestId(id), kind, report);
                }
            }
            PeerEvent::KeyframeRequested => {
                if let Some(session) = self.sessions.get(&id)
                    && let Some(room) = self.rooms.get_mut(session.room)
                {
                    room.media.viewer_wants_keyframe(ViewerId(id), now);
                }
            }
            PeerEvent::Connected => self.connected(id),
            PeerEvent::Statistics(statistics) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    let (nacks, retransmissions) = session.update(statistics);
                    let counters = &self.shared.counters;
                    let counter = match session.kind {
                        SessionKind::Ingest => &counters.nacks_sent,
                        SessionKind::Playback => &counters.nacks_received,
                    };
                    Counters::add(counter, nacks);
                    Counters::add(&counters.retransmissions, retransmissions);
                }
            }
            PeerEvent::RoundTrip(round_trip) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.round_trip = Some(round_trip);
                }
            }
            PeerEvent::Closed(reason) => self.close(id, reason),
        }
    }

    fn receive(&mut self, id: u64, packet: ReceivedPacket) {
        let arrival = self.monotonic(packet.arrival);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(room) = self.rooms.get_mut(session.room) else { return };
        if !mem::replace(&mut session.was_flowing, true) {
            self.shared.changed.set();
        }
        room.media.receive(IngestPacket {
            source: SourceId { ingest: id, ssrc: packet.ssrc },
            codec: packet.codec,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            marker: packet.marker,
            orientation: packet.orientation,
            payload: packet.payload,
            arrival,
        });
    }

    fn connected(&mut self, id: u64) {
        let now = self.monotonic(self.now);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.state = SessionState::Connected;
        session.connected_at = Some(SystemTime::now());
        self.shared.changed.set();
        if session.kind == SessionKind::Playback {
            let (room, tracks) = (session.room, session.peer.viewer_tracks());
            let Self { rooms, wiring, sessions, started, now: instant, .. } = self;
            let Some(room) = rooms.get_mut(room) else { return };
            let mut egress = Egress { wiring, sessions, started: *started, now: *instant };
            room.media.add_viewer(ViewerId(id), tracks, now, &mut egress);
        }
    }

    fn request_keyframes(&mut self) {
        let now = self.monotonic(self.now);
        for ingest in self.rooms.poll_keyframe_requests(now) {
            if let Some(session) = self.sessions.get_mut(&ingest.0) {
                session.keyframe_requests += 1;
                session.peer.request_keyframe();
                session.peer.advance(self.now);
                self.wiring.drain(ingest.0, session);
            }
        }
    }

    /// Makes a session out of a connection; the caller has found room for it.
    pub(crate) fn insert(&mut self, mut session: Session) -> u64 {
        let id = self.next_session;
        self.next_session += 1;
        self.demultiplexer.set_ufrag(id, session.peer.ufrag());
        self.by_name.insert(session.name.clone(), id);
        self.wiring.drain(id, &mut session);
        self.sessions.insert(id, session);
        id
    }

    pub(crate) fn peer_changed(&mut self, id: u64) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.peer.advance(self.now);
            self.wiring.drain(id, session);
        }
    }

    /// Ends a session; its report lingers.
    pub(crate) fn close(&mut self, id: u64, reason: &'static str) {
        let Some(mut report) = self.report_of(id) else { return };
        let Some(mut session) = self.sessions.remove(&id) else { return };
        report.state = SessionState::Closed;
        report.close_reason = Some(reason);
        session.peer.close();
        self.wiring.drain(id, &mut session);
        // What the goodbye tells is about a session that is no more.
        self.wiring.events.retain(|(about, _)| *about != id);
        self.wiring.timers.remove(id);
        self.demultiplexer.remove(id);
        self.by_name.remove(&session.name);
        if let Some(room) = self.rooms.get_mut(session.room) {
            match session.kind {
                SessionKind::Ingest => room.media.close_ingest(IngestId(id)),
                SessionKind::Playback => room.media.remove_viewer(ViewerId(id)),
            }
            room.left(id, self.now);
        }
        self.closed.push_back((self.now, report));
        self.shared.changed.set();
    }

    fn tick(&mut self) {
        let now = self.monotonic(self.now);
        let (mut overdue, mut ingests, mut playbacks) = (Vec::new(), 0, 0);
        for (id, session) in &mut self.sessions {
            if session.state == SessionState::Connecting && self.now - session.opened > CONNECT_TIMEOUT {
                overdue.push(*id);
            }
            match session.kind {
                SessionKind::Playback => playbacks += 1,
                SessionKind::Ingest => {
                    ingests += 1;
                    let flows = self.rooms.get(session.room).is_some_and(|room| {
                        room.media.ingest() == Some(IngestId(*id)) && room.media.is_busy(self.options.silence, now)
                    });
                    if mem::replace(&mut session.was_flowing, flows) != flows {
                        self.shared.changed.set();
                    }
                }
            }
        }
        for id in overdue {
            self.close(id, "never_connected");
        }
        self.forget_closed();
        self.rooms.sweep(self.now);
        let counters = &self.shared.counters;
        let sent = self.wiring.batch.counters();
        Counters::set(&counters.ingest_sessions, ingests);
        Counters::set(&counters.playback_sessions, playbacks);
        Counters::set(&counters.packets_sent, sent.packets);
        Counters::set(&counters.bytes_sent, sent.bytes);
        Counters::set(&counters.send_drops, sent.drops);
        Counters::set(&counters.cpu_micros, (thread_cpu_seconds() * 1e6) as u64);
        let requests = self.rooms.counters();
        Counters::set(&counters.keyframe_requests_received, requests.keyframe_requests_received);
        Counters::set(&counters.keyframe_requests_from_cache, requests.keyframe_requests_from_cache);
        Counters::set(&counters.keyframe_requests_sent, requests.keyframe_requests_sent);
    }

    fn obey(&mut self, commands: &Receiver<Command>) -> bool {
        self.shared.wake.clear();
        for _ in 0..COMMANDS_A_ROUND {
            match commands.try_recv() {
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return false,
                Ok(command) => self.execute(command),
                Err(TryRecvError::Empty) => return true,
            }
        }
        // More may wait: come back after a look at the socket.
        self.shared.wake.set();
        true
    }

    fn close_everything(&mut self) {
        let ids: Vec<u64> = self.sessions.keys().copied().collect();
        for id in ids {
            self.close(id, "node_closed");
        }
        self.wiring.batch.flush();
    }
}

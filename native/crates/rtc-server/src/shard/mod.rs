//! One shard: its sessions, and its part of their rooms. Driven from outside: it is given datagrams, the time and what
//! waits in its mailbox, and leaves what is to be sent in its outlet.

mod closed;
mod demultiplexer;
mod execution;
mod housekeeping;
mod meter;
mod path;
mod picture_hold;
mod rooms;
mod session;
#[cfg(test)]
mod tests;
mod viewers;
mod worker;

use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant, SystemTime};

use rtc_core::{IngestId, IngestPacket, MonotonicTime, SourceId};

use self::closed::Closed;
use self::demultiplexer::Demultiplexer;
pub(crate) use self::demultiplexer::stun_receiver_ufrag;
use self::rooms::{Place, Rooms};
use self::session::{Egress, Session, Sessions};
pub(crate) use self::worker::ShardWorker;
use crate::assembly::Beginning;
use crate::command::Command;
use crate::directory::Departure;
use crate::events::{EventSink, NodeEventKind};
use crate::offer::SessionKind;
use crate::outlet::Outlet;
use crate::post::{self, DoorPost, Letter, MAX_DATAGRAM, Notice, Parcel, ShardMailbox, ShardPost};
use crate::report::{Counters, SessionState};
use crate::socket::{Datagram, Wake};
use crate::webrtc::{self, PeerEvent, ReceivedPacket};

/// Housekeeping: silence, lingering reports, connections that never came about.
const TICK: Duration = Duration::from_millis(100);
/// Commands taken between two looks at the socket.
const COMMANDS_A_ROUND: usize = 64;

/// What the threads of a node have in common.
#[derive(Clone)]
pub(crate) struct Surroundings {
    /// The moment from which monotonic time counts, on all shards.
    pub(crate) beginning: Beginning,
    pub(crate) silence: Duration,
    pub(crate) shards: Arc<[ShardPost]>,
    pub(crate) door: DoorPost,
    /// Set when the state of a session changed.
    pub(crate) changed: Arc<Wake>,
    pub(crate) events: EventSink,
    pub(crate) departed: Sender<Departure>,
}

pub(crate) struct Shard {
    index: usize,
    surroundings: Surroundings,
    mailbox: ShardMailbox,
    counters: Arc<Counters>,
    pub(crate) now: Instant,
    pub(crate) outlet: Outlet,
    demultiplexer: Demultiplexer,
    sessions: Sessions,
    rooms: Rooms,
    closed: Closed,
    next_tick: Instant,
    is_stopped: bool,
}

impl Shard {
    pub(crate) fn new(
        index: usize,
        surroundings: Surroundings,
        mailbox: ShardMailbox,
        outlet: Outlet,
        counters: Arc<Counters>,
    ) -> Self {
        let now = surroundings.beginning.instant;
        Self {
            index,
            surroundings,
            mailbox,
            counters,
            now,
            outlet,
            demultiplexer: Demultiplexer::default(),
            sessions: Sessions::default(),
            rooms: Rooms::default(),
            closed: Closed::default(),
            next_tick: now,
            is_stopped: false,
        }
    }

    /// When there is something to do although nothing arrives.
    pub(crate) fn deadline(&self) -> Instant {
        let room = self.rooms.deadline().map(|at| self.surroundings.beginning.instant + at.elapsed());
        [self.outlet.timers.next(), room].into_iter().flatten().fold(self.next_tick, Instant::min)
    }

    /// Sessions and rooms, and what is known and reported of them.
    pub(crate) fn held(&self) -> usize {
        let Self { sessions, rooms, demultiplexer, closed, outlet, .. } = self;
        sessions.len() + rooms.held() + demultiplexer.held() + closed.len() + outlet.events.len()
    }

    pub(crate) fn has_mail(&self) -> bool {
        self.mailbox.bell.has_rung()
    }

    /// Takes one datagram; `finish` is to follow, after one or many.
    pub(crate) fn receive(&mut self, datagram: Datagram<'_>, now: Instant) {
        self.now = now;
        let Datagram { source, local, bytes } = datagram;
        Counters::add(&self.counters.packets_received, 1);
        Counters::add(&self.counters.bytes_received, bytes.len() as u64);
        let destination = self.outlet.candidates.destination(source, local);
        let Some(session) = self.addressee(datagram, destination) else { return };
        self.pass_in(Letter { session, shard: self.index, source, destination, bytes });
    }

    /// Hands a datagram to its session, wherever that is.
    fn pass_in(&mut self, letter: Letter<&[u8]>) {
        let Letter { session: id, source, destination, bytes, .. } = letter;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(connection) = &mut session.connection {
            match bytes {
                // RFC 7983 section 7; of RTP and RTCP, a viewer sends the latter only (RFC 5761 section 4).
                [128..=191, packet_type, ..] if session.kind == SessionKind::Playback => {
                    if (192..=223).contains(packet_type) {
                        self.take_feedback(id, source, bytes);
                    }
                }
                _ => {
                    connection.receive(source, destination, bytes, self.now);
                    let before = self.outlet.events.len();
                    self.drain(id);
                    let events = self.outlet.events[before..].iter();
                    let is_media = |event| matches!(event, &PeerEvent::Packet(_) | &PeerEvent::SenderReport(..));
                    if events.map(|(_, event)| event).any(is_media) {
                        self.proved(id, source);
                    }
                }
            }
        } else if bytes.len() > MAX_DATAGRAM || !self.surroundings.door.forward(letter, &session.letters) {
            Counters::add(&self.counters.door_drops, 1);
        }
    }

    /// The session a datagram is for. A check (RFC 8445 section 7.3) must be made with the password of the session it
    /// names: only one who knows it may bind an address, and to no other address is anything remembered.
    fn addressee(&mut self, datagram: Datagram<'_>, destination: SocketAddr) -> Option<u64> {
        let known = self.demultiplexer.by_address(datagram.source);
        let Some(ufrag) = stun_receiver_ufrag(datagram.bytes) else { return known };
        let (named, password) = self.demultiplexer.by_ufrag(ufrag)?;
        let check = webrtc::check(datagram.bytes, password)?;
        if known != Some(named) {
            self.demultiplexer.bind(datagram.source, named);
        }
        self.checked(named, datagram.source, destination, check);
        Some(named)
    }

    /// Does what there is to do at `now`; false when the shard has been told to stop.
    pub(crate) fn finish(&mut self, now: Instant) -> bool {
        self.now = now;
        self.expire();
        self.rooms.touch_due(self.monotonic(now));
        self.settle();
        if self.has_mail() {
            self.open_mail();
            self.settle();
        }
        if self.now >= self.next_tick {
            self.tick();
            self.next_tick = self.now + TICK;
            self.settle();
        }
        self.request_keyframes();
        self.settle();
        if self.is_stopped {
            self.close_everything();
        }
        !self.is_stopped
    }

    /// After what `finish` left has been sent.
    pub(crate) fn wake_taps(&mut self) {
        self.rooms.wake_taps();
    }

    fn open_mail(&mut self) {
        self.mailbox.bell.answer();
        while let Some(notice) = post::next(&self.mailbox.notices) {
            self.take_notice(notice);
        }
        while let Some(parcel) = post::next(&self.mailbox.parcels) {
            match parcel {
                Parcel::Batch { room, packets } => self.rooms.receive(room, &packets, false),
                Parcel::Seed { room, packets } => self.rooms.receive(room, &packets, true),
                Parcel::Stray(letter) => {
                    // It must not go round and round: a session at the door again is another one.
                    if self.sessions.get(&letter.session).is_some_and(|session| session.connection.is_some()) {
                        self.pass_in(letter.borrowed());
                    }
                }
            }
        }
        for _ in 0..COMMANDS_A_ROUND {
            match post::next(&self.mailbox.commands) {
                Some(Command::Stop) => self.is_stopped = true,
                Some(command) => self.execute(command),
                None => return,
            }
        }
        // More may wait: come back after a look at the socket.
        self.mailbox.bell.ring();
    }

    fn take_notice(&mut self, notice: Notice) {
        match notice {
            Notice::Connected { session: id, mut connection, events } => {
                let Some(session) = self.sessions.get_mut(&id) else {
                    // Closed meanwhile, which the door has not heard yet.
                    self.outlet.hang_up(id, &mut *connection);
                    return;
                };
                session.connection = Some(connection);
                self.outlet.events.extend(events.into_iter().map(|event| (id, event)));
                self.drain(id);
                self.settle();
            }
            Notice::Failed { session, reason } => self.close(session, reason),
            Notice::Restarted { session, restarted, reply } => {
                if self.sessions.contains_key(&session) {
                    self.demultiplexer.set_credentials(session, restarted.local.clone());
                }
                let _ = reply.try_send(Ok(restarted));
            }
            Notice::Returned(command) => self.execute(command),
            Notice::Look { room } => {
                if let Some(room) = self.rooms.get_mut(room) {
                    room.link.look();
                }
            }
            Notice::CloseRoom { room, reply } => {
                self.close_room(room);
                let _ = reply.try_send(());
            }
        }
    }

    pub(crate) fn monotonic(&self, at: Instant) -> MonotonicTime {
        MonotonicTime::since_start(at.saturating_duration_since(self.surroundings.beginning.instant))
    }

    fn expire(&mut self) {
        let (now, ntp) = (self.monotonic(self.now), self.ntp());
        while let Some(id) = self.outlet.timers.due(self.now) {
            if let Some(session) = self.sessions.get_mut(&id).filter(|session| !session.is_stalled)
                && let Some(egress) = &mut session.egress
            {
                egress.report(now, ntp, &mut self.outlet.batch);
            }
            self.connection_changed(id);
        }
    }

    /// Lets a connection do what is due and takes what comes of it.
    fn connection_changed(&mut self, id: u64) {
        if let Some(connection) = self.sessions.get_mut(&id).and_then(|session| session.connection.as_mut()) {
            connection.advance(self.now);
            self.drain(id);
        }
    }

    fn drain(&mut self, id: u64) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.drain(id, &mut self.outlet, self.surroundings.beginning.instant);
        }
    }

    /// Works off what the connections told, and sends on the media that came in.
    fn settle(&mut self) {
        loop {
            let events = mem::take(&mut self.outlet.events);
            for (id, event) in events {
                self.handle(id, event);
            }
            self.with_rooms(|rooms, place, now, egress| rooms.forward(now, place, egress));
            if self.outlet.events.is_empty() {
                break;
            }
        }
    }

    /// Borrows the rooms beside the way out of them.
    fn with_rooms<T>(&mut self, work: impl FnOnce(&mut Rooms, &Place<'_>, MonotonicTime, &mut Egress<'_>) -> T) -> T {
        let now = self.monotonic(self.now);
        let Self { rooms, outlet, sessions, surroundings, index, .. } = self;
        let place = Place { shard: *index, posts: &surroundings.shards };
        let mut egress = Egress { batch: &mut outlet.batch, sessions, now };
        work(rooms, &place, now, &mut egress)
    }

    fn handle(&mut self, id: u64, event: PeerEvent) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match event {
            PeerEvent::Packet(packet) => self.take_media(id, packet),
            PeerEvent::SenderReport(kind, report) => {
                if let Some(source) = self.rooms.get_mut(session.room).and_then(|room| room.source.as_mut()) {
                    source.sender_report(IngestId(id), kind, report);
                }
            }
            PeerEvent::Connected => self.connected(id),
            PeerEvent::NacksSent(nacks) => {
                let before = mem::replace(&mut session.nacks, nacks);
                Counters::add(&self.counters.nacks_sent, nacks.saturating_sub(before));
            }
            PeerEvent::RoundTrip(round_trip) => session.round_trip = Some(round_trip),
            PeerEvent::Closed(reason) => self.close(id, reason),
        }
    }

    fn take_media(&mut self, id: u64, packet: ReceivedPacket) {
        let arrival = self.monotonic(packet.arrival);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(source) = self.rooms.get_mut(session.room).and_then(|room| room.source.as_mut()) else { return };
        if !mem::replace(&mut session.was_flowing, true) {
            self.surroundings.changed.set();
        }
        session.ingest_meter.received(packet.codec.kind(), packet.timestamp, packet.codec.clock_rate(), arrival);
        source.receive(IngestPacket {
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
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.state = SessionState::Connected;
        session.connected_at = Some(SystemTime::now());
        self.announce(id, NodeEventKind::Connected);
        self.begin_to_watch(id);
    }

    fn request_keyframes(&mut self) {
        for ingest in self.with_rooms(|rooms, place, now, _| rooms.poll_keyframe_requests(now, place)) {
            if let Some(session) = self.sessions.get_mut(&ingest.0)
                && let Some(connection) = &mut session.connection
            {
                session.keyframe_requests += 1;
                connection.request_keyframe();
                self.connection_changed(ingest.0);
            }
        }
    }
}

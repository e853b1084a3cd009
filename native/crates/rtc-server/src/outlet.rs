use std::net::SocketAddr;
use std::time::Instant;

use crate::candidates::Candidates;
use crate::socket::SendBatch;
use crate::timers::Timers;
use crate::webrtc::{Connection, PeerEvent, PeerOutput};

/// The way of packets out of one socket, apart from the connections so that both can be borrowed at once.
pub(crate) struct Outlet {
    pub(crate) candidates: Candidates,
    pub(crate) batch: SendBatch,
    pub(crate) timers: Timers,
    /// What connections told and nobody has looked at yet.
    pub(crate) events: Vec<(u64, PeerEvent)>,
}

impl Outlet {
    pub(crate) fn new(batch: SendBatch, candidates: Candidates) -> Self {
        Self { candidates, batch, timers: Timers::default(), events: Vec::new() }
    }

    /// Takes all a connection has to send and to tell, and has it looked at again when it is due, at `latest` if given.
    /// What is no answer to a check goes by `path` if given, from the other side's address and ours: the connection itself
    /// would go on by a nominated pair until it takes that for dead, which takes long.
    pub(crate) fn drain(
        &mut self,
        session: u64,
        connection: &mut dyn Connection,
        path: Option<(SocketAddr, SocketAddr)>,
        latest: Option<Instant>,
    ) {
        let Self { candidates, batch, timers, events } = self;
        match connection.poll(&mut Outbox { session, candidates, path, batch, events }) {
            Ok(deadline) => timers.set(session, latest.map_or(deadline, |latest| latest.min(deadline))),
            Err(reason) => events.push((session, PeerEvent::Closed(reason))),
        }
    }

    /// Says goodbye for a connection and forgets what it told: it is about a session that is no more.
    pub(crate) fn hang_up(&mut self, session: u64, connection: &mut dyn Connection) {
        connection.close();
        self.drain(session, connection, None, None);
        self.forget(session);
    }

    pub(crate) fn forget(&mut self, session: u64) {
        self.events.retain(|(about, _)| *about != session);
        self.timers.remove(session);
    }

    pub(crate) fn flush(&mut self) {
        self.batch.flush();
    }
}

/// Puts what a connection sends into the batch and keeps what it tells for later.
struct Outbox<'a> {
    session: u64,
    candidates: &'a Candidates,
    path: Option<(SocketAddr, SocketAddr)>,
    batch: &'a mut SendBatch,
    events: &'a mut Vec<(u64, PeerEvent)>,
}

impl PeerOutput for Outbox<'_> {
    fn transmit(&mut self, source: SocketAddr, destination: SocketAddr, bytes: Vec<u8>) {
        // First bytes below 4 are STUN (RFC 7983 section 7).
        let is_check = bytes.first().is_some_and(|first| *first < 4);
        let (remote, local) = self.path.filter(|_| !is_check).unwrap_or((destination, source));
        self.batch.push(self.candidates.route(local, remote), &bytes);
    }

    fn event(&mut self, event: PeerEvent) {
        self.events.push((self.session, event));
    }
}

//! Where connections are until they are up: ICE checks and the DTLS handshake of those who join cost milliseconds,
//! which no packet on a shard has to wait for.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::command::{Command, Reply, RestartedIce};
use crate::error::MediaError;
use crate::fragment::{Fragment, IceCredentials};
use crate::outlet::Outlet;
use crate::post::{self, DoorMailbox, Entrance, Letter, Notice, Parcel, ShardPost};
use crate::report::Counters;
use crate::socket::{thread_cpu_seconds, wait_for_bell};
use crate::webrtc::{Connection, PeerEvent};

/// How long nothing may happen.
const IDLE: Duration = Duration::from_secs(1);
/// Datagrams taken between two looks at who comes and goes.
const LETTERS_A_ROUND: usize = 64;

pub(crate) struct Door {
    mailbox: DoorMailbox,
    shards: Arc<[ShardPost]>,
    counters: Arc<Counters>,
    /// One for each shard: a connection speaks through the socket of the shard it will live on.
    outlets: Vec<Outlet>,
    waiting: HashMap<u64, Waiting>,
    now: Instant,
}

struct Waiting {
    shard: usize,
    /// The session's datagrams in the queue.
    letters: Arc<AtomicUsize>,
    connection: Box<dyn Connection>,
}

impl Door {
    pub(crate) fn new(
        mailbox: DoorMailbox,
        shards: Arc<[ShardPost]>,
        outlets: Vec<Outlet>,
        counters: Arc<Counters>,
        now: Instant,
    ) -> Self {
        Self { mailbox, shards, counters, outlets, waiting: HashMap::new(), now }
    }

    /// Runs until it is told to stop.
    pub(crate) fn run(mut self) {
        let bell = self.mailbox.bell.clone();
        loop {
            wait_for_bell(&bell, self.deadline().saturating_duration_since(Instant::now()));
            let goes_on = self.turn(Instant::now());
            self.flush();
            Counters::set(&self.counters.cpu_micros, (thread_cpu_seconds() * 1e6) as u64);
            if !goes_on {
                return;
            }
        }
    }

    /// When there is something to do although nothing arrives.
    pub(crate) fn deadline(&self) -> Instant {
        self.outlets.iter().filter_map(|outlet| outlet.timers.next()).fold(self.now + IDLE, Instant::min)
    }

    pub(crate) fn has_mail(&self) -> bool {
        self.mailbox.bell.has_rung()
    }

    pub(crate) fn flush(&mut self) {
        self.outlets.iter_mut().for_each(Outlet::flush);
    }

    /// Connections that wait here.
    pub(crate) fn held(&self) -> usize {
        self.waiting.len()
    }

    /// Does what there is to do at `now`; false when told to stop.
    pub(crate) fn turn(&mut self, now: Instant) -> bool {
        self.now = now;
        for shard in 0..self.outlets.len() {
            while let Some(session) = self.outlets[shard].timers.due(now) {
                self.advance(session);
            }
        }
        self.mailbox.bell.answer();
        while let Some(entrance) = post::next(&self.mailbox.entrances) {
            match entrance {
                Entrance::Admit { session, shard, connection, letters } => {
                    self.waiting.insert(session, Waiting { shard, letters, connection });
                    self.advance(session);
                }
                Entrance::Trickle { session, shard, fragment, reply } => self.trickle(session, shard, fragment, reply),
                Entrance::RestartIce { session, shard, remote, reply } => {
                    self.restart_ice(session, shard, remote, reply);
                }
                Entrance::Dismiss { session } => {
                    if let Some(mut waiting) = self.waiting.remove(&session) {
                        self.outlets[waiting.shard].hang_up(session, &mut *waiting.connection);
                    }
                }
                Entrance::Stop => return false,
            }
        }
        for _ in 0..LETTERS_A_ROUND {
            match post::next(&self.mailbox.letters) {
                Some(letter) => self.receive(letter),
                None => return true,
            }
        }
        self.mailbox.bell.ring();
        true
    }

    fn receive(&mut self, letter: Letter) {
        let Some(Waiting { shard, letters, connection }) = self.waiting.get_mut(&letter.session) else {
            // It went in while this was on its way; else the shard knows that it is gone.
            let post = &self.shards[letter.shard];
            if !post.deliver(Parcel::Stray(letter)) {
                Counters::add(&self.counters.door_drops, 1);
            }
            return;
        };
        letters.fetch_sub(1, Ordering::Relaxed);
        connection.receive(letter.source, letter.destination, &letter.bytes, self.now);
        let shard = *shard;
        self.drain(letter.session, shard);
    }

    fn advance(&mut self, session: u64) {
        let Some(Waiting { shard, connection, .. }) = self.waiting.get_mut(&session) else { return };
        connection.advance(self.now);
        let shard = *shard;
        self.drain(session, shard);
    }

    /// Sends what a connection has to send, and lets it in when it is up.
    fn drain(&mut self, session: u64, shard: usize) {
        let outlet = &mut self.outlets[shard];
        let Some(waiting) = self.waiting.get_mut(&session) else { return };
        outlet.drain(session, &mut *waiting.connection, None, None);
        let mut events = mem::take(&mut outlet.events);
        if events.is_empty() {
            return;
        }
        let failure = events.iter().find_map(|(_, event)| match event {
            PeerEvent::Closed(reason) => Some(*reason),
            _ => None,
        });
        let is_connected = events.iter().any(|(_, event)| matches!(event, PeerEvent::Connected));
        if failure.is_none() && !is_connected {
            return;
        }
        outlet.forget(session);
        // The end of the handshake must leave before the first media does, which nobody could read without it.
        outlet.flush();
        let Some(Waiting { connection, .. }) = self.waiting.remove(&session) else { return };
        let notice = match failure {
            Some(reason) => Notice::Failed { session, reason },
            None => {
                let events = events.drain(..).map(|(_, event)| event).collect();
                Notice::Connected { session, connection, events }
            }
        };
        self.shards[shard].notify(notice);
    }

    fn trickle(&mut self, session: u64, shard: usize, fragment: Fragment, reply: Reply<Result<(), MediaError>>) {
        let Some(Waiting { connection, .. }) = self.waiting.get_mut(&session) else {
            let command = Command::Trickle { session, fragment, reply };
            self.shards[shard].notify(Notice::Returned(command));
            return;
        };
        fragment.candidates.iter().for_each(|candidate| connection.add_remote_candidate(candidate));
        self.advance(session);
        let _ = reply.try_send(Ok(()));
    }

    fn restart_ice(
        &mut self,
        session: u64,
        shard: usize,
        remote: IceCredentials,
        reply: Reply<Result<RestartedIce, MediaError>>,
    ) {
        let Some(Waiting { connection, .. }) = self.waiting.get_mut(&session) else {
            let command = Command::RestartIce { session, remote, reply };
            self.shards[shard].notify(Notice::Returned(command));
            return;
        };
        let restarted = connection.restart_ice(&remote);
        match restarted {
            Ok(restarted) => self.shards[shard].notify(Notice::Restarted { session, restarted, reply }),
            Err(refused) => {
                let _ = reply.try_send(Err(refused));
            }
        }
        self.advance(session);
    }
}

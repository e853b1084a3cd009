//! A node without threads, sockets and a clock of its own: datagrams and the time go in, datagrams come out, and
//! everything between them happens in the calling thread, in the same order at every run. For simulations of whole
//! rooms. Not behind a feature: the code they run is then the code that is shipped, built once.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::assembly::{Assembly, Beginning};
use crate::control::{Control, Opening, Wait};
use crate::door::Door;
use crate::error::MediaError;
use crate::events::NodeEvent;
use crate::node::{NodeOptions, SessionAnswer, SessionPatch, shard_count};
use crate::offer::SessionKind;
use crate::report::{CounterSnapshot, SessionReport};
use crate::room_report::RoomReport;
use crate::shard::Shard;
use crate::socket::{Datagram, Run, SendBatch, SendCounters, Transmit};

/// The wall clock when a simulation begins: 2020-01-01, since 1970.
const WALL_CLOCK: Duration = Duration::from_secs(1_577_836_800);

pub struct SimulatedNode {
    assembly: Assembly,
    addresses: Vec<SocketAddr>,
    sent: Sent,
}

/// What leaves the node, or comes to it with the addresses as its peer has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedDatagram {
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub bytes: Vec<u8>,
}

type Sent = Arc<Mutex<Vec<SimulatedDatagram>>>;

/// Keeps what is sent by one shard's port.
struct Collect {
    source: SocketAddr,
    sent: Sent,
}

impl Transmit for Collect {
    fn transmit(&mut self, arena: &[u8], runs: &[Run], counters: &mut SendCounters) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        for run in runs {
            for (start, length) in run.datagrams() {
                let bytes = arena[start..start + length].to_vec();
                counters.packets += 1;
                counters.bytes += length as u64;
                sent.push(SimulatedDatagram { source: self.source, destination: run.route.destination, bytes });
            }
        }
    }
}

/// Waits for an answer by letting everyone work.
struct Work<'a> {
    shards: &'a mut [Shard],
    door: &'a mut Door,
    now: Instant,
}

impl Wait for Work<'_> {
    fn wait<T>(&mut self, answer: &Receiver<T>) -> Result<T, RecvTimeoutError> {
        self.until_idle();
        answer.try_recv().map_err(|error| match error {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
        })
    }
}

impl Work<'_> {
    /// Works until nobody has mail any more.
    fn until_idle(&mut self) {
        loop {
            for shard in &mut *self.shards {
                shard.finish(self.now);
                shard.outlet.flush();
            }
            self.door.turn(self.now);
            self.door.flush();
            if !self.door.has_mail() && !self.shards.iter().any(|shard| shard.has_mail()) {
                return;
            }
        }
    }
}

impl SimulatedNode {
    /// A node at the address of the options, port and the next ones, which are not opened; the port must be given.
    pub fn new(options: &NodeOptions, now: Instant) -> io::Result<Self> {
        let count = shard_count(options.shards)?;
        let addresses: Vec<SocketAddr> =
            (0..count).map(|index| SocketAddr::new(options.host, options.port + index as u16)).collect();
        let sent = Sent::default();
        let beginning = Beginning { instant: now, wall_clock: WALL_CLOCK };
        let batch = |index: usize| SendBatch::new(Collect { source: addresses[index], sent: sent.clone() });
        Ok(Self { assembly: Assembly::new(options, beginning, &addresses, batch)?, addresses, sent })
    }

    /// Spreads viewers over all shards however few they are.
    pub fn spread_viewers(&mut self) {
        self.assembly.control.directory.lock().unwrap_or_else(PoisonError::into_inner).close_load = 0;
    }

    /// Sessions, rooms, addresses and reports the node holds: none when nobody has been there for long.
    pub fn held(&mut self, now: Instant) -> usize {
        drop(self.assembly.control.directory(now));
        self.advance(now);
        self.assembly.shards.iter().map(Shard::held).sum::<usize>() + self.assembly.door.held()
    }

    /// The address of each shard.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub fn open_ingest(
        &mut self,
        room: &str,
        session: &str,
        offer: &str,
        takeover: bool,
        now: Instant,
    ) -> Result<SessionAnswer, MediaError> {
        let opening = Opening { kind: SessionKind::Ingest, room, session, offer, tag: None, takeover };
        self.ask(now, |control, work| control.open(opening, now, work))
    }

    pub fn open_playback(
        &mut self,
        room: &str,
        session: &str,
        offer: &str,
        now: Instant,
    ) -> Result<SessionAnswer, MediaError> {
        let opening = Opening { kind: SessionKind::Playback, room, session, offer, tag: None, takeover: false };
        self.ask(now, |control, work| control.open(opening, now, work))
    }

    pub fn patch_session(
        &mut self,
        session: &str,
        fragment: &str,
        restart: bool,
        now: Instant,
    ) -> Result<SessionPatch, MediaError> {
        self.ask(now, |control, work| control.patch(session, fragment, restart, now, work))
    }

    pub fn close_session(&mut self, session: &str, now: Instant) -> Result<bool, MediaError> {
        self.ask(now, |control, work| control.close(session, now, work))
    }

    pub fn close_room(&mut self, room: &str, now: Instant) -> Result<(), MediaError> {
        self.ask(now, |control, work| control.close_room(room, now, work))
    }

    pub fn report(&mut self, now: Instant) -> Result<Vec<SessionReport>, MediaError> {
        self.ask(now, |control, work| control.report(now, work))
    }

    pub fn rooms(&mut self, now: Instant) -> Result<Vec<RoomReport>, MediaError> {
        self.ask(now, |control, work| control.rooms(work))
    }

    pub fn events(&self) -> Vec<NodeEvent> {
        self.assembly.events.take()
    }

    pub fn counters(&self) -> CounterSnapshot {
        CounterSnapshot::sum(&self.assembly.counters)
    }

    /// Hands the shard of that address a datagram; those of one moment are handed in one after the other, and then
    /// `advance` lets the node work.
    pub fn receive(&mut self, datagram: &SimulatedDatagram, now: Instant) {
        let Some(index) = self.addresses.iter().position(|address| *address == datagram.destination) else { return };
        let SimulatedDatagram { source, destination, bytes } = datagram;
        self.assembly.shards[index].receive(Datagram { source: *source, local: Some(destination.ip()), bytes }, now);
    }

    /// Does what there is to do at `now`.
    pub fn advance(&mut self, now: Instant) {
        self.work(now).until_idle();
    }

    /// When to call `advance`, if nothing arrives before.
    pub fn deadline(&self) -> Instant {
        self.assembly.shards.iter().map(|shard| shard.deadline()).fold(self.assembly.door.deadline(), Instant::min)
    }

    /// What the node has sent since the last call, in order.
    pub fn take_sent(&mut self) -> Vec<SimulatedDatagram> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn work(&mut self, now: Instant) -> Work<'_> {
        Work { shards: &mut self.assembly.shards, door: &mut self.assembly.door, now }
    }

    fn ask<T>(&mut self, now: Instant, question: impl FnOnce(&Control, &mut Work<'_>) -> T) -> T {
        let Assembly { control, shards, door, .. } = &mut self.assembly;
        question(control, &mut Work { shards, door, now })
    }
}

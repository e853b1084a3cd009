use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Shard;
use crate::report::Counters;
use crate::socket::{Bell, ReceiveBatch, UdpSocket, thread_cpu_seconds, wait};

/// Rounds of reading the socket before other work gets its turn.
const READ_ROUNDS: usize = 8;
const CPU_EVERY: Duration = Duration::from_millis(100);
/// Encoders send a picture in one burst, or in several some milliseconds apart: the rest of a burst is there by then.
const PICTURE_HOLD: Duration = Duration::from_micros(300);

/// The thread of a shard: waits, and moves datagrams between the shard and its socket.
pub(crate) struct ShardWorker {
    pub(crate) shard: Shard,
    socket: Arc<UdpSocket>,
    incoming: ReceiveBatch,
    bell: Arc<Bell>,
    counters: Arc<Counters>,
    next_cpu: Instant,
}

impl ShardWorker {
    pub(crate) fn new(shard: Shard, socket: Arc<UdpSocket>) -> Self {
        let (bell, counters) = (shard.mailbox.bell.clone(), shard.counters.clone());
        Self { next_cpu: shard.now, shard, socket, incoming: ReceiveBatch::new(), bell, counters }
    }

    /// Runs until it is told to stop, or the socket fails for good.
    pub(crate) fn run(mut self) -> io::Result<()> {
        loop {
            let timeout = self.shard.deadline().saturating_duration_since(Instant::now());
            let has_input = wait(&self.socket, &self.bell, timeout);
            if !self.turn(has_input, Instant::now())? {
                return Ok(());
            }
        }
    }

    /// Does what there is to do at `now`; false when told to stop.
    pub(crate) fn turn(&mut self, has_input: bool, now: Instant) -> io::Result<bool> {
        let mut now = now;
        if has_input {
            now = self.read(now)?;
            let until = now + PICTURE_HOLD;
            // What waits for its picture leaves in fewer messages, and the messages are what a viewer costs.
            while self.shard.is_amid_picture() && now < until && wait(&self.socket, &self.bell, until - now) {
                now = self.read(Instant::now())?;
            }
        }
        let goes_on = self.shard.finish(now);
        self.shard.outlet.flush();
        self.shard.wake_taps();
        if now >= self.next_cpu {
            Counters::set(&self.counters.cpu_micros, (thread_cpu_seconds() * 1e6) as u64);
            self.next_cpu = now + CPU_EVERY;
        }
        Ok(goes_on)
    }

    /// Gives the shard what waits in the socket; the time after it.
    fn read(&mut self, mut now: Instant) -> io::Result<Instant> {
        for _ in 0..READ_ROUNDS {
            let more = self.incoming.receive(&self.socket)?;
            for datagram in self.incoming.datagrams() {
                self.shard.receive(datagram, now);
            }
            if !more {
                break;
            }
            now = Instant::now();
        }
        Ok(now)
    }
}

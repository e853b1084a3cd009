//! One viewer. Most read only the headers that SRTP leaves clear, so that one core can play thousands of them; some
//! decrypt everything, as a player does.

use std::time::Instant;

use crate::Failure;
use crate::feedback::Feedback;
use crate::peer::{Notice, Peer};
use crate::reception::{Counts, Kind, PayloadTypes, Reception};
use crate::socket::{JOINED_BYTES, ReceiveBatch, receive_drops};
use crate::travel::TravelTimes;

/// More than the largest answer to a connectivity check or sender report; the rest of a media packet is not copied.
const HEAD_BYTES: usize = 512;
const DATAGRAM_BYTES: usize = 2048;

/// Buffers that all peers of a thread share.
pub struct Buffers {
    pub whole: ReceiveBatch,
    heads: Option<ReceiveBatch>,
}

impl Buffers {
    /// Joined datagrams must be read whole to be taken apart.
    pub fn new(joins_datagrams: bool) -> Self {
        if joins_datagrams {
            Self { whole: ReceiveBatch::new(JOINED_BYTES), heads: None }
        } else {
            Self { whole: ReceiveBatch::new(DATAGRAM_BYTES), heads: Some(ReceiveBatch::new(HEAD_BYTES)) }
        }
    }
}

pub struct Viewer {
    peer: Peer,
    types: PayloadTypes,
    decrypts: bool,
    reception: Reception,
    feedback: Option<Feedback>,
    decrypted: u64,
    messages: Messages,
    drops_before: u32,
}

/// Messages of the server that reached a socket which notes arrival times: what it sent as one, for the kernel to cut
/// up (GSO), arrives at one time.
#[derive(Clone, Copy, Default)]
pub struct Messages {
    pub packets: u64,
    pub messages: u64,
    last_arrival: u64,
}

impl Messages {
    fn note(&mut self, arrived_at: u64) {
        self.packets += 1;
        self.messages += u64::from(arrived_at != self.last_arrival);
        self.last_arrival = arrived_at;
    }
}

impl Viewer {
    pub fn new(mut peer: Peer, types: PayloadTypes, decrypts: bool) -> Self {
        peer.sends_rtcp = decrypts;
        let reception = Reception::default();
        let messages = Messages::default();
        Self { peer, types, decrypts, reception, feedback: None, decrypted: 0, messages, drops_before: 0 }
    }

    pub fn peer(&mut self) -> &mut Peer {
        &mut self.peer
    }

    pub fn is_alive(&self) -> bool {
        self.peer.is_alive()
    }

    pub fn is_connected(&self) -> bool {
        self.peer.is_connected
    }

    /// The SRTP profile agreed with the server.
    pub fn profile(&self) -> Option<&'static str> {
        self.peer.keys.get().map(|keys| keys.own.profile().name())
    }

    pub fn receives(&self) -> bool {
        self.reception.has_video()
    }

    pub fn counts(&self) -> Counts {
        self.reception.counts()
    }

    /// Media packets decrypted in this measurement.
    pub fn decrypted(&self) -> u64 {
        self.decrypted
    }

    /// Of this measurement, for a viewer that decrypts.
    pub fn messages(&self) -> Messages {
        self.messages
    }

    /// Datagrams of this measurement for which this viewer's own receive buffer had no room.
    pub fn dropped(&self) -> Result<u32, Failure> {
        Ok(receive_drops(&self.peer.socket)? - self.drops_before)
    }

    /// Begins to count anew.
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.reception.restart();
        self.decrypted = 0;
        self.messages = Messages::default();
        self.drops_before = receive_drops(&self.peer.socket)?;
        Ok(())
    }

    /// Reads all that waits in the socket.
    pub fn receive(&mut self, buffers: &mut Buffers, travel_times: &mut TravelTimes) -> Result<(), Failure> {
        let batch = match &mut buffers.heads {
            Some(heads) if self.peer.is_connected && !self.decrypts => heads,
            _ => &mut buffers.whole,
        };
        loop {
            let more = batch.receive(&self.peer.socket)?;
            let now = Instant::now();
            for datagram in batch.datagrams() {
                let kind = Kind::of(datagram.bytes);
                if let Kind::Rtp(header) = kind {
                    self.reception.note(header, self.types);
                    if let Some(arrived_at) = datagram.arrived_at {
                        self.messages.note(arrived_at);
                    }
                }
                if kind != Kind::Control && !self.decrypts {
                    match (&mut self.feedback, self.peer.keys.get()) {
                        (Some(feedback), _) if kind == Kind::Rtcp => feedback.receive(datagram.bytes, now),
                        (None, Some(keys)) => {
                            self.feedback = datagram.source().map(|source| Feedback::new(keys, source, now));
                        }
                        _ => {}
                    }
                    continue;
                }
                let decrypted = &mut self.decrypted;
                self.peer.receive(now, &datagram, &mut |notice| {
                    let Notice::Packet(packet) = notice else { return };
                    *decrypted += 1;
                    if let Some(arrived_at) = datagram.arrived_at {
                        travel_times.note_arrival(&packet.payload, arrived_at);
                    }
                })?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    pub fn pass_time(&mut self, now: Instant) -> Result<(), Failure> {
        if let Some((report, to)) = self.feedback.as_mut().and_then(|each| each.report(&mut self.reception, now)) {
            self.peer.send(report, to);
        }
        self.peer.pass_time(now, &mut |_| {})
    }
}

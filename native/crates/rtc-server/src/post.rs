//! How the threads of the node reach each other. What must arrive goes by queues whose length the number of sessions
//! and rooms bounds; media goes by bounded ones, and what they have no room for is dropped and counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};

use rtc_core::MediaBatch;

use crate::command::{Command, Reply, RestartedIce};
use crate::error::MediaError;
use crate::fragment::{Fragment, IceCredentials};
use crate::socket::Bell;
use crate::webrtc::{Connection, PeerEvent};

/// Commands that may wait for a shard.
const COMMANDS: usize = 1024;
/// Batches of other shards' rooms that may wait for a shard: each is what one turn of the home shard brought.
const PARCELS: usize = 1024;
/// Datagrams that may wait at the door. A join takes about ten.
const DATAGRAMS: usize = 8192;
/// Of one session: nobody fills the queue for the others, and an encoder's first keyframe, which may follow its handshake
/// at once, still has room.
const DATAGRAMS_A_SESSION: usize = 128;
/// Of its checks, so that they get through what else it sends.
const CHECKS_A_SESSION: usize = 160;
/// The largest datagram taken to the door: those of ICE and DTLS are far smaller.
pub(crate) const MAX_DATAGRAM: usize = 2048;

/// To a shard, in order and without loss.
pub(crate) enum Notice {
    /// ICE and DTLS are up: the connection, and what it has told.
    Connected { session: u64, connection: Box<dyn Connection>, events: Vec<PeerEvent> },
    /// The connection ended before it was up.
    Failed { session: u64, reason: &'static str },
    /// The connection answers to other credentials from now on. Whoever asked for that hears of it when checks made
    /// with them find the session.
    Restarted { session: u64, restarted: RestartedIce, reply: Reply<Result<RestartedIce, MediaError>> },
    /// The door no longer has the session that this was about.
    Returned(Command),
    /// Something is wished of the source of a room.
    Look { room: u64 },
    /// The room is over, with all its sessions on the shard. Comes once a room, so it is a notice: a shard whose commands
    /// wait in a full queue is told too.
    CloseRoom { room: u64, reply: Reply<()> },
}

/// To a shard, as long as there is room.
pub(crate) enum Parcel {
    Batch {
        room: u64,
        packets: MediaBatch,
    },
    /// The present keyframe group, before the first batch.
    Seed {
        room: u64,
        packets: MediaBatch,
    },
    /// A datagram that came to the door after its session had left.
    Stray(Letter),
}

/// A datagram of a session, and the shard it came to.
#[derive(Clone, Copy)]
pub(crate) struct Letter<Bytes = Vec<u8>> {
    pub(crate) session: u64,
    pub(crate) shard: usize,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) bytes: Bytes,
}

impl<Bytes: AsRef<[u8]>> Letter<Bytes> {
    pub(crate) fn copied(&self) -> Letter {
        let Self { session, shard, source, destination, ref bytes } = *self;
        Letter { session, shard, source, destination, bytes: bytes.as_ref().to_vec() }
    }

    pub(crate) fn borrowed(&self) -> Letter<&[u8]> {
        let Self { session, shard, source, destination, ref bytes } = *self;
        Letter { session, shard, source, destination, bytes: bytes.as_ref() }
    }
}

/// To the door, in order and without loss.
pub(crate) enum Entrance {
    Admit {
        session: u64,
        shard: usize,
        connection: Box<dyn Connection>,
        /// How many of the session's datagrams wait, to be counted down.
        letters: Arc<AtomicUsize>,
    },
    Trickle {
        session: u64,
        shard: usize,
        fragment: Fragment,
        reply: Reply<Result<(), MediaError>>,
    },
    RestartIce {
        session: u64,
        shard: usize,
        remote: IceCredentials,
        reply: Reply<Result<RestartedIce, MediaError>>,
    },
    /// The session is over.
    Dismiss {
        session: u64,
    },
    Stop,
}

/// The way to one shard.
#[derive(Clone)]
pub(crate) struct ShardPost {
    commands: SyncSender<Command>,
    notices: Sender<Notice>,
    parcels: SyncSender<Parcel>,
    bell: Arc<Bell>,
}

/// The shard's side of it.
pub(crate) struct ShardMailbox {
    pub(crate) commands: Receiver<Command>,
    pub(crate) notices: Receiver<Notice>,
    pub(crate) parcels: Receiver<Parcel>,
    pub(crate) bell: Arc<Bell>,
}

impl ShardPost {
    pub(crate) fn new(bell: Bell) -> (Self, ShardMailbox) {
        let bell = Arc::new(bell);
        let (commands, command_queue) = mpsc::sync_channel(COMMANDS);
        let (notices, notice_queue) = mpsc::channel();
        let (parcels, parcel_queue) = mpsc::sync_channel(PARCELS);
        let mailbox =
            ShardMailbox { commands: command_queue, notices: notice_queue, parcels: parcel_queue, bell: bell.clone() };
        (Self { commands, notices, parcels, bell }, mailbox)
    }

    pub(crate) fn command(&self, command: Command) -> Result<(), TrySendError<Command>> {
        self.commands.try_send(command)?;
        self.bell.ring();
        Ok(())
    }

    /// Waits for a place in the queue.
    pub(crate) fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
        self.bell.ring();
    }

    pub(crate) fn notify(&self, notice: Notice) {
        // A shard that has stopped needs to know nothing any more.
        let _ = self.notices.send(notice);
        self.bell.ring();
    }

    /// False when the shard has too much waiting.
    pub(crate) fn deliver(&self, parcel: Parcel) -> bool {
        let is_delivered = self.parcels.try_send(parcel).is_ok();
        self.bell.ring();
        is_delivered
    }
}

/// The way to the door.
#[derive(Clone)]
pub(crate) struct DoorPost {
    entrances: Sender<Entrance>,
    letters: SyncSender<Letter>,
    bell: Arc<Bell>,
}

/// The door's side of it.
pub(crate) struct DoorMailbox {
    pub(crate) entrances: Receiver<Entrance>,
    pub(crate) letters: Receiver<Letter>,
    pub(crate) bell: Arc<Bell>,
}

impl DoorPost {
    pub(crate) fn new(bell: Bell) -> (Self, DoorMailbox) {
        let bell = Arc::new(bell);
        let (entrances, entrance_queue) = mpsc::channel();
        let (letters, letter_queue) = mpsc::sync_channel(DATAGRAMS);
        let mailbox = DoorMailbox { entrances: entrance_queue, letters: letter_queue, bell: bell.clone() };
        (Self { entrances, letters, bell }, mailbox)
    }

    pub(crate) fn enter(&self, entrance: Entrance) {
        let _ = self.entrances.send(entrance);
        self.bell.ring();
    }

    /// False when too many wait, of all or of this session.
    pub(crate) fn forward(&self, letter: Letter<&[u8]>, of_session: &AtomicUsize) -> bool {
        // First bytes below 4 are STUN (RFC 7983 section 7).
        let is_check = letter.bytes.first().is_some_and(|first| *first < 4);
        let most = if is_check { CHECKS_A_SESSION } else { DATAGRAMS_A_SESSION };
        // The session's shard alone counts up, so it never finds more than there are.
        if of_session.load(Ordering::Relaxed) >= most {
            return false;
        }
        of_session.fetch_add(1, Ordering::Relaxed);
        let is_taken = self.letters.try_send(letter.copied()).is_ok();
        if !is_taken {
            of_session.fetch_sub(1, Ordering::Relaxed);
        }
        self.bell.ring();
        is_taken
    }
}

/// The next that waits; `None` when nothing does or nobody is left to send.
pub(crate) fn next<T>(queue: &Receiver<T>) -> Option<T> {
    queue.try_recv().ok()
}

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crate::assembly::{Assembly, Beginning};
use crate::control::{Control, Opening, Wait};
use crate::door::Door;
use crate::error::MediaError;
use crate::events::{Events, NodeEvent};
use crate::offer::SessionKind;
use crate::post::{DoorPost, Entrance, ShardPost};
use crate::report::{CounterSnapshot, Counters, SessionReport};
use crate::room_report::RoomReport;
use crate::shard::ShardWorker;
use crate::socket::{SendBatch, SocketTransmit, UdpSocket, Wake};
use crate::tap::{Tap, TapOptions};

/// A shard that does not answer in this time is overloaded.
const REPLY_TIMEOUT: Duration = Duration::from_secs(2);
/// Shards taken by default, and at most: beyond this one machine has other limits.
const DEFAULT_SHARDS: usize = 8;
const MAX_SHARDS: usize = 64;

#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// The address to bind; `0.0.0.0` or `::` for all.
    pub host: IpAddr,
    /// UDP port of the first shard, the next has the next; 0 picks free ones.
    pub port: u16,
    /// Addresses to give to others instead of the bound ones, each an IP address with or without a port: that of the
    /// first shard, the next has the next.
    pub public_addresses: Vec<String>,
    /// An ingest without media for this long may be replaced without a takeover.
    pub silence: Duration,
    pub max_sessions: usize,
    /// Threads that forward media, each with a port of its own; 0 for one a processor, at most 8.
    pub shards: usize,
}

/// What one gets for an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAnswer {
    pub sdp: String,
    /// Entity tag of the ICE credentials, without quotes.
    pub etag: String,
}

/// What one gets for an SDP fragment: nothing for candidates, a fragment and a new entity tag for an ICE restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionPatch {
    pub sdp_fragment: Option<String>,
    pub etag: Option<String>,
}

/// The handle of a running media node. Every method may be called from any thread; most wait for the shards.
pub struct MediaNode {
    pub(crate) control: Control,
    door: DoorPost,
    changed: Arc<Wake>,
    events: Events,
    counters: Vec<Arc<Counters>>,
    ports: Vec<u16>,
    /// The moment from which monotonic time counts.
    started: Instant,
    pub(crate) reply_timeout: Duration,
    threads: Mutex<Option<Threads>>,
}

struct Threads {
    shards: Vec<JoinHandle<io::Result<()>>>,
    door: JoinHandle<()>,
}

/// Sleeps until an answer comes or the time is up, for any number of answers.
struct Patience {
    timeout: Duration,
    /// Counted from the first answer waited for.
    deadline: Option<Instant>,
}

impl Wait for Patience {
    fn wait<T>(&mut self, answer: &Receiver<T>) -> Result<T, RecvTimeoutError> {
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + self.timeout);
        answer.recv_timeout(deadline.saturating_duration_since(Instant::now()))
    }
}

impl MediaNode {
    pub fn start(options: NodeOptions) -> io::Result<Self> {
        let (node, workers, door) = Self::prepare(options)?;
        let door = thread::Builder::new().name("media door".into()).spawn(move || door.run())?;
        let mut threads = Threads { shards: Vec::new(), door };
        for (index, worker) in workers.into_iter().enumerate() {
            let thread = thread::Builder::new().name(format!("media {index}")).spawn(move || worker.run());
            match thread {
                Ok(thread) => threads.shards.push(thread),
                Err(error) => {
                    *node.threads.lock().unwrap_or_else(PoisonError::into_inner) = Some(threads);
                    return Err(error);
                }
            }
        }
        *node.threads.lock().unwrap_or_else(PoisonError::into_inner) = Some(threads);
        Ok(node)
    }

    /// A node whose threads have yet to run.
    pub(crate) fn prepare(options: NodeOptions) -> io::Result<(Self, Vec<ShardWorker>, Door)> {
        let wall_clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let beginning = Beginning { instant: Instant::now(), wall_clock };
        let sockets = bind(&options, shard_count(options.shards)?)?;
        let addresses: Vec<SocketAddr> = sockets.iter().map(|socket| socket.local_address()).collect();
        let batch = |index: usize| SendBatch::new(SocketTransmit::new(sockets[index].clone()));
        let Assembly { control, shards, door, door_post, changed, events, counters } =
            Assembly::new(&options, beginning, &addresses, batch)?;
        let workers = shards.into_iter().zip(&sockets);
        let workers = workers.map(|(shard, socket)| ShardWorker::new(shard, socket.clone())).collect();
        let node = Self {
            control,
            door: door_post,
            changed,
            events,
            counters,
            started: beginning.instant,
            ports: addresses.iter().map(SocketAddr::port).collect(),
            reply_timeout: REPLY_TIMEOUT,
            threads: Mutex::new(None),
        };
        Ok((node, workers, door))
    }

    /// The UDP port of each shard.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    pub fn open_ingest(
        &self,
        room: &str,
        session: &str,
        offer: &str,
        takeover: bool,
    ) -> Result<SessionAnswer, MediaError> {
        let opening = Opening { kind: SessionKind::Ingest, room, session, offer, tag: None, takeover };
        self.control.open(opening, Instant::now(), &mut self.patience())
    }

    pub fn open_playback(
        &self,
        room: &str,
        session: &str,
        offer: &str,
        tag: Option<&str>,
    ) -> Result<SessionAnswer, MediaError> {
        let opening = Opening { kind: SessionKind::Playback, room, session, offer, tag, takeover: false };
        self.control.open(opening, Instant::now(), &mut self.patience())
    }

    /// Takes a fragment of trickled candidates, or with `restart` the credentials of an ICE restart.
    pub fn patch_session(&self, session: &str, fragment: &str, restart: bool) -> Result<SessionPatch, MediaError> {
        self.control.patch(session, fragment, restart, Instant::now(), &mut self.patience())
    }

    /// False when there is no such session.
    pub fn close_session(&self, session: &str) -> Result<bool, MediaError> {
        self.control.close(session, Instant::now(), &mut self.patience())
    }

    /// Ends a broadcast: closes the ingest and the players of the room, and forgets the room.
    pub fn close_room(&self, room: &str) -> Result<(), MediaError> {
        self.control.close_room(room, Instant::now(), &mut self.patience())
    }

    /// Taps the media of a room: it begins with the present keyframe group and ends with the room.
    pub fn open_tap(&self, room: &str, options: TapOptions) -> Result<Tap, MediaError> {
        self.control.open_tap(room, options, self.started, Instant::now(), &mut self.patience())
    }

    /// Every session, and those closed in the last 30 seconds: these first, then in the order they were opened.
    pub fn report(&self) -> Result<Vec<SessionReport>, MediaError> {
        self.control.report(Instant::now(), &mut self.patience())
    }

    /// Every room, by name, with its players that are connected now.
    pub fn rooms(&self) -> Result<Vec<RoomReport>, MediaError> {
        self.control.rooms(&mut self.patience())
    }

    /// What has happened since the last call, at most some thousands; what was too much is counted. `report` is the
    /// truth.
    pub fn events(&self) -> Vec<NodeEvent> {
        self.events.take()
    }

    pub fn counters(&self) -> CounterSnapshot {
        CounterSnapshot::sum(&self.counters)
    }

    /// Readable when the state of a session changed; reading it makes it wait for the next change.
    pub fn event_fd(&self) -> RawFd {
        self.changed.as_raw_fd()
    }

    /// Says goodbye to everyone and stops the threads. A second call does nothing.
    pub fn close(&self) {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(threads) = threads {
            // A full queue empties: the threads still run.
            self.control.shards.iter().for_each(ShardPost::stop);
            for thread in threads.shards {
                let _ = thread.join();
            }
            // Last: it says goodbye for those the shards have closed.
            self.door.enter(Entrance::Stop);
            let _ = threads.door.join();
        }
    }

    fn patience(&self) -> Patience {
        Patience { timeout: self.reply_timeout, deadline: None }
    }
}

impl Drop for MediaNode {
    fn drop(&mut self) {
        self.close();
    }
}

pub(crate) fn shard_count(asked: usize) -> io::Result<usize> {
    match asked {
        0 => Ok(thread::available_parallelism().map_or(1, usize::from).min(DEFAULT_SHARDS)),
        1..=MAX_SHARDS => Ok(asked),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("A media node has at most {MAX_SHARDS} shards, not {asked}."),
        )),
    }
}

fn bind(options: &NodeOptions, count: usize) -> io::Result<Vec<Arc<UdpSocket>>> {
    let socket = |index: usize| {
        let port = match options.port {
            0 => 0,
            first => u16::try_from(usize::from(first) + index).map_err(|_| {
                let detail = format!("{count} media ports from {first} on go beyond the last port there is, 65535.");
                io::Error::new(io::ErrorKind::InvalidInput, detail)
            })?,
        };
        let address = SocketAddr::new(options.host, port);
        UdpSocket::bind(address).map(Arc::new).map_err(|error| {
            io::Error::new(error.kind(), format!("The media port {address} cannot be opened over UDP: {error}."))
        })
    };
    (0..count).map(socket).collect()
}

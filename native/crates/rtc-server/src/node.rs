use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::candidates::Candidates;
use crate::command::{Command, OpenSession, Reply};
use crate::error::{MediaError, MediaErrorKind};
use crate::fragment::{Fragment, restart_fragment};
use crate::media_thread::{MediaThread, Shared};
use crate::offer::{Offer, SessionKind};
use crate::report::{CounterSnapshot, Counters, SessionReport};
use crate::socket::{UdpSocket, Wake};
use crate::webrtc::{Certificate, PeerConnection};

/// Commands that may wait for the media thread.
const COMMANDS: usize = 1024;
/// A media thread that does not answer in this time is overloaded.
const REPLY_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_NAME_BYTES: usize = 256;

#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// The address to bind; `0.0.0.0` or `::` for all.
    pub host: IpAddr,
    /// UDP port; 0 picks a free one.
    pub port: u16,
    /// Addresses to give to others instead of the bound ones, each an IP address with or without a port.
    pub public_addresses: Vec<String>,
    /// An ingest without media for this long may be replaced without a takeover.
    pub silence: Duration,
    pub max_sessions: usize,
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

/// The handle of a running media node. Every method may be called from any thread; most wait for the media thread.
pub struct MediaNode {
    commands: SyncSender<Command>,
    shared: Arc<Shared>,
    candidates: Candidates,
    certificate: Certificate,
    port: u16,
    pub(crate) reply_timeout: Duration,
    thread: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl MediaNode {
    pub fn start(options: NodeOptions) -> io::Result<Self> {
        let (node, media_thread, queue) = Self::prepare(options)?;
        let thread = thread::Builder::new().name("media".into()).spawn(move || media_thread.run(&queue))?;
        *node.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(node)
    }

    /// A node whose media thread has yet to run.
    pub(crate) fn prepare(options: NodeOptions) -> io::Result<(Self, MediaThread, Receiver<Command>)> {
        let address = SocketAddr::new(options.host, options.port);
        let socket = UdpSocket::bind(address).map_err(|error| {
            io::Error::new(error.kind(), format!("The media port {address} cannot be opened over UDP: {error}."))
        })?;
        let port = socket.local_address().port();
        let candidates = Candidates::new(&socket, &options.public_addresses)?;
        let certificate =
            Certificate::generate().ok_or_else(|| io::Error::other("The node could not make its DTLS certificate."))?;
        let shared = Arc::new(Shared { wake: Wake::new()?, changed: Wake::new()?, counters: Counters::default() });
        let (commands, queue) = mpsc::sync_channel(COMMANDS);
        let media_thread = MediaThread::new(options, socket, candidates.clone(), shared.clone());
        let node = Self {
            commands,
            shared,
            candidates,
            certificate,
            port,
            reply_timeout: REPLY_TIMEOUT,
            thread: Mutex::new(None),
        };
        Ok((node, media_thread, queue))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn open_ingest(
        &self,
        room: &str,
        session: &str,
        offer: &str,
        takeover: bool,
    ) -> Result<SessionAnswer, MediaError> {
        self.open(SessionKind::Ingest, room, session, offer, None, takeover)
    }

    pub fn open_playback(
        &self,
        room: &str,
        session: &str,
        offer: &str,
        tag: Option<&str>,
    ) -> Result<SessionAnswer, MediaError> {
        self.open(SessionKind::Playback, room, session, offer, tag, false)
    }

    fn open(
        &self,
        kind: SessionKind,
        room: &str,
        session: &str,
        offer: &str,
        tag: Option<&str>,
        takeover: bool,
    ) -> Result<SessionAnswer, MediaError> {
        let (request, answer) = self.request(kind, room, session, offer, tag, takeover)?;
        self.ask(|reply| Command::Open(request, reply))??;
        Ok(answer)
    }

    /// What is done for an offer before the media thread sees it.
    pub(crate) fn request(
        &self,
        kind: SessionKind,
        room: &str,
        session: &str,
        offer: &str,
        tag: Option<&str>,
        takeover: bool,
    ) -> Result<(Box<OpenSession>, SessionAnswer), MediaError> {
        for name in [room, session].into_iter().chain(tag) {
            if name.len() > MAX_NAME_BYTES {
                let detail = format!("Rooms, sessions and tags have names of at most {MAX_NAME_BYTES} bytes.");
                return Err(MediaError::new(MediaErrorKind::Overloaded, detail));
            }
        }
        let offer = Offer::parse(offer, kind)?;
        let (mut peer, sdp) =
            PeerConnection::accept(offer, kind, self.candidates.advertised(), &self.certificate, Instant::now())?;
        let etag = peer.ufrag();
        let request = Box::new(OpenSession {
            kind,
            room: room.to_owned(),
            session: session.to_owned(),
            tag: tag.map(str::to_owned),
            takeover,
            peer,
        });
        Ok((request, SessionAnswer { sdp, etag }))
    }

    /// Takes a fragment of trickled candidates, or with `restart` the credentials of an ICE restart.
    pub fn patch_session(&self, session: &str, fragment: &str, restart: bool) -> Result<SessionPatch, MediaError> {
        let fragment = Fragment::parse(fragment)?;
        let session = session.to_owned();
        if !restart {
            self.ask(|reply| Command::Trickle { session, fragment, reply })??;
            return Ok(SessionPatch::default());
        }
        let remote = fragment.credentials.ok_or_else(|| {
            MediaError::new(MediaErrorKind::MalformedFragment, "An ICE restart needs new ICE credentials.")
        })?;
        let restarted = self.ask(|reply| Command::RestartIce { session, remote, reply })??;
        let text =
            restart_fragment(&restarted.media_line, &restarted.mid, &restarted.local, self.candidates.advertised());
        Ok(SessionPatch { sdp_fragment: Some(text), etag: Some(restarted.local.ufrag) })
    }

    /// False when there is no such session.
    pub fn close_session(&self, session: &str) -> Result<bool, MediaError> {
        let session = session.to_owned();
        self.ask(|reply| Command::Close { session, reply })
    }

    /// Ends a broadcast: closes the ingest and the players of the room, and forgets the room.
    pub fn close_room(&self, room: &str) -> Result<(), MediaError> {
        let room = room.to_owned();
        self.ask(|reply| Command::CloseRoom { room, reply })
    }

    /// Every session, and those closed in the last 30 seconds.
    pub fn report(&self) -> Result<Vec<SessionReport>, MediaError> {
        self.ask(|reply| Command::Report { reply })
    }

    pub fn counters(&self) -> CounterSnapshot {
        self.shared.counters.snapshot()
    }

    /// Readable when the state of a session changed; reading it makes it wait for the next change.
    pub fn event_fd(&self) -> RawFd {
        self.shared.changed.as_raw_fd()
    }

    /// Says goodbye to everyone and stops the media thread. A second call does nothing.
    pub fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A full queue empties: the thread still runs.
            let _ = self.commands.send(Command::Stop);
            self.shared.wake.set();
            let _ = thread.join();
        }
    }

    fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, MediaError> {
        let overloaded = |detail: &str| MediaError::new(MediaErrorKind::Overloaded, detail);
        let (reply, answer) = mpsc::sync_channel(1);
        self.commands.try_send(command(reply)).map_err(|error| match error {
            TrySendError::Full(_) => overloaded("The media node has too many requests waiting."),
            TrySendError::Disconnected(_) => overloaded("The media node is closed."),
        })?;
        self.shared.wake.set();
        answer.recv_timeout(self.reply_timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => overloaded("The media node did not answer in time."),
            RecvTimeoutError::Disconnected => overloaded("The media node is closed."),
        })
    }
}

impl Drop for MediaNode {
    fn drop(&mut self) {
        self.close();
    }
}

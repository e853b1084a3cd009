//! What is asked of a node, before and after its shards do it: checks, the place of a session, its connection, and the
//! answers put together.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::candidates::Candidates;
use crate::command::{Command, OpenSession, Reply, Reported};
use crate::directory::{Directory, Placement};
use crate::error::{MediaError, MediaErrorKind};
use crate::fragment::{Fragment, restart_fragment};
use crate::node::{SessionAnswer, SessionPatch};
use crate::offer::{Offer, SessionKind};
use crate::post::{Notice, ShardPost};
use crate::report::SessionReport;
use crate::room_report::{RoomReport, RoomTally};
use crate::tap::{Tap, TapOptions, tap};
use crate::webrtc::{self, Certificate};

const MAX_NAME_BYTES: usize = 256;

/// How an answer is waited for: by sleeping where shards have threads of their own.
pub(crate) trait Wait {
    fn wait<T>(&mut self, answer: &Receiver<T>) -> Result<T, RecvTimeoutError>;
}

pub(crate) struct Control {
    pub(crate) shards: Arc<[ShardPost]>,
    /// Of each shard.
    pub(crate) candidates: Vec<Candidates>,
    pub(crate) certificate: Certificate,
    pub(crate) directory: Mutex<Directory>,
}

/// What a session is asked for with.
#[derive(Clone, Copy)]
pub(crate) struct Opening<'a> {
    pub(crate) kind: SessionKind,
    pub(crate) room: &'a str,
    pub(crate) session: &'a str,
    pub(crate) offer: &'a str,
    pub(crate) tag: Option<&'a str>,
    pub(crate) takeover: bool,
}

impl Control {
    pub(crate) fn open(
        &self,
        opening: Opening<'_>,
        now: Instant,
        wait: &mut impl Wait,
    ) -> Result<SessionAnswer, MediaError> {
        for name in [opening.room, opening.session].into_iter().chain(opening.tag) {
            if name.len() > MAX_NAME_BYTES {
                let detail = format!("Rooms, sessions and tags have names of at most {MAX_NAME_BYTES} bytes.");
                return Err(MediaError::new(MediaErrorKind::Overloaded, detail));
            }
        }
        let offer = Offer::parse(opening.offer, opening.kind)?;
        let placement = self.directory(now).reserve(opening.kind, opening.room, opening.session, now)?;
        let (id, shard, room) = (placement.id, placement.shard, placement.room.clone());
        let prepared = self.prepare(opening, offer, placement, now);
        let (request, answer) = prepared.inspect_err(|_| self.directory(now).release(id, now))?;
        let opened = self.ask(shard, |reply| Command::Open(request, reply));
        // From here on the shard tells when the session is over, or did not come about.
        let opened = opened.inspect_err(|_| self.directory(now).release(id, now))?;
        answered(wait.wait(&opened))??;
        if opening.kind == SessionKind::Ingest {
            self.directory(now).opened(&room);
        }
        Ok(answer)
    }

    /// Builds the connection, which takes a millisecond or two: on the thread of the one who asks.
    fn prepare(
        &self,
        opening: Opening<'_>,
        offer: Offer,
        placement: Placement,
        now: Instant,
    ) -> Result<(Box<OpenSession>, SessionAnswer), MediaError> {
        let candidates = self.candidates[placement.shard].advertised();
        let (connection, sdp) = webrtc::accept(offer, opening.kind, candidates, &self.certificate, now)?;
        let local = connection.credentials();
        let etag = local.ufrag.clone();
        let request = Box::new(OpenSession {
            id: placement.id,
            kind: opening.kind,
            room: placement.room,
            name: opening.session.to_owned(),
            tag: opening.tag.map(str::to_owned),
            takeover: opening.takeover,
            local,
            connection,
        });
        Ok((request, SessionAnswer { sdp, etag }))
    }

    pub(crate) fn patch(
        &self,
        session: &str,
        fragment: &str,
        restart: bool,
        now: Instant,
        wait: &mut impl Wait,
    ) -> Result<SessionPatch, MediaError> {
        let fragment = Fragment::parse(fragment)?;
        let found = self.directory(now).find(session);
        let no_such_session = || MediaError::new(MediaErrorKind::NoSuchSession, "There is no session of this id.");
        if !restart {
            let (session, shard) = found.ok_or_else(no_such_session)?;
            let taken = self.ask(shard, |reply| Command::Trickle { session, fragment, reply })?;
            answered(wait.wait(&taken))??;
            return Ok(SessionPatch::default());
        }
        let remote = fragment.credentials.ok_or_else(|| {
            MediaError::new(MediaErrorKind::MalformedFragment, "An ICE restart needs new ICE credentials.")
        })?;
        let (session, shard) = found.ok_or_else(no_such_session)?;
        let restarted = self.ask(shard, |reply| Command::RestartIce { session, remote, reply })?;
        let restarted = answered(wait.wait(&restarted))??;
        let candidates = self.candidates[shard].advertised();
        let text = restart_fragment(&restarted.media_line, &restarted.mid, &restarted.local, candidates);
        Ok(SessionPatch { sdp_fragment: Some(text), etag: Some(restarted.local.ufrag) })
    }

    pub(crate) fn close(&self, session: &str, now: Instant, wait: &mut impl Wait) -> Result<bool, MediaError> {
        let Some((session, shard)) = self.directory(now).find(session) else { return Ok(false) };
        let closed = self.ask(shard, |reply| Command::Close { session, reply })?;
        answered(wait.wait(&closed))
    }

    pub(crate) fn close_room(&self, room: &str, now: Instant, wait: &mut impl Wait) -> Result<(), MediaError> {
        let Some(link) = self.directory(now).close_room(room) else { return Ok(()) };
        let told: Vec<Receiver<()>> = self.shards.iter().map(|shard| tell_closed(shard, link.id)).collect();
        told.iter().try_for_each(|answer| answered(wait.wait(answer)))
    }

    /// A tap of a room. `started` is the moment from which the node's monotonic time counts.
    pub(crate) fn open_tap(
        &self,
        room: &str,
        options: TapOptions,
        started: Instant,
        now: Instant,
        wait: &mut impl Wait,
    ) -> Result<Tap, MediaError> {
        let link = self.directory(now).room(room)?;
        let (inlet, tap) = tap(options, started).map_err(|error| {
            MediaError::new(MediaErrorKind::Overloaded, format!("The tap could not be made: {error}."))
        })?;
        let opened = self.ask(link.home, |reply| Command::OpenTap { room: link.id, inlet, reply })?;
        answered(wait.wait(&opened))??;
        Ok(tap)
    }

    pub(crate) fn report(&self, now: Instant, wait: &mut impl Wait) -> Result<Vec<SessionReport>, MediaError> {
        drop(self.directory(now));
        let mut reports: Vec<Reported> =
            self.ask_all(|reply| Command::Report { reply }, wait)?.into_iter().flatten().collect();
        reports.sort_by_key(|reported| (reported.closed.is_none(), reported.closed, reported.session));
        Ok(reports.into_iter().map(|reported| reported.report).collect())
    }

    pub(crate) fn rooms(&self, wait: &mut impl Wait) -> Result<Vec<RoomReport>, MediaError> {
        let mut rooms: BTreeMap<(Arc<str>, u64), RoomTally> = BTreeMap::new();
        for tally in self.ask_all(|reply| Command::Rooms { reply }, wait)?.into_iter().flatten() {
            let key = (tally.name.clone(), tally.room);
            match rooms.get_mut(&key) {
                Some(room) => room.merge(&tally),
                None => {
                    rooms.insert(key, tally);
                }
            }
        }
        Ok(rooms.into_values().map(RoomTally::report).collect())
    }

    /// The directory, without the rooms that nobody has been in for long, or nobody came to be in.
    pub(crate) fn directory(&self, now: Instant) -> MutexGuard<'_, Directory> {
        let mut directory = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        for room in directory.sweep(now) {
            // Nobody waits for the answer.
            drop(tell_closed(&self.shards[room.home], room.id));
        }
        directory
    }

    fn ask_all<T>(&self, command: impl Fn(Reply<T>) -> Command, wait: &mut impl Wait) -> Result<Vec<T>, MediaError> {
        let shards = 0..self.shards.len();
        let asked: Vec<Receiver<T>> = shards.map(|shard| self.ask(shard, &command)).collect::<Result<_, _>>()?;
        asked.iter().map(|answer| answered(wait.wait(answer))).collect()
    }

    fn ask<T>(&self, shard: usize, command: impl FnOnce(Reply<T>) -> Command) -> Result<Receiver<T>, MediaError> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.shards[shard].command(command(reply)).map_err(|error| {
            overloaded(match error {
                TrySendError::Full(_) => "The media node has too many requests waiting.",
                TrySendError::Disconnected(_) => "The media node is closed.",
            })
        })?;
        Ok(answer)
    }
}

fn tell_closed(shard: &ShardPost, room: u64) -> Receiver<()> {
    let (reply, answer) = mpsc::sync_channel(1);
    shard.notify(Notice::CloseRoom { room, reply });
    answer
}

fn answered<T>(answer: Result<T, RecvTimeoutError>) -> Result<T, MediaError> {
    answer.map_err(|error| {
        overloaded(match error {
            RecvTimeoutError::Timeout => "The media node did not answer in time.",
            RecvTimeoutError::Disconnected => "The media node is closed.",
        })
    })
}

fn overloaded(detail: &str) -> MediaError {
    MediaError::new(MediaErrorKind::Overloaded, detail)
}

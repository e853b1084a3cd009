//! Where everything is: rooms and sessions by name, and the shard of each. Asked when something is opened, changed or
//! closed, never for a packet.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use crate::error::{MediaError, MediaErrorKind};
use crate::link::RoomLink;
use crate::offer::SessionKind;

/// A room nobody is in is forgotten after this time; broadcasters return sooner.
const EMPTY_ROOM_LIFETIME: Duration = Duration::from_secs(600);
/// A shard that has a room already gets its next viewer too while it has at most this many sessions more than the
/// least loaded one, and a quarter of those on top: media crosses to no more shards than it must.
const CLOSE_LOAD: usize = 8;

pub(crate) struct Directory {
    rooms: HashMap<String, Room>,
    /// Taken out since the last `sweep`: their encoder did not come about, so their home shards alone may know of them.
    abandoned: Vec<Arc<RoomLink>>,
    sessions: HashMap<String, Entry>,
    names: HashMap<u64, String>,
    /// Sessions of each shard.
    loads: Vec<usize>,
    next: u64,
    max_sessions: usize,
    /// As `CLOSE_LOAD`.
    pub(crate) close_load: usize,
    /// The sessions that are over, as the shards tell them: they do not wait for anyone here.
    departures: Receiver<Departure>,
    departed: Sender<Departure>,
}

/// The id of a session, and when it was over.
pub(crate) type Departure = (u64, Instant);

struct Room {
    link: Arc<RoomLink>,
    /// Sessions of the room on each shard.
    members: Vec<usize>,
    empty_since: Option<Instant>,
    /// An encoder has been let in.
    is_open: bool,
}

struct Entry {
    id: u64,
    shard: usize,
    room: Arc<RoomLink>,
}

/// A place kept for a session.
pub(crate) struct Placement {
    pub(crate) id: u64,
    pub(crate) shard: usize,
    pub(crate) room: Arc<RoomLink>,
}

impl Directory {
    pub(crate) fn new(shards: usize, max_sessions: usize) -> Self {
        let (departed, departures) = mpsc::channel();
        Self {
            rooms: HashMap::new(),
            abandoned: Vec::new(),
            sessions: HashMap::new(),
            names: HashMap::new(),
            loads: vec![0; shards],
            next: 1,
            max_sessions,
            close_load: CLOSE_LOAD,
            departures,
            departed,
        }
    }

    /// Where shards tell which sessions are over. Never more wait than there are sessions.
    pub(crate) fn departed(&self) -> Sender<Departure> {
        self.departed.clone()
    }

    /// Finds a place for a session and keeps it. `release` it, or let its shard report it as over.
    pub(crate) fn reserve(
        &mut self,
        kind: SessionKind,
        room: &str,
        session: &str,
        now: Instant,
    ) -> Result<Placement, MediaError> {
        self.update();
        if self.sessions.contains_key(session) {
            return Err(MediaError::new(MediaErrorKind::SessionExists, "A session of this id is open already."));
        }
        // Players, or what pretends to be some, never keep an encoder from going live: a tenth is kept for those.
        let kept = if kind == SessionKind::Playback { self.max_sessions / 10 } else { 0 };
        if self.sessions.len() >= self.max_sessions - kept {
            let detail = format!("The node has its {} sessions; try again later.", self.max_sessions);
            return Err(MediaError::new(MediaErrorKind::Overloaded, detail));
        }
        let id = self.next_id();
        let shard = match kind {
            SessionKind::Ingest => self.open_room(room, now),
            SessionKind::Playback => self.place_viewer(room)?,
        };
        let Some(found) = self.rooms.get_mut(room) else { return Err(room_empty()) };
        found.members[shard] += 1;
        found.empty_since = None;
        self.loads[shard] += 1;
        let entry = Entry { id, shard, room: found.link.clone() };
        self.sessions.insert(session.to_owned(), entry);
        self.names.insert(id, session.to_owned());
        Ok(Placement { id, shard, room: found.link.clone() })
    }

    fn next_id(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        id
    }

    fn open_room(&mut self, name: &str, now: Instant) -> usize {
        if let Some(room) = self.rooms.get(name) {
            return room.link.home;
        }
        let home = least(&self.loads, |_| true).unwrap_or(0);
        let link = Arc::new(RoomLink::new(self.next_id(), name, home));
        let members = vec![0; self.loads.len()];
        self.rooms.insert(name.to_owned(), Room { link, members, empty_since: Some(now), is_open: false });
        home
    }

    fn place_viewer(&self, name: &str) -> Result<usize, MediaError> {
        let room = self.rooms.get(name).filter(|room| room.is_open).ok_or_else(room_empty)?;
        let idlest = least(&self.loads, |_| true).unwrap_or(0);
        let serving = least(&self.loads, |shard| shard == room.link.home || room.members[shard] > 0);
        let lowest = self.loads[idlest];
        Ok(serving.filter(|shard| self.loads[*shard] <= lowest + lowest / 4 + self.close_load).unwrap_or(idlest))
    }

    /// An encoder was let into the room: viewers may come.
    pub(crate) fn opened(&mut self, room: &RoomLink) {
        if let Some(found) = self.rooms.get_mut(&*room.name)
            && found.link.id == room.id
        {
            found.is_open = true;
        }
    }

    /// A session is over, or did not come about.
    pub(crate) fn release(&mut self, id: u64, now: Instant) {
        let Some(name) = self.names.remove(&id) else { return };
        let Some(entry) = self.sessions.remove(&name) else { return };
        self.loads[entry.shard] -= 1;
        let Some(room) = self.rooms.get_mut(&*entry.room.name).filter(|room| room.link.id == entry.room.id) else {
            return;
        };
        room.members[entry.shard] -= 1;
        if room.members.iter().all(|members| *members == 0) {
            room.empty_since = Some(now);
            if !room.is_open {
                let abandoned = self.take_room(&entry.room.name);
                self.abandoned.extend(abandoned);
            }
        }
    }

    /// Id and shard of an open session.
    pub(crate) fn find(&mut self, session: &str) -> Option<(u64, usize)> {
        self.update();
        self.sessions.get(session).map(|entry| (entry.id, entry.shard))
    }

    /// An open room.
    pub(crate) fn room(&self, name: &str) -> Result<Arc<RoomLink>, MediaError> {
        self.rooms.get(name).filter(|room| room.is_open).map(|room| room.link.clone()).ok_or_else(room_empty)
    }

    /// Takes a room out: nobody finds it any more.
    pub(crate) fn close_room(&mut self, name: &str) -> Option<Arc<RoomLink>> {
        self.update();
        self.take_room(name)
    }

    fn take_room(&mut self, name: &str) -> Option<Arc<RoomLink>> {
        let room = self.rooms.remove(name)?;
        room.link.close();
        Some(room.link)
    }

    /// Takes out the rooms nobody has been in for long, and tells those whose encoder did not come about: their home
    /// shards may have begun with them.
    pub(crate) fn sweep(&mut self, now: Instant) -> Vec<Arc<RoomLink>> {
        self.update();
        let is_stale =
            |room: &Room| room.empty_since.is_some_and(|since| now.duration_since(since) > EMPTY_ROOM_LIFETIME);
        let stale: Vec<String> =
            self.rooms.iter().filter(|(_, room)| is_stale(room)).map(|(name, _)| name.clone()).collect();
        let stale = stale.iter().filter_map(|name| self.take_room(name)).collect::<Vec<_>>();
        self.abandoned.drain(..).chain(stale).collect()
    }

    fn update(&mut self) {
        while let Ok((id, at)) = self.departures.try_recv() {
            self.release(id, at);
        }
    }
}

/// The least loaded shard of those asked for.
fn least(loads: &[usize], mut is_asked_for: impl FnMut(usize) -> bool) -> Option<usize> {
    (0..loads.len()).filter(|shard| is_asked_for(*shard)).min_by_key(|shard| loads[*shard])
}

fn room_empty() -> MediaError {
    MediaError::new(MediaErrorKind::RoomEmpty, "Nobody has gone live on this channel.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(shards: usize) -> (Directory, Instant) {
        let (mut directory, now) = (Directory::new(shards, 10_000), Instant::now());
        let ingest = directory.reserve(SessionKind::Ingest, "room", "ingest", now).unwrap();
        directory.opened(&ingest.room);
        (directory, now)
    }

    fn join(directory: &mut Directory, room: &str, number: usize, now: Instant) -> Placement {
        directory.reserve(SessionKind::Playback, room, &format!("{room} {number}"), now).unwrap()
    }

    #[test]
    fn a_room_stays_on_few_shards_while_they_have_room_and_then_spreads_evenly() {
        let (mut directory, now) = live(4);
        let shards: Vec<usize> = (0..400).map(|number| join(&mut directory, "room", number, now).shard).collect();
        assert!(shards[..CLOSE_LOAD].iter().all(|shard| *shard == shards[0]), "at first all at home");
        let counts = [0, 1, 2, 3].map(|shard| shards.iter().filter(|placed| **placed == shard).count());
        assert!(counts.iter().all(|count| *count > 80), "{counts:?}");
    }

    #[test]
    fn rooms_are_at_home_where_least_happens() {
        let (mut directory, now) = live(3);
        let mut homes: Vec<usize> = ["a", "b"]
            .iter()
            .map(|room| directory.reserve(SessionKind::Ingest, room, &format!("of {room}"), now).unwrap().room.home)
            .collect();
        homes.push(directory.find("ingest").unwrap().1);
        homes.sort_unstable();
        assert_eq!(homes, [0, 1, 2]);
    }

    #[test]
    fn an_encoder_that_was_refused_leaves_no_room_behind() {
        let now = Instant::now();
        let mut directory = Directory::new(2, 10);
        let placement = directory.reserve(SessionKind::Ingest, "room", "ingest", now).unwrap();
        let kind = |refused: Result<Placement, MediaError>| refused.map(|_| ()).unwrap_err().kind;
        let early = directory.reserve(SessionKind::Playback, "room", "player", now);
        assert_eq!(kind(early), MediaErrorKind::RoomEmpty, "the encoder is not in yet");
        directory.release(placement.id, now);
        assert!(placement.room.is_closed());
        let told: Vec<u64> = directory.sweep(now).iter().map(|room| room.id).collect();
        assert_eq!(told, [placement.room.id], "its home shard may have begun with it");
        assert!(directory.sweep(now).is_empty());
        assert_eq!(directory.loads, [0, 0]);
        let late = directory.reserve(SessionKind::Playback, "room", "player", now);
        assert_eq!(kind(late), MediaErrorKind::RoomEmpty);
    }

    #[test]
    fn an_empty_room_is_kept_for_a_while_counted_from_when_the_last_one_left() {
        let (mut directory, start) = live(2);
        let ingest = directory.find("ingest").unwrap().0;
        directory.departed().send((ingest, start)).unwrap();
        assert!(directory.sweep(start + Duration::from_secs(600)).is_empty(), "empty since this moment");
        let soon = start + Duration::from_secs(1_100);
        let player = join(&mut directory, "room", 1, soon);
        directory.release(player.id, soon);
        assert!(directory.sweep(soon + Duration::from_secs(600)).is_empty());
        let stale = directory.sweep(soon + Duration::from_secs(601));
        assert!(stale.len() == 1 && stale[0].is_closed());
    }
}

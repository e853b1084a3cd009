//! What a shard does when it is asked to.

use std::collections::HashMap;
use std::mem;

use rtc_core::{IngestId, ViewerId};

use super::{Session, Shard};
use crate::command::{Command, OpenSession, Reply, Reported, RestartedIce};
use crate::error::{MediaError, MediaErrorKind};
use crate::fragment::{Fragment, IceCredentials};
use crate::offer::SessionKind;
use crate::post::Entrance;
use crate::report::{IngestReport, SessionReport};
use crate::room_report::RoomTally;

impl Shard {
    pub(super) fn execute(&mut self, command: Command) {
        // Whoever no longer waits for a reply does not miss it.
        match command {
            Command::Open(request, reply) => {
                let id = request.id;
                let opened = self.open(*request);
                if opened.is_err() {
                    let _ = self.surroundings.departed.send((id, self.now));
                }
                let is_open = opened.is_ok();
                // But nobody has the answer to an offer then, and nobody would ever connect.
                if reply.try_send(opened).is_err() && is_open {
                    self.close(id, "never_connected");
                }
            }
            Command::Trickle { session, fragment, reply } => self.trickle(session, fragment, reply),
            Command::RestartIce { session, remote, reply } => self.restart_ice(session, remote, reply),
            Command::Close { session, reply } => {
                let is_open = self.sessions.contains_key(&session);
                self.close(session, "closed");
                let _ = reply.try_send(is_open);
            }
            Command::OpenTap { room, inlet, reply } => {
                let opened = match self.rooms.get_mut(room) {
                    Some(room) => room.open_tap(inlet),
                    None => {
                        Err(MediaError::new(MediaErrorKind::RoomEmpty, "The broadcast on this channel has just ended."))
                    }
                };
                let _ = reply.try_send(opened);
            }
            Command::Report { reply } => {
                let _ = reply.try_send(self.report());
            }
            Command::Rooms { reply } => {
                let _ = reply.try_send(self.tally_rooms());
            }
            Command::Stop => {}
        }
    }

    fn open(&mut self, request: OpenSession) -> Result<(), MediaError> {
        if request.room.is_closed() {
            return Err(MediaError::new(MediaErrorKind::RoomEmpty, "The broadcast on this channel has just ended."));
        }
        match request.kind {
            SessionKind::Ingest => self.open_ingest(request),
            SessionKind::Playback => {
                self.admit(request);
                Ok(())
            }
        }
    }

    fn open_ingest(&mut self, request: OpenSession) -> Result<(), MediaError> {
        let (id, room, takeover) = (request.id, request.room.id, request.takeover);
        let (now, silence) = (self.monotonic(self.now), self.surroundings.silence);
        let flows = self
            .rooms
            .get(room)
            .and_then(|room| room.source.as_ref())
            .is_some_and(|source| source.is_busy(silence, now));
        if flows && !takeover {
            return Err(MediaError::new(
                MediaErrorKind::RoomBusy,
                "Another encoder is live on this channel; stop it or take over.",
            ));
        }
        self.admit(request);
        let Some(source) = self.rooms.get_mut(room).and_then(|room| room.source.as_mut()) else { return Ok(()) };
        if let Ok(Some(before)) = source.open_ingest(IngestId(id), true, silence, now) {
            self.close(before.0, if flows { "taken_over" } else { "replaced" });
        }
        Ok(())
    }

    /// Makes a session of a request; its connection goes to the door until it is up.
    fn admit(&mut self, request: OpenSession) {
        let id = request.id;
        self.with_rooms(|rooms, place, _, _| rooms.open(&request.room, place).sessions.insert(id));
        self.demultiplexer.set_credentials(id, request.local.clone());
        let (session, connection) = Session::new(request, self.now);
        let letters = session.letters.clone();
        self.sessions.insert(id, session);
        self.surroundings.door.enter(Entrance::Admit { session: id, shard: self.index, connection, letters });
    }

    fn trickle(&mut self, session: u64, fragment: Fragment, reply: Reply<Result<(), MediaError>>) {
        match self.sessions.get_mut(&session) {
            None => {
                let _ = reply.try_send(Err(no_such_session()));
            }
            Some(Session { connection: None, .. }) => {
                let entrance = Entrance::Trickle { session, shard: self.index, fragment, reply };
                self.surroundings.door.enter(entrance);
            }
            Some(Session { connection: Some(connection), .. }) => {
                fragment.candidates.iter().for_each(|candidate| connection.add_remote_candidate(candidate));
                self.connection_changed(session);
                let _ = reply.try_send(Ok(()));
            }
        }
    }

    fn restart_ice(&mut self, session: u64, remote: IceCredentials, reply: Reply<Result<RestartedIce, MediaError>>) {
        match self.sessions.get_mut(&session) {
            None => {
                let _ = reply.try_send(Err(no_such_session()));
            }
            Some(Session { connection: None, .. }) => {
                let entrance = Entrance::RestartIce { session, shard: self.index, remote, reply };
                self.surroundings.door.enter(entrance);
            }
            Some(Session { connection: Some(connection), .. }) => {
                let restarted = connection.restart_ice(&remote);
                if let Ok(restarted) = &restarted {
                    self.demultiplexer.set_credentials(session, restarted.local.clone());
                }
                self.connection_changed(session);
                let _ = reply.try_send(restarted);
            }
        }
    }

    pub(super) fn close_room(&mut self, room: u64) {
        let sessions = self.rooms.get_mut(room).map(|room| mem::take(&mut room.sessions)).unwrap_or_default();
        for id in sessions {
            self.close(id, "room_closed");
        }
        self.rooms.remove(room, self.index);
    }

    fn report(&mut self) -> Vec<Reported> {
        self.closed.forget(self.now);
        let mut reports: Vec<Reported> = self.closed.iter().cloned().collect();
        reports.reserve(self.sessions.len());
        let ids: Vec<u64> = self.sessions.keys().copied().collect();
        reports.extend(ids.into_iter().filter_map(|id| {
            let report = self.report_of(id)?;
            Some(Reported { session: id, closed: None, report })
        }));
        reports
    }

    fn tally_rooms(&self) -> Vec<RoomTally> {
        let mut rooms: HashMap<u64, RoomTally> = self
            .rooms
            .iter()
            .map(|(id, room)| (id, RoomTally::new(id, room.link.name.clone(), room.packets_dropped)))
            .collect();
        for session in self.sessions.values() {
            if let (Some(report), Some(room)) = (session.playback_report(), rooms.get_mut(&session.room)) {
                room.add_viewer(&report);
            }
        }
        rooms.into_values().collect()
    }

    pub(super) fn report_of(&mut self, id: u64) -> Option<SessionReport> {
        let now = self.monotonic(self.now);
        let session = self.sessions.get(&id)?;
        let mut report = SessionReport {
            id: session.name.clone(),
            kind: session.kind,
            room: self.rooms.get(session.room).map(|room| room.link.name.clone()).unwrap_or_default(),
            tag: session.tag.clone(),
            state: session.state,
            connected_at: session.connected_at,
            media_age: None,
            ingest: None,
            playback: session.playback_report(),
            unplayable_codecs: Vec::new(),
            close_reason: None,
        };
        let Some(room) = self.rooms.get_mut(session.room) else { return Some(report) };
        match (session.kind, &mut room.audience, &mut room.source) {
            (SessionKind::Playback, Some(audience), _) => {
                let unplayable = audience.unplayable(ViewerId(id));
                report.unplayable_codecs = unplayable.into_iter().map(|codec| codec.name()).collect();
            }
            (SessionKind::Ingest, _, Some(source)) if source.ingest() == Some(IngestId(id)) => {
                let statistics = source.statistics(now);
                report.media_age = source.media_age(now);
                report.ingest = Some(IngestReport {
                    video_bitrate_bps: statistics.video_bitrate_bps,
                    audio_bitrate_bps: statistics.audio_bitrate_bps,
                    frames_per_second: statistics.frames_per_second,
                    loss_fraction: statistics.loss_fraction,
                    round_trip: session.round_trip,
                    video_codec: statistics.video_codec.map(|codec| codec.name()),
                    audio_codec: statistics.audio_codec.map(|codec| codec.name()),
                    width: statistics.resolution.map(|(width, _)| width),
                    height: statistics.resolution.map(|(_, height)| height),
                    keyframe_requests: session.keyframe_requests,
                    jitter: session.ingest_meter.jitter(),
                    freezes: session.ingest_meter.freezes,
                });
            }
            _ => {}
        }
        Some(report)
    }
}

fn no_such_session() -> MediaError {
    MediaError::new(MediaErrorKind::NoSuchSession, "There is no session of this id.")
}

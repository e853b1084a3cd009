//! What the media thread does when it is asked to.

use std::mem;
use std::time::Duration;

use rtc_core::{IngestId, ViewerId};

use crate::command::{Command, OpenSession, RestartedIce};
use crate::error::{MediaError, MediaErrorKind};
use crate::fragment::{Fragment, IceCredentials};
use crate::media_thread::MediaThread;
use crate::offer::SessionKind;
use crate::report::{IngestReport, SessionReport, SessionState};
use crate::session::Session;

/// Closed sessions stay in reports this long.
const LINGER: Duration = Duration::from_secs(30);
/// Closed sessions kept at most, whatever their age.
const LINGERING: usize = 10_000;

impl MediaThread {
    pub(crate) fn execute(&mut self, command: Command) {
        // Whoever no longer waits for a reply does not miss it.
        match command {
            Command::Open(request, reply) => {
                let name = request.session.clone();
                let opened = self.open(*request);
                let is_open = opened.is_ok();
                // But nobody has the answer to an offer then, and nobody would ever connect.
                if reply.try_send(opened).is_err()
                    && is_open
                    && let Some(id) = self.by_name.get(&name)
                {
                    self.close(*id, "never_connected");
                }
            }
            Command::Trickle { session, fragment, reply } => {
                let _ = reply.try_send(self.trickle(&session, &fragment));
            }
            Command::RestartIce { session, remote, reply } => {
                let _ = reply.try_send(self.restart_ice(&session, &remote));
            }
            Command::Close { session, reply } => {
                let id = self.by_name.get(&session).copied();
                if let Some(id) = id {
                    self.close(id, "closed");
                }
                let _ = reply.try_send(id.is_some());
            }
            Command::CloseRoom { room, reply } => {
                self.close_room(&room);
                let _ = reply.try_send(());
            }
            Command::Report { reply } => {
                let _ = reply.try_send(self.report());
            }
            Command::Stop => {}
        }
    }

    fn open(&mut self, request: OpenSession) -> Result<(), MediaError> {
        if self.by_name.contains_key(&request.session) {
            return Err(MediaError::new(MediaErrorKind::SessionExists, "A session of this id is open already."));
        }
        // Players, or what pretends to be some, never keep an encoder from going live: a tenth is kept for those.
        let max_sessions = self.options.max_sessions;
        let kept = if request.kind == SessionKind::Playback { max_sessions / 10 } else { 0 };
        if self.sessions.len() >= max_sessions - kept {
            return Err(MediaError::new(
                MediaErrorKind::Overloaded,
                format!("The node has its {max_sessions} sessions; try again later."),
            ));
        }
        match request.kind {
            SessionKind::Ingest => self.open_ingest(request),
            SessionKind::Playback => self.open_playback(request),
        }
    }

    fn open_ingest(&mut self, request: OpenSession) -> Result<(), MediaError> {
        let (now, silence, takeover) = (self.monotonic(self.now), self.options.silence, request.takeover);
        let room_id = self.rooms.open(&request.room, self.now);
        let flows = self.rooms.get(room_id).is_some_and(|room| room.media.is_busy(silence, now));
        if flows && !takeover {
            return Err(MediaError::new(
                MediaErrorKind::RoomBusy,
                "Another encoder is live on this channel; stop it or take over.",
            ));
        }
        let id = self.insert(session(request, room_id, self.now));
        let Some(room) = self.rooms.get_mut(room_id) else { return Ok(()) };
        room.joined(id);
        if let Ok(Some(before)) = room.media.open_ingest(IngestId(id), true, silence, now) {
            self.close(before.0, if flows { "taken_over" } else { "replaced" });
        }
        Ok(())
    }

    fn open_playback(&mut self, request: OpenSession) -> Result<(), MediaError> {
        let Some(room_id) = self.rooms.id(&request.room) else {
            return Err(MediaError::new(MediaErrorKind::RoomEmpty, "Nobody has gone live on this channel."));
        };
        let id = self.insert(session(request, room_id, self.now));
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.joined(id);
        }
        Ok(())
    }

    fn session(&mut self, name: &str) -> Result<(u64, &mut Session), MediaError> {
        let id = self.by_name.get(name).copied();
        let found = id.and_then(|id| self.sessions.get_mut(&id).map(|session| (id, session)));
        found.ok_or_else(|| MediaError::new(MediaErrorKind::NoSuchSession, "There is no session of this id."))
    }

    fn trickle(&mut self, name: &str, fragment: &Fragment) -> Result<(), MediaError> {
        let (id, session) = self.session(name)?;
        for candidate in &fragment.candidates {
            session.peer.add_remote_candidate(candidate);
        }
        self.peer_changed(id);
        Ok(())
    }

    fn restart_ice(&mut self, name: &str, remote: &IceCredentials) -> Result<RestartedIce, MediaError> {
        let (id, session) = self.session(name)?;
        let local = session.peer.restart_ice(remote)?;
        let (media_line, mid) = session.peer.first_section();
        self.demultiplexer.set_ufrag(id, local.ufrag.clone());
        self.peer_changed(id);
        Ok(RestartedIce { local, media_line, mid })
    }

    fn close_room(&mut self, name: &str) {
        let Some(room_id) = self.rooms.id(name) else { return };
        let sessions = self.rooms.get_mut(room_id).map(|room| mem::take(&mut room.sessions)).unwrap_or_default();
        for id in sessions {
            self.close(id, "room_closed");
        }
        self.rooms.remove(room_id);
    }

    fn report(&mut self) -> Vec<SessionReport> {
        self.forget_closed();
        let mut reports: Vec<SessionReport> = self.closed.iter().map(|(_, report)| report.clone()).collect();
        let mut ids: Vec<u64> = self.sessions.keys().copied().collect();
        ids.sort_unstable();
        reports.extend(ids.into_iter().filter_map(|id| self.report_of(id)));
        reports
    }

    pub(crate) fn report_of(&mut self, id: u64) -> Option<SessionReport> {
        let now = self.monotonic(self.now);
        let session = self.sessions.get(&id)?;
        let mut report = SessionReport {
            id: session.name.clone(),
            kind: session.kind,
            room: String::new(),
            tag: session.tag.clone(),
            state: session.state,
            connected_at: session.connected_at,
            media_age: None,
            ingest: None,
            unplayable_codecs: Vec::new(),
            close_reason: None,
        };
        let Some(room) = self.rooms.get_mut(session.room) else { return Some(report) };
        report.room.clone_from(&room.name);
        match session.kind {
            SessionKind::Playback => {
                report.unplayable_codecs =
                    room.media.unplayable(ViewerId(id)).into_iter().map(|codec| codec.name()).collect();
            }
            SessionKind::Ingest if room.media.ingest() == Some(IngestId(id)) => {
                let statistics = room.media.statistics(now);
                report.media_age = room.media.media_age(now);
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
                });
            }
            SessionKind::Ingest => {}
        }
        Some(report)
    }

    pub(crate) fn forget_closed(&mut self) {
        while self.closed.front().is_some_and(|(since, _)| self.now - *since > LINGER || self.closed.len() > LINGERING)
        {
            self.closed.pop_front();
        }
    }
}

fn session(request: OpenSession, room: u64, now: std::time::Instant) -> Session {
    Session {
        name: request.session,
        kind: request.kind,
        room,
        tag: request.tag,
        peer: request.peer,
        state: SessionState::Connecting,
        opened: now,
        connected_at: None,
        round_trip: None,
        keyframe_requests: 0,
        was_flowing: false,
        video_packets_written: 0,
        nacks: 0,
        retransmissions: 0,
    }
}

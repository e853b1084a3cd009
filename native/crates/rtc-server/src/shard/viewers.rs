//! What viewers tell while they watch, and what becomes of those who fall silent.

use std::mem;
use std::net::SocketAddr;
use std::time::Duration;

use rtc_core::ViewerId;
use rtc_core::rtcp::NtpTime;

use super::{Session, Shard};
use crate::assembly::Beginning;
use crate::egress::{Feedback, FeedbackBuffer};
use crate::events::NodeEventKind;
use crate::offer::SessionKind;
use crate::webrtc::Check;

/// A viewer of whom nothing is heard for this long is sent nothing until it is heard of again. Those who are there may
/// say something every six seconds only: consent checks (RFC 7675 section 5.1), reports (RFC 3550 section 6.3.1).
const SILENCE: Duration = Duration::from_secs(7);

impl Shard {
    /// The wall clock at `now`, as all reports of the node have it: it does not jump.
    pub(super) fn ntp(&self) -> NtpTime {
        let Beginning { instant, wall_clock } = self.surroundings.beginning;
        NtpTime::from_unix(wall_clock + (self.now - instant))
    }

    /// A check of this session came, made by one who knows its password.
    pub(super) fn checked(&mut self, id: u64, source: SocketAddr, destination: SocketAddr, check: Check) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.path.checked(source, destination, check.nominates, self.now)
            && let Some(egress) = &mut session.egress
        {
            egress.set_route(self.outlet.candidates.route(destination, source));
        }
        if session.path.vouches(source, self.now) {
            self.heard(id);
        }
    }

    /// Media or reports that only the other side can have sent came from `source`.
    pub(super) fn proved(&mut self, id: u64, source: SocketAddr) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.path.proved(source, self.now)
            && let (Some(egress), Some((remote, local))) = (&mut session.egress, session.path.addresses())
        {
            egress.set_route(self.outlet.candidates.route(local, remote));
        }
    }

    fn heard(&mut self, id: u64) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.heard = self.now;
        if mem::take(&mut session.is_stalled) {
            let room = session.room;
            self.with_rooms(|rooms, _, now, egress| {
                if let Some(audience) = rooms.get_mut(room).and_then(|room| room.audience.as_mut()) {
                    audience.resume(ViewerId(id), now, egress);
                }
            });
            self.drain(id);
            self.announce(id, NodeEventKind::Resumed);
        }
    }

    /// Stops sending to viewers of whom nothing is heard any more.
    pub(super) fn pause_silent_viewers(&mut self) {
        let is_silent =
            |session: &Session| session.egress.is_some() && !session.is_stalled && self.now - session.heard > SILENCE;
        let mut silent: Vec<u64> =
            self.sessions.iter().filter(|(_, session)| is_silent(session)).map(|(id, _)| *id).collect();
        silent.sort_unstable();
        for id in silent {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            session.is_stalled = true;
            if let Some(audience) = self.rooms.get_mut(session.room).and_then(|room| room.audience.as_mut()) {
                audience.pause(ViewerId(id));
            }
            self.announce(id, NodeEventKind::Stalled);
        }
    }

    /// A connected viewer begins to watch.
    pub(super) fn begin_to_watch(&mut self, id: u64) {
        let now = self.monotonic(self.now);
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.kind == SessionKind::Playback) else {
            return;
        };
        let (room, heard) = (session.room, self.now);
        let Some(connection) = &mut session.connection else { return };
        let tracks = connection.viewer_tracks();
        let Some(mut egress) = connection.take_egress(now) else {
            self.close(id, "protocol_error");
            return;
        };
        if let Some((remote, local)) = session.path.addresses() {
            egress.set_route(self.outlet.candidates.route(local, remote));
        }
        session.egress = Some(Box::new(egress));
        session.heard = heard;
        self.with_rooms(|rooms, place, now, egress| {
            if let Some(room) = rooms.get_mut(room) {
                room.add_viewer(ViewerId(id), tracks, now, place, egress);
            }
        });
        self.drain(id);
    }

    /// SRTCP of a viewer.
    pub(super) fn take_feedback(&mut self, id: u64, source: SocketAddr, datagram: &[u8]) {
        let ntp = self.ntp();
        let mut buffer = FeedbackBuffer::default();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let room = session.room;
        let Some(messages) = session.egress.as_mut().and_then(|egress| egress.open_feedback(datagram, &mut buffer))
        else {
            return;
        };
        self.proved(id, source);
        self.heard(id);
        for message in messages {
            let egress = self.sessions.get_mut(&id).and_then(|session| session.egress.as_mut());
            let Some(feedback) = egress.and_then(|egress| egress.hear(message, ntp)) else { continue };
            self.with_rooms(|rooms, _, now, sink| {
                let Some(audience) = rooms.get_mut(room).and_then(|room| room.audience.as_mut()) else { return };
                let viewer = ViewerId(id);
                match feedback {
                    Feedback::Lost(kind, lost) => audience.answer_nack(viewer, kind, lost, now, sink),
                    Feedback::WantsKeyframe => audience.viewer_wants_keyframe(viewer, now),
                    Feedback::RoundTrip(round_trip) => audience.set_round_trip(viewer, round_trip),
                }
            });
        }
    }
}

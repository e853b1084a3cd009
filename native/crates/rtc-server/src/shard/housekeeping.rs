//! What a shard does from time to time, and what it tells about it.

use std::mem;
use std::time::{Duration, SystemTime};

use rtc_core::{IngestId, Source};

use super::Shard;
use crate::command::Reported;
use crate::events::{NodeEvent, NodeEventKind};
use crate::offer::SessionKind;
use crate::post::Entrance;
use crate::report::{Counters, SessionReport, SessionState};

/// A session that has not connected by then is closed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

impl Shard {
    /// Tells what happened to a session.
    pub(super) fn announce(&mut self, id: u64, kind: NodeEventKind) {
        if let Some(report) = self.report_of(id) {
            self.announce_as(kind, &report);
        }
    }

    pub(super) fn announce_as(&self, kind: NodeEventKind, report: &SessionReport) {
        let event = NodeEvent {
            kind,
            at: SystemTime::now(),
            session: report.id.to_string(),
            session_kind: report.kind,
            room: report.room.to_string(),
            close_reason: report.close_reason,
        };
        if self.surroundings.events.try_send(event).is_err() {
            Counters::add(&self.counters.event_drops, 1);
        }
        self.surroundings.changed.set();
    }

    pub(super) fn tick(&mut self) {
        let now = self.monotonic(self.now);
        let (mut overdue, mut ingests, mut playbacks) = (Vec::new(), 0, 0);
        let mut connecting = 0;
        for (id, session) in &mut self.sessions {
            if session.state == SessionState::Connecting {
                connecting += 1;
                if self.now - session.opened > CONNECT_TIMEOUT {
                    overdue.push(*id);
                }
            }
            match session.kind {
                SessionKind::Playback => {
                    playbacks += 1;
                    if let Some(egress) = &session.egress {
                        session.viewer_meter.measure(egress.counters().bytes, now);
                    }
                }
                SessionKind::Ingest => {
                    ingests += 1;
                    let source = self.rooms.get(session.room).and_then(|room| room.source.as_ref());
                    let is_flowing = |source: &Source| {
                        source.ingest() == Some(IngestId(*id)) && source.is_busy(self.surroundings.silence, now)
                    };
                    let flows = source.is_some_and(is_flowing);
                    if mem::replace(&mut session.was_flowing, flows) != flows {
                        self.surroundings.changed.set();
                    }
                }
            }
        }
        overdue.sort_unstable();
        for id in overdue {
            self.close(id, "never_connected");
        }
        self.pause_silent_viewers();
        self.closed.forget(self.now);
        self.rooms.retry();
        let counters = &self.counters;
        let sent = self.outlet.batch.counters();
        let rooms = self.rooms.counters();
        for (counter, value) in [
            (&counters.ingest_sessions, ingests),
            (&counters.playback_sessions, playbacks),
            (&counters.connecting_sessions, connecting),
            (&counters.packets_sent, sent.packets),
            (&counters.bytes_sent, sent.bytes),
            (&counters.send_drops, sent.drops),
            (&counters.shard_drops, rooms.packets_dropped),
            (&counters.nacks_received, rooms.audience.packets_nacked),
            (&counters.nacks_refused, rooms.audience.retransmissions_refused),
            (&counters.retransmissions, rooms.audience.packets_retransmitted),
            (&counters.keyframe_requests_received, rooms.audience.keyframe_requests_received),
            (&counters.keyframe_requests_from_cache, rooms.audience.keyframe_requests_from_cache),
            (&counters.keyframe_requests_sent, rooms.source.keyframe_requests_sent),
        ] {
            Counters::set(counter, value);
        }
    }

    pub(super) fn close_everything(&mut self) {
        let mut ids: Vec<u64> = self.sessions.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            self.close(id, "node_closed");
        }
    }

    /// Ends a session; its report lingers.
    pub(super) fn close(&mut self, id: u64, reason: &'static str) {
        let Some(mut report) = self.report_of(id) else { return };
        let ntp = self.ntp();
        let now = self.monotonic(self.now);
        let Some(session) = self.sessions.remove(&id) else { return };
        if let Some(mut egress) = session.egress {
            egress.say_goodbye(now, ntp, &mut self.outlet.batch);
        }
        report.state = SessionState::Closed;
        report.close_reason = Some(reason);
        match session.connection {
            Some(mut connection) => self.outlet.hang_up(id, &mut *connection),
            None => {
                self.outlet.forget(id);
                self.surroundings.door.enter(Entrance::Dismiss { session: id });
            }
        }
        self.demultiplexer.remove(id);
        if session.kind == SessionKind::Ingest
            && let Some(source) = self.rooms.get_mut(session.room).and_then(|room| room.source.as_mut())
        {
            source.close_ingest(IngestId(id));
        }
        self.rooms.leave(session.room, id, self.index);
        self.announce_as(NodeEventKind::Closed, &report);
        self.closed.push(Reported { session: id, closed: Some(self.now), report });
        // The handle is gone when nobody listens any more.
        let _ = self.surroundings.departed.send((id, self.now));
    }
}

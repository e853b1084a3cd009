use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::command::Reported;
use crate::offer::SessionKind;

/// Closed sessions stay in reports this long.
const LINGER: Duration = Duration::from_secs(30);
/// Closed players kept at most, whatever their age: all of them are copied for each report, on the thread that
/// forwards media.
const PLAYBACKS: usize = 1_000;
/// Closed encoders kept at most: each is in the report that goes out as one message.
const INGESTS: usize = 100;

/// The sessions that were closed lately. Players that come and go push out no encoder's end.
#[derive(Default)]
pub(crate) struct Closed {
    ingests: VecDeque<Reported>,
    playbacks: VecDeque<Reported>,
}

impl Closed {
    pub(crate) fn len(&self) -> usize {
        self.ingests.len() + self.playbacks.len()
    }

    pub(crate) fn push(&mut self, reported: Reported) {
        let (kept, most) = match reported.report.kind {
            SessionKind::Ingest => (&mut self.ingests, INGESTS),
            SessionKind::Playback => (&mut self.playbacks, PLAYBACKS),
        };
        if kept.len() == most {
            kept.pop_front();
        }
        kept.push_back(reported);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Reported> {
        self.ingests.iter().chain(&self.playbacks)
    }

    /// Forgets those closed long ago.
    pub(crate) fn forget(&mut self, now: Instant) {
        let is_old = |reported: &Reported| reported.closed.is_some_and(|since| now - since > LINGER);
        for kept in [&mut self.ingests, &mut self.playbacks] {
            while kept.front().is_some_and(is_old) {
                kept.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{SessionReport, SessionState};

    fn reported(session: u64, kind: SessionKind, closed: Instant) -> Reported {
        let report = SessionReport {
            id: session.to_string().into(),
            kind,
            room: "room".into(),
            tag: None,
            state: SessionState::Closed,
            connected_at: None,
            media_age: None,
            ingest: None,
            playback: None,
            unplayable_codecs: Vec::new(),
            close_reason: Some("closed"),
        };
        Reported { session, closed: Some(closed), report }
    }

    #[test]
    fn players_that_come_and_go_are_bounded_and_push_out_no_encoder() {
        let now = Instant::now();
        let mut closed = Closed::default();
        closed.push(reported(0, SessionKind::Ingest, now));
        (1..=5_000).for_each(|session| closed.push(reported(session, SessionKind::Playback, now)));
        assert_eq!(closed.len(), 1 + PLAYBACKS);
        assert_eq!(closed.iter().next().map(|reported| reported.session), Some(0));
        assert_eq!(closed.iter().last().map(|reported| reported.session), Some(5_000));
        (1..=5_000).for_each(|session| closed.push(reported(session, SessionKind::Ingest, now)));
        assert_eq!(closed.len(), INGESTS + PLAYBACKS);
        closed.forget(now + LINGER);
        assert_eq!(closed.len(), INGESTS + PLAYBACKS);
        closed.forget(now + LINGER + Duration::from_millis(1));
        assert_eq!(closed.len(), 0);
    }
}

//! A media thread on a clock of the test's own: what takes seconds, and what happens when it does not answer.

#[allow(dead_code)]
#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use self::support::{Client, Direction, PATIENCE, options};
use crate::command::Command;
use crate::media_thread::MediaThread;
use crate::socket::{Readiness, ReceiveBatch};
use crate::{MediaErrorKind, MediaNode, NodeOptions, SessionKind, SessionReport, SessionState};

const HOST: &str = "127.0.0.1";

/// A node whose thread runs when it is told to.
struct Stage {
    node: MediaNode,
    media_thread: MediaThread,
    commands: Receiver<Command>,
    incoming: ReceiveBatch,
}

impl Stage {
    fn new(options: NodeOptions) -> Self {
        let (mut node, media_thread, commands) = MediaNode::prepare(options).unwrap();
        node.reply_timeout = Duration::ZERO;
        Self { node, media_thread, commands, incoming: ReceiveBatch::new() }
    }

    fn turn(&mut self, ready: Readiness, now: Instant) {
        self.media_thread.turn(ready, now, &mut self.incoming, &self.commands).unwrap();
    }

    /// Lets time pass, in steps, while nothing arrives.
    fn pass(&mut self, time: Duration) {
        const STEP: Duration = Duration::from_millis(100);
        let end = self.media_thread.now + time;
        while self.media_thread.now < end {
            let now = self.media_thread.now + STEP.min(end - self.media_thread.now);
            self.turn(Readiness { socket: false, wake: false }, now);
        }
    }

    fn open(&mut self, kind: SessionKind, session: &str, direction: Direction) -> Client {
        self.try_open(kind, "room", session, direction).unwrap()
    }

    fn try_open(
        &mut self,
        kind: SessionKind,
        room: &str,
        session: &str,
        direction: Direction,
    ) -> Result<Client, MediaErrorKind> {
        let (client, offer, pending) = Client::offering(HOST, direction);
        let (request, answer) = self.node.request(kind, room, session, &offer, None, false).unwrap();
        let (reply, opened) = mpsc::sync_channel(1);
        self.media_thread.execute(Command::Open(request, reply));
        opened.try_recv().unwrap().map_err(|error| error.kind)?;
        Ok(client.accept(pending, &answer.sdp))
    }

    /// Works at the real time until the clients are connected.
    fn connect(&mut self, clients: &mut [&mut Client]) {
        let started = Instant::now();
        while !(clients.iter().all(|client| client.is_connected)
            && self.report().iter().all(|report| report.state == SessionState::Connected))
        {
            assert!(started.elapsed() < PATIENCE, "the clients do not connect");
            clients.iter_mut().for_each(|client| client.step());
            self.turn(Readiness { socket: true, wake: false }, Instant::now());
        }
    }

    fn report(&mut self) -> Vec<SessionReport> {
        let (reply, report) = mpsc::sync_channel(1);
        self.media_thread.execute(Command::Report { reply });
        report.try_recv().unwrap()
    }

    fn close(&mut self, session: &str) {
        let (reply, closed) = mpsc::sync_channel(1);
        self.media_thread.execute(Command::Close { session: session.into(), reply });
        assert!(closed.try_recv().unwrap());
    }

    fn states(&mut self) -> Vec<(String, SessionState, Option<&'static str>)> {
        self.report().into_iter().map(|report| (report.id, report.state, report.close_reason)).collect()
    }
}

#[test]
fn a_closed_session_is_reported_for_thirty_seconds() {
    let mut stage = Stage::new(options(HOST));
    stage.open(SessionKind::Ingest, "ingest", Direction::SendOnly);
    stage.close("ingest");
    let closed = [("ingest".to_owned(), SessionState::Closed, Some("closed"))];
    stage.pass(Duration::from_secs(30));
    assert_eq!(stage.states(), closed);
    stage.pass(Duration::from_millis(100));
    assert_eq!(stage.states(), []);
}

#[test]
fn who_does_not_connect_is_closed_after_thirty_seconds() {
    let mut stage = Stage::new(options(HOST));
    stage.open(SessionKind::Ingest, "ingest", Direction::SendOnly);
    stage.pass(Duration::from_secs(29));
    assert_eq!(stage.states(), [("ingest".to_owned(), SessionState::Connecting, None)]);
    stage.pass(Duration::from_secs(2));
    assert_eq!(stage.states(), [("ingest".to_owned(), SessionState::Closed, Some("never_connected"))]);
}

#[test]
fn a_peer_of_whom_nothing_is_heard_is_closed_and_the_room_remains() {
    let mut stage = Stage::new(options(HOST));
    let mut encoder = stage.open(SessionKind::Ingest, "ingest", Direction::SendOnly);
    let mut player = stage.open(SessionKind::Playback, "player", Direction::RecvOnly);
    stage.connect(&mut [&mut encoder, &mut player]);
    stage.pass(Duration::from_secs(5));
    assert!(stage.report().iter().all(|report| report.state == SessionState::Connected), "a short outage is survived");
    stage.pass(Duration::from_secs(24));
    let mut states = stage.states();
    states.sort_by(|one, other| one.0.cmp(&other.0));
    let dead = |name: &str| (name.to_owned(), SessionState::Closed, Some("timed_out"));
    assert_eq!(states, [dead("ingest"), dead("player")]);
    // The broadcaster may come back, and players may wait for that.
    stage.open(SessionKind::Playback, "waiting", Direction::RecvOnly);
}

#[test]
fn players_do_not_take_the_places_kept_for_encoders() {
    let mut stage = Stage::new(NodeOptions { max_sessions: 10, ..options(HOST) });
    stage.open(SessionKind::Ingest, "ingest", Direction::SendOnly);
    for number in 0..8 {
        stage.open(SessionKind::Playback, &format!("player {number}"), Direction::RecvOnly);
    }
    let refused = stage.try_open(SessionKind::Playback, "room", "one more", Direction::RecvOnly);
    assert_eq!(refused.err(), Some(MediaErrorKind::Overloaded));
    assert!(stage.try_open(SessionKind::Ingest, "other room", "encoder", Direction::SendOnly).is_ok());
    let refused = stage.try_open(SessionKind::Ingest, "third room", "encoder too many", Direction::SendOnly);
    assert_eq!(refused.err(), Some(MediaErrorKind::Overloaded));
}

#[test]
fn a_room_nobody_is_in_is_forgotten_in_the_end() {
    let mut stage = Stage::new(options(HOST));
    stage.open(SessionKind::Ingest, "ingest", Direction::SendOnly);
    stage.close("ingest");
    stage.pass(Duration::from_secs(590));
    stage.open(SessionKind::Playback, "player", Direction::RecvOnly);
    stage.close("player");
    stage.pass(Duration::from_secs(590));
    assert!(stage.media_thread.rooms.id("room").is_some(), "counted from when the last one left");
    stage.pass(Duration::from_secs(20));
    assert!(stage.media_thread.rooms.id("room").is_none());
}

#[test]
fn a_thread_that_does_not_answer_in_time_is_overloaded_and_keeps_no_session_for_it() {
    let mut stage = Stage::new(options(HOST));
    let offer = Client::encoder_offer(HOST);
    let refused = stage.node.open_ingest("room", "late", &offer, false).unwrap_err();
    assert_eq!(refused.kind, MediaErrorKind::Overloaded);
    assert_eq!(refused.to_string(), "The media node did not answer in time.");
    // It gets to the request after all; nobody waits for the answer any more.
    stage.turn(Readiness { socket: false, wake: true }, Instant::now());
    assert_eq!(stage.states(), [("late".to_owned(), SessionState::Closed, Some("never_connected"))]);
}

#[test]
fn requests_wait_in_a_bounded_queue() {
    let stage = Stage::new(options(HOST));
    let mut refusals = (0..2_000).map(|_| stage.node.report().unwrap_err().to_string());
    assert!(refusals.any(|refusal| refusal == "The media node has too many requests waiting."));
}

//! The threads of a node on a clock of the test's own: what takes seconds, and what happens when it does not answer.

#[allow(dead_code)]
#[path = "../tests/support/mod.rs"]
mod support;

use std::cell::RefCell;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use rtc_core::Codec;

use self::support::{Client, Direction, PATIENCE, options};
use crate::command::Command;
use crate::control::{Opening, Wait};
use crate::door::Door;
use crate::shard::ShardWorker;
use crate::webrtc::{PeerEvent, ReceivedPacket};
use crate::{MediaErrorKind, MediaNode, NodeEventKind, NodeOptions, SessionKind, SessionReport, SessionState};

const HOST: &str = "127.0.0.1";

/// A node whose threads run when they are told to, all in this one.
struct Stage {
    node: MediaNode,
    threads: RefCell<Threads>,
}

struct Threads {
    workers: Vec<ShardWorker>,
    door: Door,
    now: Instant,
}

/// Waits for an answer by letting the threads work.
impl Wait for &RefCell<Threads> {
    fn wait<T>(&mut self, answer: &Receiver<T>) -> Result<T, RecvTimeoutError> {
        let mut threads = self.borrow_mut();
        let now = threads.now;
        threads.turn(false, now);
        answer.try_recv().map_err(|error| match error {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
        })
    }
}

impl Threads {
    /// Works until nobody has mail any more.
    fn turn(&mut self, mut has_input: bool, now: Instant) {
        self.now = now;
        loop {
            for worker in &mut self.workers {
                assert!(worker.turn(has_input, now).unwrap());
            }
            assert!(self.door.turn(now));
            self.door.flush();
            has_input = false;
            if !self.door.has_mail() && self.workers.iter().all(|worker| !worker.shard.has_mail()) {
                return;
            }
        }
    }
}

impl Stage {
    fn new(options: NodeOptions) -> Self {
        let (mut node, workers, door) = MediaNode::prepare(options).unwrap();
        node.reply_timeout = Duration::ZERO;
        Self { node, threads: RefCell::new(Threads { workers, door, now: Instant::now() }) }
    }

    fn now(&self) -> Instant {
        self.threads.borrow().now
    }

    /// Lets time pass, in steps, while nothing arrives.
    fn pass(&mut self, time: Duration) {
        const STEP: Duration = Duration::from_millis(100);
        let end = self.now() + time;
        while self.now() < end {
            let now = self.now() + STEP.min(end - self.now());
            self.threads.borrow_mut().turn(false, now);
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
        let opening = Opening { kind, room, session, offer: &offer, tag: None, takeover: false };
        let answer = self.node.control.open(opening, self.now(), &mut &self.threads);
        Ok(client.accept(pending, &answer.map_err(|error| error.kind)?.sdp))
    }

    /// Works at the real time until the clients are connected.
    fn connect(&mut self, clients: &mut [&mut Client]) {
        let started = Instant::now();
        while !(clients.iter().all(|client| client.is_connected)
            && self.report().iter().all(|report| report.state == SessionState::Connected))
        {
            assert!(started.elapsed() < PATIENCE, "the clients do not connect");
            clients.iter_mut().for_each(|client| client.step());
            self.threads.borrow_mut().turn(true, Instant::now());
        }
    }

    fn report(&mut self) -> Vec<SessionReport> {
        self.node.control.report(self.now(), &mut &self.threads).unwrap()
    }

    fn close(&mut self, session: &str) {
        assert!(self.node.control.close(session, self.now(), &mut &self.threads).unwrap());
    }

    fn states(&mut self) -> Vec<(String, SessionState, Option<&'static str>)> {
        self.report().into_iter().map(|report| (report.id.to_string(), report.state, report.close_reason)).collect()
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
fn a_player_of_whom_nothing_is_heard_costs_nothing_and_gets_the_picture_when_it_is_heard_of_again() {
    let mut stage = Stage::new(options(HOST));
    let mut encoder = stage.open(SessionKind::Ingest, "ingest", Direction::SendOnly);
    let mut player = stage.open(SessionKind::Playback, "player", Direction::RecvOnly);
    stage.connect(&mut [&mut encoder, &mut player]);
    let mut is_first = true;
    let mut flow = |stage: &mut Stage, encoder: &mut Client| {
        let now = stage.now();
        encoder.send_frame(std::mem::take(&mut is_first));
        encoder.step();
        stage.threads.borrow_mut().turn(true, now + Duration::from_millis(20));
    };
    let started = Instant::now();
    while player.video_packets.len() < 30 {
        assert!(started.elapsed() < PATIENCE, "no picture");
        flow(&mut stage, &mut encoder);
        player.step();
    }
    let playback = |stage: &mut Stage| stage.report().into_iter().find_map(|report| report.playback).unwrap();
    stage.node.events();
    // It is not let speak, nor anything be read, for seven seconds, one more than it may take to say something.
    stage.pass(Duration::from_millis(6_200));
    assert!(!playback(&mut stage).is_stalled);
    stage.pass(Duration::from_millis(1_000));
    assert!(playback(&mut stage).is_stalled);
    let kinds = |stage: &Stage| stage.node.events().into_iter().map(|event| event.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&stage), [NodeEventKind::Stalled]);
    for _ in 0..15 {
        encoder.send_frame(false);
        let now = stage.now() + Duration::from_millis(100);
        stage.threads.borrow_mut().turn(true, now);
    }
    assert_eq!(playback(&mut stage).bitrate_bps, 0, "it costs nothing");
    let before = player.video_packets.len();
    let started = Instant::now();
    while player.video_packets.len() < before + 30 {
        assert!(started.elapsed() < PATIENCE, "the picture does not come back");
        player.ask_for_keyframe();
        player.step();
        flow(&mut stage, &mut encoder);
    }
    let pictures = player.pictures();
    assert_eq!(pictures[before], (0, 0), "from the keyframe on");
    assert!(pictures[before..].windows(2).all(|pair| pair[0] < pair[1]), "{pictures:?}");
    let playback = playback(&mut stage);
    assert_eq!((playback.is_stalled, playback.freezes), (false, 1));
    assert_eq!(kinds(&stage), [NodeEventKind::Resumed]);
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
    let waiting = stage.try_open(SessionKind::Playback, "room", "waiting", Direction::RecvOnly);
    assert!(waiting.is_ok(), "counted from when the last one left");
    stage.close("waiting");
    stage.pass(Duration::from_secs(601));
    let late = stage.try_open(SessionKind::Playback, "room", "late", Direction::RecvOnly);
    assert_eq!(late.err(), Some(MediaErrorKind::RoomEmpty));
}

#[test]
fn a_thread_that_does_not_answer_in_time_is_overloaded_and_keeps_no_session_for_it() {
    let mut stage = Stage::new(options(HOST));
    let offer = Client::encoder_offer(HOST);
    let refused = stage.node.open_ingest("room", "late", &offer, false).unwrap_err();
    assert_eq!(refused.kind, MediaErrorKind::Overloaded);
    assert_eq!(refused.to_string(), "The media node did not answer in time.");
    // It gets to the request after all; nobody waits for the answer any more.
    stage.pass(Duration::from_millis(1));
    assert_eq!(stage.states(), [("late".to_owned(), SessionState::Closed, Some("never_connected"))]);
    stage.pass(Duration::from_secs(31));
    assert_eq!(stage.states(), []);
    assert_eq!(stage.threads.borrow().workers[0].shard.held(), 0, "nor the room that was made for it");
}

#[test]
fn a_room_is_closed_on_every_shard_though_one_has_too_many_requests_waiting() {
    let mut stage = Stage::new(NodeOptions { shards: 2, ..options(HOST) });
    stage.node.control.directory(stage.now()).close_load = 0;
    stage.open(SessionKind::Ingest, "ingest", Direction::SendOnly);
    stage.open(SessionKind::Playback, "one", Direction::RecvOnly);
    stage.open(SessionKind::Playback, "two", Direction::RecvOnly);
    let ask = || stage.node.control.shards[0].command(Command::Rooms { reply: mpsc::sync_channel(1).0 });
    while ask().is_ok() {}
    stage.node.control.close_room("room", stage.now(), &mut &stage.threads).unwrap();
    let mut states = stage.states();
    states.sort_by(|one, other| one.0.cmp(&other.0));
    let closed = |name: &str| (name.to_owned(), SessionState::Closed, Some("room_closed"));
    assert_eq!(states, [closed("ingest"), closed("one"), closed("two")]);
}

#[test]
fn one_session_that_does_not_finish_its_handshake_does_not_fill_the_door() {
    let mut stage = Stage::new(NodeOptions { shards: 1, ..options(HOST) });
    let mut client = stage.open(SessionKind::Ingest, "ingest", Direction::SendOnly);
    let port = stage.node.ports()[0];
    let flood = |client: &Client, count: usize| {
        // Looks like DTLS (RFC 7983 section 7) and is none.
        (0..count).for_each(|_| assert_eq!(client.socket.send_to(&[22; 100], (HOST, port)).unwrap(), 100));
    };
    let read = |datagrams: u64| {
        let (started, before) = (Instant::now(), stage.node.counters().packets_received);
        while stage.node.counters().packets_received < before + datagrams {
            assert!(started.elapsed() < PATIENCE, "nothing comes");
            stage.threads.borrow_mut().workers[0].turn(true, Instant::now()).unwrap();
        }
    };
    client.step();
    read(1);
    for _ in 0..4 {
        flood(&client, 100);
        read(100);
    }
    let drops = stage.node.counters().door_drops;
    assert!((200..400).contains(&drops), "{drops}");
    stage.threads.borrow_mut().turn(false, Instant::now());
    flood(&client, 20);
    read(20);
    assert_eq!(stage.node.counters().door_drops, drops, "there is room again");
    // The handshake is not disturbed for good.
    stage.connect(&mut [&mut client]);
}

#[test]
fn the_rest_of_a_picture_is_awaited_for_several_players_only() {
    let mut stage = Stage::new(options(HOST));
    stage.open(SessionKind::Ingest, "ingest", Direction::SendOnly);
    let (ingest, _) = stage.node.control.directory(stage.now()).find("ingest").unwrap();
    let came = |stage: &Stage, codec, marker| {
        let packet = ReceivedPacket {
            codec,
            ssrc: 1,
            sequence: 1,
            timestamp: 0,
            marker,
            orientation: None,
            payload: [0].into(),
            arrival: stage.now(),
        };
        let shard = &mut stage.threads.borrow_mut().workers[0].shard;
        shard.outlet.events.push((ingest, PeerEvent::Packet(packet)));
        shard.is_amid_picture()
    };
    assert!(!came(&stage, Codec::Vp8, false), "nobody watches");
    for number in 0..8 {
        stage.open(SessionKind::Playback, &format!("player {number}"), Direction::RecvOnly);
    }
    assert!(came(&stage, Codec::Vp8, false));
    assert!(came(&stage, Codec::Opus, true), "sound does not end a picture");
    assert!(!came(&stage, Codec::Vp8, true));
    assert!(!came(&stage, Codec::Opus, false));
}

#[test]
fn requests_wait_in_a_bounded_queue() {
    let stage = Stage::new(options(HOST));
    let mut refusals = (0..2_000).map(|_| stage.node.report().unwrap_err().to_string());
    assert!(refusals.any(|refusal| refusal == "The media node has too many requests waiting."));
}

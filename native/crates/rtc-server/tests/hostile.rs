//! Peers that mean no good, against a whole node on loopback.

#[allow(dead_code)]
mod support;

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use rtc_core::rtcp::Writer;
use rtc_core::rtp::{Header, write_header};
use rtc_server::{MediaNode, SessionState};
use srtp::Sender;
use support::{Client, PATIENCE, node, run};

const HOST: &str = "127.0.0.1";
/// No stream has it.
const OWN_SSRC: u32 = 0xbad;

/// Datagrams that may lie unread in the node's socket, which may have a small buffer.
const UNREAD: u64 = 32;

/// Seals with a player's key, and sends from its address, what no honest player would.
struct Forger<'a> {
    sender: Sender,
    socket: UdpSocket,
    node: &'a MediaNode,
    /// Of the shard that serves the player.
    port: u16,
    /// Datagrams the node will have read, at least, when it has read all of the forger's.
    total: u64,
    video: u32,
}

impl<'a> Forger<'a> {
    /// Beside a player who receives.
    fn beside(player: &Client, node: &'a MediaNode) -> Self {
        let keys = player.keys.get().expect("the player is connected");
        Self {
            sender: Sender::new(&keys.own),
            socket: player.socket.try_clone().unwrap(),
            node,
            port: player.node_ports().into_iter().next().unwrap(),
            total: node.counters().packets_received,
            video: *player.video_packets[0].header.ssrc,
        }
    }

    fn feedback(&mut self, write: impl FnOnce(&mut Writer<'_>) -> bool) -> Vec<u8> {
        let mut packet = [0; 1_400];
        let mut writer = Writer::new(&mut packet[..1_300]);
        assert!(write(&mut writer));
        let length = writer.length() + self.sender.profile().rtcp_overhead();
        self.sender.protect_rtcp(&mut packet[..length]).unwrap();
        packet[..length].to_vec()
    }

    fn picture_loss(&mut self) -> Vec<u8> {
        let video = self.video;
        self.feedback(|writer| writer.picture_loss(OWN_SSRC, video))
    }

    fn send(&mut self, datagram: &[u8]) {
        self.socket.send_to(datagram, (HOST, self.port)).unwrap();
        self.total += 1;
        until_read(self.node, self.total.saturating_sub(UNREAD));
    }
}

fn until_read(node: &MediaNode, datagrams: u64) {
    let started = Instant::now();
    while node.counters().packets_received < datagrams {
        assert!(started.elapsed() < PATIENCE, "the node does not read what was sent");
        std::thread::yield_now();
    }
}

/// A node with a broadcast and players who watch it.
fn watched(players: usize) -> (MediaNode, Client, Vec<Client>) {
    let node = node(HOST);
    let mut encoder = Client::encoder(&node, HOST, "room", "ingest", false);
    let mut is_first = true;
    run(
        &mut encoder,
        &mut [],
        |encoder| encoder.send_frame(std::mem::take(&mut is_first)),
        |_, _| node.report().unwrap()[0].ingest.as_ref().is_some_and(|ingest| ingest.video_codec.is_some()),
    );
    let mut players: Vec<_> =
        (0..players).map(|number| Client::player(&node, HOST, "room", &format!("player {number}"))).collect();
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players.iter().all(|player| player.video_packets.len() > 60),
    );
    (node, encoder, players)
}

/// Goes on until the node has taken so many keyframe requests.
fn until_requests(node: &MediaNode, encoder: &mut Client, players: &mut [Client], requests: u64) {
    let enough = |_: &Client, _: &[Client]| node.counters().keyframe_requests_received >= requests;
    run(encoder, players, |encoder| encoder.send_frame(false), enough);
}

/// Goes on until every player has got some more pictures.
fn watch_on(encoder: &mut Client, players: &mut [Client]) {
    let before: Vec<_> = players.iter().map(|player| player.video_packets.len()).collect();
    let more = |_: &Client, players: &[Client]| {
        players.iter().zip(&before).all(|(player, before)| player.video_packets.len() > before + 60)
    };
    run(encoder, players, |encoder| encoder.send_frame(false), more);
}

#[test]
fn feedback_counts_once_and_forged_feedback_not_at_all() {
    let (node, mut encoder, mut players) = watched(1);
    let mut forger = Forger::beside(&players[0], &node);
    let before = node.counters().keyframe_requests_received;
    let genuine = forger.picture_loss();
    for bit in 0..8 * genuine.len() {
        let mut forged = genuine.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        forger.send(&forged);
    }
    (0..100).for_each(|_| forger.send(&genuine));
    // The last of all: what was sent before it has been seen when it counts.
    let last = forger.picture_loss();
    forger.send(&last);
    until_requests(&node, &mut encoder, &mut players, before + 2);
    assert_eq!(node.counters().keyframe_requests_received, before + 2);
    watch_on(&mut encoder, &mut players);
}

#[test]
fn a_player_who_asks_for_everything_again_gets_what_its_budget_allows_and_disturbs_nobody() {
    let (node, mut encoder, mut players) = watched(2);
    let mut forger = Forger::beside(&players[0], &node);
    let before = node.counters();
    let (mut asked, started) = (0, Instant::now());
    while asked < 40_000 {
        assert!(started.elapsed() < PATIENCE);
        let newest = players[0].video_packets.iter().map(|packet| *packet.seq_no).max().unwrap() as u16;
        let lost: Vec<u16> = (0..400).map(|behind| newest.wrapping_sub(400 - behind)).collect();
        asked += lost.len();
        let video = forger.video;
        let datagram = forger.feedback(|writer| writer.nack(OWN_SSRC, video, lost));
        forger.send(&datagram);
        encoder.send_frame(false);
        players.iter_mut().for_each(Client::step);
    }
    let last = forger.picture_loss();
    forger.send(&last);
    until_requests(&node, &mut encoder, &mut players, before.keyframe_requests_received + 1);
    let after = node.counters();
    let again = after.retransmissions - before.retransmissions;
    let sent = after.packets_sent;
    // 128 KiB at once and half of what was sent.
    assert!(again > 0 && again <= 128 * 1024 / 900 + sent / 2, "{again} of {asked} sent again, {sent} in all");
    watch_on(&mut encoder, &mut players);
    let pictures = players[1].pictures();
    for pair in pictures.windows(2).take(pictures.len() - 4) {
        assert!(pair[0] < pair[1], "the other player's come whole and in order: {pair:?}");
    }
}

#[test]
fn rubbish_from_a_player_s_address_and_packets_under_its_server_s_ssrc_change_nothing() {
    let (node, mut encoder, mut players) = watched(1);
    let mut forger = Forger::beside(&players[0], &node);
    let requests = node.counters().keyframe_requests_received;
    for first in 0..=255u8 {
        for length in [1, 12, 13, 20, 100, 1_200] {
            let datagram: Vec<u8> = (0..length).map(|at: usize| first.wrapping_mul(at as u8 + 1)).collect();
            forger.send(&datagram);
        }
    }
    // Nobody asked a player for media.
    for index in 0..100 {
        let header = Header { marker: true, payload_type: 96, sequence: index, timestamp: 0, ssrc: forger.video };
        let mut packet = [0; 200];
        let length = write_header(&header, &[], &mut packet).unwrap();
        forger.sender.protect_rtp(&mut packet, length, index.into()).unwrap();
        forger.send(&packet);
    }
    let video = forger.video;
    let collision = forger.feedback(|writer| writer.goodbye(&[video]) && writer.picture_loss(video, video));
    forger.send(&collision);
    until_requests(&node, &mut encoder, &mut players, requests + 1);
    watch_on(&mut encoder, &mut players);
    assert!(node.report().unwrap().iter().all(|session| session.state == SessionState::Connected));
}

/// A binding request (RFC 8489 section 5) with a MESSAGE-INTEGRITY that no password has.
fn check(receiver: &str) -> Vec<u8> {
    let name = format!("{receiver}:{}", "x".repeat(7 - (receiver.len() + 4) % 4));
    let name = &name[..name.len() / 4 * 4];
    let length = 4 + name.len() + 4 + 20;
    let mut check = vec![0, 1, 0, length as u8, 0x21, 0x12, 0xa4, 0x42];
    check.extend([7; 12]);
    check.extend([0, 6, 0, name.len() as u8]);
    check.extend(name.as_bytes());
    check.extend([0, 8, 0, 20]);
    check.extend([9; 20]);
    check
}

#[test]
fn who_has_not_made_a_valid_check_is_sent_nothing_and_is_not_remembered() {
    let node = node(HOST);
    let encoder = Client::encoder(&node, HOST, "room", "ingest", false);
    let ufrag = encoder.answer().lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap().to_owned();
    let hello = {
        // As long as a handshake's first message, which asks for one several times as long.
        let mut hello = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 1, 0, 0, 88, 0, 0, 0, 0, 0, 0, 0, 88];
        hello.resize(113, 1);
        hello
    };
    let datagrams =
        [check("nobody"), check(&ufrag), hello, vec![0x80; 200], vec![0x80, 201, 0, 1, 0, 0, 0, 9], vec![77; 50]];
    let strangers: Vec<_> = (0..50).map(|_| UdpSocket::bind((HOST, 0)).unwrap()).collect();
    let mut sent = 0;
    for stranger in &strangers {
        for port in node.ports() {
            for datagram in &datagrams {
                stranger.send_to(datagram, (HOST, *port)).unwrap();
                sent += 1;
            }
            until_read(&node, sent);
        }
    }
    assert_eq!(node.counters().packets_sent, 0);
    for stranger in strangers {
        stranger.set_nonblocking(true).unwrap();
        assert_eq!(stranger.recv(&mut [0; 100]).map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
    }
    let sessions = node.report().unwrap();
    assert_eq!(sessions.iter().map(|session| session.state).collect::<Vec<_>>(), [SessionState::Connecting]);
}

#[test]
fn checks_are_answered_with_no_more_than_they_were() {
    let node = node(HOST);
    let mut encoder = Client::encoder(&node, HOST, "room", "ingest", false);
    encoder.only_checks = true;
    let started = Instant::now();
    while encoder.bytes_received == 0 || started.elapsed() < Duration::from_millis(500) {
        assert!(started.elapsed() < PATIENCE, "checks are not answered");
        encoder.step();
    }
    let (sent, received) = (encoder.bytes_sent, encoder.bytes_received);
    assert!(received <= sent, "{received} bytes for {sent}");
}

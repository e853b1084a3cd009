//! No media without SRTP (RFC 8827), DTLS with the one who was introduced (RFC 5763), each packet once (RFC 3711).

use std::collections::HashSet;
use std::time::Instant;

use rtc_server::SessionState;

use crate::HOST;
use crate::support::{Client, Direction, Echo, PATIENCE, node, run};

/// The number no picture of an encoder has.
const FORGED: u32 = u32::MAX;

fn keyframe_first() -> impl FnMut(&mut Client) {
    let mut is_first = true;
    move |encoder| encoder.send_frame(std::mem::take(&mut is_first))
}

/// Runs an encoder whose datagrams have an echo until the player has got much of it, and gives the player back.
fn player_of_echoing_encoder(echo: Echo) -> Client {
    let node = node(HOST);
    let mut encoder = Client::encoder(&node, HOST, "room", "ingest", false);
    encoder.echo = Some(echo);
    let mut players = [Client::player(&node, HOST, "room", "player")];
    run(&mut encoder, &mut players, keyframe_first(), |_, players| players[0].video_packets.len() > 300);
    assert!(node.report().unwrap().iter().all(|report| report.state == SessionState::Connected));
    let [player] = players;
    player
}

fn assert_each_picture_came_once(player: &Client) {
    let pictures = player.pictures();
    let unique: HashSet<_> = pictures.iter().collect();
    assert_eq!(unique.len(), pictures.len(), "twice: {pictures:?}");
    assert!(pictures.windows(2).all(|pair| pair[0] < pair[1]), "in order: {pictures:?}");
    assert!(pictures.iter().all(|picture| picture.0 != FORGED));
}

#[test]
fn rfc_8827_6_5_media_in_the_clear_is_not_taken() {
    let player = player_of_echoing_encoder(|sealed| {
        let is_rtcp = (192..224).contains(&sealed[1]);
        if is_rtcp {
            // A goodbye in the clear (RFC 3550 section 6.6).
            let mut goodbye = vec![0x81, 203, 0, 1];
            goodbye.extend(&sealed[4..8]);
            return goodbye;
        }
        let mut plain = vec![0x80];
        plain.extend(&sealed[1..12]);
        let sequence = u16::from_be_bytes([sealed[2], sealed[3]]).wrapping_add(500);
        plain[2..4].copy_from_slice(&sequence.to_be_bytes());
        plain.extend([0x10, 0, 0]);
        plain.extend(FORGED.to_be_bytes());
        plain.resize(12 + 900, 0);
        plain
    });
    assert_each_picture_came_once(&player);
}

#[test]
fn rfc_8827_6_5_media_leaves_sealed() {
    let node = node(HOST);
    let mut encoder = Client::encoder(&node, HOST, "room", "ingest", false);
    let mut players = [Client::player(&node, HOST, "room", "player")];
    players[0].datagrams = Some(Vec::new());
    run(&mut encoder, &mut players, keyframe_first(), |_, players| players[0].video_packets.len() > 100);
    let datagrams = players[0].datagrams.take().unwrap();
    let media: Vec<_> = datagrams.iter().filter(|datagram| datagram[0] >> 6 == 2).collect();
    assert!(media.len() > 100);
    for datagram in media {
        // The payloads of the encoder end in runs of one byte.
        let longest_run = datagram.chunk_by(|one, other| one == other).map(<[u8]>::len).max();
        assert!(longest_run < Some(16), "in the clear: {datagram:02x?}");
    }
}

#[test]
fn rfc_3711_3_3_2_a_replayed_packet_counts_once() {
    assert_each_picture_came_once(&player_of_echoing_encoder(<[u8]>::to_vec));
}

#[test]
fn rfc_3711_3_3_a_packet_changed_on_the_way_is_dropped() {
    // The payload, the tag, and the timestamp, which is authenticated though not encrypted.
    for change in [
        |sealed: &[u8]| flipped(sealed, sealed.len() / 2),
        |sealed: &[u8]| flipped(sealed, sealed.len() - 1),
        |sealed: &[u8]| flipped(sealed, 6),
    ] {
        assert_each_picture_came_once(&player_of_echoing_encoder(change));
    }
}

fn flipped(sealed: &[u8], at: usize) -> Vec<u8> {
    let mut changed = sealed.to_vec();
    changed[at] ^= 1;
    // The next number: what comes is no replay.
    let sequence = u16::from_be_bytes([sealed[2], sealed[3]]).wrapping_add(1);
    changed[2..4].copy_from_slice(&sequence.to_be_bytes());
    changed
}

#[test]
fn rfc_5763_5_a_certificate_of_another_fingerprint_ends_the_session() {
    let node = node(HOST);
    let (client, offer, pending) = Client::offering(HOST, Direction::SendOnly);
    let line = offer.lines().find(|line| line.starts_with("a=fingerprint:")).unwrap();
    let (kept, last) = line.split_at(line.len() - 2);
    let other = format!("{kept}{}", if last == "00" { "01" } else { "00" });
    let answer = node.open_ingest("room", "session", &offer.replace(line, &other), false).unwrap();
    let mut client = client.accept(pending, &answer.sdp);
    let started = Instant::now();
    let report = loop {
        client.step();
        let report = node.report().unwrap().remove(0);
        if report.state != SessionState::Connecting {
            break report;
        }
        assert!(started.elapsed() < PATIENCE, "the session neither ends nor connects");
    };
    assert_eq!((report.state, report.connected_at), (SessionState::Closed, None));
    assert_eq!(report.close_reason, Some("protocol_error"));
}

#[test]
fn rfc_8122_5_the_name_of_the_hash_has_no_case() {
    let node = node(HOST);
    let (client, offer, pending) = Client::offering(HOST, Direction::SendOnly);
    let shouted = offer.replace("a=fingerprint:sha-256", "a=fingerprint:SHA-256");
    assert_ne!(shouted, offer);
    let answer = node.open_ingest("room", "session", &shouted, false).unwrap();
    let mut encoder = client.accept(pending, &answer.sdp);
    let connected = || node.report().unwrap()[0].state == SessionState::Connected;
    run(&mut encoder, &mut [], |_| {}, |_, _| connected());
}

/// Who can only be the DTLS server (RFC 8842 section 5.1 wants actpass of offerers) is served or refused, not kept
/// waiting.
#[test]
fn rfc_9725_4_4_4_an_offer_with_the_passive_role_is_served_or_refused() {
    let node = node(HOST);
    let (client, offer, pending) = Client::offering(HOST, Direction::SendOnly);
    let passive = offer.replace("a=setup:actpass", "a=setup:passive");
    assert_ne!(passive, offer);
    if let Ok(answer) = node.open_ingest("room", "session", &passive, false) {
        assert!(answer.sdp.contains("a=setup:active"), "{}", answer.sdp);
        let mut encoder = client.accept(pending, &answer.sdp);
        let connected = || node.report().unwrap()[0].state == SessionState::Connected;
        run(&mut encoder, &mut [], |_| {}, |_, _| connected());
    }
}

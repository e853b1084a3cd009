//! A whole node on loopback, with str0m as encoder and player.

mod support;

use std::collections::HashSet;

use rtc_server::{MediaErrorKind, SessionKind, SessionState};
use str0m::format::Codec;
use support::{Client, node, run};

const V4: &str = "127.0.0.1";

/// A keyframe first, then none.
fn one_keyframe() -> impl FnMut(&mut Client) {
    let mut is_first = true;
    move |encoder| encoder.send_frame(std::mem::take(&mut is_first))
}

fn live(node: &rtc_server::MediaNode, host: &str) -> Client {
    let mut encoder = Client::encoder(node, host, "room", "ingest", false);
    let mut frames = 0;
    let mut picture = one_keyframe();
    run(
        &mut encoder,
        &mut [],
        |encoder| {
            picture(encoder);
            frames += 1;
        },
        |_, _| node.report().unwrap()[0].ingest.as_ref().is_some_and(|ingest| ingest.video_codec.is_some()),
    );
    encoder
}

#[test]
fn a_player_who_joins_gets_the_picture_from_the_keyframe_on() {
    for host in [V4, "::1"] {
        let node = node(host);
        let mut encoder = live(&node, host);
        let mut players = [Client::player(&node, host, "room", "player")];
        run(
            &mut encoder,
            &mut players,
            |encoder| encoder.send_frame(false),
            |_, players| players[0].video_packets.len() > 60 && players[0].audio_packets > 10,
        );
        let pictures = players[0].pictures();
        assert_eq!(pictures[0], (0, 0), "the keyframe was sent before the player came");
        assert_eq!(encoder.keyframe_requests, 0, "the kept group was enough");
        for (index, picture) in pictures.iter().enumerate().take(pictures.len() - 3) {
            assert_eq!(*picture, (index as u32 / 3, index as u8 % 3), "nothing is missing or twice");
        }
    }
}

#[test]
fn lost_packets_are_sent_again() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let mut players = [Client::player(&node, V4, "room", "player")];
    // The first sequence number of a player is 1000.
    let losses: HashSet<u16> = (0..10).map(|index| 1030 + index * 7).collect();
    players[0].losses.clone_from(&losses);
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| {
            let got: HashSet<u16> = players[0].video_packets.iter().map(|packet| packet.seq_no.as_u16()).collect();
            players[0].losses.is_empty() && losses.is_subset(&got)
        },
    );
}

#[test]
fn a_returning_broadcaster_goes_on_in_the_same_numbers() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let mut players = [Client::player(&node, V4, "room", "player")];
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players[0].video_packets.len() > 60,
    );

    let refused = node.open_ingest("room", "second", &Client::encoder_offer(V4), false).unwrap_err();
    assert_eq!(refused.kind, MediaErrorKind::RoomBusy);

    let mut second = Client::encoder(&node, V4, "room", "second", true).numbered_from(60_000, 4_000_000_000);
    let before = players[0].video_packets.len();
    let mut picture = one_keyframe();
    let mut frames = 0;
    run(
        &mut second,
        &mut players,
        |encoder| {
            // The first pictures are not decodable: nobody must get them.
            frames += 1;
            if frames <= 5 { encoder.send_frame(false) } else { picture(encoder) }
        },
        |_, players| players[0].video_packets.len() > before + 60,
    );
    let mut packets: Vec<_> = players[0].video_packets.iter().collect();
    packets.sort_by_key(|packet| packet.seq_no);
    for pair in packets.windows(2) {
        assert_eq!(*pair[0].seq_no + 1, *pair[1].seq_no, "no gap");
        let step = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
        assert!(step < 90_000, "timestamps go forward, by less than a second: {step}");
    }
    let pictures = players[0].pictures();
    let restart = pictures.iter().position(|picture| *picture == (5, 0)).is_some();
    assert!(restart, "the second encoder is seen from its keyframe on");
    let reports = node.report().unwrap();
    let first = reports.iter().find(|report| report.id == "ingest").unwrap();
    assert_eq!((first.state, first.close_reason), (SessionState::Closed, Some("taken_over")));
    let player = reports.iter().find(|report| report.kind == SessionKind::Playback).unwrap();
    assert_eq!(player.state, SessionState::Connected);
}

#[test]
fn an_ice_restart_changes_the_credentials_and_media_flows_on() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let mut players = [Client::player(&node, V4, "room", "player")];
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players[0].video_packets.len() > 30,
    );
    let etag = encoder.restart_ice(&node, "ingest");
    assert_ne!(etag, players[0].restart_ice(&node, "player"));
    let before = players[0].video_packets.len();
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players[0].video_packets.len() > before + 300,
    );
    assert!(node.report().unwrap().iter().all(|report| report.state == SessionState::Connected));
}

#[test]
fn keyframe_requests_of_many_players_become_one() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let mut players: Vec<Client> =
        (0..5).map(|index| Client::player(&node, V4, "room", &format!("player{index}"))).collect();
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players.iter().all(|player| player.video_packets.len() > 300),
    );
    // A second has passed since they joined, so the kept group answers no more.
    let started = std::time::Instant::now();
    run(&mut encoder, &mut players, |encoder| encoder.send_frame(false), |_, _| started.elapsed().as_millis() > 1_000);
    let asked_before = encoder.keyframe_requests;
    for player in &mut players {
        player.ask_for_keyframe();
    }
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |encoder, _| encoder.keyframe_requests > asked_before && node.counters().keyframe_requests_received >= 5,
    );
    assert_eq!(encoder.keyframe_requests, asked_before + 1);
}

#[test]
fn a_player_without_the_codec_gets_sound_and_is_reported() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let mut players = [Client::player_of(&node, V4, "room", "player", Codec::Vp9)];
    run(&mut encoder, &mut players, |encoder| encoder.send_frame(false), |_, players| players[0].audio_packets > 30);
    assert!(players[0].video_packets.is_empty());
    let reports = node.report().unwrap();
    let player = reports.iter().find(|report| report.id == "player").unwrap();
    assert_eq!(player.unplayable_codecs, ["vp8"]);
}

#[test]
fn ending_the_broadcast_closes_everyone_and_the_room_is_empty_again() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let mut players = [Client::player(&node, V4, "room", "player")];
    run(&mut encoder, &mut players, |encoder| encoder.send_frame(false), |_, players| players[0].is_connected);
    node.close_room("room").unwrap();
    let reports = node.report().unwrap();
    assert_eq!(reports.len(), 2);
    assert!(reports.iter().all(|report| report.close_reason == Some("room_closed")));
    let refused = node.open_playback("room", "late", &Client::player_offer(V4), None).unwrap_err();
    assert_eq!(refused.kind, MediaErrorKind::RoomEmpty);
    assert!(!node.close_session("player").unwrap());
}

//! A whole node on loopback, with str0m as encoder and player.

#[allow(dead_code)]
mod support;

use std::collections::HashSet;
use std::time::Duration;

use rtc_server::{MediaErrorKind, NodeEventKind, NodeOptions, SessionKind, SessionState};
use str0m::format::Codec;
use support::{Client, Direction, PATIENCE, node, options, run};

const V4: &str = "127.0.0.1";

/// A keyframe first, then none.
fn one_keyframe() -> impl FnMut(&mut Client) {
    let mut is_first = true;
    move |encoder| encoder.send_frame(std::mem::take(&mut is_first))
}

fn has_video(node: &rtc_server::MediaNode) -> bool {
    node.report().unwrap()[0].ingest.as_ref().is_some_and(|ingest| ingest.video_codec.is_some())
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
        |_, _| has_video(node),
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
fn one_broadcast_is_served_from_every_shard() {
    let node = rtc_server::MediaNode::start(NodeOptions { shards: 3, ..options(V4) }).unwrap();
    let ports: HashSet<u16> = node.ports().iter().copied().collect();
    assert_eq!(ports.len(), 3);
    let mut encoder = live(&node, V4);
    let mut players: Vec<Client> =
        (0..20).map(|index| Client::player(&node, V4, "room", &format!("player{index}"))).collect();
    let named: Vec<HashSet<u16>> = players.iter().map(Client::node_ports).collect();
    assert!(named.iter().all(|ports| ports.len() == 1), "each answer names its own shard's port: {named:?}");
    assert_eq!(named.into_iter().flatten().collect::<HashSet<u16>>(), ports);
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players.iter().all(|player| player.video_packets.len() > 60),
    );
    for player in &players {
        let pictures = player.pictures();
        assert_eq!(pictures[0], (0, 0), "the keyframe from before it came");
        for (index, picture) in pictures[..60].iter().enumerate() {
            assert_eq!(*picture, (index as u32 / 3, index as u8 % 3), "nothing is missing or twice");
        }
    }
    assert_eq!(encoder.keyframe_requests, 0, "the kept groups were enough");
    let rooms = node.rooms().unwrap();
    assert_eq!((rooms.len(), rooms[0].room.as_str(), rooms[0].viewers, rooms[0].shard_drops), (1, "room", 20, 0));
    // In the order they were opened, whatever shard they are on.
    let names: Vec<String> = node.report().unwrap().into_iter().map(|report| report.id.to_string()).skip(1).collect();
    assert_eq!(names, (0..20).map(|index| format!("player{index}")).collect::<Vec<_>>());
    let connected = node.events().into_iter().filter(|event| event.kind == NodeEventKind::Connected).count();
    assert_eq!(connected, 21);
    assert!(node.close_session("player7").unwrap());
    let closed = node.events();
    assert!(closed.len() == 1 && closed[0].session == "player7" && closed[0].close_reason == Some("closed"));
}

#[test]
fn a_player_whose_router_gives_it_another_port_watches_on() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let mut players = [Client::player(&node, V4, "room", "player")];
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players[0].video_packets.len() > 60,
    );
    players[0].change_port();
    let before = players[0].video_packets.len();
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players[0].video_packets.len() > before + 60,
    );
}

#[test]
fn a_player_s_reports_say_how_it_is_served() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let mut players = [Client::player(&node, V4, "room", "player")];
    let served = || node.report().unwrap().into_iter().find_map(|report| report.playback);
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, _| {
            served().is_some_and(|playback| {
                playback.bitrate_bps > 0 && playback.round_trip.is_some() && playback.loss_fraction.is_some()
            })
        },
    );
    let playback = served().unwrap();
    assert!(!playback.is_stalled && playback.freezes == 0 && playback.jitter.is_some(), "{playback:?}");
    assert!(playback.round_trip.unwrap() < PATIENCE);
    let rooms = node.rooms().unwrap();
    assert!(rooms[0].bitrate_bps > 0 && rooms[0].round_trip.worst.is_some(), "{rooms:?}");
    let ingest = node.report().unwrap().into_iter().find_map(|report| report.ingest).unwrap();
    assert!(ingest.jitter.is_some());
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
fn an_encoder_without_rtx_is_asked_for_the_packets_themselves() {
    let node = node(V4);
    let mut encoder = Client::encoder_without_rtx(&node, V4, "room", "ingest");
    run(&mut encoder, &mut [], one_keyframe(), |_, _| has_video(&node));
    encoder.withhold_every = Some(20);
    let mut players = [Client::player(&node, V4, "room", "player")];
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |encoder, players| {
            // What was asked for has come and was passed on.
            let mut got: Vec<u64> = players[0].video_packets.iter().map(|packet| *packet.seq_no).collect();
            got.sort_unstable();
            encoder.asked_again.len() > 10
                && got.len() > 300
                && got[..300].windows(2).all(|pair| pair[0] + 1 == pair[1])
        },
    );
    run(&mut encoder, &mut players, |encoder| encoder.send_frame(false), |_, _| node.counters().nacks_sent > 0);
}

#[test]
fn an_encoder_that_answers_extended_reports_has_a_round_trip_time() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let round_trip = || node.report().unwrap()[0].ingest.as_ref().and_then(|ingest| ingest.round_trip);
    run(&mut encoder, &mut [], |encoder| encoder.send_frame(false), |_, _| round_trip().is_some());
    assert!(round_trip().unwrap() < PATIENCE, "some time on this machine");
}

#[test]
fn a_broadcaster_who_fell_silent_may_be_replaced_without_a_takeover() {
    let node =
        rtc_server::MediaNode::start(NodeOptions { silence: Duration::from_millis(200), ..options(V4) }).unwrap();
    let mut encoder = live(&node, V4);
    let mut players = [Client::player(&node, V4, "room", "player")];
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players[0].video_packets.len() > 60,
    );
    // Sends no more media, but is still there.
    let mut second = None;
    run(
        &mut encoder,
        &mut players,
        |_| {},
        |_, _| {
            let (client, offer, pending) = Client::offering(V4, Direction::SendOnly);
            match node.open_ingest("room", "second", &offer, false) {
                Ok(answer) => second = Some(client.accept(pending, &answer.sdp)),
                Err(refused) => assert_eq!(refused.kind, MediaErrorKind::RoomBusy),
            }
            second.is_some()
        },
    );
    let mut second = second.unwrap().numbered_from(9, 77);
    goes_on(&mut second, &mut players);
    let reports = node.report().unwrap();
    let first = reports.iter().find(|report| &*report.id == "ingest").unwrap();
    assert_eq!((first.state, first.close_reason), (SessionState::Closed, Some("replaced")));
    assert!(reports.iter().any(|report| &*report.id == "player" && report.state == SessionState::Connected));
}

#[test]
fn a_broadcaster_who_left_may_return() {
    let node = node(V4);
    let mut encoder = live(&node, V4);
    let mut players = [Client::player(&node, V4, "room", "player")];
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| players[0].video_packets.len() > 60,
    );
    assert!(node.close_session("ingest").unwrap());
    let mut second = Client::encoder(&node, V4, "room", "second", false).numbered_from(40_000, 5);
    goes_on(&mut second, &mut players);
}

/// Lets another encoder send until the player has got much of it, on the tracks it had.
fn goes_on(encoder: &mut Client, players: &mut [Client; 1]) {
    let before = players[0].video_packets.len();
    run(encoder, players, one_keyframe(), |_, players| players[0].video_packets.len() > before + 60);
    let ssrcs: HashSet<u32> = players[0].video_packets.iter().map(|packet| *packet.header.ssrc).collect();
    assert_eq!(ssrcs.len(), 1, "one track");
    let mut packets: Vec<_> = players[0].video_packets.iter().collect();
    packets.sort_by_key(|packet| packet.seq_no);
    for pair in packets.windows(2) {
        assert_eq!(*pair[0].seq_no + 1, *pair[1].seq_no, "no gap");
        let step = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
        assert!(step < 1 << 31, "timestamps go forward: {step}");
    }
    let frames = players[0].pictures();
    assert!(frames[before..].windows(2).all(|pair| pair[0] < pair[1]), "from the keyframe on: {frames:?}");
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
    let first = reports.iter().find(|report| &*report.id == "ingest").unwrap();
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
    let player = reports.iter().find(|report| &*report.id == "player").unwrap();
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

//! RTP as viewers get it: retransmission (RFC 4588), identification (RFC 9143), one port (RFC 5761).

use std::collections::{HashMap, HashSet};

use rtc_server::MediaNode;

use crate::HOST;
use crate::support::{Client, OpenedPacket, node, run};

/// An encoder that is seen, and a player that shows its packets.
fn watched() -> (MediaNode, Client, [Client; 1]) {
    let node = node(HOST);
    let encoder = Client::encoder(&node, HOST, "room", "ingest", false);
    let player = Client::watchful_player(&node, HOST, "room", "player");
    (node, encoder, [player])
}

fn keyframe_first() -> impl FnMut(&mut Client) {
    let mut is_first = true;
    move |encoder| encoder.send_frame(std::mem::take(&mut is_first))
}

/// The numbers behind `prefix` in the lines of an answer.
fn numbers(answer: &str, prefix: &str) -> Vec<Vec<u32>> {
    let lines = answer.lines().filter_map(|line| line.strip_prefix(prefix));
    lines.map(|rest| rest.split([' ', '=']).filter_map(|word| word.parse().ok()).collect()).collect()
}

#[test]
fn rfc_4588_4_a_lost_packet_comes_again_in_the_retransmission_stream() {
    let (_node, mut encoder, mut players) = watched();
    let answer = players[0].answer.clone();
    let [original_ssrc, rtx_ssrc] = numbers(&answer, "a=ssrc-group:FID ")[0][..] else { panic!("{answer}") };
    let associated: HashMap<u32, u32> = numbers(&answer, "a=fmtp:").iter().map(|pair| (pair[0], pair[1])).collect();
    run(&mut encoder, &mut players, keyframe_first(), |_, players| players[0].video_packets.len() > 30);
    let next = players[0].video_packets.iter().map(|packet| packet.seq_no.as_u16()).max().unwrap() + 10;
    let losses: HashSet<u16> = (0..10).map(|index| next + index * 7).collect();
    players[0].losses.clone_from(&losses);
    let came_again = |player: &Client| -> Vec<OpenedPacket> {
        let is_retransmission = |packet: &&OpenedPacket| packet.ssrc == rtx_ssrc && packet.payload.len() > 2;
        player.opened.iter().filter(is_retransmission).cloned().collect()
    };
    let original_sequence = |packet: &OpenedPacket| u16::from_be_bytes([packet.payload[0], packet.payload[1]]);
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(false),
        |_, players| losses.is_subset(&came_again(&players[0]).iter().map(original_sequence).collect()),
    );
    let [player] = &players;
    let original_payload_type = player.opened.iter().find(|packet| packet.ssrc == original_ssrc).unwrap().payload_type;
    for packet in came_again(player) {
        // The client has put it back where it belongs.
        let original = player.video_packets.iter().find(|one| one.seq_no.as_u16() == original_sequence(&packet));
        let original = original.expect("what was asked for");
        assert_eq!(packet.timestamp, original.header.timestamp, "section 4: the timestamp of the original");
        assert_eq!(packet.payload[2..], original.payload[..], "section 4: its number, then its payload");
        let apt = associated.get(&u32::from(packet.payload_type));
        assert_eq!(apt, Some(&u32::from(original_payload_type)), "section 8.1: apt");
    }
    let mut sequences: Vec<u16> =
        player.opened.iter().filter(|packet| packet.ssrc == rtx_ssrc).map(|packet| packet.sequence).collect();
    sequences.sort_unstable();
    assert!(sequences.windows(2).all(|pair| pair[0] + 1 == pair[1]), "section 4: numbers of its own: {sequences:?}");
}

#[test]
fn rfc_9143_9_2_the_first_packets_of_each_track_name_its_section() {
    let (_node, mut encoder, mut players) = watched();
    run(&mut encoder, &mut players, keyframe_first(), |_, players| {
        players[0].video_packets.len() > 30 && players[0].audio_packets > 10
    });
    for packet in &players[0].video_packets[..10] {
        assert_eq!(packet.header.ext_vals.mid, Some(players[0].video), "RFC 9143 section 15.2");
    }
}

#[test]
fn rfc_5761_4_rtp_and_rtcp_share_the_port_and_can_be_told_apart() {
    let (_node, mut encoder, mut players) = watched();
    players[0].datagrams = Some(Vec::new());
    // A report of each track (RFC 3550 section 6.4.1), on the socket that got the media.
    run(&mut encoder, &mut players, keyframe_first(), |_, players| {
        players[0].video_packets.len() > 30 && players[0].reporters.len() == 2
    });
    let [player] = &players;
    let described: HashSet<u32> =
        numbers(&player.answer, "a=ssrc:").iter().filter_map(|line| line.first().copied()).collect();
    assert!(player.reporters.is_subset(&described), "{}", player.answer);
    let is_rtcp = |datagram: &&Vec<u8>| (192..224).contains(&datagram[1]);
    let (rtcp, rtp): (Vec<&Vec<u8>>, Vec<&Vec<u8>>) =
        player.datagrams.iter().flatten().filter(|datagram| datagram[0] >> 6 == 2).partition(is_rtcp);
    assert!(rtcp.iter().any(|datagram| datagram[1] == 200), "RFC 3550 section 6.1: a report comes first");
    assert!(rtp.len() > 30);
    // Their types with the marker would look like those of RTCP.
    assert!(rtp.iter().all(|datagram| !(64..96).contains(&(datagram[1] & 0x7f))), "RFC 5761 section 4");
}

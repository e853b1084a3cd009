//! Offers and answers: JSEP (RFC 9429), BUNDLE (RFC 9143), RTP and RTCP on one port (RFC 5761, RFC 8858).

use rtc_server::{MediaErrorKind, MediaNode, SessionAnswer};

use crate::HOST;
use crate::support::{Client, node};

const CHROMIUM: &str = include_str!("../offers/chromium_av1_sendonly.sdp");
const FIREFOX: &str = include_str!("../offers/firefox_av1.sdp");

fn open(node: &MediaNode, offer: &str) -> Result<SessionAnswer, MediaErrorKind> {
    let session = node.report().unwrap().len().to_string();
    node.open_ingest("room", &session, offer, true).map_err(|error| error.kind)
}

fn sections(sdp: &str) -> Vec<&str> {
    sdp.split("\r\nm=").skip(1).collect()
}

fn attribute<'a>(section: &'a str, name: &str) -> Option<&'a str> {
    section.lines().find_map(|line| line.strip_prefix("a=")?.strip_prefix(name))
}

#[test]
fn rfc_9143_7_3_the_answer_bundles_the_sections_of_the_offer_under_their_mids() {
    let node = node(HOST);
    for offer in [CHROMIUM, FIREFOX] {
        let answer = open(&node, offer).unwrap().sdp;
        let mids = |sdp| sections(sdp).into_iter().map(|section| attribute(section, "mid:")).collect::<Vec<_>>();
        assert_eq!(mids(&answer), mids(offer));
        let group = |sdp: &str| sdp.lines().find(|line| line.starts_with("a=group:BUNDLE")).map(str::to_owned);
        assert_eq!(group(&answer), group(offer));
        // One transport: the same credentials and candidates wherever they stand.
        for name in ["ice-ufrag:", "ice-pwd:", "fingerprint:"] {
            let values: Vec<_> = sections(&answer).into_iter().filter_map(|part| attribute(part, name)).collect();
            assert!(values.windows(2).all(|pair| pair[0] == pair[1]), "{answer}");
        }
    }
}

#[test]
fn rfc_9143_7_3_an_offer_that_does_not_bundle_is_refused() {
    let node = node(HOST);
    let apart = CHROMIUM.replace("a=group:BUNDLE 0 1\r\n", "");
    assert_ne!(apart, CHROMIUM);
    assert_eq!(open(&node, &apart), Err(MediaErrorKind::MalformedOffer));
}

#[test]
fn rfc_5761_5_1_1_the_answer_takes_rtcp_on_the_port_of_rtp() {
    let node = node(HOST);
    for offer in [CHROMIUM, FIREFOX] {
        let answer = open(&node, offer).unwrap().sdp;
        for section in sections(&answer) {
            assert!(section.lines().any(|line| line == "a=rtcp-mux"), "{answer}");
        }
        // RFC 8858 section 3: the attribute is forbidden in answers.
        assert!(!answer.contains("rtcp-mux-only"), "{answer}");
    }
}

/// RFC 8858 section 4.2: who offers two ports cannot be answered with one. There is no second port here.
#[test]
fn rfc_9725_4_4_1_an_offer_without_rtcp_mux_is_refused() {
    let node = node(HOST);
    let two_ports = CHROMIUM.replace("a=rtcp-mux\r\n", "");
    assert_ne!(two_ports, CHROMIUM);
    assert_eq!(open(&node, &two_ports), Err(MediaErrorKind::MalformedOffer));
}

#[test]
fn rfc_8842_5_3_the_answer_to_actpass_and_active_is_passive() {
    let node = node(HOST);
    for role in ["actpass", "active"] {
        let answer = open(&node, &CHROMIUM.replace("a=setup:actpass", &format!("a=setup:{role}"))).unwrap().sdp;
        for section in sections(&answer) {
            assert_eq!(attribute(section, "setup:"), Some("passive"), "{answer}");
        }
    }
}

#[test]
fn rfc_8445_2_5_the_answer_says_ice_lite_and_has_all_candidates() {
    let node = node(HOST);
    let answer = open(&node, CHROMIUM).unwrap().sdp;
    let session_level = answer.split("\r\nm=").next().unwrap();
    assert!(session_level.lines().any(|line| line == "a=ice-lite"), "{answer}");
    assert!(answer.contains(&format!("{HOST} {} typ host", node.ports()[0])), "{answer}");
    assert!(answer.contains("a=end-of-candidates"), "RFC 8840 section 4.1");
}

#[test]
fn rfc_8839_5_4_the_credentials_have_the_length_and_the_characters_they_must() {
    let node = node(HOST);
    let answer = open(&node, CHROMIUM).unwrap().sdp;
    let is_ice_char = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte));
    let ufrag = attribute(&answer, "ice-ufrag:").unwrap();
    let password = attribute(&answer, "ice-pwd:").unwrap();
    assert!((4..=256).contains(&ufrag.len()) && is_ice_char(ufrag), "{ufrag}");
    assert!((22..=256).contains(&password.len()) && is_ice_char(password));
    let other = open(&node, CHROMIUM).unwrap().sdp;
    assert_ne!(attribute(&other, "ice-pwd:"), Some(password), "RFC 8445 section 5.3: new for each session");
}

#[test]
fn rfc_8830_2_audio_and_video_of_a_broadcast_are_one_media_stream() {
    let node = node(HOST);
    open(&node, CHROMIUM).unwrap();
    let answer = node.open_playback("room", "player", &Client::player_offer(HOST), None).unwrap().sdp;
    let streams: Vec<_> = sections(&answer)
        .into_iter()
        .map(|section| attribute(section, "msid:").and_then(|msid| msid.split(' ').next()))
        .collect();
    assert!(streams.len() == 2 && streams[0].is_some() && streams[0] == streams[1], "{answer}");
}

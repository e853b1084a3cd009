use super::*;

const OFFERS: [(&str, SessionKind); 9] = [
    (include_str!("../../tests/offers/chromium_recvonly.sdp"), SessionKind::Playback),
    (include_str!("../../tests/offers/chromium_default_sendrecv.sdp"), SessionKind::Ingest),
    (include_str!("../../tests/offers/chromium_av1_sendonly.sdp"), SessionKind::Ingest),
    (include_str!("../../tests/offers/chromium_av1_dd_forced.sdp"), SessionKind::Ingest),
    (include_str!("../../tests/offers/chromium_av1_L3T3_KEY_sendonly.sdp"), SessionKind::Ingest),
    (include_str!("../../tests/offers/chromium_av1_simulcast_sendonly.sdp"), SessionKind::Ingest),
    (include_str!("../../tests/offers/chromium_vp8_simulcast_sendonly.sdp"), SessionKind::Ingest),
    (include_str!("../../tests/offers/firefox_av1.sdp"), SessionKind::Ingest),
    (include_str!("../../tests/offers/firefox_vp8_simulcast.sdp"), SessionKind::Ingest),
];

fn payload_types(sdp: &str, kind: &str) -> Vec<u8> {
    let line = sdp.lines().find(|line| line.starts_with(&format!("m={kind}")));
    line.map(|line| line.split(' ').skip(3).map(|text| text.parse().unwrap()).collect()).unwrap_or_default()
}

#[test]
fn answers_to_real_offers_take_their_codecs_in_their_order() {
    let certificate = Certificate::generate().unwrap();
    let candidates = ["192.0.2.1:8083".parse().unwrap(), "[2001:db8::1]:8083".parse().unwrap()];
    for (text, role) in OFFERS {
        let offer = Offer::parse(text, role).unwrap();
        let expected: Vec<u8> = formats(&offer, MediaKind::Video)
            .flat_map(|format| [Some(format.payload_type), format.retransmission])
            .flatten()
            .collect();
        let (peer, answer) = accept(offer, role, &candidates, &certificate, Instant::now()).unwrap();
        assert_eq!(payload_types(&answer, "video"), expected, "{answer}");
        let direction = if role == SessionKind::Ingest { "a=recvonly" } else { "a=sendonly" };
        assert!(answer.contains(direction) && !answer.contains("a=sendrecv"), "{answer}");
        assert!(answer.contains("a=ice-lite") && answer.contains("a=setup:passive"), "{answer}");
        assert!(answer.contains("192.0.2.1 8083 typ host") && answer.contains("2001:db8::1 8083 typ host"));
        assert!(answer.contains(&format!("a=ice-ufrag:{}", peer.credentials().ufrag)));
        assert!(!answer.contains("a=simulcast") && !answer.contains("a=rid"), "{answer}");
    }
}

#[test]
fn firefox_gets_its_one_codec_with_feedback_and_retransmission() {
    let certificate = Certificate::generate().unwrap();
    for (text, lines) in [
        (
            include_str!("../../tests/offers/firefox_av1.sdp"),
            ["a=rtpmap:99 AV1/90000", "a=rtpmap:100 rtx/90000", "a=fmtp:100 apt=99", "a=rtcp-fb:99 nack pli"],
        ),
        (
            include_str!("../../tests/offers/firefox_vp8_simulcast.sdp"),
            ["a=rtpmap:120 VP8/90000", "a=rtpmap:124 rtx/90000", "a=fmtp:124 apt=120", "a=rtcp-fb:120 nack pli"],
        ),
    ] {
        let offer = Offer::parse(text, SessionKind::Ingest).unwrap();
        let candidates = ["192.0.2.1:8083".parse().unwrap()];
        let (_, answer) = accept(offer, SessionKind::Ingest, &candidates, &certificate, Instant::now()).unwrap();
        for line in lines.into_iter().chain(["a=mid:0", "a=rtcp-mux", "a=group:BUNDLE 0"]) {
            assert!(answer.lines().any(|answered| answered == line), "{line} is missing in {answer}");
        }
        assert!(!answer.contains("red/90000") && !answer.contains("ulpfec"), "{answer}");
    }
}

#[test]
fn offers_that_contradict_themselves_are_refused() {
    let certificate = Certificate::generate().unwrap();
    let text = OFFERS[0].0;
    for broken in [
        text.replace("a=fingerprint", "a=xfingerprint"),
        text.replace("a=ice-ufrag", "a=xice-ufrag"),
        text.replace("a=mid:1", "a=mid:0"),
        text.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 7 8 9"),
    ] {
        let refused = Offer::parse(&broken, SessionKind::Playback)
            .and_then(|offer| accept(offer, SessionKind::Playback, &[], &certificate, Instant::now()).map(|_| ()));
        let kind = refused.map_err(|error| error.kind);
        assert_eq!(kind, Err(MediaErrorKind::MalformedOffer), "{broken}");
    }
}

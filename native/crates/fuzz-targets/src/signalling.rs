use std::time::Instant;

use rtc_server::fuzzing::{Peer, is_fragment};
use rtc_server::{MAX_OFFER_BYTES, SessionKind};

use crate::OFFER;

/// An SDP offer, for both roles, down to the answer.
pub fn sdp_offer(data: &[u8]) {
    let Ok(offer) = std::str::from_utf8(data) else { return };
    for kind in [SessionKind::Ingest, SessionKind::Playback] {
        let Ok((_, answer)) = Peer::accept(offer, kind, Instant::now()) else { continue };
        assert!(offer.len() <= MAX_OFFER_BYTES);
        let sections = |text: &str| text.lines().filter(|line| line.starts_with("m=")).count();
        assert_eq!(sections(offer), sections(&answer), "RFC 3264 section 6: {answer}");
        let unwanted = match kind {
            SessionKind::Ingest => ["a=sendrecv", "a=sendonly"],
            SessionKind::Playback => ["a=sendrecv", "a=recvonly"],
        };
        for direction in unwanted {
            assert!(!answer.lines().any(|line| line == direction), "{answer}");
        }
    }
}

/// An SDP fragment of trickled candidates or of an ICE restart.
pub fn sdp_fragment(data: &[u8]) {
    let Ok(fragment) = std::str::from_utf8(data) else { return };
    if !is_fragment(fragment) {
        return;
    }
    let now = Instant::now();
    let (mut peer, _) = Peer::accept(OFFER, SessionKind::Playback, now).expect("a browser's offer");
    let _ = peer.patch(fragment);
    peer.advance(now).expect("no fragment ends a connection");
}

//! What a viewer says of what it was sent, and what it asks for.

use srtp::Refused;

use super::*;

#[test]
fn a_receiver_report_tells_loss_jitter_and_round_trip() {
    let mut pair = Pair::new(USUAL);
    pair.write(&video(1_000, 0));
    let half = 1 << 15;
    let heard = ReportBlock {
        fraction_lost: 64,
        cumulative_lost: 12,
        highest_sequence: 1_000,
        jitter: 900,
        last_sender_report: ntp(1_000).middle(),
        delay_since: half,
        ..block(VIDEO)
    };
    assert_eq!(pair.report(&[heard, block(7)], 1_580), ["79 ms"]);
    let reception = pair.egress.reception(MediaKind::Video).unwrap();
    assert_eq!((reception.loss_fraction, reception.lost, reception.jitter), (0.25, 12, Duration::from_millis(10)));
    assert!(pair.report(&[ReportBlock { last_sender_report: 0, ..heard }], 2_580).is_empty());
    let reception = pair.egress.reception(MediaKind::Video).unwrap();
    assert_eq!(reception.round_trip.map(|time| time.as_millis()), Some(79), "the last one known");
    assert_eq!(pair.egress.reception(MediaKind::Audio), None);
}

#[test]
fn what_a_viewer_asks_for_is_told() {
    let mut pair = Pair::new(USUAL);
    let datagram = pair.feedback(|writer| {
        assert!(writer.receiver_report(VIEWER, &[]));
        assert!(writer.nack(VIEWER, VIDEO, [1_000, 1_002, 1_016]));
        assert!(writer.nack(VIEWER, AUDIO, [5]));
        assert!(writer.picture_loss(VIEWER, VIDEO));
    });
    assert_eq!(pair.hear(&datagram, 0), ["Video [1000, 1002, 1016]", "Audio [5]", "keyframe"]);
    let counters = pair.egress.counters();
    assert_eq!((counters.nacked, counters.keyframe_requests), (4, 1));
    let datagram = pair.feedback(|writer| {
        assert!(writer.nack(VIEWER, 77, [1]));
        assert!(writer.picture_loss(VIEWER, AUDIO));
        assert!(writer.goodbye(&[VIEWER]));
    });
    assert!(pair.hear(&datagram, 0).is_empty());
}

/// RFC 5104 section 4.3.1.1: the same command number repeats the same request.
#[test]
fn a_full_intra_request_repeated_asks_once() {
    let mut pair = Pair::new(USUAL);
    let mut ask = |ssrc, command| {
        let datagram = pair.feedback(|writer| assert!(writer.full_intra_request(VIEWER, ssrc, command)));
        pair.hear(&datagram, 0)
    };
    assert_eq!(ask(VIDEO, 0), ["keyframe"]);
    assert!(ask(VIDEO, 0).is_empty());
    assert_eq!(ask(VIDEO, 1), ["keyframe"]);
    assert!(ask(AUDIO, 2).is_empty(), "sound has no pictures");
}

#[test]
fn a_viewer_that_sends_under_one_of_our_ssrcs_is_heard_like_any_other() {
    let mut pair = Pair::new(USUAL);
    let datagram = pair.feedback(|writer| {
        assert!(writer.receiver_report(VIDEO, &[block(VIDEO)]));
        assert!(writer.nack(VIDEO, VIDEO, [1_000]));
    });
    assert_eq!(pair.hear(&datagram, 0), ["Video [1000]"]);
    // What the node seals there is not what the viewer sealed: each has its own key.
    let sent = pair.write(&video(1_000, 0));
    let (viewer_key, _) = keys(USUAL.profile);
    assert_eq!(Receiver::new(&viewer_key).unprotect_rtp(&mut sent[0].clone()), Err(Refused::Forged));
    pair.open(&sent[0]);
}

#[test]
fn replayed_forged_and_overlong_feedback_is_counted_and_has_no_effect() {
    let mut pair = Pair::new(USUAL);
    let datagram = pair.feedback(|writer| assert!(writer.picture_loss(VIEWER, VIDEO)));
    let mut forged = datagram.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(pair.hear(&forged, 0), ["unreadable"]);
    assert_eq!(pair.hear(&datagram, 0), ["keyframe"]);
    for bytes in [&datagram[..], &vec![0x80; MAX_FEEDBACK + 1], &[0x80, 201], &[]] {
        assert_eq!(pair.hear(bytes, 0), ["unreadable"]);
    }
    assert_eq!((pair.egress.counters().unreadable, pair.egress.counters().keyframe_requests), (5, 1));
}

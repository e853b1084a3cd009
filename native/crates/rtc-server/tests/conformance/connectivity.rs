//! ICE as an ICE-lite agent does it (RFC 8445), and telling the protocols of one port apart (RFC 7983).

use rtc_server::{MediaNode, SessionState};

use crate::HOST;
use crate::stun::{self, Checker, Credentials};
use crate::support::{Client, node, run};

/// A node with a session that waits for checks: its answer, and what one must know to be its peer.
fn waiting() -> (MediaNode, String, Credentials) {
    let node = node(HOST);
    let offer = Client::encoder_offer(HOST);
    let answer = node.open_ingest("room", "session", &offer, false).unwrap();
    let credentials = Credentials::of(&answer.sdp, &offer);
    (node, answer.sdp, credentials)
}

fn is_waiting(node: &MediaNode) -> bool {
    let reports = node.report().unwrap();
    matches!(&reports[..], [only] if only.state == SessionState::Connecting)
}

#[test]
fn rfc_8445_7_3_a_check_is_answered_with_the_address_it_came_from() {
    let (_node, answer, credentials) = waiting();
    let mut checker = Checker::new(&answer);
    let transaction = checker.check(&credentials);
    let answer = checker.receive();
    assert_eq!(stun::kind_of(&answer), stun::BINDING_SUCCESS);
    assert_eq!(stun::transaction_of(&answer), transaction);
    assert_eq!(stun::xor_mapped_address(&answer), checker.address(), "RFC 8445 section 7.3.1.2");
    assert!(stun::is_authentic(&answer, &credentials.password), "RFC 8489 section 9.1.4, RFC 8445 section 7.1.3");
}

#[test]
fn rfc_8445_7_3_a_check_answers_for_every_address_of_a_peer() {
    let (_node, answer, credentials) = waiting();
    for _ in 0..20 {
        let mut checker = Checker::new(&answer);
        let transaction = checker.check(&credentials);
        let (answer, others) = checker.answer_to(transaction);
        assert_eq!(stun::xor_mapped_address(&answer), checker.address());
        assert!(others.is_empty());
    }
}

#[test]
fn rfc_8489_9_1_3_a_check_without_the_password_gets_no_success_and_no_state() {
    let (node, answer, credentials) = waiting();
    let mut checker = Checker::new(&answer);
    let wrong = Credentials { password: "x".repeat(32), ..credentials.clone() };
    checker.check(&wrong);
    let transaction = checker.transaction();
    let username = credentials.username();
    checker.send(&stun::unsigned_message(
        stun::BINDING_REQUEST,
        transaction,
        &[(stun::USERNAME, username.as_bytes()), (stun::USE_CANDIDATE, &[])],
    ));
    checker.check(&Credentials { ufrag: "nobody".into(), ..credentials.clone() });
    checker.send(&stun::message(stun::BINDING_REQUEST, [200; 12], &[], &credentials.password));
    let transaction = checker.check(&credentials);
    let (_, others) = checker.answer_to(transaction);
    assert!(!others.iter().any(|other| stun::kind_of(other) == stun::BINDING_SUCCESS), "{others:02x?}");
    assert!(is_waiting(&node));
}

/// A lite agent is controlled (section 6.1.1). A peer that says it is controlled too is wrong, and may mend its ways.
#[test]
fn rfc_8445_6_1_1_a_peer_that_mistakes_its_role_may_go_on_in_the_right_one() {
    let (node, answer, credentials) = waiting();
    let mut checker = Checker::new(&answer);
    checker.check_with(&credentials, &[(stun::PRIORITY, &[0, 0, 0, 1]), (stun::ICE_CONTROLLED, &[0; 8])]);
    let transaction = checker.check(&credentials);
    let (answer, _) = checker.answer_to(transaction);
    assert_eq!(stun::kind_of(&answer), stun::BINDING_SUCCESS);
    assert!(is_waiting(&node));
}

#[test]
fn rfc_8445_9_a_restart_changes_user_name_fragment_and_password_and_the_old_ones_are_void() {
    let (node, answer, old) = waiting();
    let fragment = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n";
    let patch = node.patch_session("session", fragment, true).unwrap();
    let new = Credentials::of(&patch.sdp_fragment.unwrap(), fragment);
    assert!(new.ufrag != old.ufrag && new.password != old.password);
    let mut checker = Checker::new(&answer);
    checker.check(&old);
    let transaction = checker.check(&new);
    let (answer, others) = checker.answer_to(transaction);
    assert!(stun::is_authentic(&answer, &new.password));
    assert!(others.is_empty(), "the old credentials count for nothing: {others:02x?}");
}

/// The controlling side chose another pair (section 8.1.1): media follows it, although the old one still works.
#[test]
fn rfc_8445_8_1_1_media_follows_the_nominated_pair() {
    let node = node(HOST);
    let mut encoder = Client::encoder(&node, HOST, "room", "ingest", false);
    let mut players = [Client::player(&node, HOST, "room", "player")];
    let mut is_first = true;
    run(
        &mut encoder,
        &mut players,
        |encoder| encoder.send_frame(std::mem::take(&mut is_first)),
        |_, players| players[0].video_packets.len() > 30,
    );
    players[0].change_port();
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
fn rfc_7983_7_what_comes_from_an_unknown_address_is_not_answered() {
    let (node, answer, credentials) = waiting();
    let mut checker = Checker::new(&answer);
    for first in 0..=u8::MAX {
        let mut datagram = [first; 100];
        datagram[1] = 1;
        checker.send(&datagram);
    }
    checker.send(&[]);
    let transaction = checker.check(&credentials);
    let (_, others) = checker.answer_to(transaction);
    assert!(others.is_empty(), "{others:02x?}");
    assert!(is_waiting(&node));
}

#[test]
fn rfc_7983_7_a_peer_is_answered_to_stun_and_dtls_and_to_nothing_else() {
    let (node, answer, credentials) = waiting();
    let mut checker = Checker::new(&answer);
    let transaction = checker.check(&credentials);
    checker.answer_to(transaction);
    for first in 0..=u8::MAX {
        checker.send(&[first; 100]);
    }
    let transaction = checker.check(&credentials);
    let (_, others) = checker.answer_to(transaction);
    assert!(others.iter().all(|other| other[0] < 4 || (20..64).contains(&other[0])), "{others:02x?}");
    assert!(is_waiting(&node), "rubbish does not end a session");
}

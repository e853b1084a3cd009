use std::net::SocketAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use rtc_server::SessionKind;
use rtc_server::fuzzing::{Peer, stun_receiver_ufrag};

use crate::OFFER;

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: u16 = 6;
const MESSAGE_INTEGRITY: u16 = 8;

/// A connection that waits for its other side, and what one must know to be that side.
struct Waiting {
    peer: Peer,
    username: String,
    password: String,
}

impl Waiting {
    fn new(now: Instant) -> Self {
        let (peer, answer) = Peer::accept(OFFER, SessionKind::Playback, now).expect("a browser's offer");
        let value = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.expect("ICE credentials in both descriptions").to_owned()
        };
        let username = format!("{}:{}", value(&answer, "a=ice-ufrag:"), value(OFFER, "a=ice-ufrag:"));
        Self { peer, username, password: value(&answer, "a=ice-pwd:") }
    }

    /// A STUN message of the given type and attributes that names the connection and is signed (RFC 8489 section 14.5).
    fn signed(&self, message_type: [u8; 2], attributes: &[u8]) -> Vec<u8> {
        const HEADER: usize = 20;
        const SIGNATURE: usize = 4 + 20;
        let mut message = Vec::from(message_type);
        message.extend([0, 0]);
        message.extend(MAGIC_COOKIE);
        message.extend([7; 12]);
        message.extend(USERNAME.to_be_bytes());
        message.extend((self.username.len() as u16).to_be_bytes());
        message.extend(self.username.as_bytes());
        message.resize(message.len().next_multiple_of(4), 0);
        message.extend(attributes);
        message.resize(message.len().next_multiple_of(4), 0);
        let length = (message.len() + SIGNATURE - HEADER) as u16;
        message[2..4].copy_from_slice(&length.to_be_bytes());
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.password.as_bytes());
        let signature = hmac::sign(&key, &message);
        message.extend(MESSAGE_INTEGRITY.to_be_bytes());
        message.extend(20u16.to_be_bytes());
        message.extend(signature.as_ref());
        message
    }
}

fn source(port: u8) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 1], 1000 + u16::from(port & 3)))
}

/// A STUN message as anyone may send it: all of it, or the attributes of a signed one.
pub fn stun(data: &[u8]) {
    thread_local! {
        static WAITING: Waiting = Waiting::new(Instant::now());
    }
    let Some((form, bytes)) = data.split_first() else { return };
    WAITING.with(|waiting| {
        let is_signed = form & 1 == 1;
        let message = if is_signed { waiting.signed([0, 1], bytes) } else { bytes.to_vec() };
        let named = stun_receiver_ufrag(&message);
        if is_signed {
            assert_eq!(named, waiting.username.split(':').next());
        }
        let is_accepted = waiting.peer.accepts(&message);
        assert!(is_signed || !is_accepted, "accepted without the password");
    });
}

/// What happens to a connection one after the other, each a byte that tells what, a byte for the length, and the bytes.
pub fn connection(data: &[u8]) {
    let mut now = Instant::now();
    let mut waiting = Waiting::new(now);
    let mut is_known = false;
    let mut rest = data;
    while let [what, length, following @ ..] = rest {
        // Long enough for a handshake message.
        let (bytes, after) = following.split_at((usize::from(*length) * 4).min(following.len()));
        rest = after;
        let source = source(what >> 4);
        let outcome = match what & 3 {
            0 => waiting.peer.receive(source, bytes, now),
            1 => {
                let message_type = [0, 1];
                is_known = true;
                let message = waiting.signed(message_type, bytes);
                waiting.peer.receive(source, &message, now)
            }
            2 => {
                now += Duration::from_millis(u64::from(*length) * 10);
                waiting.peer.advance(now)
            }
            _ => {
                if let Ok(fragment) = std::str::from_utf8(bytes) {
                    let _ = waiting.peer.patch(fragment);
                }
                waiting.peer.advance(now)
            }
        };
        if let Err(reason) = outcome {
            assert!(reason != "internal_error", "str0m panicked");
            assert!(is_known, "one who does not know the password ended the connection: {reason}");
            return;
        }
    }
}

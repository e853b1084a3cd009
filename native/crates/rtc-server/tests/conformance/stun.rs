//! STUN binding requests of the test's own, apart from the implementation under test (RFC 8489, RFC 8445 section 7.1).

use std::net::{SocketAddr, UdpSocket};

use aws_lc_rs::hmac;

use crate::support::PATIENCE;

pub const BINDING_REQUEST: u16 = 0x0001;
pub const BINDING_SUCCESS: u16 = 0x0101;
const MAGIC_COOKIE: u32 = 0x2112_a442;
const HEADER: usize = 20;

pub const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
pub const PRIORITY: u16 = 0x0024;
pub const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
pub const ICE_CONTROLLED: u16 = 0x8029;
pub const ICE_CONTROLLING: u16 = 0x802a;

/// What a peer must know to have its checks answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub ufrag: String,
    pub password: String,
    /// The fragment of the one who checks.
    pub peer: String,
}

impl Credentials {
    /// Those of an answer to an offer; fragments will do.
    pub fn of(answer: &str, offer: &str) -> Self {
        let value = |sdp: &str, name| {
            let found = sdp.lines().find_map(|line| line.strip_prefix(name));
            found.expect("ICE credentials in both").to_owned()
        };
        Self {
            ufrag: value(answer, "a=ice-ufrag:"),
            password: value(answer, "a=ice-pwd:"),
            peer: value(offer, "a=ice-ufrag:"),
        }
    }

    /// USERNAME of a check (RFC 8445 section 7.2.2).
    pub fn username(&self) -> String {
        format!("{}:{}", self.ufrag, self.peer)
    }
}

/// A socket that sends checks to a node.
pub struct Checker {
    pub socket: UdpSocket,
    node: SocketAddr,
    next_transaction: u8,
}

impl Checker {
    /// Checks the candidate of an answer.
    pub fn new(answer: &str) -> Self {
        let candidate = answer.lines().find_map(|line| line.strip_prefix("a=candidate:")).expect("a candidate");
        let words: Vec<&str> = candidate.split(' ').collect();
        let node = SocketAddr::new(words[4].parse().unwrap(), words[5].parse().unwrap());
        let socket = UdpSocket::bind((node.ip(), 0)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, node, next_transaction: 0 }
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub fn send(&self, datagram: &[u8]) {
        self.socket.send_to(datagram, self.node).unwrap();
    }

    pub fn receive(&self) -> Vec<u8> {
        let mut buffer = [0; 2000];
        let (length, source) = self.socket.recv_from(&mut buffer).expect("an answer");
        assert_eq!(source, self.node, "answers come from where the check went (RFC 8445 section 7.3)");
        buffer[..length].to_vec()
    }

    /// Sends a check and returns its transaction.
    pub fn check(&mut self, credentials: &Credentials) -> [u8; 12] {
        self.check_with(credentials, &[(PRIORITY, &[0x6e, 0x7f, 0, 0xff]), (ICE_CONTROLLING, &[1; 8])])
    }

    pub fn check_with(&mut self, credentials: &Credentials, attributes: &[(u16, &[u8])]) -> [u8; 12] {
        let transaction = self.transaction();
        let username = credentials.username();
        let mut all: Vec<(u16, &[u8])> = vec![(USERNAME, username.as_bytes())];
        all.extend(attributes);
        self.send(&message(BINDING_REQUEST, transaction, &all, &credentials.password));
        transaction
    }

    pub fn transaction(&mut self) -> [u8; 12] {
        self.next_transaction += 1;
        [self.next_transaction; 12]
    }

    /// Waits for the answer to a check that will be answered. The node answers in the order it was asked, so that
    /// nothing was sent for what was asked before, but for the messages returned with it.
    pub fn answer_to(&self, transaction: [u8; 12]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let mut others = Vec::new();
        loop {
            let datagram = self.receive();
            if datagram[0] < 4 && transaction_of(&datagram) == transaction {
                return (datagram, others);
            }
            others.push(datagram);
        }
    }
}

/// A message with MESSAGE-INTEGRITY and FINGERPRINT (RFC 8489 sections 14.5 and 14.7).
pub fn message(kind: u16, transaction: [u8; 12], attributes: &[(u16, &[u8])], password: &str) -> Vec<u8> {
    let mut message = unsigned_message(kind, transaction, attributes);
    set_length(&mut message, 4 + 20);
    let signature = signature(&message, password);
    put(&mut message, MESSAGE_INTEGRITY, &signature);
    set_length(&mut message, 4 + 4);
    let fingerprint = crc32(&message) ^ 0x5354_554e;
    put(&mut message, FINGERPRINT, &fingerprint.to_be_bytes());
    message
}

pub fn unsigned_message(kind: u16, transaction: [u8; 12], attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut message = Vec::from(kind.to_be_bytes());
    message.extend([0; 2]);
    message.extend(MAGIC_COOKIE.to_be_bytes());
    message.extend(transaction);
    for (attribute, value) in attributes {
        put(&mut message, *attribute, value);
    }
    set_length(&mut message, 0);
    message
}

fn put(message: &mut Vec<u8>, attribute: u16, value: &[u8]) {
    message.extend(attribute.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn set_length(message: &mut [u8], to_come: usize) {
    let length = (message.len() - HEADER + to_come) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

fn signature(message: &[u8], password: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    hmac::sign(&key, message).as_ref().to_vec()
}

/// ITU-T V.42.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    !crc
}

pub fn kind_of(message: &[u8]) -> u16 {
    u16::from_be_bytes([message[0], message[1]])
}

pub fn transaction_of(message: &[u8]) -> [u8; 12] {
    message[8..20].try_into().unwrap()
}

/// Attributes, each with the place where it begins.
fn attributes(message: &[u8]) -> Vec<(u16, &[u8], usize)> {
    let (mut found, mut at) = (Vec::new(), HEADER);
    while at < message.len() {
        let kind = u16::from_be_bytes([message[at], message[at + 1]]);
        let length = usize::from(u16::from_be_bytes([message[at + 2], message[at + 3]]));
        found.push((kind, &message[at + 4..at + 4 + length], at));
        at += 4 + length.next_multiple_of(4);
    }
    found
}

fn attribute(message: &[u8], wanted: u16) -> (&[u8], usize) {
    let found = attributes(message).into_iter().find(|(kind, ..)| *kind == wanted);
    found.map(|(_, value, at)| (value, at)).unwrap_or_else(|| panic!("no attribute {wanted:04x} in {message:02x?}"))
}

/// RFC 8489 section 14.2, of IPv4.
pub fn xor_mapped_address(message: &[u8]) -> SocketAddr {
    let (value, _) = attribute(message, XOR_MAPPED_ADDRESS);
    assert_eq!(value[1], 1, "IPv4");
    let port = u16::from_be_bytes([value[2], value[3]]) ^ (MAGIC_COOKIE >> 16) as u16;
    let address = u32::from_be_bytes(value[4..8].try_into().unwrap()) ^ MAGIC_COOKIE;
    SocketAddr::from((address.to_be_bytes(), port))
}

/// Whether the message was signed with the password, and its fingerprint is right and comes last.
pub fn is_authentic(message: &[u8], password: &str) -> bool {
    let (signed, at) = attribute(message, MESSAGE_INTEGRITY);
    let mut before = message[..at].to_vec();
    set_length(&mut before, 4 + 20);
    let (fingerprint, at) = attribute(message, FINGERPRINT);
    let crc = crc32(&message[..at]) ^ 0x5354_554e;
    signed == signature(&before, password) && fingerprint == crc.to_be_bytes() && at + 8 == message.len()
}

#[test]
fn the_sample_of_rfc_5769_section_2_1_is_authentic() {
    let password = "VOkJxbRl1RmTxUk/WvJxBt";
    let hex = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008\
        932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
    let digits: Vec<u32> = hex.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
    let mut sample: Vec<u8> = digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect();
    assert!(is_authentic(&sample, password));
    sample[30] ^= 1;
    assert!(!is_authentic(&sample, password));
}

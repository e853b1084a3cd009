//! What the fuzz targets reach of the readers of signalling and datagrams.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Instant;

use crate::MediaError;
use crate::fragment::Fragment;
use crate::offer::{Offer, SessionKind};
use crate::shard;
use crate::webrtc::{self, Certificate, Connection, PeerEvent, PeerOutput};

const NODE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 8083);

pub fn stun_receiver_ufrag(datagram: &[u8]) -> Option<&str> {
    shard::stun_receiver_ufrag(datagram)
}

pub fn is_fragment(text: &str) -> bool {
    Fragment::parse(text).is_ok()
}

/// One side of a connection, without a socket.
pub struct Peer(Box<dyn Connection>);

impl Peer {
    /// The node's side and its answer.
    pub fn accept(offer: &str, kind: SessionKind, now: Instant) -> Result<(Self, String), MediaError> {
        static CERTIFICATE: LazyLock<Certificate> =
            LazyLock::new(|| Certificate::generate().expect("the system gives random numbers"));
        let offer = Offer::parse(offer, kind)?;
        let (peer, answer) = webrtc::accept(offer, kind, &[NODE], &CERTIFICATE, now)?;
        Ok((Self(peer), answer))
    }

    /// Whether a datagram is a check for this side, from one who knows its password.
    pub fn accepts(&self, datagram: &[u8]) -> bool {
        webrtc::check(datagram, &self.0.credentials().password).is_some()
    }

    /// Takes a datagram; fails with the reason when that ends the connection.
    pub fn receive(&mut self, source: SocketAddr, datagram: &[u8], now: Instant) -> Result<(), &'static str> {
        self.0.receive(source, NODE, datagram, now);
        self.poll()
    }

    pub fn advance(&mut self, now: Instant) -> Result<(), &'static str> {
        self.0.advance(now);
        self.poll()
    }

    /// Takes an SDP fragment: its candidates, and its credentials as those of an ICE restart.
    pub fn patch(&mut self, fragment: &str) -> Result<(), MediaError> {
        let fragment = Fragment::parse(fragment)?;
        for candidate in &fragment.candidates {
            self.0.add_remote_candidate(candidate);
        }
        match fragment.credentials {
            Some(remote) => self.0.restart_ice(&remote).map(|_| ()),
            None => Ok(()),
        }
    }

    fn poll(&mut self) -> Result<(), &'static str> {
        struct Nowhere;
        impl PeerOutput for Nowhere {
            fn transmit(&mut self, _: SocketAddr, _: SocketAddr, _: Vec<u8>) {}
            fn event(&mut self, _: PeerEvent) {}
        }
        self.0.poll(&mut Nowhere).map(|_| ())
    }
}

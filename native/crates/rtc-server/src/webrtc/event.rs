use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc_core::{Codec, MediaKind, SenderReport};

/// A media packet as it came out of SRTP.
#[derive(Debug)]
pub(crate) struct ReceivedPacket {
    pub(crate) codec: Codec,
    pub(crate) ssrc: u32,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) orientation: Option<u8>,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) arrival: Instant,
}

#[derive(Debug)]
pub(crate) enum PeerEvent {
    /// ICE and DTLS are up.
    Connected,
    Packet(ReceivedPacket),
    SenderReport(MediaKind, SenderReport),
    /// How many NACKs an encoder has been sent since the beginning.
    NacksSent(u64),
    /// To an encoder and back.
    RoundTrip(Duration),
    /// The other side hung up, fell silent or broke the protocol.
    Closed(&'static str),
}

/// Takes what a peer wants to send and tell.
pub(crate) trait PeerOutput {
    fn transmit(&mut self, source: SocketAddr, destination: SocketAddr, bytes: Vec<u8>);
    fn event(&mut self, event: PeerEvent);
}

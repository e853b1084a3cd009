use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use crate::candidates::Candidates;
use crate::offer::SessionKind;
use crate::report::SessionState;
use crate::socket::SendBatch;
use crate::webrtc::{PeerConnection, PeerEvent, PeerOutput, PeerStatistics};

/// One connection with its place in the node.
pub(crate) struct Session {
    pub(crate) name: String,
    pub(crate) kind: SessionKind,
    pub(crate) room: u64,
    pub(crate) tag: Option<String>,
    pub(crate) peer: PeerConnection,
    pub(crate) state: SessionState,
    pub(crate) opened: Instant,
    pub(crate) connected_at: Option<SystemTime>,
    /// Known of encoders that let it be measured.
    pub(crate) round_trip: Option<Duration>,
    pub(crate) keyframe_requests: u64,
    /// Whether media was flowing when last looked at.
    pub(crate) was_flowing: bool,
    /// Video packets written, to tell retransmissions from them.
    pub(crate) video_packets_written: u64,
    pub(crate) nacks: u64,
    pub(crate) retransmissions: u64,
}

impl Session {
    /// How many NACKs and retransmissions came since the last statistics.
    pub(crate) fn update(&mut self, statistics: PeerStatistics) -> (u64, u64) {
        let nacks = statistics.nacks.unwrap_or(self.nacks).max(self.nacks);
        let sent_again = statistics.packets_sent.map(|sent| sent.saturating_sub(self.video_packets_written));
        let retransmissions = sent_again.unwrap_or(0).max(self.retransmissions);
        let grown = (nacks - self.nacks, retransmissions - self.retransmissions);
        (self.nacks, self.retransmissions) = (nacks, retransmissions);
        grown
    }
}

/// Puts what a peer sends into the batch and keeps what it tells for later.
pub(crate) struct Outbox<'a> {
    pub(crate) session: u64,
    pub(crate) candidates: &'a Candidates,
    pub(crate) batch: &'a mut SendBatch,
    pub(crate) events: &'a mut Vec<(u64, PeerEvent)>,
}

impl PeerOutput for Outbox<'_> {
    fn transmit(&mut self, source: SocketAddr, destination: SocketAddr, bytes: Vec<u8>) {
        self.batch.push(self.candidates.route(source, destination), &bytes);
    }

    fn event(&mut self, event: PeerEvent) {
        self.events.push((self.session, event));
    }
}

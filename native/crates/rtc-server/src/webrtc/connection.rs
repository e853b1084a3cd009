use std::net::SocketAddr;
use std::time::Instant;

use rtc_core::{MonotonicTime, ViewerTracks};

use super::PeerOutput;
use crate::command::RestartedIce;
use crate::egress::ViewerEgress;
use crate::error::MediaError;
use crate::fragment::IceCredentials;

/// One WebRTC connection as the node needs it: ICE, DTLS and what an encoder sends. Gets datagrams and the time; what it
/// has to send and to tell is taken out by `poll`, after everything else that is called. What viewers are sent and say
/// of it does not pass here: see `egress`.
pub(crate) trait Connection: Send {
    /// By the user name fragment STUN requests name this connection; with the password they are made.
    fn credentials(&self) -> IceCredentials;

    /// What a viewer takes, in its order of preference.
    fn viewer_tracks(&self) -> ViewerTracks;

    fn receive(&mut self, source: SocketAddr, destination: SocketAddr, bytes: &[u8], now: Instant);

    /// Does what is due.
    fn advance(&mut self, now: Instant);

    /// Hands out everything there is to send and to tell; returns when to call `advance`, or why it is over.
    fn poll(&mut self, output: &mut dyn PeerOutput) -> Result<Instant, &'static str>;

    /// What sends to this viewer from now on, once, when it is connected. The connection itself sends no media.
    fn take_egress(&mut self, now: MonotonicTime) -> Option<ViewerEgress>;

    fn request_keyframe(&mut self);

    /// Takes a candidate attribute, without `a=`.
    fn add_remote_candidate(&mut self, text: &str);

    /// Takes the other side's new credentials and draws new ones (RFC 8445 section 9).
    fn restart_ice(&mut self, remote: &IceCredentials) -> Result<RestartedIce, MediaError>;

    /// Hangs up: what `poll` gives afterwards says goodbye.
    fn close(&mut self);
}

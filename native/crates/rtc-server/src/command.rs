use std::sync::mpsc::SyncSender;

use crate::error::MediaError;
use crate::fragment::{Fragment, IceCredentials};
use crate::offer::SessionKind;
use crate::report::SessionReport;
use crate::webrtc::PeerConnection;

/// Where the media thread puts its answer. The asker may have given up.
pub(crate) type Reply<T> = SyncSender<T>;

/// What other threads ask of the media thread.
pub(crate) enum Command {
    Open(Box<OpenSession>, Reply<Result<(), MediaError>>),
    Trickle { session: String, fragment: Fragment, reply: Reply<Result<(), MediaError>> },
    RestartIce { session: String, remote: IceCredentials, reply: Reply<Result<RestartedIce, MediaError>> },
    Close { session: String, reply: Reply<bool> },
    CloseRoom { room: String, reply: Reply<()> },
    Report { reply: Reply<Vec<SessionReport>> },
    Stop,
}

/// A connection built elsewhere that is to become a session.
pub(crate) struct OpenSession {
    pub(crate) kind: SessionKind,
    pub(crate) room: String,
    pub(crate) session: String,
    pub(crate) tag: Option<String>,
    pub(crate) takeover: bool,
    pub(crate) peer: PeerConnection,
}

/// What an SDP fragment about a restart is made of.
pub(crate) struct RestartedIce {
    pub(crate) local: IceCredentials,
    pub(crate) media_line: String,
    pub(crate) mid: String,
}

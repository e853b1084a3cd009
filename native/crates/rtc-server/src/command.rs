use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use crate::error::MediaError;
use crate::fragment::{Fragment, IceCredentials};
use crate::link::RoomLink;
use crate::offer::SessionKind;
use crate::report::SessionReport;
use crate::room_report::RoomTally;
use crate::tap::TapInlet;
use crate::webrtc::Connection;

/// Where a shard puts its answer. The asker may have given up.
pub(crate) type Reply<T> = SyncSender<T>;

/// What other threads ask of a shard.
pub(crate) enum Command {
    Open(Box<OpenSession>, Reply<Result<(), MediaError>>),
    Trickle { session: u64, fragment: Fragment, reply: Reply<Result<(), MediaError>> },
    RestartIce { session: u64, remote: IceCredentials, reply: Reply<Result<RestartedIce, MediaError>> },
    Close { session: u64, reply: Reply<bool> },
    OpenTap { room: u64, inlet: TapInlet, reply: Reply<Result<(), MediaError>> },
    Report { reply: Reply<Vec<Reported>> },
    Rooms { reply: Reply<Vec<RoomTally>> },
    Stop,
}

/// A connection built elsewhere that is to become a session.
pub(crate) struct OpenSession {
    pub(crate) id: u64,
    pub(crate) kind: SessionKind,
    pub(crate) room: Arc<RoomLink>,
    pub(crate) name: String,
    pub(crate) tag: Option<String>,
    pub(crate) takeover: bool,
    /// The node's side, by which checks name the connection.
    pub(crate) local: IceCredentials,
    pub(crate) connection: Box<dyn Connection>,
}

/// What an SDP fragment about a restart is made of.
pub(crate) struct RestartedIce {
    pub(crate) local: IceCredentials,
    pub(crate) media_line: String,
    pub(crate) mid: String,
}

/// A session with what puts the reports of several shards in order.
#[derive(Clone)]
pub(crate) struct Reported {
    pub(crate) session: u64,
    pub(crate) closed: Option<Instant>,
    pub(crate) report: SessionReport,
}

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::offer::SessionKind;

/// Events kept for who does not ask; more are dropped and counted. `report` is the truth.
const EVENTS: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeEventKind {
    /// ICE and DTLS are up.
    Connected,
    Closed,
    /// Nothing is heard of a player any more: it is sent nothing.
    Stalled,
    /// A stalled player is heard of again.
    Resumed,
}

impl NodeEventKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Closed => "closed",
            Self::Stalled => "stalled",
            Self::Resumed => "resumed",
        }
    }
}

/// Something that happened to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeEvent {
    pub kind: NodeEventKind,
    pub at: SystemTime,
    pub session: String,
    pub session_kind: SessionKind,
    pub room: String,
    /// Why it was closed.
    pub close_reason: Option<&'static str>,
}

/// Where the shards put what happens.
pub(crate) type EventSink = SyncSender<NodeEvent>;

pub(crate) struct Events(Mutex<Receiver<NodeEvent>>);

pub(crate) fn event_queue() -> (EventSink, Events) {
    let (sink, queue) = mpsc::sync_channel(EVENTS);
    (sink, Events(Mutex::new(queue)))
}

impl Events {
    /// What has happened since the last call, oldest first on each shard.
    pub(crate) fn take(&self) -> Vec<NodeEvent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).try_iter().collect()
    }
}

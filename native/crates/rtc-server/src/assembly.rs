use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::candidates::Candidates;
use crate::control::Control;
use crate::directory::Directory;
use crate::door::Door;
use crate::events::{Events, event_queue};
use crate::node::NodeOptions;
use crate::outlet::Outlet;
use crate::post::{DoorPost, ShardPost};
use crate::report::Counters;
use crate::shard::{Shard, Surroundings};
use crate::socket::{Bell, SendBatch, Wake};
use crate::webrtc::Certificate;

/// A node put together: who drives its shards and its door, and what takes their datagrams away, is left open.
pub(crate) struct Assembly {
    pub(crate) control: Control,
    pub(crate) shards: Vec<Shard>,
    pub(crate) door: Door,
    pub(crate) door_post: DoorPost,
    pub(crate) changed: Arc<Wake>,
    pub(crate) events: Events,
    /// Of each shard, and last of the door.
    pub(crate) counters: Vec<Arc<Counters>>,
}

/// The beginning of a node's time, on both clocks.
#[derive(Clone, Copy)]
pub(crate) struct Beginning {
    pub(crate) instant: Instant,
    /// On the wall clock, since 1970.
    pub(crate) wall_clock: Duration,
}

impl Assembly {
    /// `addresses` are those of the shards' sockets; `batch` makes what sends by one of them.
    pub(crate) fn new(
        options: &NodeOptions,
        beginning: Beginning,
        addresses: &[SocketAddr],
        batch: impl Fn(usize) -> SendBatch,
    ) -> io::Result<Self> {
        let count = addresses.len();
        let candidates: Vec<Candidates> = addresses
            .iter()
            .enumerate()
            .map(|(index, address)| Candidates::new(*address, &options.public_addresses, index as u16))
            .collect::<io::Result<_>>()?;
        let certificate =
            Certificate::generate().ok_or_else(|| io::Error::other("The node could not make its DTLS certificate."))?;
        let directory = Directory::new(count, options.max_sessions);
        let (door_post, door_mailbox) = DoorPost::new(Bell::new()?);
        let (mut posts, mut mailboxes) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (post, mailbox) = ShardPost::new(Bell::new()?);
            posts.push(post);
            mailboxes.push(mailbox);
        }
        let (event_sink, events) = event_queue();
        let surroundings = Surroundings {
            beginning,
            silence: options.silence,
            shards: posts.into(),
            door: door_post.clone(),
            changed: Arc::new(Wake::new()?),
            events: event_sink,
            departed: directory.departed(),
        };
        let counters: Vec<Arc<Counters>> = (0..=count).map(|_| Arc::default()).collect();
        let outlet = |index: usize| Outlet::new(batch(index), candidates[index].clone());
        let shards = mailboxes
            .into_iter()
            .enumerate()
            .map(|(index, mailbox)| {
                Shard::new(index, surroundings.clone(), mailbox, outlet(index), counters[index].clone())
            })
            .collect();
        let outlets = (0..count).map(outlet).collect();
        let door =
            Door::new(door_mailbox, surroundings.shards.clone(), outlets, counters[count].clone(), beginning.instant);
        let control =
            Control { shards: surroundings.shards, candidates, certificate, directory: Mutex::new(directory) };
        Ok(Self { control, shards, door, door_post, changed: surroundings.changed, events, counters })
    }
}

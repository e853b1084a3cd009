use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What the shards of one room share besides batches: the state of their wishes, not messages about them, so that
/// none can be lost and none can pile up.
#[derive(Debug)]
pub(crate) struct RoomLink {
    pub(crate) id: u64,
    pub(crate) name: Arc<str>,
    /// The shard of the room's source, for the life of the room.
    pub(crate) home: usize,
    /// A bit for each shard that wants the room's batches.
    subscribers: AtomicU64,
    /// A bit for each shard whose audience begins: it wants the present keyframe group.
    seeds: AtomicU64,
    keyframe: AtomicBool,
    /// The home shard has been told to look and has not done so yet.
    attention: AtomicBool,
    closed: AtomicBool,
}

impl RoomLink {
    pub(crate) fn new(id: u64, name: &str, home: usize) -> Self {
        Self {
            id,
            name: name.into(),
            home,
            subscribers: AtomicU64::new(0),
            seeds: AtomicU64::new(0),
            keyframe: AtomicBool::new(false),
            attention: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        }
    }

    /// `shard` has an audience from now on. True when the home shard is to be told to look.
    pub(crate) fn subscribe(&self, shard: usize) -> bool {
        self.subscribers.fetch_or(1 << shard, Ordering::AcqRel);
        self.seeds.fetch_or(1 << shard, Ordering::AcqRel);
        self.wants_attention()
    }

    pub(crate) fn unsubscribe(&self, shard: usize) {
        self.subscribers.fetch_and(!(1 << shard), Ordering::AcqRel);
        self.seeds.fetch_and(!(1 << shard), Ordering::AcqRel);
    }

    pub(crate) fn is_subscribed(&self, shard: usize) -> bool {
        self.subscribers.load(Ordering::Acquire) & 1 << shard != 0
    }

    /// The shards that want batches.
    pub(crate) fn subscribers(&self) -> impl Iterator<Item = usize> + use<> {
        bits(self.subscribers.load(Ordering::Acquire))
    }

    /// The shards to be seeded now; what cannot be sent is to be put back.
    pub(crate) fn take_seeds(&self) -> impl Iterator<Item = usize> + use<> {
        bits(self.seeds.swap(0, Ordering::AcqRel))
    }

    pub(crate) fn put_back_seed(&self, shard: usize) {
        self.seeds.fetch_or(1 << shard, Ordering::AcqRel);
    }

    pub(crate) fn owes_seeds(&self) -> bool {
        self.seeds.load(Ordering::Acquire) != 0
    }

    /// A viewer somewhere needs a keyframe. True when the home shard is to be told to look.
    pub(crate) fn want_keyframe(&self) -> bool {
        self.keyframe.store(true, Ordering::Release);
        self.wants_attention()
    }

    pub(crate) fn take_keyframe_wish(&self) -> bool {
        self.keyframe.swap(false, Ordering::AcqRel)
    }

    fn wants_attention(&self) -> bool {
        !self.attention.swap(true, Ordering::AcqRel)
    }

    /// The home shard looks: what is wished from now on is worth another call.
    pub(crate) fn look(&self) {
        self.attention.swap(false, Ordering::AcqRel);
    }

    /// The room is over: nobody may enter it any more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_shard_is_called_once_until_it_looks() {
        let link = RoomLink::new(1, "room", 0);
        assert!(link.subscribe(3));
        assert!(!link.subscribe(63) && !link.want_keyframe(), "it has been called");
        link.look();
        assert_eq!(link.take_seeds().collect::<Vec<_>>(), [3, 63]);
        assert!(link.take_keyframe_wish() && !link.take_keyframe_wish());
        assert!(link.want_keyframe());
    }

    #[test]
    fn who_leaves_gets_neither_batches_nor_a_seed() {
        let link = RoomLink::new(1, "room", 0);
        link.subscribe(0);
        link.subscribe(1);
        link.unsubscribe(1);
        assert!(link.is_subscribed(0) && !link.is_subscribed(1));
        assert_eq!(link.subscribers().collect::<Vec<_>>(), [0]);
        assert_eq!(link.take_seeds().collect::<Vec<_>>(), [0]);
        assert!(!link.owes_seeds());
        link.put_back_seed(0);
        assert!(link.owes_seeds());
    }
}

//! Taps: a room's media as complete access units, for who takes it in this process. The home shard of the room puts
//! batches into a bounded queue and never waits; whoever drains the tap also assembles, on a thread of its own.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant, SystemTime};

use rtc_core::{AccessUnit, Assembler, AssemblerLimits, MediaBatch, MonotonicTime};

use crate::socket::Alarm;

/// A wish for a keyframe is repeated after this time.
const KEYFRAME_WISH_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub struct TapOptions {
    /// Packets and bytes that may wait to be drained. What comes on top is dropped by whole batches, and counted.
    pub max_queued_packets: usize,
    pub max_queued_bytes: usize,
    /// How long a packet that is missing is waited for.
    pub gap_wait: Duration,
}

impl Default for TapOptions {
    fn default() -> Self {
        Self { max_queued_packets: 32_768, max_queued_bytes: 16 << 20, gap_wait: AssemblerLimits::default().wait }
    }
}

/// An access unit with the time of the world outside.
#[derive(Clone, Debug)]
pub struct TappedUnit {
    pub unit: AccessUnit,
    /// When it was captured, by the node's wall clock.
    pub captured_at: SystemTime,
}

/// The end of a tap from which media is taken. Dropping it closes the tap.
#[derive(Debug)]
pub struct Tap {
    shared: Arc<Shared>,
    queue: Receiver<MediaBatch>,
    /// The batch being worked off, and how many of its packets are.
    batch: Option<(MediaBatch, usize)>,
    assembler: Assembler,
    has_finished: bool,
    last_wish: Option<MonotonicTime>,
    /// The moment from which the packets' times count.
    started: Instant,
}

/// The end of a tap that its room has.
#[derive(Debug)]
pub(crate) struct TapInlet {
    shared: Arc<Shared>,
    queue: Sender<MediaBatch>,
}

#[derive(Debug)]
struct Shared {
    options: TapOptions,
    /// Readable while there is something to drain.
    alarm: Alarm,
    /// The alarm rings, or is about to.
    is_raised: AtomicBool,
    queued_packets: AtomicUsize,
    queued_bytes: AtomicUsize,
    dropped_packets: AtomicU64,
    /// A gap in the video is to be made good.
    wants_keyframe: AtomicBool,
    /// Nothing is put in any more.
    has_ended: AtomicBool,
    /// Nothing is taken out any more.
    is_closed: AtomicBool,
}

impl Shared {
    fn raise(&self) {
        if !self.is_raised.swap(true, Ordering::SeqCst) {
            self.alarm.ring();
        }
    }
}

/// A batch as it counts in a queue; one that only tells a state takes a place too.
fn weight(batch: &MediaBatch) -> (usize, usize) {
    (batch.packets.len().max(1), batch.packets.iter().map(|packet| packet.payload.len()).sum())
}

/// A new tap of a node that started then.
pub(crate) fn tap(options: TapOptions, started: Instant) -> io::Result<(TapInlet, Tap)> {
    let shared = Arc::new(Shared {
        options,
        alarm: Alarm::new()?,
        is_raised: AtomicBool::new(false),
        queued_packets: AtomicUsize::new(0),
        queued_bytes: AtomicUsize::new(0),
        dropped_packets: AtomicU64::new(0),
        wants_keyframe: AtomicBool::new(false),
        has_ended: AtomicBool::new(false),
        is_closed: AtomicBool::new(false),
    });
    let (sender, queue) = mpsc::channel();
    let limits = AssemblerLimits { wait: options.gap_wait, ..AssemblerLimits::default() };
    let inlet = TapInlet { shared: shared.clone(), queue: sender };
    let assembler = Assembler::new(limits);
    Ok((inlet, Tap { shared, queue, batch: None, assembler, has_finished: false, last_wish: None, started }))
}

impl TapInlet {
    /// Puts a batch in, or drops it when too much waits. `wake` is to follow.
    pub(crate) fn put(&self, batch: &MediaBatch) {
        let shared = &*self.shared;
        let (packets, bytes) = weight(batch);
        // Only this end adds: what is read here can but shrink.
        if shared.queued_packets.load(Ordering::Relaxed) + packets > shared.options.max_queued_packets
            || shared.queued_bytes.load(Ordering::Relaxed) + bytes > shared.options.max_queued_bytes
        {
            shared.dropped_packets.fetch_add(batch.packets.len() as u64, Ordering::Relaxed);
            return;
        }
        shared.queued_packets.fetch_add(packets, Ordering::Relaxed);
        shared.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        // Whoever has closed the tap misses nothing.
        let _ = self.queue.send(batch.clone());
    }

    /// Makes the tap readable.
    pub(crate) fn wake(&self) {
        self.shared.raise();
    }

    /// Whether a keyframe has been wished for since the last look.
    pub(crate) fn take_keyframe_wish(&self) -> bool {
        self.shared.wants_keyframe.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.is_closed.load(Ordering::Relaxed)
    }
}

impl Drop for TapInlet {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::SeqCst);
        self.shared.raise();
    }
}

impl Tap {
    /// The access units that are complete, at most `max_units`, in order within audio and within video.
    pub fn drain(&mut self, max_units: usize) -> Vec<TappedUnit> {
        let (now, wall_clock) = (Instant::now(), SystemTime::now());
        let node_time = MonotonicTime::since_start(now.saturating_duration_since(self.started));
        let units = self.assemble(max_units, node_time);
        // From the present back, so that a wall clock that was set counts from then on.
        let tapped = |unit: AccessUnit| {
            let captured_at = wall_clock - node_time.since(unit.captured);
            TappedUnit { unit, captured_at }
        };
        units.into_iter().map(tapped).collect()
    }

    pub(crate) fn assemble(&mut self, max_units: usize, now: MonotonicTime) -> VecDeque<AccessUnit> {
        // Before looking: who raises it from here on has put in what may not be seen.
        self.shared.is_raised.store(false, Ordering::SeqCst);
        let mut is_dry = false;
        while self.assembler.ready() < max_units && !is_dry {
            is_dry = !self.take_packets(max_units);
        }
        if is_dry && !self.has_finished {
            self.assembler.advance(now);
        }
        // Some encoders send keyframes only when asked.
        let may_wish = self.last_wish.is_none_or(|last| now.since(last) >= KEYFRAME_WISH_INTERVAL);
        if self.assembler.awaits_keyframe() && may_wish {
            self.last_wish = Some(now);
            self.shared.wants_keyframe.store(true, Ordering::Relaxed);
        }
        let units = (0..max_units).map_while(|_| self.assembler.take()).collect();
        if self.has_finished || self.assembler.ready() > 0 || !is_dry {
            self.shared.is_raised.store(true, Ordering::SeqCst);
            self.shared.alarm.ring();
        } else {
            self.shared.alarm.set(self.assembler.deadline().map(|deadline| deadline.since(now)));
            // What was put in meanwhile had its alarm set back.
            if self.shared.is_raised.load(Ordering::SeqCst) {
                self.shared.alarm.ring();
            }
        }
        units
    }

    /// Hands packets of one batch to the assembler; false when there are none now.
    fn take_packets(&mut self, max_units: usize) -> bool {
        let Some((batch, mut at)) = self.batch.take().or_else(|| self.next_batch()) else { return false };
        while let Some(packet) = batch.packets.get(at)
            && self.assembler.ready() < max_units
        {
            self.assembler.receive(packet, &batch.state);
            at += 1;
        }
        if at < batch.packets.len() {
            self.batch = Some((batch, at));
        }
        true
    }

    fn next_batch(&mut self) -> Option<(MediaBatch, usize)> {
        // Looked at first: all that was put in before the end is found then.
        let has_ended = self.shared.has_ended.load(Ordering::SeqCst);
        match self.queue.try_recv() {
            Ok(batch) => {
                let (packets, bytes) = weight(&batch);
                self.shared.queued_packets.fetch_sub(packets, Ordering::Relaxed);
                self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
                Some((batch, 0))
            }
            Err(_) => {
                if has_ended && !self.has_finished {
                    self.assembler.finish();
                    self.has_finished = true;
                }
                None
            }
        }
    }

    /// The room is over and everything has been taken. The descriptor stays readable.
    pub fn is_ended(&self) -> bool {
        self.has_finished && self.assembler.ready() == 0
    }

    /// Packets dropped because too much waited.
    pub fn dropped_packets(&self) -> u64 {
        self.shared.dropped_packets.load(Ordering::Relaxed)
    }

    /// Places at which media is missing, for whatever reason, in the units taken so far.
    pub fn gaps(&self) -> u64 {
        self.assembler.gaps()
    }
}

impl AsRawFd for Tap {
    /// Readable while `drain` has something to give, or the tap has ended. Not to be read.
    fn as_raw_fd(&self) -> RawFd {
        self.shared.alarm.as_raw_fd()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;

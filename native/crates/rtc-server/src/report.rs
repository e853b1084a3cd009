use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::offer::SessionKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    Connecting,
    Connected,
    Closed,
}

impl SessionState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Closed => "closed",
        }
    }
}

/// One session as it is now, or as it was when it closed.
#[derive(Clone, Debug)]
pub struct SessionReport {
    pub id: Arc<str>,
    pub kind: SessionKind,
    pub room: Arc<str>,
    pub tag: Option<Arc<str>>,
    pub state: SessionState,
    pub connected_at: Option<SystemTime>,
    /// Time since the last media packet of an ingest.
    pub media_age: Option<Duration>,
    pub ingest: Option<IngestReport>,
    /// Of a playback that is or was connected.
    pub playback: Option<PlaybackReport>,
    /// Codecs of the broadcast that this player cannot take.
    pub unplayable_codecs: Vec<&'static str>,
    pub close_reason: Option<&'static str>,
}

/// How the media of an ingest arrives.
#[derive(Clone, Debug)]
pub struct IngestReport {
    pub video_bitrate_bps: u64,
    pub audio_bitrate_bps: u64,
    pub frames_per_second: f64,
    pub loss_fraction: f64,
    pub round_trip: Option<Duration>,
    pub video_codec: Option<&'static str>,
    pub audio_codec: Option<&'static str>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub keyframe_requests: u64,
    /// Of the video (RFC 3550 section 6.4.1); `None` before it came.
    pub jitter: Option<Duration>,
    /// Times a picture came late by more than two usual distances, or by more than 150 ms.
    pub freezes: u64,
}

/// How a player is served, as the node sees it and the player's newest receiver report says.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaybackReport {
    /// Media sent over the last second or so, without retransmissions.
    pub bitrate_bps: u64,
    /// Of the video; of the audio when there is no video. `None` before the first report.
    pub loss_fraction: Option<f64>,
    pub jitter: Option<Duration>,
    pub round_trip: Option<Duration>,
    /// Packets it asked for again.
    pub nacks: u64,
    pub retransmissions: u64,
    pub keyframe_requests: u64,
    /// Times it was sent no video for more than half a second although there was some.
    pub freezes: u64,
    /// Nothing has been heard of it for seven seconds: it is sent nothing.
    pub is_stalled: bool,
}

/// Totals since the node started, for metrics. Each thread of the node writes its own, anyone reads their sum.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) packets_received: AtomicU64,
    pub(crate) bytes_received: AtomicU64,
    pub(crate) packets_sent: AtomicU64,
    pub(crate) bytes_sent: AtomicU64,
    pub(crate) send_drops: AtomicU64,
    pub(crate) nacks_sent: AtomicU64,
    pub(crate) nacks_received: AtomicU64,
    pub(crate) nacks_refused: AtomicU64,
    pub(crate) retransmissions: AtomicU64,
    pub(crate) keyframe_requests_received: AtomicU64,
    pub(crate) keyframe_requests_from_cache: AtomicU64,
    pub(crate) keyframe_requests_sent: AtomicU64,
    pub(crate) ingest_sessions: AtomicU64,
    pub(crate) playback_sessions: AtomicU64,
    pub(crate) connecting_sessions: AtomicU64,
    pub(crate) shard_drops: AtomicU64,
    pub(crate) door_drops: AtomicU64,
    pub(crate) event_drops: AtomicU64,
    pub(crate) cpu_micros: AtomicU64,
}

/// `Counters` at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CounterSnapshot {
    pub packets_received: u64,
    pub bytes_received: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    pub send_drops: u64,
    pub nacks_sent: u64,
    /// Packets players asked for again, and those of them that were not sent again.
    pub nacks_received: u64,
    pub nacks_refused: u64,
    pub retransmissions: u64,
    pub keyframe_requests_received: u64,
    pub keyframe_requests_from_cache: u64,
    pub keyframe_requests_sent: u64,
    pub ingest_sessions: u64,
    pub playback_sessions: u64,
    /// Of either kind, not connected yet.
    pub connecting_sessions: u64,
    /// Packets from another shard that a shard had no room for.
    pub shard_drops: u64,
    /// Datagrams of joins that the door had no room for.
    pub door_drops: u64,
    /// Events nobody asked for in time.
    pub event_drops: u64,
    /// Processor time of each shard's thread, in seconds, and of the door.
    pub shard_cpu_seconds: Vec<f64>,
    pub door_cpu_seconds: f64,
}

impl CounterSnapshot {
    /// Processor time of all media threads.
    pub fn cpu_seconds(&self) -> f64 {
        self.shard_cpu_seconds.iter().sum::<f64>() + self.door_cpu_seconds
    }

    /// Of the shards, and last the door.
    pub(crate) fn sum(threads: &[Arc<Counters>]) -> Self {
        let sum = |counter: fn(&Counters) -> &AtomicU64| {
            threads.iter().map(|counters| counter(counters).load(Ordering::Relaxed)).sum()
        };
        let mut cpu: Vec<f64> =
            threads.iter().map(|counters| counters.cpu_micros.load(Ordering::Relaxed) as f64 * 1e-6).collect();
        let door_cpu_seconds = cpu.pop().unwrap_or_default();
        Self {
            packets_received: sum(|counters| &counters.packets_received),
            bytes_received: sum(|counters| &counters.bytes_received),
            packets_sent: sum(|counters| &counters.packets_sent),
            bytes_sent: sum(|counters| &counters.bytes_sent),
            send_drops: sum(|counters| &counters.send_drops),
            nacks_sent: sum(|counters| &counters.nacks_sent),
            nacks_received: sum(|counters| &counters.nacks_received),
            nacks_refused: sum(|counters| &counters.nacks_refused),
            retransmissions: sum(|counters| &counters.retransmissions),
            keyframe_requests_received: sum(|counters| &counters.keyframe_requests_received),
            keyframe_requests_from_cache: sum(|counters| &counters.keyframe_requests_from_cache),
            keyframe_requests_sent: sum(|counters| &counters.keyframe_requests_sent),
            ingest_sessions: sum(|counters| &counters.ingest_sessions),
            playback_sessions: sum(|counters| &counters.playback_sessions),
            connecting_sessions: sum(|counters| &counters.connecting_sessions),
            shard_drops: sum(|counters| &counters.shard_drops),
            door_drops: sum(|counters| &counters.door_drops),
            event_drops: sum(|counters| &counters.event_drops),
            shard_cpu_seconds: cpu,
            door_cpu_seconds,
        }
    }
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn set(counter: &AtomicU64, value: u64) {
        counter.store(value, Ordering::Relaxed);
    }
}

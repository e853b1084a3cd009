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
    pub id: String,
    pub kind: SessionKind,
    pub room: String,
    pub tag: Option<String>,
    pub state: SessionState,
    pub connected_at: Option<SystemTime>,
    /// Time since the last media packet of an ingest.
    pub media_age: Option<Duration>,
    pub ingest: Option<IngestReport>,
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
}

/// Totals since the node started, for metrics. Written by the media thread, read by anyone.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) packets_received: AtomicU64,
    pub(crate) bytes_received: AtomicU64,
    pub(crate) packets_sent: AtomicU64,
    pub(crate) bytes_sent: AtomicU64,
    pub(crate) send_drops: AtomicU64,
    pub(crate) nacks_sent: AtomicU64,
    pub(crate) nacks_received: AtomicU64,
    pub(crate) retransmissions: AtomicU64,
    pub(crate) keyframe_requests_received: AtomicU64,
    pub(crate) keyframe_requests_from_cache: AtomicU64,
    pub(crate) keyframe_requests_sent: AtomicU64,
    pub(crate) ingest_sessions: AtomicU64,
    pub(crate) playback_sessions: AtomicU64,
    pub(crate) cpu_micros: AtomicU64,
}

/// `Counters` at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CounterSnapshot {
    pub packets_received: u64,
    pub bytes_received: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    pub send_drops: u64,
    pub nacks_sent: u64,
    pub nacks_received: u64,
    pub retransmissions: u64,
    pub keyframe_requests_received: u64,
    pub keyframe_requests_from_cache: u64,
    pub keyframe_requests_sent: u64,
    pub ingest_sessions: u64,
    pub playback_sessions: u64,
    /// Processor time of the media threads.
    pub cpu_seconds: f64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn set(counter: &AtomicU64, value: u64) {
        counter.store(value, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> CounterSnapshot {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CounterSnapshot {
            packets_received: read(&self.packets_received),
            bytes_received: read(&self.bytes_received),
            packets_sent: read(&self.packets_sent),
            bytes_sent: read(&self.bytes_sent),
            send_drops: read(&self.send_drops),
            nacks_sent: read(&self.nacks_sent),
            nacks_received: read(&self.nacks_received),
            retransmissions: read(&self.retransmissions),
            keyframe_requests_received: read(&self.keyframe_requests_received),
            keyframe_requests_from_cache: read(&self.keyframe_requests_from_cache),
            keyframe_requests_sent: read(&self.keyframe_requests_sent),
            ingest_sessions: read(&self.ingest_sessions),
            playback_sessions: read(&self.playback_sessions),
            cpu_seconds: read(&self.cpu_micros) as f64 * 1e-6,
        }
    }
}

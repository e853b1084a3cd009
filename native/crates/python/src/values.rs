use std::time::{Duration, SystemTime};

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rtc_server::{CounterSnapshot, SessionKind};

#[pyclass(frozen, get_all, eq, module = "livehouse_native")]
#[derive(PartialEq)]
pub(crate) struct SessionAnswer {
    sdp: String,
    etag: String,
}

impl From<rtc_server::SessionAnswer> for SessionAnswer {
    fn from(answer: rtc_server::SessionAnswer) -> Self {
        Self { sdp: answer.sdp, etag: answer.etag }
    }
}

#[pyclass(frozen, get_all, eq, module = "livehouse_native")]
#[derive(PartialEq)]
pub(crate) struct SessionPatch {
    sdpfrag: Option<String>,
    etag: Option<String>,
}

impl From<rtc_server::SessionPatch> for SessionPatch {
    fn from(patch: rtc_server::SessionPatch) -> Self {
        Self { sdpfrag: patch.sdp_fragment, etag: patch.etag }
    }
}

#[pyclass(frozen, get_all, module = "livehouse_native")]
pub(crate) struct SessionReport {
    id: String,
    kind: &'static str,
    room: String,
    tag: Option<String>,
    state: &'static str,
    connected_at: Option<f64>,
    media_age_ms: Option<u64>,
    ingest: Option<Py<IngestReport>>,
    playback: Option<Py<PlaybackReport>>,
    unplayable_codecs: Py<PyTuple>,
    close_reason: Option<&'static str>,
}

#[pyclass(frozen, get_all, module = "livehouse_native")]
pub(crate) struct IngestReport {
    video_bitrate_bps: u64,
    audio_bitrate_bps: u64,
    frames_per_second: f64,
    loss_fraction: f64,
    rtt_ms: Option<f64>,
    codec: Option<&'static str>,
    audio_codec: Option<&'static str>,
    width: Option<u32>,
    height: Option<u32>,
    keyframe_requests: u64,
    jitter_ms: Option<f64>,
    freezes: u64,
}

#[pyclass(frozen, get_all, module = "livehouse_native")]
pub(crate) struct PlaybackReport {
    bitrate_bps: u64,
    loss_fraction: Option<f64>,
    jitter_ms: Option<f64>,
    rtt_ms: Option<f64>,
    nacks: u64,
    retransmissions: u64,
    keyframe_requests: u64,
    freezes: u64,
    stalled: bool,
}

impl From<rtc_server::PlaybackReport> for PlaybackReport {
    fn from(report: rtc_server::PlaybackReport) -> Self {
        Self {
            bitrate_bps: report.bitrate_bps,
            loss_fraction: report.loss_fraction,
            jitter_ms: report.jitter.map(millis),
            rtt_ms: report.round_trip.map(millis),
            nacks: report.nacks,
            retransmissions: report.retransmissions,
            keyframe_requests: report.keyframe_requests,
            freezes: report.freezes,
            stalled: report.is_stalled,
        }
    }
}

#[pyclass(frozen, get_all, module = "livehouse_native")]
pub(crate) struct RoomReport {
    room: String,
    viewers: u64,
    stalled: u64,
    bitrate_bps: u64,
    loss_fraction: Option<f64>,
    worst_loss_fraction: Option<f64>,
    jitter_ms: Option<f64>,
    worst_jitter_ms: Option<f64>,
    rtt_ms: Option<f64>,
    worst_rtt_ms: Option<f64>,
    freezes: u64,
    nacks: u64,
    retransmissions: u64,
    shard_drops: u64,
}

impl From<rtc_server::RoomReport> for RoomReport {
    fn from(report: rtc_server::RoomReport) -> Self {
        Self {
            room: report.room,
            viewers: report.viewers,
            stalled: report.stalled,
            bitrate_bps: report.bitrate_bps,
            loss_fraction: report.loss_fraction.average,
            worst_loss_fraction: report.loss_fraction.worst,
            jitter_ms: report.jitter.average.map(millis),
            worst_jitter_ms: report.jitter.worst.map(millis),
            rtt_ms: report.round_trip.average.map(millis),
            worst_rtt_ms: report.round_trip.worst.map(millis),
            freezes: report.freezes,
            nacks: report.nacks,
            retransmissions: report.retransmissions,
            shard_drops: report.shard_drops,
        }
    }
}

#[pyclass(frozen, get_all, eq, module = "livehouse_native")]
#[derive(PartialEq)]
pub(crate) struct SessionEvent {
    kind: &'static str,
    at: f64,
    session: String,
    session_kind: &'static str,
    room: String,
    close_reason: Option<&'static str>,
}

impl From<rtc_server::NodeEvent> for SessionEvent {
    fn from(event: rtc_server::NodeEvent) -> Self {
        Self {
            kind: event.kind.name(),
            at: unix_seconds(event.at),
            session: event.session,
            session_kind: kind_name(event.session_kind),
            room: event.room,
            close_reason: event.close_reason,
        }
    }
}

fn kind_name(kind: SessionKind) -> &'static str {
    match kind {
        SessionKind::Ingest => "ingest",
        SessionKind::Playback => "playback",
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn unix_seconds(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[pymethods]
impl SessionReport {
    fn __repr__(&self) -> String {
        format!("<SessionReport {} {} {:?} in {:?}>", self.state, self.kind, self.id, self.room)
    }
}

impl SessionReport {
    pub(crate) fn new(py: Python<'_>, report: rtc_server::SessionReport) -> PyResult<Self> {
        Ok(Self {
            id: report.id.to_string(),
            kind: kind_name(report.kind),
            room: report.room.to_string(),
            tag: report.tag.map(|tag| tag.to_string()),
            state: report.state.name(),
            connected_at: report.connected_at.map(unix_seconds),
            media_age_ms: report.media_age.and_then(|age| u64::try_from(age.as_millis()).ok()),
            ingest: report.ingest.map(|ingest| Py::new(py, IngestReport::from(ingest))).transpose()?,
            playback: report.playback.map(|playback| Py::new(py, PlaybackReport::from(playback))).transpose()?,
            unplayable_codecs: PyTuple::new(py, report.unplayable_codecs)?.unbind(),
            close_reason: report.close_reason,
        })
    }
}

impl From<rtc_server::IngestReport> for IngestReport {
    fn from(report: rtc_server::IngestReport) -> Self {
        Self {
            video_bitrate_bps: report.video_bitrate_bps,
            audio_bitrate_bps: report.audio_bitrate_bps,
            frames_per_second: report.frames_per_second,
            loss_fraction: report.loss_fraction,
            rtt_ms: report.round_trip.map(millis),
            codec: report.video_codec,
            audio_codec: report.audio_codec,
            width: report.width,
            height: report.height,
            keyframe_requests: report.keyframe_requests,
            jitter_ms: report.jitter.map(millis),
            freezes: report.freezes,
        }
    }
}

#[pyclass(frozen, get_all, module = "livehouse_native")]
pub(crate) struct Counters {
    packets_received: u64,
    bytes_received: u64,
    packets_sent: u64,
    bytes_sent: u64,
    send_drops: u64,
    nacks_sent: u64,
    nacks_received: u64,
    nacks_refused: u64,
    retransmissions: u64,
    keyframe_requests_received: u64,
    keyframe_requests_from_cache: u64,
    keyframe_requests_sent: u64,
    ingest_sessions: u64,
    playback_sessions: u64,
    connecting_sessions: u64,
    shard_drops: u64,
    door_drops: u64,
    event_drops: u64,
    shard_cpu_s: Vec<f64>,
    door_cpu_s: f64,
    cpu_s: f64,
}

impl From<CounterSnapshot> for Counters {
    fn from(snapshot: CounterSnapshot) -> Self {
        Self {
            packets_received: snapshot.packets_received,
            bytes_received: snapshot.bytes_received,
            packets_sent: snapshot.packets_sent,
            bytes_sent: snapshot.bytes_sent,
            send_drops: snapshot.send_drops,
            nacks_sent: snapshot.nacks_sent,
            nacks_received: snapshot.nacks_received,
            nacks_refused: snapshot.nacks_refused,
            retransmissions: snapshot.retransmissions,
            keyframe_requests_received: snapshot.keyframe_requests_received,
            keyframe_requests_from_cache: snapshot.keyframe_requests_from_cache,
            keyframe_requests_sent: snapshot.keyframe_requests_sent,
            ingest_sessions: snapshot.ingest_sessions,
            playback_sessions: snapshot.playback_sessions,
            connecting_sessions: snapshot.connecting_sessions,
            shard_drops: snapshot.shard_drops,
            door_drops: snapshot.door_drops,
            event_drops: snapshot.event_drops,
            cpu_s: snapshot.cpu_seconds(),
            shard_cpu_s: snapshot.shard_cpu_seconds,
            door_cpu_s: snapshot.door_cpu_seconds,
        }
    }
}

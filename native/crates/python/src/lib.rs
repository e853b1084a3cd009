//! The Python face of the media node: conversion of arguments, results and errors, no decisions. Every call that can
//! wait releases the GIL.

mod tap;
mod values;

use std::net::{IpAddr, ToSocketAddrs};
use std::os::fd::RawFd;
use std::time::Duration;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError, PyValueError};
use pyo3::prelude::*;
use rtc_server::{NodeOptions, TapOptions};

use crate::tap::{AccessUnit, MediaTap};
use crate::values::{
    Counters, IngestReport, PlaybackReport, RoomReport, SessionAnswer, SessionEvent, SessionPatch, SessionReport,
};

create_exception!(livehouse_native, MediaError, PyException, "The media node refuses; `kind` names the reason.");

/// A running media node.
#[pyclass(frozen, module = "livehouse_native")]
struct MediaNode {
    node: rtc_server::MediaNode,
}

#[pymethods]
impl MediaNode {
    #[new]
    #[pyo3(signature = (*, host="127.0.0.1", port=0, public_addresses=Vec::new(), silence_ms=2000, max_sessions=5000, shards=0))]
    fn new(
        py: Python<'_>,
        host: &str,
        port: u16,
        public_addresses: Vec<String>,
        silence_ms: u64,
        max_sessions: usize,
        shards: usize,
    ) -> PyResult<Self> {
        let options = NodeOptions {
            host: resolve(host)?,
            port,
            public_addresses,
            silence: Duration::from_millis(silence_ms),
            max_sessions,
            shards,
        };
        let node = py.detach(|| rtc_server::MediaNode::start(options));
        Ok(Self { node: node.map_err(|error| PyOSError::new_err(error.to_string()))? })
    }

    #[getter]
    fn port(&self) -> u16 {
        self.node.ports()[0]
    }

    #[getter]
    fn ports(&self) -> Vec<u16> {
        self.node.ports().to_vec()
    }

    #[pyo3(signature = (room, session, offer, *, takeover=false))]
    fn open_ingest(
        &self,
        py: Python<'_>,
        room: &str,
        session: &str,
        offer: &str,
        takeover: bool,
    ) -> PyResult<SessionAnswer> {
        py.detach(|| self.node.open_ingest(room, session, offer, takeover))
            .map(SessionAnswer::from)
            .map_err(|error| raise(py, error))
    }

    #[pyo3(signature = (room, session, offer, *, tag=None))]
    fn open_playback(
        &self,
        py: Python<'_>,
        room: &str,
        session: &str,
        offer: &str,
        tag: Option<&str>,
    ) -> PyResult<SessionAnswer> {
        py.detach(|| self.node.open_playback(room, session, offer, tag))
            .map(SessionAnswer::from)
            .map_err(|error| raise(py, error))
    }

    #[pyo3(signature = (session, sdpfrag, *, restart))]
    fn patch_session(&self, py: Python<'_>, session: &str, sdpfrag: &str, restart: bool) -> PyResult<SessionPatch> {
        py.detach(|| self.node.patch_session(session, sdpfrag, restart))
            .map(SessionPatch::from)
            .map_err(|error| raise(py, error))
    }

    fn close_session(&self, py: Python<'_>, session: &str) -> PyResult<bool> {
        py.detach(|| self.node.close_session(session)).map_err(|error| raise(py, error))
    }

    fn close_room(&self, py: Python<'_>, room: &str) -> PyResult<()> {
        py.detach(|| self.node.close_room(room)).map_err(|error| raise(py, error))
    }

    #[pyo3(signature = (room, *, max_queued_bytes=16 << 20, gap_wait_ms=250))]
    fn open_tap(&self, py: Python<'_>, room: &str, max_queued_bytes: usize, gap_wait_ms: u64) -> PyResult<MediaTap> {
        let options =
            TapOptions { max_queued_bytes, gap_wait: Duration::from_millis(gap_wait_ms), ..TapOptions::default() };
        py.detach(|| self.node.open_tap(room, options)).map(MediaTap::new).map_err(|error| raise(py, error))
    }

    fn report(&self, py: Python<'_>) -> PyResult<Vec<SessionReport>> {
        let reports = py.detach(|| self.node.report()).map_err(|error| raise(py, error))?;
        reports.into_iter().map(|report| SessionReport::new(py, report)).collect()
    }

    fn rooms(&self, py: Python<'_>) -> PyResult<Vec<RoomReport>> {
        let rooms = py.detach(|| self.node.rooms()).map_err(|error| raise(py, error))?;
        Ok(rooms.into_iter().map(RoomReport::from).collect())
    }

    fn events(&self) -> Vec<SessionEvent> {
        self.node.events().into_iter().map(SessionEvent::from).collect()
    }

    fn counters(&self) -> Counters {
        self.node.counters().into()
    }

    fn event_fd(&self) -> RawFd {
        self.node.event_fd()
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.node.close());
    }
}

fn resolve(host: &str) -> PyResult<IpAddr> {
    if let Ok(address) = host.parse() {
        return Ok(address);
    }
    let mut found = (host, 0).to_socket_addrs().map_err(|error| {
        PyOSError::new_err(format!("The media host {host:?} is neither an address nor a known name: {error}."))
    })?;
    let first = found.next().ok_or_else(|| PyOSError::new_err(format!("The media host {host:?} has no address.")))?;
    Ok(first.ip())
}

fn raise(py: Python<'_>, error: rtc_server::MediaError) -> PyErr {
    if error.kind == rtc_server::MediaErrorKind::SessionExists {
        return PyValueError::new_err(error.detail);
    }
    let raised = MediaError::new_err(error.detail);
    match raised.value(py).setattr("kind", error.kind.name()) {
        Ok(()) => raised,
        Err(failure) => failure,
    }
}

#[pymodule(name = "_livehouse_native")]
fn livehouse_native(members: &Bound<'_, PyModule>) -> PyResult<()> {
    let error = members.py().get_type::<MediaError>();
    error.setattr("kind", "")?;
    members.add("MediaError", error)?;
    members.add("__version__", env!("CARGO_PKG_VERSION"))?;
    members.add_class::<MediaNode>()?;
    members.add_class::<SessionAnswer>()?;
    members.add_class::<SessionPatch>()?;
    members.add_class::<SessionReport>()?;
    members.add_class::<IngestReport>()?;
    members.add_class::<AccessUnit>()?;
    members.add_class::<MediaTap>()?;
    members.add_class::<PlaybackReport>()?;
    members.add_class::<RoomReport>()?;
    members.add_class::<SessionEvent>()?;
    members.add_class::<Counters>()
}

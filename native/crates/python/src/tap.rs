use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rtc_server::{Tap, TappedUnit};

#[pyclass(frozen, get_all, module = "livehouse_native")]
pub(crate) struct AccessUnit {
    codec: &'static str,
    data: Py<PyBytes>,
    timestamp: u64,
    clock_rate: u32,
    captured_at: f64,
    is_keyframe: bool,
    follows_gap: bool,
    width: Option<u32>,
    height: Option<u32>,
    rotation_degrees: u16,
}

#[pymethods]
impl AccessUnit {
    fn __repr__(&self, py: Python<'_>) -> String {
        let kind = if self.is_keyframe { "keyframe" } else { "unit" };
        let length = self.data.bind(py).as_bytes().len();
        format!("<AccessUnit {} {kind} of {length} bytes at {}>", self.codec, self.timestamp)
    }
}

impl AccessUnit {
    fn new(py: Python<'_>, tapped: TappedUnit) -> Self {
        let TappedUnit { unit, captured_at } = tapped;
        Self {
            codec: unit.codec.name(),
            data: PyBytes::new(py, &unit.data).unbind(),
            timestamp: unit.timestamp,
            clock_rate: unit.codec.clock_rate(),
            captured_at: captured_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
            is_keyframe: unit.is_keyframe,
            follows_gap: unit.follows_gap,
            width: unit.resolution.map(|(width, _)| width),
            height: unit.resolution.map(|(_, height)| height),
            rotation_degrees: u16::from(unit.rotation) * 90,
        }
    }
}

/// The open tap, or what it counted until it was closed.
enum State {
    Open(Box<Tap>),
    Closed(Counts),
}

#[derive(Clone, Copy)]
struct Counts {
    dropped_packets: u64,
    gaps: u64,
    is_ended: bool,
}

impl State {
    fn counts(&self) -> Counts {
        match self {
            Self::Open(tap) => {
                Counts { dropped_packets: tap.dropped_packets(), gaps: tap.gaps(), is_ended: tap.is_ended() }
            }
            Self::Closed(counts) => *counts,
        }
    }

    fn open(&mut self) -> PyResult<&mut Tap> {
        match self {
            Self::Open(tap) => Ok(tap),
            Self::Closed(_) => Err(PyValueError::new_err("The tap is closed.")),
        }
    }
}

#[pyclass(frozen, module = "livehouse_native")]
pub(crate) struct MediaTap(Mutex<State>);

impl MediaTap {
    pub(crate) fn new(tap: Tap) -> Self {
        Self(Mutex::new(State::Open(Box::new(tap))))
    }

    /// Another thread may be draining: nobody waits for it with the GIL.
    fn with<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut State) -> T + Send) -> T {
        py.detach(|| work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

#[pymethods]
impl MediaTap {
    fn fileno(&self, py: Python<'_>) -> PyResult<RawFd> {
        self.with(py, |state| Ok(state.open()?.as_raw_fd()))
    }

    #[pyo3(signature = (max_units=256))]
    fn drain(&self, py: Python<'_>, max_units: usize) -> PyResult<Vec<AccessUnit>> {
        if max_units == 0 {
            return Err(PyValueError::new_err("max_units is at least 1."));
        }
        let units = self.with(py, |state| PyResult::Ok(state.open()?.drain(max_units)))?;
        Ok(units.into_iter().map(|unit| AccessUnit::new(py, unit)).collect())
    }

    #[getter]
    fn dropped_packets(&self, py: Python<'_>) -> u64 {
        self.with(py, |state| state.counts()).dropped_packets
    }

    #[getter]
    fn gaps(&self, py: Python<'_>) -> u64 {
        self.with(py, |state| state.counts()).gaps
    }

    #[getter]
    fn is_ended(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.counts()).is_ended
    }

    fn close(&self, py: Python<'_>) {
        self.with(py, |state| *state = State::Closed(state.counts()));
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) {
        self.close(py);
    }
}

use super::depacketizer::{Depacketizer, Frame, Malformed};
use crate::keyframe::h264_stap_units;
use crate::resolution::{Bits, sps};

const SLICE: u8 = 1;
const IDR: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;
const ACCESS_UNIT_DELIMITER: u8 = 9;
const LAST_SINGLE: u8 = 23;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

const START_CODE: [u8; 4] = [0, 0, 0, 1];
/// Parameter sets kept for keyframes that come without, and the size of each at most.
const PARAMETER_SETS: usize = 32;
const PARAMETER_SET_BYTES: usize = 1024;

/// RFC 6184: collects the NAL units of a picture, in the single NAL unit and non-interleaved modes.
#[derive(Debug, Default)]
pub(super) struct Picture {
    /// Annex B.
    data: Vec<u8>,
    /// Where the NAL unit that goes on in the next packet begins, behind its start code.
    fragment: Option<usize>,
    has_slices: bool,
    has_idr: bool,
    has_sps: bool,
    /// Where parameter sets may be put: behind a delimiter.
    head: usize,
    sets: Vec<ParameterSet>,
}

#[derive(Debug)]
struct ParameterSet {
    kind: u8,
    id: u32,
    unit: Vec<u8>,
}

fn kind(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |header| header & 0x1f)
}

impl Picture {
    fn append(&mut self, unit: &[u8]) -> Result<(), Malformed> {
        let start = self.begin();
        self.data.extend_from_slice(unit);
        self.end(start)
    }

    fn begin(&mut self) -> usize {
        self.data.extend_from_slice(&START_CODE);
        self.data.len()
    }

    /// The NAL unit from `start` on is complete.
    fn end(&mut self, start: usize) -> Result<(), Malformed> {
        let unit = self.data.get(start..).ok_or(Malformed)?;
        let header = *unit.first().ok_or(Malformed)?;
        // Section 1.3: a set forbidden_zero_bit says that the unit is damaged.
        if header & 0x80 != 0 {
            return Err(Malformed);
        }
        match header & 0x1f {
            0 | STAP_A.. => return Err(Malformed),
            IDR => (self.has_slices, self.has_idr) = (true, true),
            SLICE..IDR => self.has_slices = true,
            ACCESS_UNIT_DELIMITER if start == START_CODE.len() => self.head = self.data.len(),
            kind @ (SPS | PPS) => {
                self.has_sps |= kind == SPS;
                let unit = unit.to_vec();
                self.keep(kind, unit);
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, kind: u8, unit: Vec<u8>) {
        // ITU-T H.264 section 7.3.2: the id follows three bytes of profile and level in an SPS, and begins a PPS.
        let at = if kind == SPS { 4 } else { 1 };
        let Some(id) = unit.get(at..).and_then(|rest| Bits::new(rest).exp_golomb()) else { return };
        let known = self.sets.iter().position(|set| set.kind == kind && set.id == id);
        if known.is_some_and(|index| self.sets[index].unit == unit) || unit.len() > PARAMETER_SET_BYTES {
            return;
        }
        if let Some(index) = known {
            self.sets.remove(index);
            if kind == SPS {
                // Picture parameter sets of another sequence are of no use.
                self.sets.retain(|set| set.kind == SPS);
            }
        }
        if self.sets.len() == PARAMETER_SETS {
            self.sets.remove(0);
        }
        self.sets.push(ParameterSet { kind, id, unit });
    }

    /// Puts the parameter sets kept in front of a keyframe that has none.
    fn complete(&mut self) {
        let mut missing = Vec::new();
        for kind in [SPS, PPS] {
            for set in self.sets.iter().filter(|set| set.kind == kind) {
                missing.extend_from_slice(&START_CODE);
                missing.extend_from_slice(&set.unit);
            }
        }
        self.data.splice(self.head..self.head, missing);
    }
}

impl Depacketizer for Picture {
    /// ITU-T H.264 section 7.4.1.2.3: a delimiter or a sequence parameter set begins a primary coded picture. A slice
    /// does so too, but the parameter sets before it may be what is missing.
    fn opens_unit(&self, payload: &[u8]) -> bool {
        let first = match kind(payload) {
            STAP_A => h264_stap_units(payload).next().map_or(0, kind),
            FU_A => payload.get(1).map_or(0, |header| if header & 0x80 != 0 { header & 0x1f } else { 0 }),
            single => single,
        };
        first == ACCESS_UNIT_DELIMITER || first == SPS
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let is_fragment = kind(payload) == FU_A;
        if self.fragment.is_some() && !is_fragment {
            return Err(Malformed);
        }
        match kind(payload) {
            1..=LAST_SINGLE => self.append(payload),
            // Section 5.7.1.
            STAP_A => {
                let mut length = 1;
                for unit in h264_stap_units(payload) {
                    length += 2 + unit.len();
                    self.append(unit)?;
                }
                if length == payload.len() && length > 1 { Ok(()) } else { Err(Malformed) }
            }
            // Section 5.8: the unit's own header is made of the indicator's first bits and the type in the FU header.
            FU_A => {
                let (head, body) = payload.split_first_chunk::<2>().ok_or(Malformed)?;
                let [indicator, header] = *head;
                let (starts, ends) = (header & 0x80 != 0, header & 0x40 != 0);
                let start = match (self.fragment, starts) {
                    (None, true) => {
                        let start = self.begin();
                        self.data.push(indicator & 0xe0 | header & 0x1f);
                        start
                    }
                    (Some(start), false) => start,
                    _ => return Err(Malformed),
                };
                self.data.extend_from_slice(body);
                self.fragment = Some(start).filter(|_| !ends);
                if ends { self.end(start) } else { Ok(()) }
            }
            // The interleaved mode (section 6.4) is never negotiated.
            _ => Err(Malformed),
        }
    }

    fn length(&self) -> usize {
        self.data.len()
    }

    fn finish(&mut self) -> Result<Option<Frame>, Malformed> {
        if self.fragment.is_some() {
            return Err(Malformed);
        }
        if !self.has_slices {
            return Ok(None);
        }
        if self.has_idr && !self.has_sps {
            self.complete();
        }
        let resolution = self.sets.iter().find(|set| set.kind == SPS).and_then(|set| sps(&set.unit));
        Ok(Some(Frame { data: std::mem::take(&mut self.data), is_keyframe: self.has_idr, resolution }))
    }

    fn clear(&mut self) {
        *self = Self { sets: std::mem::take(&mut self.sets), ..Self::default() };
    }
}

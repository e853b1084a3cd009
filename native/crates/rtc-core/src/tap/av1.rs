use super::depacketizer::{Depacketizer, Frame, Malformed};
use crate::keyframe::{leb128, obu_type};
use crate::resolution::{Resolution, av1_sequence_header};

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;
const TILE_LIST: u8 = 8;

const HAS_SIZE: u8 = 0x02;

/// "RTP Payload Format For AV1" (AOM, version 1.0): collects the OBUs of a temporal unit.
///
/// They leave in the low-overhead format (AV1 specification section 5.2), each with its size, behind a temporal
/// delimiter as section 7.5 wants it: such units follow each other to a valid stream, FFmpeg's parser and decoders
/// take them, and its MP4 and WebM muxers drop the delimiter that these containers do not want.
#[derive(Debug, Default)]
pub(super) struct TemporalUnit {
    data: Vec<u8>,
    /// The beginning of an OBU that goes on in the next packet.
    fragment: Vec<u8>,
    is_fragmented: bool,
    sequence_header: Option<SequenceHeader>,
    /// Whether the first frame is a key frame; `None` before a frame.
    starts_with_key: Option<bool>,
}

#[derive(Clone, Copy, Debug)]
struct SequenceHeader {
    resolution: Option<Resolution>,
    /// Its frames have no frame type: all are key frames.
    is_reduced_still_picture: bool,
}

impl TemporalUnit {
    fn append(&mut self, obu: &[u8]) -> Result<(), Malformed> {
        let header = *obu.first().ok_or(Malformed)?;
        let has_extension = header & 0x04 != 0;
        let (head, mut body) = obu.split_at_checked(1 + usize::from(has_extension)).ok_or(Malformed)?;
        if header & 0x80 != 0 {
            return Err(Malformed); // obu_forbidden_bit
        }
        if header & HAS_SIZE != 0 {
            let (size, used) = leb128(body).ok_or(Malformed)?;
            body = body.get(used..).filter(|rest| rest.len() == size).ok_or(Malformed)?;
        }
        let kind = obu_type(obu).ok_or(Malformed)?;
        match kind {
            // Section 5: not to be sent, and ignored if they are.
            TEMPORAL_DELIMITER | TILE_LIST => return Ok(()),
            SEQUENCE_HEADER => {
                self.sequence_header = Some(SequenceHeader {
                    resolution: av1_sequence_header(obu),
                    is_reduced_still_picture: body.first().is_some_and(|byte| byte & 0x08 != 0),
                });
            }
            FRAME | FRAME_HEADER if self.starts_with_key.is_none() => {
                let is_reduced = self.sequence_header.is_some_and(|header| header.is_reduced_still_picture);
                let first = *body.first().ok_or(Malformed)?;
                // AV1 specification section 5.9.2: show_existing_frame, then two bits of frame_type, 0 for a key frame.
                self.starts_with_key = Some(is_reduced || first & 0xe0 == 0);
            }
            _ => {}
        }
        if self.data.is_empty() {
            self.data.extend_from_slice(&[TEMPORAL_DELIMITER << 3 | HAS_SIZE, 0]);
        }
        self.data.push(header | HAS_SIZE);
        self.data.extend_from_slice(&head[1..]);
        append_leb128(&mut self.data, body.len());
        self.data.extend_from_slice(body);
        Ok(())
    }
}

fn append_leb128(data: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        data.push(value as u8 | 0x80);
        value >>= 7;
    }
    data.push(value as u8);
}

impl Depacketizer for TemporalUnit {
    /// Section 4.4: N marks the first packet of a coded video sequence. Packetizers that forget it still begin with a
    /// sequence header or a temporal delimiter.
    fn opens_unit(&self, payload: &[u8]) -> bool {
        let Some((header, rest)) = payload.split_first() else { return false };
        let (continues, count, is_new_sequence) = (header & 0x80 != 0, (header >> 4) & 0x03, header & 0x08 != 0);
        let first = if count == 1 { Some(rest) } else { leb128(rest).and_then(|(_, used)| rest.get(used..)) };
        let kind = first.and_then(obu_type);
        !continues && (is_new_sequence || kind == Some(SEQUENCE_HEADER) || kind == Some(TEMPORAL_DELIMITER))
    }

    /// Section 4.4: aggregation header, then OBU elements, each with its length but the last if W counts them.
    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let (header, mut rest) = payload.split_first().ok_or(Malformed)?;
        let (continues, goes_on, count) = (header & 0x80 != 0, header & 0x40 != 0, usize::from((header >> 4) & 0x03));
        if continues != self.is_fragmented {
            return Err(Malformed);
        }
        let mut index = 0;
        while !rest.is_empty() {
            index += 1;
            let element = if index == count {
                std::mem::take(&mut rest)
            } else {
                let (length, used) = leb128(rest).ok_or(Malformed)?;
                let (element, tail) =
                    rest.get(used..).and_then(|rest| rest.split_at_checked(length)).ok_or(Malformed)?;
                rest = tail;
                element
            };
            let is_cut = goes_on && rest.is_empty();
            if self.is_fragmented || is_cut {
                self.fragment.extend_from_slice(element);
                self.is_fragmented = is_cut;
                if !is_cut {
                    let obu = std::mem::take(&mut self.fragment);
                    self.append(&obu)?;
                }
            } else {
                self.append(element)?;
            }
        }
        if index == 0 || index < count { Err(Malformed) } else { Ok(()) }
    }

    fn length(&self) -> usize {
        self.data.len() + self.fragment.len()
    }

    fn finish(&mut self) -> Result<Option<Frame>, Malformed> {
        let unit = std::mem::take(self);
        if unit.is_fragmented {
            return Err(Malformed);
        }
        // Without a frame there is nothing to show.
        Ok(unit.starts_with_key.map(|is_key| Frame {
            data: unit.data,
            // Decoding begins at a key frame with a sequence header (AV1 specification section 7.6.1).
            is_keyframe: is_key && unit.sequence_header.is_some(),
            resolution: unit.sequence_header.and_then(|header| header.resolution),
        }))
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

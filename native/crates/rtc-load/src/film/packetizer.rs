//! RTP payloads of access units: VP8 (RFC 7741), H.264 in packetization mode 1 (RFC 6184), AV1 (its RTP
//! specification 1.0). A picture is cut into about equal pieces, as libwebrtc does.

use str0m::format::Codec;

use super::AccessUnit;
use super::annex_b::{nal_type, nal_units};
use crate::Failure;

/// With the RTP header, its extensions and SRTP's tag a datagram stays under 1,250 bytes.
pub const MAX_PAYLOAD_BYTES: usize = 1170;

const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;

const DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

pub struct Packetizer {
    codec: Codec,
    picture_id: u16,
}

impl Packetizer {
    pub fn new(codec: Codec) -> Result<Self, Failure> {
        match codec {
            Codec::Vp8 | Codec::H264 | Codec::Av1 => Ok(Self { codec, picture_id: 0 }),
            other => Err(format!("no packetizer for {other:?}").into()),
        }
    }

    pub fn codec(&self) -> Codec {
        self.codec
    }

    pub fn packetize(&mut self, unit: &AccessUnit) -> Vec<Vec<u8>> {
        match self.codec {
            Codec::H264 => h264(&unit.bytes),
            Codec::Av1 => av1(&unit.bytes, unit.is_keyframe),
            _ => {
                self.picture_id = (self.picture_id + 1) & 0x7fff;
                vp8(&unit.bytes, self.picture_id)
            }
        }
    }
}

/// Pieces of at most `limit` bytes whose lengths differ by one at most.
fn about_equal(bytes: &[u8], limit: usize) -> impl Iterator<Item = &[u8]> {
    let count = bytes.len().div_ceil(limit).max(1);
    let (length, longer) = (bytes.len() / count, bytes.len() % count);
    (0..count).map(move |index| {
        let start = index * length + index.min(longer);
        &bytes[start..start + length + usize::from(index < longer)]
    })
}

fn vp8(frame: &[u8], picture_id: u16) -> Vec<Vec<u8>> {
    // RFC 7741 section 4.2: X; S at the beginning of the frame, which is one partition here; I with 15 bits of picture id.
    const DESCRIPTOR_BYTES: usize = 4;
    let [high, low] = (picture_id | 0x8000).to_be_bytes();
    let pieces = about_equal(frame, MAX_PAYLOAD_BYTES - DESCRIPTOR_BYTES).enumerate();
    pieces.map(|(index, piece)| [&[if index == 0 { 0x90 } else { 0x80 }, 0x80, high, low], piece].concat()).collect()
}

fn h264(access_unit: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    let mut small: Vec<&[u8]> = Vec::new();
    let aggregate_bytes = |units: &[&[u8]]| 1 + units.iter().map(|unit| 2 + unit.len()).sum::<usize>();
    // Section 7.4.1.2.3 of H.264: the delimiter says nothing that RTP's marker does not.
    for unit in nal_units(access_unit).filter(|unit| nal_type(unit) != DELIMITER) {
        if aggregate_bytes(&small) + 2 + unit.len() > MAX_PAYLOAD_BYTES {
            flush_aggregate(&mut small, &mut payloads);
        }
        if unit.len() > MAX_PAYLOAD_BYTES {
            fragment(unit, &mut payloads);
        } else {
            small.push(unit);
        }
    }
    flush_aggregate(&mut small, &mut payloads);
    payloads
}

/// RFC 6184 section 5.6 for one NAL unit, section 5.7.1 (STAP-A) for several.
fn flush_aggregate(units: &mut Vec<&[u8]>, payloads: &mut Vec<Vec<u8>>) {
    match units.as_slice() {
        [] => {}
        [unit] => payloads.push(unit.to_vec()),
        several => {
            let importance = several.iter().map(|unit| unit[0] & 0x60).max().unwrap_or(0);
            let mut payload = vec![importance | STAP_A];
            for unit in several {
                payload.extend((unit.len() as u16).to_be_bytes());
                payload.extend(*unit);
            }
            payloads.push(payload);
        }
    }
    units.clear();
}

/// RFC 6184 section 5.8: FU-A.
fn fragment(unit: &[u8], payloads: &mut Vec<Vec<u8>>) {
    let (header, body) = (unit[0], &unit[1..]);
    let pieces: Vec<_> = about_equal(body, MAX_PAYLOAD_BYTES - 2).collect();
    for (index, piece) in pieces.iter().enumerate() {
        let start = u8::from(index == 0) << 7;
        let end = u8::from(index + 1 == pieces.len()) << 6;
        payloads.push([&[header & 0xe0 | FU_A, start | end | header & 0x1f], *piece].concat());
    }
}

/// An OBU as RTP carries it: header (with extension), without its size, and payload.
pub struct Obu {
    bytes: Vec<u8>,
}

impl Obu {
    pub fn kind(&self) -> u8 {
        self.bytes[0] >> 3 & 0xf
    }
}

/// OBUs of a temporal unit in the low-overhead format (AV1 specification, sections 5.3 and 4.10.5).
pub fn obus(mut unit: &[u8]) -> Vec<Obu> {
    let mut found = Vec::new();
    while let Some(&header) = unit.first() {
        let header_bytes = 1 + usize::from(header & 0x04 != 0);
        let mut length = unit.len().saturating_sub(header_bytes);
        let mut begin = header_bytes;
        if header & 0x02 != 0 {
            let Some((size, size_bytes)) = unit.get(header_bytes..).and_then(read_leb128) else { break };
            (length, begin) = (size, header_bytes + size_bytes);
        }
        let Some(payload) = begin.checked_add(length).and_then(|end| unit.get(begin..end)) else { break };
        let mut bytes = unit[..header_bytes].to_vec();
        bytes[0] &= !0x02;
        bytes.extend(payload);
        found.push(Obu { bytes });
        unit = &unit[begin + length..];
    }
    found
}

fn read_leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

fn write_leb128(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// AV1 RTP specification section 4: each element stands behind its length (W = 0), or alone without one (W = 1).
fn av1(temporal_unit: &[u8], begins_sequence: bool) -> Vec<Vec<u8>> {
    const HEADER_BYTES: usize = 1;
    const LENGTH_BYTES: usize = 2;
    // Section 5: temporal delimiters and tile lists are left out.
    let obus: Vec<_> =
        obus(temporal_unit).into_iter().filter(|obu| !matches!(obu.kind(), TEMPORAL_DELIMITER | TILE_LIST)).collect();
    let total: usize = obus.iter().map(|obu| obu.bytes.len() + LENGTH_BYTES).sum();
    let count = total.div_ceil(MAX_PAYLOAD_BYTES - HEADER_BYTES - LENGTH_BYTES).max(1);
    // Each packet's share, with room for the length that a fragment at its end takes anew.
    let limit = (total.div_ceil(count) + LENGTH_BYTES).min(MAX_PAYLOAD_BYTES - HEADER_BYTES);

    let mut payloads = Vec::new();
    let mut elements: Vec<&[u8]> = Vec::new();
    let (mut used, mut continues) = (0, false);
    let mut flush = |elements: &mut Vec<&[u8]>, continues: bool, to_be_continued: bool| {
        let first = begins_sequence && payloads.is_empty();
        let alone = elements.len() == 1;
        let flags = [(continues, 0x80), (to_be_continued, 0x40), (alone, 0x10), (first, 0x08)];
        let mut payload = vec![flags.iter().map(|&(set, flag)| if set { flag } else { 0 }).sum()];
        for element in elements.drain(..) {
            if !alone {
                write_leb128(element.len(), &mut payload);
            }
            payload.extend(element);
        }
        payloads.push(payload);
    };
    for obu in &obus {
        let mut rest = obu.bytes.as_slice();
        while !rest.is_empty() {
            if used + LENGTH_BYTES >= limit {
                let within = rest.len() < obu.bytes.len();
                flush(&mut elements, continues, within);
                (used, continues) = (0, within);
            }
            let (piece, after) = rest.split_at(rest.len().min(limit - used - LENGTH_BYTES));
            elements.push(piece);
            used += piece.len() + LENGTH_BYTES;
            rest = after;
        }
    }
    if !elements.is_empty() {
        flush(&mut elements, continues, false);
    }
    payloads
}

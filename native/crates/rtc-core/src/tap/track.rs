use std::collections::VecDeque;

use super::depacketizer::{Depacketizer, depacketizer};
use super::reorder::ReorderBuffer;
use super::{AccessUnit, AssemblerLimits};
use crate::codec::{Codec, MediaKind};
use crate::packet::RoomPacket;
use crate::time::MonotonicTime;

/// One track of the room: finds where its access units begin and end.
#[derive(Debug)]
pub(super) struct TapTrack {
    kind: MediaKind,
    unit_bytes: usize,
    reorder: ReorderBuffer,
    /// First sequence number of the present source.
    start: u64,
    codec: Option<(Codec, Box<dyn Depacketizer>)>,
    place: Place,
    clock: Option<TrackTime>,
    rotation: u8,
    /// Something is missing, and no unit that makes up for it has gone out.
    is_broken: bool,
    /// A unit or a gap was seen: what comes is no longer the first.
    has_begun: bool,
    gaps: u64,
}

/// Where in the stream the next packet lies.
#[derive(Debug)]
enum Place {
    /// Behind the last packet of a unit.
    Boundary,
    Inside(OpenUnit),
    /// Packets before it are missing, and with them perhaps the beginning of its unit.
    Unknown,
    /// In a unit of this timestamp that cannot be had.
    Skipping(u32),
}

#[derive(Debug)]
struct OpenUnit {
    room_timestamp: u32,
    timestamp: u64,
    captured: MonotonicTime,
    rotation: Option<u8>,
}

/// The newest timestamp, extended beyond 32 bits.
#[derive(Clone, Copy, Debug)]
struct TrackTime {
    timestamp: u64,
    arrival: MonotonicTime,
}

impl TapTrack {
    pub(super) fn new(kind: MediaKind, limits: AssemblerLimits) -> Self {
        Self {
            kind,
            unit_bytes: limits.unit_bytes,
            reorder: ReorderBuffer::new(limits),
            start: 0,
            codec: None,
            place: Place::Unknown,
            clock: None,
            rotation: 0,
            is_broken: kind == MediaKind::Video,
            has_begun: false,
            gaps: 0,
        }
    }

    /// Packets from the sequence number `start` on are of another source than those before.
    pub(super) fn receive(&mut self, packet: RoomPacket, start: u64) {
        self.start = start;
        self.reorder.push(packet);
    }

    pub(super) fn deadline(&self) -> Option<MonotonicTime> {
        self.reorder.deadline()
    }

    /// Something is missing that a keyframe would make good.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken && self.has_begun
    }

    pub(super) fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Appends the units that can be had by `clock`.
    pub(super) fn assemble(&mut self, clock: Option<MonotonicTime>, out: &mut VecDeque<AccessUnit>) {
        while let Some((packet, follows_gap)) = self.reorder.pop(clock) {
            if follows_gap {
                self.tear(Place::Unknown);
            } else if packet.sequence == self.start && matches!(self.place, Place::Inside(_)) {
                // Whoever sent before was cut off within a unit, though the numbers go on.
                self.tear(Place::Boundary);
            }
            // Padding alone (RFC 3550 section 5.1) has a number and nothing else.
            if !packet.payload.is_empty() {
                self.take(&packet, out);
            }
        }
    }

    /// The unit whose last packet would be told by the next one.
    pub(super) fn finish(&mut self, out: &mut VecDeque<AccessUnit>) {
        if let Place::Inside(_) = self.place {
            self.end_unit(out);
        }
    }

    fn take(&mut self, packet: &RoomPacket, out: &mut VecDeque<AccessUnit>) {
        let is_other_codec = self.codec.as_ref().is_none_or(|(codec, _)| *codec != packet.codec);
        let is_other_time = match &self.place {
            Place::Inside(unit) => unit.room_timestamp != packet.timestamp,
            Place::Skipping(timestamp) => *timestamp != packet.timestamp,
            Place::Boundary | Place::Unknown => false,
        };
        // A sender that sets no marker ends its units by going on to another time.
        if is_other_time {
            self.finish(out);
            self.place = Place::Boundary;
        }
        if is_other_codec {
            if let Place::Inside(_) = self.place {
                self.tear(Place::Boundary);
            }
            self.codec = Some((packet.codec, depacketizer(packet.codec)));
        }
        let timestamp = self.extend(packet);
        let Some((_, depacketizer)) = &mut self.codec else { return };
        let begins = match &self.place {
            Place::Boundary => true,
            Place::Unknown => depacketizer.opens_unit(&packet.payload),
            Place::Inside(_) | Place::Skipping(_) => false,
        };
        if begins {
            self.place = Place::Inside(OpenUnit {
                room_timestamp: packet.timestamp,
                timestamp,
                captured: packet.captured,
                rotation: None,
            });
        }
        let behind = if packet.marker { Place::Boundary } else { Place::Skipping(packet.timestamp) };
        let Place::Inside(unit) = &mut self.place else {
            self.place = behind;
            return;
        };
        unit.rotation = packet.orientation.or(unit.rotation);
        if depacketizer.push(&packet.payload).is_err() || depacketizer.length() > self.unit_bytes {
            self.tear(behind);
        } else if packet.marker || self.kind == MediaKind::Audio {
            self.end_unit(out);
        }
    }

    fn end_unit(&mut self, out: &mut VecDeque<AccessUnit>) {
        let Place::Inside(unit) = std::mem::replace(&mut self.place, Place::Boundary) else { return };
        let Some((codec, depacketizer)) = &mut self.codec else { return };
        let codec = *codec;
        match depacketizer.finish() {
            Err(_) => self.tear(Place::Boundary),
            Ok(None) => depacketizer.clear(),
            Ok(Some(frame)) => {
                depacketizer.clear();
                // A keyframe without the extension is upright (3GPP TS 26.114 section 7.4.5).
                self.rotation = match unit.rotation {
                    Some(rotation) => rotation & 0x03,
                    None if frame.is_keyframe => 0,
                    None => self.rotation,
                };
                // Before the first keyframe everything is missing; that keyframe itself follows nothing.
                let follows_gap = self.is_broken && (self.has_begun || !frame.is_keyframe);
                self.is_broken &= !frame.is_keyframe;
                self.has_begun = true;
                out.push_back(AccessUnit {
                    codec,
                    data: frame.data,
                    timestamp: unit.timestamp,
                    captured: unit.captured,
                    is_keyframe: frame.is_keyframe,
                    follows_gap,
                    resolution: frame.resolution.filter(|_| frame.is_keyframe).map(|size| (size.width, size.height)),
                    rotation: self.rotation,
                });
            }
        }
    }

    /// Leaves out the unit begun and marks what follows.
    fn tear(&mut self, place: Place) {
        self.gaps += 1;
        self.has_begun = true;
        self.is_broken = true;
        self.place = place;
        if let Some((_, depacketizer)) = &mut self.codec {
            depacketizer.clear();
        }
    }

    /// The packet's time beyond 32 bits: the value nearest to what the clock says has passed, so that no silence is
    /// too long.
    fn extend(&mut self, packet: &RoomPacket) -> u64 {
        let timestamp = match self.clock {
            // Not in the first round: the next packet may lie before the first.
            None => (1 << 32) | u64::from(packet.timestamp),
            Some(newest) => {
                let passed = packet.arrival.since(newest.arrival).as_micros();
                let ticks = passed * u128::from(packet.codec.clock_rate()) / 1_000_000;
                let expected = newest.timestamp.wrapping_add(ticks as u64);
                let difference = packet.timestamp.wrapping_sub(expected as u32) as i32;
                expected.wrapping_add_signed(i64::from(difference))
            }
        };
        if self.clock.is_none_or(|newest| timestamp > newest.timestamp) {
            self.clock = Some(TrackTime { timestamp, arrival: packet.arrival });
        }
        timestamp
    }
}

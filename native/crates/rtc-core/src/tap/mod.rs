//! Complete access units out of a room's packets, for what takes whole pictures: transcoders, packagers, recorders.
//!
//! A unit goes out when all its packets are there, in the order of the track; packets that are late are waited for
//! `AssemblerLimits::wait`. What then is still missing is a gap: the unit it tore is left out, and what follows is
//! marked. The result depends on the packets and their arrival alone, not on when they are handed over.

mod av1;
mod depacketizer;
mod h264;
mod reorder;
mod track;
mod vp8;
mod vp9;

use std::collections::VecDeque;
use std::time::Duration;

use self::track::TapTrack;
use crate::codec::{Codec, MediaKind};
use crate::packet::{RoomPacket, SourceState};
use crate::time::MonotonicTime;

/// What a decoder takes at once: an AV1 temporal unit, a picture of H.264, VP8 or VP9, or an Opus packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    pub codec: Codec,
    /// AV1: low-overhead format (specification section 5.2), temporal delimiter first, every OBU with its size.
    /// H.264: Annex B, parameter sets in front of every keyframe. VP8: one frame. VP9: one frame, or a superframe of
    /// the picture's layers. Opus: one packet.
    pub data: Vec<u8>,
    /// RTP time in ticks of the codec's clock, extended beyond 32 bits, in the numbers of the room: goes on when the
    /// broadcaster returns. The lower 32 bits are those the room's viewers get.
    pub timestamp: u64,
    /// When it was captured, on the node's clock.
    pub captured: MonotonicTime,
    /// Decoding may begin here. Always true for Opus.
    pub is_keyframe: bool,
    /// Something before is missing. Video: from a gap on, up to the next keyframe and including it; audio: the first
    /// unit after a gap.
    pub follows_gap: bool,
    /// Width and height in pixels before rotation, on keyframes that tell them.
    pub resolution: Option<(u32, u32)>,
    /// Clockwise quarter turns to show the picture upright, 0 to 3.
    pub rotation: u8,
}

/// Bounds of what an assembler holds for one track.
#[derive(Clone, Copy, Debug)]
pub struct AssemblerLimits {
    /// How long a missing packet is waited for, from the arrival of one that should have come after it.
    pub wait: Duration,
    /// Packets and bytes held while waiting; with more, the wait is over.
    pub window_packets: usize,
    pub window_bytes: usize,
    /// A larger access unit is left out.
    pub unit_bytes: usize,
}

impl Default for AssemblerLimits {
    fn default() -> Self {
        Self {
            wait: Duration::from_millis(250),
            window_packets: 1024,
            window_bytes: 4 << 20,
            // More than half a second of 100 Mbit/s in one picture.
            unit_bytes: 8 << 20,
        }
    }
}

/// Makes access units of a room's audio and video.
#[derive(Debug)]
pub struct Assembler {
    audio: TapTrack,
    video: TapTrack,
    clock: MonotonicTime,
    ready: VecDeque<AccessUnit>,
}

impl Assembler {
    pub fn new(limits: AssemblerLimits) -> Self {
        Self {
            audio: TapTrack::new(MediaKind::Audio, limits),
            video: TapTrack::new(MediaKind::Video, limits),
            clock: MonotonicTime::default(),
            ready: VecDeque::new(),
        }
    }

    /// Takes the next packet, with the state its batch came with. Its arrival tells the time for those that are waited
    /// for.
    pub fn receive(&mut self, packet: &RoomPacket, source: &SourceState) {
        match packet.codec.kind() {
            MediaKind::Audio => self.audio.receive(packet.clone(), 0),
            MediaKind::Video => self.video.receive(packet.clone(), source.video_start),
        }
        self.advance(packet.arrival);
    }

    /// No packet that arrived before `now` is still to be handed over.
    pub fn advance(&mut self, now: MonotonicTime) {
        self.clock = self.clock.max(now);
        self.audio.assemble(Some(self.clock), &mut self.ready);
        self.video.assemble(Some(self.clock), &mut self.ready);
    }

    /// No packet comes any more: nothing is waited for.
    pub fn finish(&mut self) {
        for track in [&mut self.audio, &mut self.video] {
            track.assemble(None, &mut self.ready);
            track.finish(&mut self.ready);
        }
    }

    /// The next unit: in order within audio and within video.
    pub fn take(&mut self) -> Option<AccessUnit> {
        self.ready.pop_front()
    }

    /// Units that wait to be taken.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// When `advance` declares a gap if nothing arrives before.
    pub fn deadline(&self) -> Option<MonotonicTime> {
        [self.audio.deadline(), self.video.deadline()].into_iter().flatten().min()
    }

    /// Video has a gap that no keyframe has made good.
    pub fn awaits_keyframe(&self) -> bool {
        self.video.is_broken()
    }

    /// Places at which media is missing: lost packets, and units that were malformed or too large.
    pub fn gaps(&self) -> u64 {
        self.audio.gaps() + self.video.gaps()
    }
}

#[cfg(test)]
mod tests;

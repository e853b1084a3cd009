//! What one viewer received: how much came, how much never came, and how long it took.

use std::collections::HashMap;

use str0m::rtp::{RtpPacket, Ssrc};

#[derive(Default)]
pub struct Arrivals {
    tracks: HashMap<Ssrc, Track>,
}

struct Track {
    first: u64,
    highest: u64,
    received: u64,
}

impl Arrivals {
    pub fn note(&mut self, packet: &RtpPacket) {
        let number = *packet.seq_no;
        let track =
            self.tracks.entry(packet.header.ssrc).or_insert(Track { first: number, highest: number, received: 0 });
        if number < track.first {
            return; // sent before the measurement began
        }
        track.highest = track.highest.max(number);
        track.received += 1;
    }

    /// Begins to count anew with the packet after the newest one.
    pub fn restart(&mut self) {
        for track in self.tracks.values_mut() {
            *track = Track { first: track.highest + 1, highest: track.highest, received: 0 };
        }
    }

    pub fn received(&self) -> u64 {
        self.tracks.values().map(|track| track.received).sum()
    }

    /// Packets up to the newest one received, whether they came or not.
    pub fn expected(&self) -> u64 {
        self.tracks.values().map(|track| track.highest + 1 - track.first).sum()
    }
}

/// Percentile of unsorted microseconds; 0 when there are none.
pub fn percentile(values: &mut [u32], share: f64) -> u32 {
    values.sort_unstable();
    let index = (values.len() as f64 * share) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(0)
}

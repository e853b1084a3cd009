//! What one viewer received, told from the RTP headers that SRTP leaves clear.

/// An RTP header as far as it is looked at (RFC 3550 section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub payload_type: u8,
    pub sequence: u16,
    pub ssrc: u32,
}

/// What a datagram is by its first bytes (RFC 7983 section 7, RFC 5761 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rtp(Header),
    Rtcp,
    /// ICE and DTLS.
    Control,
}

impl Kind {
    pub fn of(datagram: &[u8]) -> Self {
        let &[first, second, s0, s1, _, _, _, _, r0, r1, r2, r3, ..] = datagram else { return Self::Control };
        match (first, second & 0x7f) {
            (128..=191, 64..=95) => Self::Rtcp,
            (128..=191, payload_type) => Self::Rtp(Header {
                payload_type,
                sequence: u16::from_be_bytes([s0, s1]),
                ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
            }),
            _ => Self::Control,
        }
    }
}

/// Payload types as agreed with the server.
#[derive(Clone, Copy, Debug, Default)]
pub struct PayloadTypes {
    pub audio: u8,
    pub video: u8,
}

/// Packets of one measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub received: u64,
    /// Up to the newest one received, whether they came or not.
    pub expected: u64,
    /// Came again under the same number.
    pub duplicates: u64,
    /// Came in a retransmission stream (RFC 4588).
    pub retransmitted: u64,
}

/// What a receiver report says of one stream (RFC 3550 section 6.4.1).
pub struct TrackReport {
    pub ssrc: u32,
    pub fraction_lost: u8,
    pub cumulative_lost: i32,
    pub highest_sequence: u32,
}

#[derive(Default)]
pub struct Reception {
    audio: Option<Track>,
    video: Option<Track>,
    retransmitted: u64,
}

impl Reception {
    pub fn note(&mut self, header: Header, types: PayloadTypes) {
        let track = if header.payload_type == types.video {
            &mut self.video
        } else if header.payload_type == types.audio {
            &mut self.audio
        } else {
            self.retransmitted += 1;
            return;
        };
        match track {
            Some(track) if track.ssrc == header.ssrc => track.note(header.sequence),
            _ => *track = Some(Track::new(header)),
        }
    }

    /// Begins to count anew with the packet after the newest one.
    pub fn restart(&mut self) {
        self.retransmitted = 0;
        for track in [&mut self.audio, &mut self.video].into_iter().flatten() {
            track.restart();
        }
    }

    pub fn has_video(&self) -> bool {
        self.video.is_some()
    }

    /// For a report of now: what is lost is counted from the report before.
    pub fn reports(&mut self) -> impl Iterator<Item = TrackReport> {
        [&mut self.audio, &mut self.video].into_iter().flatten().map(Track::report)
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts { retransmitted: self.retransmitted, ..Counts::default() };
        for track in [&self.audio, &self.video].into_iter().flatten() {
            counts.received += track.received;
            counts.expected += track.highest + 1 - track.first;
            counts.duplicates += track.duplicates;
        }
        counts
    }
}

struct Track {
    ssrc: u32,
    /// Numbers with the count of wraps above them.
    first: u64,
    highest: u64,
    /// Bit n: `highest - n` has come.
    seen: u128,
    received: u64,
    duplicates: u64,
    /// Of the whole connection, for reports.
    all: Sums,
    reported: Sums,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    expected: u64,
    received: u64,
}

impl Track {
    fn new(header: Header) -> Self {
        // One wrap ahead, so that a late packet from before the first has a number too.
        let number = u64::from(header.sequence) + (1 << 16);
        let all = Sums { expected: 1, received: 1 };
        Self {
            ssrc: header.ssrc,
            first: number,
            highest: number,
            seen: 1,
            received: 1,
            duplicates: 0,
            all,
            reported: Sums::default(),
        }
    }

    fn report(&mut self) -> TrackReport {
        let lost =
            |now: Sums, before: Sums| (now.expected - before.expected) as i64 - (now.received - before.received) as i64;
        // RFC 3550 appendix A.3.
        let expected = (self.all.expected - self.reported.expected).max(1) as i64;
        let fraction = (lost(self.all, self.reported).max(0) << 8) / expected;
        self.reported = self.all;
        TrackReport {
            ssrc: self.ssrc,
            fraction_lost: fraction.min(255) as u8,
            cumulative_lost: lost(self.all, Sums::default()) as i32,
            highest_sequence: (self.highest - (1 << 16)) as u32,
        }
    }

    fn restart(&mut self) {
        self.first = self.highest + 1;
        (self.received, self.duplicates) = (0, 0);
    }

    fn note(&mut self, sequence: u16) {
        let step = sequence.wrapping_sub(self.highest as u16) as i16;
        if step > 0 {
            self.highest += u64::from(step.unsigned_abs());
            self.seen = self.seen.checked_shl(u32::from(step.unsigned_abs())).unwrap_or(0) | 1;
            self.received += 1;
            self.all.expected += u64::from(step.unsigned_abs());
            self.all.received += 1;
            return;
        }
        let late = u32::from(step.unsigned_abs());
        let Some(bit) = 1u128.checked_shl(late) else { return };
        if self.highest - u64::from(late) < self.first {
            return; // of the time before this measurement
        }
        if self.seen & bit == 0 {
            self.seen |= bit;
            self.received += 1;
            self.all.received += 1;
        } else {
            self.duplicates += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: PayloadTypes = PayloadTypes { audio: 111, video: 96 };

    fn video(sequence: u16) -> Header {
        Header { payload_type: 96, sequence, ssrc: 7 }
    }

    #[test]
    fn gaps_late_packets_and_duplicates_are_told_apart_over_a_wrap() {
        let mut reception = Reception::default();
        for sequence in [65534, 65535, 1, 0, 2, 2, 5] {
            reception.note(video(sequence), TYPES);
        }
        reception.note(Header { payload_type: 97, sequence: 1, ssrc: 8 }, TYPES);
        let counts = Counts { received: 6, expected: 8, duplicates: 1, retransmitted: 1 };
        assert_eq!(reception.counts(), counts);

        reception.restart();
        assert_eq!(reception.counts(), Counts::default());
        for sequence in [4, 3, 6, 8] {
            reception.note(video(sequence), TYPES);
        }
        assert_eq!(reception.counts(), Counts { received: 2, expected: 3, ..Counts::default() });
    }

    #[test]
    fn a_long_gap_counts_whole() {
        let mut reception = Reception::default();
        reception.note(video(0), TYPES);
        reception.note(video(1000), TYPES);
        reception.note(video(999), TYPES);
        assert_eq!(reception.counts(), Counts { received: 3, expected: 1001, ..Counts::default() });
    }

    #[test]
    fn datagrams_are_told_by_their_first_bytes() {
        let mut datagram = [0u8; 12];
        assert_eq!(Kind::of(&datagram), Kind::Control);
        (datagram[0], datagram[1]) = (0x80, 0xc8);
        assert_eq!(Kind::of(&datagram), Kind::Rtcp);
        (datagram[1], datagram[3], datagram[11]) = (0x80 | 96, 3, 7);
        assert_eq!(Kind::of(&datagram), Kind::Rtp(video(3)));
        assert_eq!(Kind::of(&datagram[..11]), Kind::Control);
    }
}

use std::time::Duration;

use rtc_core::{Assembler, AssemblerLimits, Codec, MediaKind, MonotonicTime, RoomPacket, SourceState};

use crate::payload::CODECS;

const UNIT_BYTES: usize = 2_000;
/// Parameter sets, and a start code or a size for each unit within, come on top of the payloads.
const LARGEST_UNIT: usize = 50_000;

/// The assembler of access units. A byte for the codec, then packets: a byte that tells how each follows the one before,
/// a byte for the length of its payload, and the payload.
pub fn access_units(data: &[u8]) {
    let [codec, packets @ ..] = data else { return };
    let codec = CODECS[usize::from(*codec) % CODECS.len()];
    let limits = AssemblerLimits { window_packets: 8, unit_bytes: UNIT_BYTES, ..AssemblerLimits::default() };
    let mut assembler = Assembler::new(limits);
    let (mut sequence, mut timestamp, mut now) = (1u64 << 32, 0u32, Duration::ZERO);
    let mut source = SourceState::default();
    let mut gaps = 0;
    let mut rest = packets;
    while let [how, length, following @ ..] = rest {
        let (payload, after) = following.split_at(usize::from(*length).min(following.len()));
        rest = after;
        // One on mostly; else the same again, one lost, or one that is late.
        sequence = (sequence + [1, 0, 2, 1][usize::from(how & 3)]) - 2 * u64::from(how & 0x40 != 0);
        timestamp = timestamp.wrapping_add(if how & 0x08 != 0 { 3_000 } else { 0 });
        now += Duration::from_millis(if how & 0x10 != 0 { 100 } else { 1 });
        if how & 0x20 != 0 {
            source.video_start = sequence;
        }
        let arrival = MonotonicTime::since_start(now);
        let packet = RoomPacket {
            codec,
            sequence,
            timestamp,
            marker: how & 0x04 != 0,
            starts_keyframe: false,
            orientation: None,
            payload: payload.into(),
            arrival,
            captured: arrival,
        };
        assembler.receive(&packet, &source);
        if rest.is_empty() {
            assembler.finish();
        }
        while let Some(unit) = assembler.take() {
            assert!(!unit.data.is_empty() && unit.data.len() <= LARGEST_UNIT, "{} bytes", unit.data.len());
            match codec {
                Codec::Av1 { .. } => assert!(unit.data.starts_with(&[0x12, 0]), "a temporal delimiter first"),
                Codec::H264(_) => assert!(unit.data.starts_with(&[0, 0, 0, 1]), "Annex B"),
                _ => {}
            }
        }
        assert!(assembler.gaps() >= gaps);
        if assembler.gaps() > gaps && codec.kind() == MediaKind::Audio {
            assert!(!assembler.awaits_keyframe(), "sound needs no keyframe");
        }
        gaps = assembler.gaps();
    }
}

//! Keeps VP8 and VP9 picture numbers going on without a break from one broadcaster to the next.

use std::sync::Arc;

use crate::codec::Codec;

/// Where a payload descriptor holds its picture id and its TL0PICIDX.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct PictureNumbers {
    picture_id: Option<PictureId>,
    tl0_index: Option<(usize, u8)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PictureId {
    at: usize,
    /// 15 bits instead of 7.
    long: bool,
    value: u16,
}

impl PictureId {
    fn mask(self) -> u16 {
        if self.long { 0x7fff } else { 0x7f }
    }
}

/// Rewrites picture ids and TL0PICIDX by a difference that changes when the source does.
#[derive(Debug, Default)]
pub(crate) struct PictureIdContinuity {
    picture_id_shift: u16,
    tl0_shift: u8,
    last_picture_id: Option<u16>,
    last_tl0: Option<u8>,
}

impl PictureIdContinuity {
    /// Makes the picture in `first_payload` follow the last one sent.
    pub(crate) fn splice(&mut self, codec: Codec, first_payload: &[u8]) {
        let first = parse(codec, first_payload).unwrap_or_default();
        self.picture_id_shift = match (self.last_picture_id, first.picture_id) {
            (Some(last), Some(first)) => last.wrapping_add(1).wrapping_sub(first.value) & 0x7fff,
            _ => 0,
        };
        self.tl0_shift = match (self.last_tl0, first.tl0_index) {
            (Some(last), Some((_, first))) => last.wrapping_add(1).wrapping_sub(first),
            _ => 0,
        };
    }

    pub(crate) fn rewrite(&mut self, codec: Codec, payload: Arc<[u8]>) -> Arc<[u8]> {
        if !matches!(codec, Codec::Vp8 | Codec::Vp9 { .. }) {
            return payload;
        }
        let Some(numbers) = parse(codec, &payload) else { return payload };
        let picture_id = numbers.picture_id.map(|id| (id, id.value.wrapping_add(self.picture_id_shift) & id.mask()));
        let tl0 = numbers.tl0_index.map(|(at, value)| (at, value.wrapping_add(self.tl0_shift)));
        if let Some((id, value)) = picture_id {
            self.last_picture_id = Some(newer(self.last_picture_id, value, id.mask()));
        }
        if let Some((_, value)) = tl0 {
            self.last_tl0 = Some(newer(self.last_tl0.map(u16::from), value.into(), 0xff) as u8);
        }
        if self.picture_id_shift == 0 && self.tl0_shift == 0 {
            return payload;
        }
        let mut rewritten = payload.to_vec();
        if let Some((id, value)) = picture_id {
            if id.long {
                rewritten[id.at..id.at + 2].copy_from_slice(&(value | 0x8000).to_be_bytes());
            } else {
                rewritten[id.at] = value as u8;
            }
        }
        if let Some((at, value)) = tl0 {
            rewritten[at] = value;
        }
        rewritten.into()
    }
}

/// The later of two numbers that wrap at `mask`; packets may come out of order.
fn newer(last: Option<u16>, value: u16, mask: u16) -> u16 {
    match last {
        Some(last) if last <= mask && value.wrapping_sub(last) & mask > mask / 2 => last,
        _ => value,
    }
}

fn parse(codec: Codec, payload: &[u8]) -> Option<PictureNumbers> {
    match codec {
        Codec::Vp8 => parse_vp8(payload),
        Codec::Vp9 { .. } => parse_vp9(payload),
        _ => None,
    }
}

fn picture_id_at(payload: &[u8], at: usize) -> Option<PictureId> {
    let first = *payload.get(at)?;
    Some(if first & 0x80 != 0 {
        PictureId { at, long: true, value: u16::from_be_bytes([first & 0x7f, *payload.get(at + 1)?]) }
    } else {
        PictureId { at, long: false, value: u16::from(first) }
    })
}

/// RFC 7741 section 4.2.
fn parse_vp8(payload: &[u8]) -> Option<PictureNumbers> {
    let mut numbers = PictureNumbers::default();
    if payload.first()? & 0x80 == 0 {
        return Some(numbers);
    }
    let extension = payload.get(1)?;
    let mut at = 2;
    if extension & 0x80 != 0 {
        let id = picture_id_at(payload, at)?;
        at += if id.long { 2 } else { 1 };
        numbers.picture_id = Some(id);
    }
    if extension & 0x40 != 0 {
        numbers.tl0_index = Some((at, *payload.get(at)?));
    }
    Some(numbers)
}

/// RFC 9628 section 4.2; TL0PICIDX exists in the non-flexible mode with layer indices only.
fn parse_vp9(payload: &[u8]) -> Option<PictureNumbers> {
    let mut numbers = PictureNumbers::default();
    let first = payload.first()?;
    let mut at = 1;
    if first & 0x80 != 0 {
        let id = picture_id_at(payload, at)?;
        at += if id.long { 2 } else { 1 };
        numbers.picture_id = Some(id);
    }
    if first & 0x20 != 0 && first & 0x10 == 0 {
        numbers.tl0_index = Some((at + 1, *payload.get(at + 1)?));
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vp8(picture_id: u16, tl0: u8) -> Arc<[u8]> {
        let [high, low] = (picture_id | 0x8000).to_be_bytes();
        Arc::from([0x90, 0xe0, high, low, tl0, 0x20, 0x01, 0xaa])
    }

    fn numbers(payload: &[u8]) -> (u16, u8) {
        let numbers = parse_vp8(payload).unwrap();
        (numbers.picture_id.unwrap().value, numbers.tl0_index.unwrap().1)
    }

    #[test]
    fn short_ids_and_vp9_are_rewritten_in_place() {
        let mut continuity = PictureIdContinuity::default();
        continuity.rewrite(Codec::Vp8, Arc::from([0x90, 0x80, 100, 0x01]));
        continuity.splice(Codec::Vp8, &[0x90, 0x80, 5, 0x00]);
        assert_eq!(*continuity.rewrite(Codec::Vp8, Arc::from([0x90, 0x80, 5, 0x00])), [0x90, 0x80, 101, 0x00]);
        let vp9 = Codec::Vp9 { profile: 0 };
        continuity.splice(vp9, &[0xa8, 0x80, 0x09, 0x00, 0x07]);
        assert_eq!(*continuity.rewrite(vp9, Arc::from([0xa8, 0x80, 0x09, 0x00, 0x07])), [0xa8, 0x80, 102, 0x00, 0x07]);
    }

    #[test]
    fn descriptors_without_numbers_and_other_codecs_pass_untouched() {
        let mut continuity = PictureIdContinuity::default();
        let payload: Arc<[u8]> = Arc::from([0x10, 0x00]);
        assert!(Arc::ptr_eq(&continuity.rewrite(Codec::Vp8, payload.clone()), &payload));
        assert!(Arc::ptr_eq(&continuity.rewrite(Codec::Opus, payload.clone()), &payload));
    }

    proptest! {
        #[test]
        fn numbers_go_on_by_one_across_a_splice(last in 0u16..0x8000, next in 0u16..0x8000, tl0: u8, next_tl0: u8) {
            let mut continuity = PictureIdContinuity::default();
            continuity.rewrite(Codec::Vp8, vp8(last, tl0));
            continuity.splice(Codec::Vp8, &vp8(next, next_tl0));
            for step in 0..3u16 {
                let sent = continuity.rewrite(
                    Codec::Vp8,
                    vp8((next + step) & 0x7fff, next_tl0.wrapping_add(step as u8)),
                );
                prop_assert_eq!(
                    numbers(&sent),
                    ((last + 1 + step) & 0x7fff, tl0.wrapping_add(1 + step as u8))
                );
            }
        }

        #[test]
        fn numbers_of_any_width_go_around_and_on_though_packets_come_out_of_order(
            start: u16, next: u16, pairs in 1u16..200, long: bool, is_vp9: bool,
        ) {
            let codec = if is_vp9 { Codec::Vp9 { profile: 0 } } else { Codec::Vp8 };
            let mask = if long { 0x7fff } else { 0x7f };
            let payload = |number: u16| -> Arc<[u8]> {
                let mut payload = if is_vp9 { vec![0xa8] } else { vec![0x90, 0xe0] };
                if long {
                    payload.extend(((number & mask) | 0x8000).to_be_bytes());
                } else {
                    payload.push((number & mask) as u8);
                }
                // A VP9 descriptor has a byte of layer indices before the TL0PICIDX.
                payload.extend(is_vp9.then_some(0));
                payload.extend([number as u8, 0x20, 0xaa]);
                payload.into()
            };
            let read = |payload: &[u8]| {
                let numbers = parse(codec, payload).unwrap();
                (numbers.picture_id.unwrap().value, numbers.tl0_index.unwrap().1)
            };
            let mut continuity = PictureIdContinuity::default();
            let count = 2 * pairs;
            for index in 0..count {
                // The second of each pair before the first: the newest is not the last to come.
                continuity.rewrite(codec, payload(start.wrapping_add(index ^ 1)));
            }
            continuity.splice(codec, &payload(next));
            for index in 0..count {
                let expected = start.wrapping_add(count + index);
                let sent = continuity.rewrite(codec, payload(next.wrapping_add(index)));
                prop_assert_eq!(read(&sent), (expected & mask, expected as u8));
            }
        }

        #[test]
        fn no_payload_makes_rewriting_panic(first: Vec<u8>, second: Vec<u8>) {
            for codec in [Codec::Vp8, Codec::Vp9 { profile: 0 }] {
                let mut continuity = PictureIdContinuity::default();
                continuity.rewrite(codec, first.clone().into());
                continuity.splice(codec, &second);
                prop_assert_eq!(continuity.rewrite(codec, second.clone().into()).len(), second.len());
            }
        }
    }
}

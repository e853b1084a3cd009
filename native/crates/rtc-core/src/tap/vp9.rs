use super::depacketizer::{Depacketizer, Frame, Malformed};
use crate::resolution::{Resolution, vp9_frame_header};

/// Frames in a superframe at most (VP9 bitstream specification, annex B.2).
const SUPERFRAME_FRAMES: usize = 8;

/// RFC 9628: a picture is one frame for each spatial layer. Several leave as a superframe.
#[derive(Debug, Default)]
pub(super) struct Picture {
    data: Vec<u8>,
    /// Where each frame that is complete ends in `data`.
    ends: Vec<usize>,
    is_inside_frame: bool,
    /// The largest layer's, from the scalability structure.
    resolution: Option<Resolution>,
}

/// What the payload descriptor tells (section 4.2).
struct Descriptor {
    length: usize,
    starts_frame: bool,
    ends_frame: bool,
    spatial_layer: u8,
    resolution: Option<Resolution>,
}

impl Descriptor {
    fn parse(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader { payload, at: 0 };
        let first = reader.byte()?;
        let flag = |bit: u8| first & bit != 0;
        let (has_id, is_predicted, has_layers, is_flexible) = (flag(0x80), flag(0x40), flag(0x20), flag(0x10));
        if has_id && reader.byte()? & 0x80 != 0 {
            reader.byte()?;
        }
        let mut spatial_layer = 0;
        if has_layers {
            spatial_layer = (reader.byte()? >> 1) & 0x07;
            if !is_flexible {
                reader.byte()?; // TL0PICIDX
            }
        }
        if is_flexible && is_predicted {
            // Up to three P_DIFF; the last bit says that another follows.
            let mut count = 1;
            while reader.byte()? & 1 != 0 {
                count += 1;
                if count > 3 {
                    return None;
                }
            }
        }
        let resolution = if flag(0x02) { reader.structure()? } else { None };
        Some(Self { length: reader.at, starts_frame: flag(0x08), ends_frame: flag(0x04), spatial_layer, resolution })
    }
}

struct Reader<'a> {
    payload: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.payload.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from(u16::from_be_bytes([self.byte()?, self.byte()?])))
    }

    /// Section 4.2.1: the scalability structure; gives the size of the highest layer if sizes are told.
    fn structure(&mut self) -> Option<Option<Resolution>> {
        let head = self.byte()?;
        let mut resolution = None;
        if head & 0x10 != 0 {
            for _ in 0..=head >> 5 {
                resolution = Some(Resolution { width: self.number()?, height: self.number()? });
            }
        }
        if head & 0x08 != 0 {
            for _ in 0..self.byte()? {
                let references = (self.byte()? >> 2) & 0x03;
                for _ in 0..references {
                    self.byte()?;
                }
            }
        }
        Some(resolution)
    }
}

impl Depacketizer for Picture {
    fn opens_unit(&self, payload: &[u8]) -> bool {
        Descriptor::parse(payload).is_some_and(|descriptor| descriptor.starts_frame && descriptor.spatial_layer == 0)
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let descriptor = Descriptor::parse(payload).ok_or(Malformed)?;
        let data = payload.get(descriptor.length..).filter(|data| !data.is_empty()).ok_or(Malformed)?;
        if descriptor.starts_frame == self.is_inside_frame || self.ends.len() == SUPERFRAME_FRAMES {
            return Err(Malformed);
        }
        self.data.extend_from_slice(data);
        self.resolution = descriptor.resolution.or(self.resolution);
        self.is_inside_frame = !descriptor.ends_frame;
        if descriptor.ends_frame {
            self.ends.push(self.data.len());
        }
        Ok(())
    }

    fn length(&self) -> usize {
        self.data.len()
    }

    fn finish(&mut self) -> Result<Option<Frame>, Malformed> {
        let Self { mut data, ends, is_inside_frame, resolution } = std::mem::take(self);
        if is_inside_frame || ends.is_empty() {
            return Err(Malformed);
        }
        let keyframe_size = vp9_frame_header(&data);
        if ends.len() > 1 {
            append_superframe_index(&mut data, &ends)?;
        }
        Ok(Some(Frame { data, is_keyframe: keyframe_size.is_some(), resolution: resolution.or(keyframe_size) }))
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// VP9 bitstream specification, annex B.2: a marker, the size of each frame, the marker again.
fn append_superframe_index(data: &mut Vec<u8>, ends: &[usize]) -> Result<(), Malformed> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let sizes: Vec<usize> = ends.iter().zip(starts).map(|(end, start)| end - start).collect();
    let largest = sizes.iter().copied().max().unwrap_or_default();
    let width = (1..=4).find(|width| largest >> (8 * width) == 0).ok_or(Malformed)?;
    let marker = 0xc0 | (width as u8 - 1) << 3 | (sizes.len() as u8 - 1);
    data.push(marker);
    for size in sizes {
        data.extend_from_slice(&size.to_le_bytes()[..width]);
    }
    data.push(marker);
    Ok(())
}

//! What the broadcaster sends: pictures from a file or made here, cut into RTP payloads.

mod annex_b;
mod ivf;
pub mod packetizer;
mod synthetic;

use std::fs;
use std::path::Path;

use str0m::format::Codec;

use self::packetizer::Packetizer;
use self::synthetic::Synthetic;
use crate::Failure;

/// Pictures in their order; after the last comes the first again.
pub struct Film {
    pictures: Pictures,
    packetizer: Packetizer,
}

enum Pictures {
    Recorded { access_units: Vec<AccessUnit>, next: usize },
    Made(Synthetic),
}

/// All that is coded for one picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    pub bytes: Vec<u8>,
    pub is_keyframe: bool,
}

impl Film {
    /// From IVF with AV1 or VP8, or from an H.264 byte stream (Annex B).
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let (codec, access_units) = match ivf::read(&bytes)? {
            Some(recording) => recording,
            None => (Codec::H264, annex_b::read(&bytes)),
        };
        if !access_units.first().is_some_and(|unit| unit.is_keyframe) {
            return Err(format!("{} does not begin with a keyframe of AV1, H.264 or VP8", path.display()).into());
        }
        let pictures = Pictures::Recorded { access_units, next: 0 };
        Ok(Self { pictures, packetizer: Packetizer::new(codec)? })
    }

    /// VP8 of a constant rate with a keyframe every `keyframe_interval` pictures.
    pub fn synthetic(bitrate_bps: u32, keyframe_interval: u32) -> Result<Self, Failure> {
        let pictures = Pictures::Made(Synthetic::new(bitrate_bps, keyframe_interval));
        Ok(Self { pictures, packetizer: Packetizer::new(Codec::Vp8)? })
    }

    pub fn codec(&self) -> Codec {
        self.packetizer.codec()
    }

    /// The next picture's RTP payloads; with `keyframe_wanted` a keyframe, up to which a recording is skipped.
    pub fn next_picture(&mut self, keyframe_wanted: bool) -> Vec<Vec<u8>> {
        match &mut self.pictures {
            Pictures::Made(synthetic) => self.packetizer.packetize(&synthetic.next_picture(keyframe_wanted)),
            Pictures::Recorded { access_units, next } => {
                if keyframe_wanted {
                    let ahead = access_units[*next..].iter().position(|unit| unit.is_keyframe);
                    *next = ahead.map_or(0, |distance| *next + distance);
                }
                let payloads = self.packetizer.packetize(&access_units[*next]);
                *next = (*next + 1) % access_units.len();
                payloads
            }
        }
    }
}

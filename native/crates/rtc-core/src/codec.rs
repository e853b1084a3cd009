/// Audio or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    Audio,
    Video,
}

/// RTP payload type as negotiated with one party.
pub type PayloadType = u8;

/// What H.264 negotiates beside the codec itself (RFC 6184 section 8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct H264Format {
    /// profile_idc, constraint flags and level_idc, as in `profile-level-id`.
    pub profile_level_id: u32,
    pub packetization_mode: u8,
}

/// A codec with the part of its format that decides whether a decoder can take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    Opus,
    Av1 { profile: u8 },
    H264(H264Format),
    Vp8,
    Vp9 { profile: u8 },
}

impl Codec {
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Opus => MediaKind::Audio,
            _ => MediaKind::Video,
        }
    }

    /// Name as written in reports: lower case, no format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Av1 { .. } => "av1",
            Self::H264(_) => "h264",
            Self::Vp8 => "vp8",
            Self::Vp9 { .. } => "vp9",
        }
    }

    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            _ => 90_000,
        }
    }

    /// How well a receiver that negotiated `self` takes packets sent as `sent`; `None` when it must not get them.
    fn fitness(self, sent: Self) -> Option<u8> {
        match (self, sent) {
            (Self::H264(offered), Self::H264(sent)) => {
                if offered.packetization_mode < sent.packetization_mode {
                    return None;
                }
                // Decoders take the profile from the parameter sets in the stream; browsers that name only the
                // baseline profile still decode main and high. So another profile is second best, not refused.
                Some(if offered.profile() == sent.profile() { 2 } else { 1 })
            }
            (offered, sent) => (offered == sent).then_some(2),
        }
    }

    /// The payload type under which a receiver takes packets of this codec.
    pub(crate) fn payload_type_among(self, offered: &[(Self, PayloadType)]) -> Option<PayloadType> {
        // The first of the best: a receiver lists what it prefers first, max_by_key would give the last.
        let best = offered.iter().filter_map(|(codec, _)| codec.fitness(self)).max()?;
        offered.iter().find(|(codec, _)| codec.fitness(self) == Some(best)).map(|(_, payload_type)| *payload_type)
    }
}

impl H264Format {
    /// The profile without the level: profile_idc and the constraint flags that tell profiles apart.
    fn profile(self) -> u32 {
        let (idc, flags) = (self.profile_level_id >> 16, (self.profile_level_id >> 8) & 0xff);
        let relevant = match idc {
            0x42 => 0x40, // constraint_set1: constrained baseline
            0x64 => 0x0c, // constraint_set4 and 5: constrained high
            _ => 0,
        };
        idc << 8 | (flags & relevant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn h264(profile_level_id: u32, packetization_mode: u8) -> Codec {
        Codec::H264(H264Format { profile_level_id, packetization_mode })
    }

    #[test]
    fn a_viewer_gets_the_payload_type_of_the_same_profile() {
        let offered = [(h264(0x42_00_1f, 1), 103), (h264(0x42_e0_1f, 1), 107), (h264(0x64_00_1f, 1), 114)];
        assert_eq!(h264(0x42_c0_28, 1).payload_type_among(&offered), Some(107));
        assert_eq!(h264(0x64_00_2a, 1).payload_type_among(&offered), Some(114));
    }

    #[test]
    fn another_h264_profile_is_second_best_and_the_first_listed_wins() {
        let offered = [(h264(0x42_e0_1f, 0), 109), (h264(0x42_e0_1f, 1), 107), (h264(0x42_00_1f, 1), 103)];
        assert_eq!(h264(0x64_00_1f, 1).payload_type_among(&offered), Some(107));
    }

    #[test]
    fn a_lower_packetization_mode_or_another_codec_gets_nothing() {
        assert_eq!(h264(0x42_e0_1f, 1).payload_type_among(&[(h264(0x42_e0_1f, 0), 109)]), None);
        assert_eq!(Codec::Av1 { profile: 0 }.payload_type_among(&[(Codec::Vp8, 96)]), None);
        assert_eq!(Codec::Vp9 { profile: 2 }.payload_type_among(&[(Codec::Vp9 { profile: 0 }, 98)]), None);
    }
}

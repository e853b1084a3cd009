use rtc_core::fuzzing::{read_payload, splice_pictures};
use rtc_core::{Codec, H264Format};

pub(crate) const CODECS: [Codec; 5] = [
    Codec::Av1 { profile: 0 },
    Codec::H264(H264Format { profile_level_id: 0x42_e0_1f, packetization_mode: 1 }),
    Codec::Vp8,
    Codec::Vp9 { profile: 0 },
    Codec::Opus,
];

/// The readers of RTP payloads: keyframes, picture sizes, picture numbers. A byte for the codec, a byte for the length
/// of the first payload, that payload, the second one.
pub fn rtp_payload(data: &[u8]) {
    let [codec, length, payloads @ ..] = data else { return };
    let codec = CODECS[usize::from(*codec) % CODECS.len()];
    let (before, payload) = payloads.split_at(usize::from(*length).min(payloads.len()));
    read_payload(codec, payload);
    let rewritten = splice_pictures(codec, before, &[payload, before]);
    for (rewritten, original) in rewritten.iter().zip([payload, before]) {
        assert_eq!(rewritten.len(), original.len(), "picture numbers are rewritten in place");
        assert_eq!(read_payload(codec, rewritten), read_payload(codec, original), "and nothing else is");
    }
}

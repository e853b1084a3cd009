use rtc_core::{MediaKind, MonotonicTime};
use str0m::rtp::Extension;

use super::PeerConnection;
use crate::egress::{EgressSetup, MediaIdentification, StreamSetup, ViewerEgress};

/// Identifiers that fit the one-byte form of header extensions (RFC 8285 section 4.2).
const ONE_BYTE_IDENTIFIERS: std::ops::RangeInclusive<u8> = 1..=14;

impl PeerConnection {
    /// What sends to this viewer; str0m must not send RTP or RTCP beside it.
    pub(super) fn make_egress(&mut self, now: MonotonicTime) -> Option<ViewerEgress> {
        let keys = self.keys.as_ref()?.take()?;
        let audio = self.stream_setup(MediaKind::Audio);
        let video = self.stream_setup(MediaKind::Video);
        Some(ViewerEgress::new(EgressSetup { own_key: keys.own, viewer_key: keys.other, audio, video }, now))
    }

    fn stream_setup(&mut self, kind: MediaKind) -> Option<StreamSetup> {
        let mid = self.mid(kind)?;
        let extensions = self.rtc.media(mid)?.remote_extmap();
        let identifier = |extension| {
            let found: Option<u8> = extensions.id_of(extension);
            found.filter(|identifier| ONE_BYTE_IDENTIFIERS.contains(identifier))
        };
        let (mid_identifier, orientation) = (identifier(Extension::RtpMid), identifier(Extension::VideoOrientation));
        let name = self.offer.sections.iter().find(|section| section.kind == kind)?.mid.as_bytes();
        let identification = mid_identifier
            .filter(|_| (1..=16).contains(&name.len()))
            .map(|identifier| MediaIdentification { identifier, mid: name.into() });
        let clock_rate = self.accepted(kind).next()?.codec.clock_rate();
        let payload_types: Vec<_> =
            self.accepted(kind).filter_map(|format| Some((format.payload_type, format.retransmission?))).collect();
        let has_plain_nack = self.accepted(kind).any(|format| format.feedback.nack && format.retransmission.is_none());
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None)?;
        Some(StreamSetup {
            ssrc: *stream.ssrc(),
            clock_rate,
            retransmission: stream.rtx().filter(|_| !payload_types.is_empty()).map(|ssrc| (*ssrc, payload_types)),
            has_plain_nack,
            mid: identification,
            orientation,
        })
    }
}

//! How a str0m connection is set up for an offer.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rtc_core::Codec;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::{Codec as Str0mCodec, FormatParams};
use str0m::media::{Frequency, Pt};
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{IceCreds, Rtc, RtcConfig};

use super::dtls;
use crate::error::{MediaError, MediaErrorKind};
use crate::fragment::IceCredentials;
use crate::offer::{Offer, SessionKind};
use crate::random::random_token;

static CRYPTO: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(dtls::crypto_provider()));

/// str0m's reports to a viewer, which are not sent: as rarely as it can be told to make them.
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// The DTLS certificate of a node.
#[derive(Clone)]
pub(crate) struct Certificate(DtlsCert);

impl Certificate {
    pub(crate) fn generate() -> Option<Self> {
        CRYPTO.dtls_provider.generate_certificate().map(Self)
    }
}

/// RFC 8445 asks for 24 and 128 random bits at least. str0m's own come from a generator that is not for secrets.
pub(super) fn new_credentials() -> Result<IceCredentials, MediaError> {
    let token = |length| {
        random_token(length).map_err(|error| {
            MediaError::new(MediaErrorKind::Overloaded, format!("The system gives no random numbers: {error}"))
        })
    };
    Ok(IceCredentials { ufrag: token(16)?, password: token(32)? })
}

pub(super) fn config(offer: &Offer, role: SessionKind, certificate: &Certificate) -> Result<RtcConfig, MediaError> {
    let local = new_credentials()?;
    let mut config = Rtc::builder()
        .set_crypto_provider(CRYPTO.clone())
        .set_dtls_cert(certificate.0.clone())
        .set_local_ice_credentials(IceCreds { ufrag: local.ufrag, pass: local.password })
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .clear_codecs();
    config = match role {
        // Raw packets show the extended reports. A copy of each packet that comes in is their price, once a broadcast.
        SessionKind::Ingest => config.set_stats_interval(Some(Duration::from_secs(1))).enable_raw_packets(true),
        SessionKind::Playback => {
            // No bandwidth estimate is made for viewers, so no feedback for it is asked of them.
            let mut extensions = ExtensionMap::empty();
            extensions.set(1, Extension::RtpMid);
            extensions.set(2, Extension::VideoOrientation);
            config
                .set_stats_interval(None)
                .set_extension_map(extensions)
                .set_rtcp_report_interval_audio(NEVER)
                .set_rtcp_report_interval_video(NEVER)
        }
    };
    // The node's codecs are those of the offer that it takes, under the offer's payload types and in its order: an
    // encoder sends the first codec of the answer.
    let codecs = config.codec_config();
    for format in offer.sections.iter().flat_map(|section| &section.formats) {
        let (codec, rate, channels) = match format.codec {
            Codec::Opus => (Str0mCodec::Opus, Frequency::FORTY_EIGHT_KHZ, Some(2)),
            Codec::Av1 { .. } => (Str0mCodec::Av1, Frequency::NINETY_KHZ, None),
            Codec::H264(_) => (Str0mCodec::H264, Frequency::NINETY_KHZ, None),
            Codec::Vp8 => (Str0mCodec::Vp8, Frequency::NINETY_KHZ, None),
            Codec::Vp9 { .. } => (Str0mCodec::Vp9, Frequency::NINETY_KHZ, None),
        };
        let retransmission = format.retransmission.map(Pt::from);
        let parameters = FormatParams::parse_line(&format.parameters);
        codecs.add_config(Pt::from(format.payload_type), retransmission, codec, rate, channels, parameters);
        if let Some(added) = codecs.last_mut() {
            let feedback = format.feedback;
            added.set_fb_transport_cc(feedback.transport_wide && role == SessionKind::Ingest);
            added.set_fb_nack(feedback.nack);
            added.set_fb_pli(feedback.pli);
            added.set_fb_fir(feedback.fir);
            added.set_fb_remb(feedback.remb && role == SessionKind::Ingest);
        }
    }
    Ok(config)
}

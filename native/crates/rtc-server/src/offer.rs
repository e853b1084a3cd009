//! Reads an SDP offer as far as the node must understand it before str0m does: size, direction, codecs. The text
//! passed on is bounded and holds nothing the node does not take.

use std::fmt::Write as _;

use rtc_core::{Codec, H264Format, MediaKind};

use crate::error::{MediaError, MediaErrorKind};

/// Real offers of browsers have up to 6 KiB.
pub const MAX_OFFER_BYTES: usize = 64 * 1024;
const MAX_SECTIONS: usize = 8;
const MAX_FORMATS: usize = 64;
const SETUPS: [&str; 3] = ["actpass", "active", "passive"];

/// Which way media goes, seen from the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionKind {
    Ingest,
    Playback,
}

#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// What str0m is given.
    pub(crate) text: String,
    pub(crate) sections: Vec<Section>,
}

/// One audio or video section that is in use.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) kind: MediaKind,
    pub(crate) mid: String,
    /// In the order of preference of the other side.
    pub(crate) formats: Vec<Format>,
}

/// A payload type with a codec the node can forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) payload_type: u8,
    pub(crate) retransmission: Option<u8>,
    pub(crate) codec: Codec,
    pub(crate) parameters: String,
    pub(crate) feedback: Feedback,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Feedback {
    pub(crate) transport_wide: bool,
    pub(crate) nack: bool,
    pub(crate) pli: bool,
    pub(crate) fir: bool,
    pub(crate) remb: bool,
}

impl Offer {
    pub(crate) fn parse(text: &str, role: SessionKind) -> Result<Self, MediaError> {
        let malformed = |detail: &str| MediaError::new(MediaErrorKind::MalformedOffer, detail);
        if text.len() > MAX_OFFER_BYTES {
            return Err(malformed("The offer is larger than 64 KiB."));
        }
        let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        if lines.first() != Some(&"v=0") {
            return Err(malformed("The offer does not begin with v=0: it is not a session description."));
        }
        let starts: Vec<usize> =
            lines.iter().enumerate().filter(|(_, line)| line.starts_with("m=")).map(|(index, _)| index).collect();
        if starts.is_empty() || starts.len() > MAX_SECTIONS {
            return Err(malformed("The offer must have between one and eight media sections."));
        }
        let session = &lines[..starts[0]];
        let session_direction = direction(session).unwrap_or("sendrecv");
        let mut offer = Self { text: String::with_capacity(text.len()), sections: Vec::new() };
        offer.keep(session, None);
        for (index, start) in starts.iter().enumerate() {
            let lines = &lines[*start..starts.get(index + 1).copied().unwrap_or(lines.len())];
            let direction = direction(lines).unwrap_or(session_direction);
            let kind = match lines[0].split([' ', '=']).nth(1) {
                Some("audio") => MediaKind::Audio,
                Some("video") => MediaKind::Video,
                // Data channels are negotiated, and then nobody speaks on them.
                Some("application") => {
                    offer.keep(lines, None);
                    continue;
                }
                _ => return Err(malformed("The offer has a media section that is neither audio nor video.")),
            };
            let port_is_zero = lines[0].split(' ').nth(1) == Some("0");
            let bundle_only = lines.contains(&"a=bundle-only");
            if direction == "inactive" || (port_is_zero && !bundle_only) {
                offer.keep(lines, Some("inactive"));
                continue;
            }
            let wanted = match role {
                SessionKind::Ingest => "sendonly",
                SessionKind::Playback => "recvonly",
            };
            if direction != "sendrecv" && direction != wanted {
                return Err(MediaError::new(
                    MediaErrorKind::OfferDirection,
                    format!("The {} section is {direction}; it must be {wanted}.", name(kind)),
                ));
            }
            if offer.sections.iter().any(|section| section.kind == kind) {
                return Err(malformed("The offer has more than one audio or more than one video section in use."));
            }
            let section = section(kind, lines)?;
            if offer.sections.iter().any(|other| other.mid == section.mid) {
                return Err(malformed("Two sections of the offer have the same a=mid."));
            }
            offer.sections.push(section);
            offer.keep(lines, Some(wanted));
        }
        // RFC 4145 section 4; who offers `holdconn` or nothing would never begin the handshake (RFC 8842 section 5.2).
        let setups = lines.iter().filter_map(|line| line.strip_prefix("a=setup:"));
        if setups.clone().next().is_none() || !setups.clone().all(|setup| SETUPS.contains(&setup)) {
            return Err(malformed("The offer must say a=setup:actpass, a=setup:active or a=setup:passive."));
        }
        let bundle = session.iter().find_map(|line| line.strip_prefix("a=group:BUNDLE "));
        let is_bundled = |section: &Section| bundle.is_some_and(|mids| mids.split(' ').any(|mid| mid == section.mid));
        if offer.sections.len() > 1 && !offer.sections.iter().all(is_bundled) {
            // RFC 9725 section 4.4.1: one transport for everything.
            return Err(malformed("The offer must bundle its audio and video section (a=group:BUNDLE)."));
        }
        if offer.sections.is_empty() {
            return Err(MediaError::new(
                MediaErrorKind::OfferDirection,
                "The offer has no audio or video section in use.",
            ));
        }
        Ok(offer)
    }

    /// The offer with other ICE credentials, as the other side would make it for an ICE restart.
    pub(crate) fn with_credentials(&self, ufrag: &str, password: &str) -> String {
        let mut text = String::with_capacity(self.text.len());
        for line in self.text.lines() {
            if line.starts_with("a=ice-ufrag:") {
                let _ = write!(text, "a=ice-ufrag:{ufrag}\r\n");
            } else if line.starts_with("a=ice-pwd:") {
                let _ = write!(text, "a=ice-pwd:{password}\r\n");
            } else {
                let _ = write!(text, "{line}\r\n");
            }
        }
        text
    }

    /// Appends the lines str0m is to see.
    fn keep(&mut self, lines: &[&str], direction: Option<&str>) {
        // Simulcast is not taken yet: without these lines the answer asks for one encoding (RFC 8853 section 5.3).
        // An ICE-lite agent learns the other side's addresses from its checks (RFC 8445 section 2.5).
        const DROPPED: [&str; 6] = [
            "a=simulcast:",
            "a=rid:",
            "a=ssrc-group:SIM ",
            "a=candidate:",
            "a=end-of-candidates",
            "a=remote-candidates:",
        ];
        for line in lines {
            let is_direction = direction.is_some() && is_direction(line);
            if is_direction || DROPPED.iter().any(|prefix| line.starts_with(prefix)) {
                continue;
            }
            let _ = match line.strip_prefix("a=fingerprint:").and_then(|value| value.split_once(' ')) {
                // RFC 8122 section 5: the name of the hash has no case; str0m compares it as it wrote it.
                Some((hash, digest)) => {
                    write!(self.text, "a=fingerprint:{} {digest}\r\n", hash.to_ascii_lowercase())
                }
                None => write!(self.text, "{line}\r\n"),
            };
        }
        if let Some(direction) = direction {
            let _ = write!(self.text, "a={direction}\r\n");
        }
    }
}

fn name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    }
}

fn is_direction(line: &str) -> bool {
    matches!(line, "a=sendrecv" | "a=sendonly" | "a=recvonly" | "a=inactive")
}

fn direction<'a>(lines: &[&'a str]) -> Option<&'a str> {
    lines.iter().find(|line| is_direction(line)).map(|line| &line[2..])
}

fn section(kind: MediaKind, lines: &[&str]) -> Result<Section, MediaError> {
    let malformed = |detail: String| MediaError::new(MediaErrorKind::MalformedOffer, detail);
    let mid = lines.iter().find_map(|line| line.strip_prefix("a=mid:"));
    let mid = mid.filter(|mid| !mid.is_empty() && mid.len() <= 16 && mid.is_ascii());
    let mid = mid.ok_or_else(|| malformed(format!("The {} section has no usable a=mid.", name(kind))))?;
    // RFC 9725 section 4.4.1: RTCP comes and goes on the port of RTP.
    if !lines.contains(&"a=rtcp-mux") {
        return Err(malformed(format!("The {} section must multiplex RTP and RTCP (a=rtcp-mux).", name(kind))));
    }
    let payload_types: Vec<&str> = lines[0].split(' ').skip(3).collect();
    if payload_types.len() > MAX_FORMATS {
        return Err(malformed(format!("The {} section lists more than {MAX_FORMATS} formats.", name(kind))));
    }
    let parameters = |payload_type: &str| {
        let value = lines.iter().find_map(|line| attribute(line, "a=fmtp:", payload_type));
        value.unwrap_or_default()
    };
    let encoding = |payload_type: &str| lines.iter().find_map(|line| attribute(line, "a=rtpmap:", payload_type));
    let mut formats: Vec<Format> = Vec::new();
    let mut used = Vec::new();
    for text in &payload_types {
        let Ok(payload_type) = text.parse::<u8>() else { continue };
        let Some(codec) = encoding(text).and_then(|encoding| codec(encoding, parameters(text))) else { continue };
        if codec.kind() != kind || payload_type > 127 || used.contains(&payload_type) {
            continue;
        }
        used.push(payload_type);
        let retransmission = payload_types
            .iter()
            .find(|rtx| {
                encoding(rtx).is_some_and(|name| name.eq_ignore_ascii_case("rtx/90000"))
                    && parameter(parameters(rtx), "apt") == Some(text)
            })
            .and_then(|rtx| rtx.parse::<u8>().ok())
            .filter(|rtx| *rtx <= 127 && !used.contains(rtx));
        used.extend(retransmission);
        let mut feedback = Feedback::default();
        for value in lines
            .iter()
            .filter_map(|line| attribute(line, "a=rtcp-fb:", text).or_else(|| attribute(line, "a=rtcp-fb:", "*")))
        {
            match value {
                "transport-cc" => feedback.transport_wide = true,
                "nack" => feedback.nack = true,
                "nack pli" => feedback.pli = true,
                "ccm fir" => feedback.fir = true,
                "goog-remb" => feedback.remb = true,
                _ => {}
            }
        }
        let parameters = parameters(text).to_owned();
        formats.push(Format { payload_type, retransmission, codec, parameters, feedback });
    }
    if formats.is_empty() {
        let taken = match kind {
            MediaKind::Audio => "Opus",
            MediaKind::Video => "AV1, H.264, VP8 and VP9",
        };
        return Err(MediaError::new(
            MediaErrorKind::UnsupportedCodec,
            format!("The {} section offers no codec the node takes; it takes {taken}.", name(kind)),
        ));
    }
    Ok(Section { kind, mid: mid.to_owned(), formats })
}

/// The value of `prefix` for one payload type.
fn attribute<'a>(line: &'a str, prefix: &str, payload_type: &str) -> Option<&'a str> {
    line.strip_prefix(prefix)?.strip_prefix(payload_type)?.strip_prefix(' ').map(str::trim)
}

fn parameter<'a>(parameters: &'a str, wanted: &str) -> Option<&'a str> {
    parameters
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

fn codec(encoding: &str, parameters: &str) -> Option<Codec> {
    let number = |name: &str| parameter(parameters, name).and_then(|value| value.parse::<u8>().ok());
    match encoding.to_ascii_lowercase().as_str() {
        "opus/48000/2" => Some(Codec::Opus),
        "av1/90000" => Some(Codec::Av1 { profile: number("profile").unwrap_or(0) }),
        "vp8/90000" => Some(Codec::Vp8),
        "vp9/90000" => Some(Codec::Vp9 { profile: number("profile-id").unwrap_or(0) }),
        "h264/90000" => {
            // RFC 6184 section 8.1: without the parameter, baseline level 1.
            let level = parameter(parameters, "profile-level-id").unwrap_or("42000a");
            let profile_level_id = u32::from_str_radix(level, 16).ok().filter(|_| level.len() == 6)?;
            let packetization_mode = number("packetization-mode").unwrap_or(0);
            (packetization_mode <= 1).then_some(Codec::H264(H264Format { profile_level_id, packetization_mode }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROMIUM: &str = include_str!("../tests/offers/chromium_recvonly.sdp");

    fn kind(text: &str, role: SessionKind) -> MediaErrorKind {
        Offer::parse(text, role).unwrap_err().kind
    }

    #[test]
    fn a_chromium_player_is_read_in_its_order_of_preference() {
        let offer = Offer::parse(CHROMIUM, SessionKind::Playback).unwrap();
        let [audio, video] = &offer.sections[..] else { panic!("two sections") };
        assert_eq!(audio.formats.iter().map(|format| format.codec).collect::<Vec<_>>(), [Codec::Opus]);
        assert_eq!(video.formats[0].codec, Codec::Vp8);
        assert_eq!(video.formats[0].retransmission, Some(97));
        assert!(video.formats[0].feedback.nack && video.formats[0].feedback.pli);
        assert!(video.formats.iter().any(|format| format.codec == Codec::Av1 { profile: 0 }));
        assert!(video.formats.iter().all(|format| format.payload_type != 97));
    }

    #[test]
    fn what_is_not_an_offer_is_malformed() {
        for text in ["", "hello", "v=0\r\n", "{\"sdp\":1}"] {
            assert_eq!(kind(text, SessionKind::Ingest), MediaErrorKind::MalformedOffer, "{text}");
        }
        assert_eq!(kind(&"v=0\r\n".repeat(20_000), SessionKind::Ingest), MediaErrorKind::MalformedOffer);
        let sections = format!("v=0\r\n{}", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(9));
        assert_eq!(kind(&sections, SessionKind::Ingest), MediaErrorKind::MalformedOffer);
    }

    #[test]
    fn a_player_cannot_publish() {
        assert_eq!(kind(CHROMIUM, SessionKind::Ingest), MediaErrorKind::OfferDirection);
        let idle = CHROMIUM.replace("a=recvonly", "a=inactive");
        assert_eq!(kind(&idle, SessionKind::Playback), MediaErrorKind::OfferDirection);
    }

    #[test]
    fn who_begins_the_handshake_must_be_said() {
        for setup in ["a=setup:actpass", "a=setup:active", "a=setup:passive"] {
            let offered = CHROMIUM.replace("a=setup:actpass", setup);
            assert!(Offer::parse(&offered, SessionKind::Playback).is_ok(), "{setup}");
        }
        for setup in ["a=setup:holdconn", "a=setup:", "a=setup:ACTPASS ", "a=setup:x", "a=x"] {
            let offered = CHROMIUM.replace("a=setup:actpass", setup);
            assert_eq!(kind(&offered, SessionKind::Playback), MediaErrorKind::MalformedOffer, "{setup}");
        }
    }

    #[test]
    fn an_offer_without_a_codec_we_take_is_unsupported() {
        let text = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 49\r\na=mid:0\r\na=rtcp-mux\r\na=setup:actpass\r\na=sendonly\r\n\
            a=rtpmap:49 H265/90000\r\n";
        assert_eq!(kind(text, SessionKind::Ingest), MediaErrorKind::UnsupportedCodec);
    }

    #[test]
    fn sendrecv_is_narrowed_the_hash_is_named_in_small_letters_and_simulcast_and_candidates_are_dropped() {
        let text = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtcp-mux\r\na=setup:active\r\na=sendrecv\r\n\
            a=rtpmap:96 VP8/90000\r\na=fingerprint:SHA-256 AB:CD\r\na=rid:h send\r\na=simulcast:send h\r\n\
            a=candidate:1 1 udp 1 x.local 9 typ host\r\n";
        let offer = Offer::parse(text, SessionKind::Ingest).unwrap();
        assert_eq!(
            offer.text,
            "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtcp-mux\r\na=setup:active\r\n\
            a=rtpmap:96 VP8/90000\r\na=fingerprint:sha-256 AB:CD\r\na=sendonly\r\n"
        );
    }
}

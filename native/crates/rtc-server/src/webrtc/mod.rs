//! The only folder that knows str0m: one WebRTC peer, reduced to what the node needs of it.

mod configuration;
mod connection;
mod dtls;
mod event;
mod guard;
mod round_trip;
mod stun;
#[cfg(test)]
mod tests;
mod viewer_egress;

use std::net::SocketAddr;
use std::time::{Instant, SystemTime};

use rtc_core::{MediaKind, MonotonicTime, SenderReport, ViewerTracks};
use str0m::change::SdpOffer;
use str0m::media::{KeyframeRequestKind, Mid, Pt};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, IceConnectionState, IceCreds, Input, Output, Rtc};

pub(crate) use self::configuration::Certificate;
use self::configuration::{config, new_credentials};
pub(crate) use self::connection::Connection;
use self::dtls::{KeySlot, with_keys_kept};
pub(crate) use self::event::{PeerEvent, PeerOutput, ReceivedPacket};
use self::guard::guarded;
use self::round_trip::RoundTrip;
pub(crate) use self::stun::{Check, check};
use crate::answer;
use crate::command::RestartedIce;
use crate::egress::ViewerEgress;
use crate::error::{MediaError, MediaErrorKind};
use crate::fragment::IceCredentials;
use crate::offer::{Format, Offer, SessionKind};

/// Trickled over the whole life of a connection; str0m pairs each with each of ours and keeps them.
const MAX_REMOTE_CANDIDATES: usize = 64;

pub(crate) struct PeerConnection {
    rtc: Rtc,
    /// Of a viewer, to whom the node sends media itself.
    keys: Option<KeySlot>,
    offer: Offer,
    local: IceCredentials,
    audio: Option<Mid>,
    video: Option<Mid>,
    /// Retransmissions without RTX: asked for although str0m would not.
    plain_nack: bool,
    round_trip: RoundTrip,
    remote_candidates: usize,
    /// The time of the last input.
    now: Instant,
    /// Why nothing more is to be expected of the connection.
    failure: Option<&'static str>,
}

/// Makes the node's side of a connection and the SDP answer. Costs a millisecond or two: not for a thread that forwards
/// media.
pub(crate) fn accept(
    offer: Offer,
    role: SessionKind,
    candidates: &[SocketAddr],
    certificate: &Certificate,
    now: Instant,
) -> Result<(Box<dyn Connection>, String), MediaError> {
    // str0m gives up on some contradictory offers by panicking.
    let (connection, answer) = guarded(|| PeerConnection::build(offer, role, candidates, certificate, now))
        .unwrap_or_else(|| Err(malformed("The offer contradicts itself.")))?;
    Ok((Box::new(connection), answer))
}

impl PeerConnection {
    fn build(
        offer: Offer,
        role: SessionKind,
        candidates: &[SocketAddr],
        certificate: &Certificate,
        now: Instant,
    ) -> Result<(Self, String), MediaError> {
        let config = config(&offer, role, certificate)?;
        let make = || config.build(now);
        let (mut rtc, keys) = match role {
            SessionKind::Ingest => (make(), None),
            SessionKind::Playback => {
                let (rtc, keys) = with_keys_kept(make);
                (rtc, Some(keys))
            }
        };
        for address in candidates {
            let candidate = Candidate::host(*address, "udp");
            rtc.add_local_candidate(candidate.map_err(|error| {
                MediaError::new(MediaErrorKind::Overloaded, format!("The address {address} is of no use: {error}"))
            })?);
        }
        let description = SdpOffer::from_sdp_string(&offer.text).map_err(|error| malformed(error.to_string()))?;
        let answer = rtc.sdp_api().accept_offer(description).map_err(|error| malformed(error.to_string()))?;
        let mid = |kind| offer.sections.iter().find(|section| section.kind == kind).map(|section| mid(&section.mid));
        let (audio, video) = (mid(MediaKind::Audio), mid(MediaKind::Video));
        let plain_nack = role == SessionKind::Ingest
            && formats(&offer, MediaKind::Video).any(|format| format.feedback.nack && format.retransmission.is_none());
        let credentials = rtc.direct_api().local_ice_credentials();
        let mut peer = Self {
            rtc,
            keys,
            offer,
            local: IceCredentials { ufrag: credentials.ufrag, password: credentials.pass },
            audio,
            video,
            plain_nack,
            round_trip: RoundTrip::default(),
            remote_candidates: 0,
            now,
            failure: None,
        };
        for kind in [MediaKind::Audio, MediaKind::Video] {
            if peer.mid(kind).is_some() && peer.accepted(kind).next().is_none() {
                return Err(MediaError::new(
                    MediaErrorKind::UnsupportedCodec,
                    "The offer and the node have no codec in common.",
                ));
            }
        }
        peer.allow_plain_nack();
        Ok((peer, answer::finished(&answer.to_sdp_string(), role)))
    }

    fn input(&mut self, input: Input<'_>) {
        self.failure = match guarded(|| self.rtc.handle_input(input)) {
            Some(Ok(())) => return,
            Some(Err(_)) => Some("protocol_error"),
            None => Some("internal_error"),
        };
    }

    /// Does what may panic; if it does, the connection is over.
    fn try_to<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let done = guarded(|| work(self));
        if done.is_none() {
            self.failure = Some("internal_error");
        }
        done
    }

    fn translate(&mut self, event: Event) -> Option<PeerEvent> {
        match event {
            Event::Connected => Some(PeerEvent::Connected),
            Event::RtpPacket(packet) => self.received(packet),
            Event::SenderFeedback(feedback) => {
                let kind = if Some(feedback.mid) == self.video { MediaKind::Video } else { MediaKind::Audio };
                let info = feedback.sender_info;
                let wall_clock = info.ntp_time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
                let wall_clock_micros = i64::try_from(wall_clock.as_micros()).ok()?;
                let timestamp = info.rtp_time.numer() as u32;
                Some(PeerEvent::SenderReport(kind, SenderReport { timestamp, wall_clock_micros }))
            }
            Event::MediaIngressStats(stats) if Some(stats.mid) == self.video => Some(PeerEvent::NacksSent(stats.nacks)),
            Event::RawPacket(packet) => self.round_trip.see(*packet, self.now).map(PeerEvent::RoundTrip),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => Some(PeerEvent::Closed("timed_out")),
            Event::Closed => Some(PeerEvent::Closed("left")),
            _ => None,
        }
    }

    fn received(&mut self, packet: RtpPacket) -> Option<PeerEvent> {
        let payload_type = *packet.header.payload_type;
        let all = self.offer.sections.iter().flat_map(|section| &section.formats);
        let codec = all.into_iter().find(|format| format.payload_type == payload_type)?.codec;
        if self.plain_nack && codec.kind() == MediaKind::Video {
            self.allow_plain_nack();
            self.plain_nack = false;
        }
        Some(PeerEvent::Packet(ReceivedPacket {
            codec,
            ssrc: *packet.header.ssrc,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            orientation: packet.header.ext_vals.video_orientation.map(|orientation| orientation as u8),
            payload: packet.payload,
            arrival: packet.timestamp,
        }))
    }

    /// OBS answers a NACK with the packet itself and offers no RTX.
    fn allow_plain_nack(&mut self) {
        if let (true, Some(mid)) = (self.plain_nack, self.video)
            && let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None)
        {
            stream.suppress_nack(false);
        }
    }

    /// The media line and mid of the first section, for SDP fragments.
    fn first_section(&self) -> (String, String) {
        let section = &self.offer.sections[0];
        let payload_type = section.formats[0].payload_type;
        let kind = match section.kind {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
        };
        (format!("m={kind} 9 UDP/TLS/RTP/SAVPF {payload_type}"), section.mid.clone())
    }

    fn mid(&self, kind: MediaKind) -> Option<Mid> {
        match kind {
            MediaKind::Audio => self.audio,
            MediaKind::Video => self.video,
        }
    }

    /// The formats of the offer that the answer took.
    fn accepted(&self, kind: MediaKind) -> impl Iterator<Item = &Format> {
        let media = self.mid(kind).and_then(|mid| self.rtc.media(mid));
        let payload_types = media.map(|media| media.remote_pts()).unwrap_or_default();
        formats(&self.offer, kind).filter(|format| payload_types.contains(&Pt::from(format.payload_type)))
    }
}

impl Connection for PeerConnection {
    fn credentials(&self) -> IceCredentials {
        self.local.clone()
    }

    fn viewer_tracks(&self) -> ViewerTracks {
        let tracks = |kind| self.accepted(kind).map(|format| (format.codec, format.payload_type)).collect();
        guarded(|| ViewerTracks { audio: tracks(MediaKind::Audio), video: tracks(MediaKind::Video) })
            .unwrap_or_default()
    }

    fn receive(&mut self, source: SocketAddr, destination: SocketAddr, bytes: &[u8], now: Instant) {
        // Anyone may send rubbish: what is no packet is ignored.
        let Some(Ok(contents)) = guarded(|| DatagramRecv::try_from(bytes)) else { return };
        let receive = Receive { proto: Protocol::Udp, source, destination, contents };
        self.now = now;
        self.input(Input::Receive(now, receive));
    }

    fn advance(&mut self, now: Instant) {
        self.now = now;
        self.input(Input::Timeout(now));
    }

    fn poll(&mut self, output: &mut dyn PeerOutput) -> Result<Instant, &'static str> {
        loop {
            if let Some(reason) = self.failure {
                return Err(reason);
            }
            if !self.rtc.is_alive() {
                return Err("left");
            }
            match guarded(|| self.rtc.poll_output()) {
                Some(Ok(Output::Timeout(deadline))) => return Ok(deadline),
                Some(Ok(Output::Transmit(packet))) => {
                    // A viewer's keys and numbers have one owner, which is not str0m (RFC 3711 section 9.1).
                    if self.keys.is_none() || !is_media(&packet.contents) {
                        output.transmit(packet.source, packet.destination, packet.contents.into());
                    }
                }
                Some(Ok(Output::Event(event))) => {
                    if let Some(event) = self.try_to(|connection| connection.translate(event)).flatten() {
                        output.event(event);
                    }
                }
                Some(Err(_)) => self.failure = Some("protocol_error"),
                None => self.failure = Some("internal_error"),
            }
        }
    }

    fn take_egress(&mut self, now: MonotonicTime) -> Option<ViewerEgress> {
        self.try_to(|connection| connection.make_egress(now)).flatten()
    }

    fn request_keyframe(&mut self) {
        let Some(mid) = self.video else { return };
        let takes_pli = formats(&self.offer, MediaKind::Video).any(|format| format.feedback.pli);
        let kind = if takes_pli { KeyframeRequestKind::Pli } else { KeyframeRequestKind::Fir };
        self.try_to(|connection| {
            if let Some(stream) = connection.rtc.direct_api().stream_rx_by_mid(mid, None) {
                stream.request_keyframe(kind);
            }
        });
    }

    fn add_remote_candidate(&mut self, text: &str) {
        // Names under .local and TCP candidates are of no use to an ICE-lite agent: it answers checks.
        if self.remote_candidates < MAX_REMOTE_CANDIDATES
            && let Some(Ok(candidate)) = guarded(|| Candidate::from_sdp_string(text))
        {
            self.remote_candidates += 1;
            self.try_to(|connection| connection.rtc.add_remote_candidate(candidate));
        }
    }

    fn restart_ice(&mut self, remote: &IceCredentials) -> Result<RestartedIce, MediaError> {
        let text = self.offer.with_credentials(&remote.ufrag, &remote.password);
        let refused = |detail: String| MediaError::new(MediaErrorKind::MalformedFragment, detail);
        let local = new_credentials()?;
        let accepted = guarded(|| {
            let offer = SdpOffer::from_sdp_string(&text).map_err(|error| error.to_string())?;
            self.rtc.sdp_api().accept_offer(offer).map_err(|error| error.to_string())
        });
        accepted.ok_or_else(|| refused("The ICE restart contradicts the session.".into()))?.map_err(refused)?;
        let creds = IceCreds { ufrag: local.ufrag.clone(), pass: local.password.clone() };
        self.try_to(|connection| connection.rtc.direct_api().set_local_ice_credentials(creds));
        self.offer.text = text;
        self.local = local.clone();
        let (media_line, mid) = self.first_section();
        Ok(RestartedIce { local, media_line, mid })
    }

    fn close(&mut self) {
        if !matches!(guarded(|| self.rtc.close()), Some(Ok(()))) {
            self.failure = Some("internal_error");
        }
    }
}

fn malformed(detail: impl Into<String>) -> MediaError {
    MediaError::new(MediaErrorKind::MalformedOffer, detail)
}

fn formats(offer: &Offer, kind: MediaKind) -> impl Iterator<Item = &Format> {
    offer.sections.iter().filter(move |section| section.kind == kind).flat_map(|section| &section.formats)
}

fn mid(text: &str) -> Mid {
    Mid::from(text)
}

/// RTP or RTCP (RFC 7983 section 7).
fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(128..=191))
}

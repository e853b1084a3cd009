use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};

use crate::film::FilmCodec;

/// A WebRTC peer of the node, on the clock of the simulation.
pub(crate) struct Peer {
    rtc: Rtc,
    pub(crate) address: SocketAddr,
    audio: Mid,
    video: Mid,
    codec: Codec,
    deadline: Instant,
    pub(crate) is_connected: bool,
}

/// What a peer has to send, and what it got.
#[derive(Default)]
pub(crate) struct PeerOutput {
    pub(crate) datagrams: Vec<(SocketAddr, Vec<u8>)>,
    pub(crate) packets: Vec<RtpPacket>,
    pub(crate) keyframe_requests: usize,
}

impl Peer {
    /// A peer for Opus and one codec, its offer, and what `accept` wants besides the answer.
    pub(crate) fn offering(
        codec: FilmCodec,
        address: SocketAddr,
        direction: Direction,
        now: Instant,
    ) -> (Self, String, SdpPendingOffer) {
        let config = Rtc::builder().set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()));
        let config = config.set_rtp_mode(true).clear_codecs().enable_opus(true, false);
        let (config, codec) = match codec {
            FilmCodec::Vp8 => (config.enable_vp8(true), Codec::Vp8),
            FilmCodec::H264 => (config.enable_h264(true), Codec::H264),
            FilmCodec::Av1 => (config.enable_av1(true), Codec::Av1),
        };
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        let mut changes = rtc.sdp_api();
        let audio = changes.add_media(MediaKind::Audio, direction, None, None, None);
        let video = changes.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = changes.apply().unwrap();
        let peer = Self { rtc, address, audio, video, codec, deadline: now, is_connected: false };
        (peer, offer.to_sdp_string(), pending)
    }

    pub(crate) fn accept(mut self, pending: SdpPendingOffer, answer: &str) -> Self {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
        self
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    pub(crate) fn receive(&mut self, from: SocketAddr, bytes: &[u8], now: Instant, output: &mut PeerOutput) {
        // A datagram may come that is for another who had the port before.
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.address, bytes) else { return };
        self.input(Input::Receive(now, receive), now, output);
    }

    pub(crate) fn pass_time(&mut self, now: Instant, output: &mut PeerOutput) {
        if now >= self.deadline {
            self.input(Input::Timeout(now), now, output);
        }
    }

    pub(crate) fn send(
        &mut self,
        kind: MediaKind,
        sequence: u64,
        timestamp: u32,
        marker: bool,
        payload: Vec<u8>,
        now: Instant,
    ) {
        let (mid, codec) = match kind {
            MediaKind::Audio => (self.audio, Codec::Opus),
            MediaKind::Video => (self.video, self.codec),
        };
        let payload_type = self.rtc.codec_config().find(|params| params.spec().codec == codec).unwrap().pt();
        let write = RtpWrite::new(payload_type, sequence.into(), timestamp, now, payload);
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None).unwrap();
        stream.write_rtp(write.marker(marker).nackable(kind == MediaKind::Video));
    }

    /// Sends what was written.
    pub(crate) fn flush(&mut self, now: Instant, output: &mut PeerOutput) {
        self.input(Input::Timeout(now), now, output);
    }

    pub(crate) fn ask_for_keyframe(&mut self, now: Instant, output: &mut PeerOutput) {
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(self.video, None) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
        self.input(Input::Timeout(now), now, output);
    }

    fn input(&mut self, input: Input<'_>, now: Instant, output: &mut PeerOutput) {
        if !self.rtc.is_alive() || self.rtc.handle_input(input).is_err() {
            return;
        }
        while self.rtc.is_alive() {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.deadline = at;
                    return;
                }
                Ok(Output::Transmit(packet)) => output.datagrams.push((packet.destination, packet.contents.into())),
                Ok(Output::Event(Event::Connected)) => self.is_connected = true,
                Ok(Output::Event(Event::KeyframeRequest(_))) => output.keyframe_requests += 1,
                Ok(Output::Event(Event::RtpPacket(packet))) => output.packets.push(packet),
                Ok(Output::Event(_)) => {}
                Err(_) => self.rtc.disconnect(),
            }
        }
        self.deadline = now + Duration::from_secs(3_600);
    }
}

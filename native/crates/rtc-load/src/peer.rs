//! One WebRTC peer of the swarm: a socket and a str0m connection.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::config::DtlsCert;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, Input, Output, Rtc};

use crate::dtls::{KeySlot, latest_slot};
use crate::reception::{Kind, PayloadTypes};
use crate::socket::{Datagram, enlarge_buffers, join_datagrams, note_arrival_times};
use crate::{Failure, signalling};

/// H.264 is offered in one form: constrained baseline in packetization mode 1, which every browser takes.
const H264: (u8, u8, bool, u32) = (108, 109, true, 0x42e01f);
/// A dead connection has nothing to wait for.
const NEVER: Duration = Duration::from_secs(3600);

/// How every peer of a swarm is made.
#[derive(Clone)]
pub struct PeerOptions {
    pub from: IpAddr,
    pub certificate: DtlsCert,
    pub video_codec: Codec,
    /// The kernel may hand over several datagrams as one (UDP_GRO).
    pub joins_datagrams: bool,
}

/// What a peer has to say after some input.
pub enum Notice {
    Packet(Box<RtpPacket>),
    KeyframeRequested,
}

pub struct Peer {
    pub socket: mio::net::UdpSocket,
    pub rtc: Rtc,
    pub is_connected: bool,
    /// Filled when DTLS has agreed on keys.
    pub keys: KeySlot,
    /// Not when its RTCP is written elsewhere: each SRTCP index must be given once.
    pub sends_rtcp: bool,
    audio: Mid,
    video: Mid,
    deadline: Instant,
    local: SocketAddr,
}

pub struct Offered {
    peer: Peer,
    pending: SdpPendingOffer,
    pub sdp: String,
}

impl Offered {
    pub fn accept(self, answer: &signalling::Answer) -> Result<Peer, Failure> {
        let Self { mut peer, pending, .. } = self;
        peer.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer.sdp)?)?;
        Ok(peer)
    }
}

impl Peer {
    /// A peer with one audio (Opus) and one video section, and its offer.
    pub fn offer(options: &PeerOptions, direction: Direction, notes_arrival_times: bool) -> Result<Offered, Failure> {
        let socket = UdpSocket::bind((options.from, 0))?;
        socket.set_nonblocking(true)?;
        enlarge_buffers(&socket)?;
        if options.joins_datagrams {
            join_datagrams(&socket)?;
        }
        if notes_arrival_times {
            note_arrival_times(&socket)?;
        }
        let local = socket.local_addr()?;
        let now = Instant::now();
        let mut config = Rtc::builder()
            .set_rtp_mode(true)
            .set_dtls_cert(options.certificate.clone())
            .clear_codecs()
            .enable_opus(true, false);
        match options.video_codec {
            Codec::Av1 => config = config.enable_av1(true),
            Codec::H264 => {
                let (payload_type, retransmission, mode_1, profile) = H264;
                let codecs = config.codec_config();
                codecs.add_h264(payload_type.into(), Some(retransmission.into()), mode_1, profile);
            }
            _ => config = config.enable_vp8(true),
        }
        let mut rtc = config.build(now);
        let keys = latest_slot();
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        let mut change = rtc.sdp_api();
        let audio = change.add_media(MediaKind::Audio, direction, None, None, None);
        let video = change.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = change.apply().ok_or("str0m made no offer")?;
        let socket = mio::net::UdpSocket::from_std(socket);
        let peer =
            Self { socket, rtc, is_connected: false, keys, sends_rtcp: true, audio, video, deadline: now, local };
        Ok(Offered { peer, pending, sdp: offer.to_sdp_string() })
    }

    pub fn mid(&self, kind: MediaKind) -> Mid {
        if kind.is_audio() { self.audio } else { self.video }
    }

    /// The payload type agreed for a codec.
    pub fn payload_type(&self, codec: Codec) -> Result<Pt, Failure> {
        let params = self.rtc.codec_config().params();
        let found = params.iter().find(|params| params.spec().codec == codec);
        found.map(|params| params.pt()).ok_or_else(|| format!("the server takes no {codec:?}").into())
    }

    pub fn payload_types(&self, video_codec: Codec) -> Result<PayloadTypes, Failure> {
        Ok(PayloadTypes { audio: *self.payload_type(Codec::Opus)?, video: *self.payload_type(video_codec)? })
    }

    pub fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    pub fn receive(
        &mut self,
        now: Instant,
        datagram: &Datagram,
        on_notice: &mut impl FnMut(Notice),
    ) -> Result<(), Failure> {
        let Some(source) = datagram.source() else { return Ok(()) };
        let Ok(contents) = DatagramRecv::try_from(datagram.bytes) else { return Ok(()) };
        let receive = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
        self.rtc.handle_input(Input::Receive(now, receive))?;
        self.drain(on_notice)
    }

    /// Lets time pass for the connection when it asked for it.
    pub fn pass_time(&mut self, now: Instant, on_notice: &mut impl FnMut(Notice)) -> Result<(), Failure> {
        if self.deadline <= now { self.send_written(now, on_notice) } else { Ok(()) }
    }

    /// Sends what was written to the connection.
    pub fn send_written(&mut self, now: Instant, on_notice: &mut impl FnMut(Notice)) -> Result<(), Failure> {
        self.rtc.handle_input(Input::Timeout(now))?;
        self.drain(on_notice)
    }

    pub fn send(&mut self, datagram: &[u8], to: SocketAddr) {
        // A full send buffer loses the datagram, as a network would.
        let _ = self.socket.send_to(datagram, to);
    }

    fn drain(&mut self, on_notice: &mut impl FnMut(Notice)) -> Result<(), Failure> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return Ok(());
                }
                Output::Transmit(packet) => {
                    if self.sends_rtcp || Kind::of(&packet.contents) == Kind::Control {
                        self.send(&packet.contents, packet.destination);
                    }
                }
                Output::Event(Event::Connected) => self.is_connected = true,
                Output::Event(Event::RtpPacket(packet)) => on_notice(Notice::Packet(Box::new(packet))),
                Output::Event(Event::KeyframeRequest(_)) => on_notice(Notice::KeyframeRequested),
                Output::Event(_) => {}
            }
            if !self.rtc.is_alive() {
                self.deadline = Instant::now() + NEVER;
                return Ok(());
            }
        }
    }
}

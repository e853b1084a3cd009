//! One WebRTC peer of the swarm: a socket, a str0m connection and what it received.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::config::DtlsCert;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, Input, Output, Rtc};

use crate::Failure;

/// More than a burst of a keyframe, so that the swarm's own pauses are not counted as the server's losses.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;
const MAX_DATAGRAM_BYTES: usize = 2048;

/// What a peer has to say after some input.
pub enum Notice {
    Connected,
    Packet(Box<RtpPacket>),
    KeyframeRequested,
}

pub struct Peer {
    pub audio: Mid,
    pub video: Mid,
    pub connected: bool,
    pub socket: mio::net::UdpSocket,
    pub rtc: Rtc,
    deadline: Instant,
    local: SocketAddr,
}

impl Peer {
    /// A peer with one audio (Opus) and one video (VP8) section, and its offer.
    pub fn offering(
        from: IpAddr,
        direction: Direction,
        certificate: &DtlsCert,
    ) -> Result<(Self, SdpPendingOffer, String), Failure> {
        let socket = UdpSocket::bind((from, 0))?;
        socket.set_nonblocking(true)?;
        socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        let local = socket.local_addr()?;
        let now = Instant::now();
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .set_dtls_cert(certificate.clone())
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        let mut change = rtc.sdp_api();
        let audio = change.add_media(MediaKind::Audio, direction, None, None, None);
        let video = change.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = change.apply().ok_or("str0m made no offer")?;
        let socket = mio::net::UdpSocket::from_std(socket);
        let peer = Self { audio, video, connected: false, socket, rtc, deadline: now, local };
        Ok((peer, pending, offer.to_sdp_string()))
    }

    pub fn accept(&mut self, pending: SdpPendingOffer, answer: &str) -> Result<(), Failure> {
        self.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(answer)?)?;
        Ok(())
    }

    /// The payload type agreed for a codec.
    pub fn payload_type(&self, codec: Codec) -> Option<Pt> {
        let params = self.rtc.codec_config().params();
        params.iter().find(|params| params.spec().codec == codec).map(|params| params.pt())
    }

    /// Reads all that waits in the socket.
    pub fn receive(&mut self, on_notice: &mut impl FnMut(Notice)) -> Result<(), Failure> {
        let mut datagram = [0u8; MAX_DATAGRAM_BYTES];
        loop {
            let (length, source) = match self.socket.recv_from(&mut datagram) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let Ok(contents) = DatagramRecv::try_from(&datagram[..length]) else { continue };
            let receive = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
            self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
            self.drain(on_notice)?;
        }
    }

    /// Lets time pass for the connection when it asked for it, or at once with `forced` (after a write).
    pub fn pass_time(&mut self, now: Instant, forced: bool, on_notice: &mut impl FnMut(Notice)) -> Result<(), Failure> {
        if forced || self.deadline <= now {
            self.rtc.handle_input(Input::Timeout(now))?;
            self.drain(on_notice)?;
        }
        Ok(())
    }

    fn drain(&mut self, on_notice: &mut impl FnMut(Notice)) -> Result<(), Failure> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return Ok(());
                }
                // A full send buffer loses the datagram, as a network would.
                Output::Transmit(packet) => {
                    let _ = self.socket.send_to(&packet.contents, packet.destination);
                }
                Output::Event(Event::Connected) => {
                    self.connected = true;
                    on_notice(Notice::Connected);
                }
                Output::Event(Event::RtpPacket(packet)) => on_notice(Notice::Packet(Box::new(packet))),
                Output::Event(Event::KeyframeRequest(_)) => on_notice(Notice::KeyframeRequested),
                Output::Event(_) => {}
            }
            if !self.rtc.is_alive() {
                self.deadline = Instant::now() + Duration::from_secs(3600);
                return Ok(());
            }
        }
    }
}

//! Encoders and players over loopback: str0m on the other side of the wire.

mod ice_restart;

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc_load::dtls::{KeySlot, crypto_provider, latest_slot};
use rtc_server::{MediaNode, NodeOptions};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::{Codec, FormatParams};
pub use str0m::media::Direction;
use str0m::media::{Frequency, KeyframeRequestKind, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::rtcp::{Nack, Rtcp};
use str0m::rtp::{RawPacket, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

pub const PATIENCE: Duration = Duration::from_secs(20);
const TICKS_A_FRAME: u32 = 3000;

pub fn options(host: &str) -> NodeOptions {
    NodeOptions {
        host: host.parse::<IpAddr>().unwrap(),
        port: 0,
        public_addresses: Vec::new(),
        silence: Duration::from_secs(2),
        max_sessions: 50,
        shards: 2,
    }
}

pub fn node(host: &str) -> MediaNode {
    MediaNode::start(options(host)).unwrap()
}

/// What is sent beside an RTP or RTCP datagram.
pub type Echo = fn(&[u8]) -> Vec<u8>;

/// An RTP packet as it came out of SRTP, before a retransmission was put back into its stream.
#[derive(Clone)]
pub struct OpenedPacket {
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: Vec<u8>,
}

/// An encoder or a player.
pub struct Client {
    rtc: Rtc,
    pub socket: UdpSocket,
    /// Filled when DTLS is done.
    pub keys: KeySlot,
    local: SocketAddr,
    /// Where the last datagram went.
    node: SocketAddr,
    deadline: Instant,
    pub answer: String,
    pub video: Mid,
    audio: Mid,
    pub is_connected: bool,
    pub video_packets: Vec<RtpPacket>,
    pub audio_packets: usize,
    pub keyframe_requests: usize,
    /// Sequence numbers of video packets not to be received the first time.
    pub losses: HashSet<u16>,
    /// Of every so many video packets of an encoder, one is not sent before it is asked for.
    pub withhold_every: Option<u64>,
    withheld: HashMap<u16, RtpWrite>,
    pub echo: Option<Echo>,
    /// Datagrams as they came, when they are wanted.
    pub datagrams: Option<Vec<Vec<u8>>>,
    /// Who sent sender reports.
    pub reporters: HashSet<u32>,
    pub opened: Vec<OpenedPacket>,
    pub asked_again: HashSet<u16>,
    /// Sends connectivity checks and nothing else.
    pub only_checks: bool,
    pub bytes_sent: usize,
    pub bytes_received: usize,
    frame: u32,
    sequence: u64,
    first_timestamp: u32,
}

impl Client {
    fn new(host: &str, direction: Direction, codec: Codec) -> (Self, String, SdpPendingOffer) {
        let config = match codec {
            Codec::Vp8 => config().enable_vp8(true),
            Codec::Vp9 => config().enable_vp9(true),
            _ => config().enable_h264(true),
        };
        Self::configured(config, host, direction)
    }

    fn configured(config: RtcConfig, host: &str, direction: Direction) -> (Self, String, SdpPendingOffer) {
        let socket = UdpSocket::bind((host.parse::<IpAddr>().unwrap(), 0)).unwrap();
        let local = socket.local_addr().unwrap();
        let mut rtc = config.build(Instant::now());
        let keys = latest_slot();
        rtc.add_local_candidate(Candidate::host(local, "udp").unwrap());
        let mut changes = rtc.sdp_api();
        let audio = changes.add_media(MediaKind::Audio, direction, None, None, None);
        let video = changes.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = changes.apply().unwrap();
        let client = Self {
            rtc,
            socket,
            keys,
            local,
            node: local,
            deadline: Instant::now(),
            answer: String::new(),
            video,
            audio,
            is_connected: false,
            video_packets: Vec::new(),
            audio_packets: 0,
            keyframe_requests: 0,
            losses: HashSet::new(),
            withhold_every: None,
            withheld: HashMap::new(),
            echo: None,
            datagrams: None,
            reporters: HashSet::new(),
            opened: Vec::new(),
            asked_again: HashSet::new(),
            only_checks: false,
            bytes_sent: 0,
            bytes_received: 0,
            frame: 0,
            sequence: 100,
            first_timestamp: 7_000,
        };
        (client, offer.to_sdp_string(), pending)
    }

    pub fn accept(mut self, pending: SdpPendingOffer, answer: &str) -> Self {
        answer.clone_into(&mut self.answer);
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
        self
    }

    /// The SDP the node answered with.
    pub fn answer(&self) -> &str {
        &self.answer
    }

    pub fn encoder(node: &MediaNode, host: &str, room: &str, session: &str, takeover: bool) -> Self {
        let (client, offer, pending) = Self::offering(host, Direction::SendOnly);
        let answer = node.open_ingest(room, session, &offer, takeover).unwrap();
        client.accept(pending, &answer.sdp)
    }

    /// One like OBS, that offers no RTX and answers a NACK with the packet itself.
    pub fn encoder_without_rtx(node: &MediaNode, host: &str, room: &str, session: &str) -> Self {
        let mut config = config().enable_raw_packets(true);
        let format = FormatParams::default();
        config.codec_config().add_config(Pt::from(96), None, Codec::Vp8, Frequency::NINETY_KHZ, None, format);
        let (client, offer, pending) = Self::configured(config, host, Direction::SendOnly);
        assert!(!offer.contains("rtx/"), "{offer}");
        let answer = node.open_ingest(room, session, &offer, false).unwrap();
        client.accept(pending, &answer.sdp)
    }

    /// A VP8 client, its offer, and what `accept` wants besides the answer.
    pub fn offering(host: &str, direction: Direction) -> (Self, String, SdpPendingOffer) {
        Self::new(host, direction, Codec::Vp8)
    }

    pub fn encoder_offer(host: &str) -> String {
        Self::new(host, Direction::SendOnly, Codec::Vp8).1
    }

    pub fn player_offer(host: &str) -> String {
        Self::new(host, Direction::RecvOnly, Codec::Vp8).1
    }

    pub fn player(node: &MediaNode, host: &str, room: &str, session: &str) -> Self {
        Self::player_of(node, host, room, session, Codec::Vp8)
    }

    /// A player that shows the packets as they came.
    pub fn watchful_player(node: &MediaNode, host: &str, room: &str, session: &str) -> Self {
        let config = config().enable_vp8(true).enable_raw_packets(true);
        let (client, offer, pending) = Self::configured(config, host, Direction::RecvOnly);
        let answer = node.open_playback(room, session, &offer, None).unwrap();
        client.accept(pending, &answer.sdp)
    }

    pub fn player_of(node: &MediaNode, host: &str, room: &str, session: &str, codec: Codec) -> Self {
        let (client, offer, pending) = Self::new(host, Direction::RecvOnly, codec);
        let answer = node.open_playback(room, session, &offer, None).unwrap();
        client.accept(pending, &answer.sdp)
    }

    /// Starts from other sequence numbers and timestamps, as another encoder would.
    pub fn numbered_from(mut self, sequence: u64, timestamp: u32) -> Self {
        (self.sequence, self.first_timestamp) = (sequence, timestamp);
        self
    }

    /// Sends a picture in three packets, and some sound.
    pub fn send_frame(&mut self, is_keyframe: bool) {
        let timestamp = self.first_timestamp.wrapping_add(self.frame * TICKS_A_FRAME);
        let now = Instant::now();
        let codecs = self.rtc.codec_config();
        let payload_type = |codec| codecs.find(|params| params.spec().codec == codec).unwrap().pt();
        let (vp8, opus) = (payload_type(Codec::Vp8), payload_type(Codec::Opus));
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.video, None).unwrap();
        for part in 0..3u8 {
            let mut payload = vec![if part == 0 { 0x10 } else { 0 }, u8::from(!is_keyframe), part];
            payload.extend(self.frame.to_be_bytes());
            payload.resize(900, part);
            let write = RtpWrite::new(vp8, self.sequence.into(), timestamp, now, payload);
            let write = write.marker(part == 2).nackable(true);
            if self.withhold_every.is_some_and(|every| self.sequence.is_multiple_of(every)) {
                self.withheld.insert(self.sequence as u16, write);
            } else {
                stream.write_rtp(write);
            }
            self.sequence += 1;
        }
        let stream = api.stream_tx_by_mid(self.audio, None).unwrap();
        let sound = RtpWrite::new(opus, u64::from(self.frame).into(), self.frame * 1600, now, vec![1, 2, 3]);
        stream.write_rtp(sound);
        self.frame += 1;
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain();
    }

    /// As if the router gave it another port: the client itself knows nothing of it.
    pub fn change_port(&mut self) {
        self.socket = UdpSocket::bind((self.local.ip(), 0)).unwrap();
    }

    /// The ports the node's answer names.
    pub fn node_ports(&self) -> HashSet<u16> {
        let candidates = self.answer.lines().filter(|line| line.starts_with("a=candidate"));
        candidates.map(|line| line.split(' ').nth(5).unwrap().parse().unwrap()).collect()
    }

    pub fn ask_for_keyframe(&mut self) {
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_rx_by_mid(self.video, None) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
        self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
        self.drain();
    }

    /// Takes what has arrived and does what is due.
    pub fn step(&mut self) {
        let mut buffer = [0; 2000];
        self.socket.set_read_timeout(Some(Duration::from_micros(200))).unwrap();
        loop {
            match self.socket.recv_from(&mut buffer) {
                Ok((length, source)) => self.receive(&buffer[..length], source),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
                Err(error) => panic!("{error}"),
            }
        }
        if Instant::now() >= self.deadline {
            self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
            self.drain();
        }
    }

    fn receive(&mut self, datagram: &[u8], source: SocketAddr) {
        self.bytes_received += datagram.len();
        if let Some(datagrams) = &mut self.datagrams {
            datagrams.push(datagram.to_vec());
        }
        let is_rtp = datagram[0] >> 6 == 2 && !(64..96).contains(&(datagram[1] & 0x7f));
        if is_rtp && datagram.len() > 800 && self.losses.remove(&u16::from_be_bytes([datagram[2], datagram[3]])) {
            return;
        }
        let receive = Receive::new(Protocol::Udp, source, self.local, datagram).unwrap();
        self.rtc.handle_input(Input::Receive(Instant::now(), receive)).unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        while self.rtc.is_alive() {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return;
                }
                // First bytes below 4 are STUN (RFC 7983 section 7).
                Output::Transmit(packet) if self.only_checks && packet.contents[0] > 3 => {}
                Output::Transmit(packet) => {
                    self.bytes_sent += packet.contents.len();
                    self.socket.send_to(&packet.contents, packet.destination).unwrap();
                    self.node = packet.destination;
                    if let Some(echo) = self.echo.filter(|_| packet.contents[0] >> 6 == 2) {
                        self.send_datagram(&echo(&packet.contents));
                    }
                }
                Output::Event(Event::Connected) => self.is_connected = true,
                Output::Event(Event::RawPacket(packet)) => match *packet {
                    RawPacket::RtcpRx(Rtcp::Nack(nack)) => self.send_again(&nack),
                    RawPacket::RtcpRx(Rtcp::SenderReport(report)) => {
                        self.reporters.insert(*report.sender_info.ssrc);
                    }
                    RawPacket::RtpRx(header, payload) => {
                        self.opened.push(OpenedPacket {
                            payload_type: *header.payload_type,
                            sequence: header.sequence_number,
                            timestamp: header.timestamp,
                            ssrc: *header.ssrc,
                            payload,
                        });
                    }
                    _ => {}
                },
                Output::Event(Event::KeyframeRequest(_)) => self.keyframe_requests += 1,
                Output::Event(Event::RtpPacket(packet)) if packet.payload.len() == 900 => {
                    self.video_packets.push(packet);
                }
                Output::Event(Event::RtpPacket(_)) => self.audio_packets += 1,
                Output::Event(_) => {}
            }
        }
        self.deadline = Instant::now() + PATIENCE;
    }

    /// Sends bytes to the node as they are.
    pub fn send_datagram(&self, datagram: &[u8]) {
        self.socket.send_to(datagram, self.node).unwrap();
    }

    fn send_again(&mut self, nack: &Nack) {
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.video, None).unwrap();
        for entry in nack.reports.iter() {
            let following = (0..16).filter(|bit| entry.blp >> bit & 1 == 1).map(|bit| entry.pid.wrapping_add(bit + 1));
            for sequence in std::iter::once(entry.pid).chain(following) {
                self.asked_again.insert(sequence);
                if let Some(write) = self.withheld.remove(&sequence) {
                    stream.write_rtp(write);
                }
            }
        }
    }

    /// Frame number and part of each video packet received, in the order of their sequence numbers.
    pub fn pictures(&self) -> Vec<(u32, u8)> {
        let mut packets: Vec<&RtpPacket> = self.video_packets.iter().collect();
        packets.sort_by_key(|packet| packet.seq_no);
        let frame = |packet: &RtpPacket| u32::from_be_bytes(packet.payload[3..7].try_into().unwrap());
        packets.iter().map(|packet| (frame(packet), packet.payload[2])).collect()
    }
}

fn config() -> RtcConfig {
    Rtc::builder()
        .set_crypto_provider(Arc::new(crypto_provider()))
        .set_rtp_mode(true)
        .clear_codecs()
        .enable_opus(true, false)
}

/// Lets everyone work until `done`, with a picture from `encoder` every few milliseconds.
pub fn run(
    encoder: &mut Client,
    players: &mut [Client],
    mut picture: impl FnMut(&mut Client),
    mut done: impl FnMut(&Client, &[Client]) -> bool,
) {
    let started = Instant::now();
    let mut next = started;
    while !done(encoder, players) {
        assert!(started.elapsed() < PATIENCE, "what was waited for did not happen");
        encoder.step();
        if encoder.is_connected && Instant::now() >= next {
            picture(encoder);
            next = Instant::now() + Duration::from_millis(5);
        }
        for player in &mut *players {
            player.step();
        }
    }
}

use std::time::Duration;

use rtc_core::rtcp::{NtpTime, ReportBlock, SenderInfo};
use rtc_core::rtp::{Extension, Header, header_length, write_header};
use rtc_core::{MediaKind, MonotonicTime, OutgoingPacket, PayloadType};
use srtp::{ReplayWindow, Sender};

use super::reception::Reception;
use crate::socket::{MAX_DATAGRAM, Route, SendBatch};

/// First sequence number of a retransmission stream: small, as an SRTP receiver takes the rollover counter to be zero
/// (RFC 3711 section 3.3.1).
const FIRST_RETRANSMISSION: u64 = 1_000;

/// Packets that may come late and still go out in the numbers kept for them; an encoder's retransmissions at some
/// Mbit/s may be hundreds behind.
type SentWindow = ReplayWindow<32>;

/// How many packets are remembered for a viewer to whom they are sent again unchanged.
const REMEMBERED: usize = 1024;

/// What was negotiated for one track.
#[derive(Debug)]
pub(crate) struct StreamSetup {
    pub(crate) ssrc: u32,
    pub(crate) clock_rate: u32,
    /// SSRC of retransmissions, and their payload type for each of the media (RFC 4588 section 8.6).
    pub(crate) retransmission: Option<(u32, Vec<(PayloadType, PayloadType)>)>,
    /// Packets without RTX may be asked for again.
    pub(crate) has_plain_nack: bool,
    pub(crate) mid: Option<MediaIdentification>,
    /// Identifier of the header extension for the video orientation.
    pub(crate) orientation: Option<u8>,
}

/// How a packet leaves.
pub(super) struct Way<'a> {
    pub(super) sender: &'a Sender,
    pub(super) route: Route,
    pub(super) batch: &'a mut SendBatch,
}

/// Header extension that says to which section of the SDP a packet belongs (RFC 9143 section 15).
#[derive(Debug)]
pub(crate) struct MediaIdentification {
    pub(crate) identifier: u8,
    /// 1 to 16 bytes.
    pub(crate) mid: Box<[u8]>,
}

/// One track as it leaves to one viewer.
pub(super) struct Stream {
    kind: MediaKind,
    setup: StreamSetup,
    sent: SentWindow,
    /// Packets from this number on go without their MID: the viewer has named the stream in a report.
    known_from: Option<u64>,
    remembered: Option<Box<[Sent]>>,
    next_retransmission: u64,
    packets: u32,
    /// Payload bytes.
    bytes: u32,
    has_sent_since_report: bool,
    /// Timestamp of the newest packet and when its media was captured.
    newest: Option<(u32, MonotonicTime)>,
    reception: Option<Reception>,
    /// Number of the newest full intra request.
    command: Option<u8>,
}

/// What makes a packet: sent again under its number, it must be the same.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sent {
    sequence: u64,
    room_sequence: u64,
    timestamp: u32,
    payload_type: PayloadType,
}

impl Sent {
    fn of(packet: &OutgoingPacket<'_>) -> Self {
        Self {
            sequence: packet.sequence,
            room_sequence: packet.packet.sequence,
            timestamp: packet.timestamp,
            payload_type: packet.payload_type,
        }
    }
}

impl Stream {
    pub(super) fn new(kind: MediaKind, setup: StreamSetup) -> Self {
        let remembered = setup.has_plain_nack.then(|| vec![Sent::default(); REMEMBERED].into());
        Self {
            kind,
            setup,
            sent: SentWindow::default(),
            known_from: None,
            remembered,
            next_retransmission: FIRST_RETRANSMISSION,
            packets: 0,
            bytes: 0,
            has_sent_since_report: false,
            newest: None,
            reception: None,
            command: None,
        }
    }

    pub(super) fn kind(&self) -> MediaKind {
        self.kind
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.setup.ssrc
    }

    pub(super) fn reception(&self) -> Option<Reception> {
        self.reception
    }

    /// False for a packet whose number is used up: to seal two packets under one number gives the key away.
    pub(super) fn write(&mut self, packet: &OutgoingPacket<'_>, way: &mut Way<'_>) -> bool {
        if !self.sent.insert(packet.sequence) || !self.seal(packet, way) {
            return false;
        }
        if let Some(remembered) = &mut self.remembered {
            remembered[packet.sequence as usize % REMEMBERED] = Sent::of(packet);
        }
        // Of packets of a replayed keyframe group, timestamps tell nothing about the time.
        if packet.timestamp == packet.packet.timestamp && self.sent.highest() == Some(packet.sequence) {
            self.newest = Some((packet.timestamp, packet.packet.captured));
        }
        self.packets = self.packets.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(packet.packet.payload.len() as u32);
        self.has_sent_since_report = true;
        true
    }

    pub(super) fn retransmit(&mut self, packet: &OutgoingPacket<'_>, way: &mut Way<'_>) -> bool {
        if let Some((ssrc, payload_type)) = self.retransmission(packet.payload_type) {
            return self.seal_retransmission(packet, ssrc, payload_type, way);
        }
        if self.sent.is_new(packet.sequence) {
            return self.write(packet, way);
        }
        let Some(remembered) = &self.remembered else { return false };
        remembered[packet.sequence as usize % REMEMBERED] == Sent::of(packet) && self.seal(packet, way)
    }

    fn retransmission(&self, payload_type: PayloadType) -> Option<(u32, PayloadType)> {
        let (ssrc, payload_types) = self.setup.retransmission.as_ref()?;
        let found = payload_types.iter().find(|(media, _)| *media == payload_type)?;
        Some((*ssrc, found.1))
    }

    /// The same bytes each time for the same packet.
    fn seal(&self, packet: &OutgoingPacket<'_>, way: &mut Way<'_>) -> bool {
        let header = Header {
            marker: packet.packet.marker,
            payload_type: packet.payload_type,
            sequence: packet.sequence as u16,
            timestamp: packet.timestamp,
            ssrc: self.setup.ssrc,
        };
        let is_known = self.known_from.is_some_and(|from| packet.sequence >= from);
        self.seal_under(&header, is_known, packet, &[], packet.sequence, way)
    }

    /// RFC 4588 section 4.
    fn seal_retransmission(
        &mut self,
        packet: &OutgoingPacket<'_>,
        ssrc: u32,
        payload_type: PayloadType,
        way: &mut Way<'_>,
    ) -> bool {
        let index = self.next_retransmission;
        self.next_retransmission += 1;
        let header = Header {
            marker: packet.packet.marker,
            payload_type,
            sequence: index as u16,
            timestamp: packet.timestamp,
            ssrc,
        };
        let original = (packet.sequence as u16).to_be_bytes();
        self.seal_under(&header, self.known_from.is_some(), packet, &original, index, way)
    }

    fn seal_under(
        &self,
        header: &Header,
        is_known: bool,
        packet: &OutgoingPacket<'_>,
        original: &[u8],
        index: u64,
        way: &mut Way<'_>,
    ) -> bool {
        let orientation = [packet.packet.orientation.unwrap_or_default()];
        let mut elements = [Extension { identifier: 0, value: &[] }; 2];
        let mut count = 0;
        if let Some(mid) = self.setup.mid.as_ref().filter(|_| !is_known) {
            elements[count] = Extension { identifier: mid.identifier, value: &mid.mid };
            count += 1;
        }
        if let Some(identifier) = self.setup.orientation.filter(|_| packet.packet.orientation.is_some()) {
            elements[count] = Extension { identifier, value: &orientation };
            count += 1;
        }
        let elements = &elements[..count];
        let payload = &packet.packet.payload;
        let start = header_length(elements) + original.len();
        let length = start + payload.len() + way.sender.profile().rtp_overhead();
        if length > MAX_DATAGRAM {
            return false;
        }
        let out = way.batch.reserve(length);
        let Some(header) = write_header(header, elements, out) else { return false };
        out[header..start].copy_from_slice(original);
        out[start..start + payload.len()].copy_from_slice(payload);
        let is_sealed = way.sender.protect_rtp(out, header, index).is_ok();
        if is_sealed {
            way.batch.commit(way.route, length);
        }
        is_sealed
    }

    /// What a report at `now` says: the wall clock and the timestamp of the same moment (RFC 3550 section 6.4.1).
    /// `None` when nothing was sent since the last report, or ever for the last of all.
    pub(super) fn sender_info(&mut self, now: MonotonicTime, ntp: NtpTime, is_last: bool) -> Option<SenderInfo> {
        let is_due = std::mem::take(&mut self.has_sent_since_report) || is_last;
        let (timestamp, captured) = self.newest.filter(|_| is_due)?;
        let since = now.since(captured);
        let ticks = since.as_nanos() * u128::from(self.setup.clock_rate) / 1_000_000_000;
        Some(SenderInfo {
            ssrc: self.setup.ssrc,
            ntp,
            timestamp: timestamp.wrapping_add(ticks as u32),
            packets: self.packets,
            bytes: self.bytes,
        })
    }

    /// Takes what the viewer says about this stream; gives the round trip if it can be told.
    pub(super) fn reported(&mut self, block: &ReportBlock, ntp: NtpTime) -> Option<Duration> {
        // What has been sent keeps its MID, should it be sent again.
        let next = self.sent.highest().map_or(0, |highest| highest + 1);
        self.known_from.get_or_insert(next);
        self.reception = Some(Reception::after(self.reception, block, self.setup.clock_rate, ntp));
        block.round_trip(ntp)
    }

    /// Whether a full intra request is another one than the last (RFC 5104 section 4.3.1.1).
    pub(super) fn is_new_command(&mut self, command: u8) -> bool {
        self.command.replace(command) != Some(command)
    }
}

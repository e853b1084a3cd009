use super::reception::{NtpTime, ReportBlock};
use super::{
    CNAME, FULL_INTRA_REQUEST, GOODBYE, NACK, PAYLOAD_FEEDBACK, PICTURE_LOSS, RECEIVER_REPORT, REPORT_BLOCK_LENGTH,
    SENDER_REPORT, SOURCE_DESCRIPTION, TRANSPORT_FEEDBACK, VERSION,
};

/// The messages of one datagram, in order. Messages of unknown types, and those whose content does not fit their
/// length, are passed over.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

#[derive(Clone, Debug)]
pub enum Message<'a> {
    SenderReport(SenderReport<'a>),
    ReceiverReport(ReceiverReport<'a>),
    SourceDescription(DescriptionChunks<'a>),
    Goodbye(Goodbye<'a>),
    Nack(Nack<'a>),
    PictureLoss(PictureLoss),
    FullIntraRequest(FullIntraRequests<'a>),
}

/// RFC 3550 section 6.4.1.
#[derive(Clone, Debug)]
pub struct SenderReport<'a> {
    pub ssrc: u32,
    pub ntp: NtpTime,
    /// The same moment in the stream's timestamps.
    pub timestamp: u32,
    pub packets: u32,
    /// Payload bytes.
    pub bytes: u32,
    pub blocks: ReportBlocks<'a>,
}

/// RFC 3550 section 6.4.2.
#[derive(Clone, Debug)]
pub struct ReceiverReport<'a> {
    /// The receiver's own.
    pub ssrc: u32,
    pub blocks: ReportBlocks<'a>,
}

/// RFC 3550 section 6.6.
#[derive(Clone, Debug)]
pub struct Goodbye<'a> {
    sources: &'a [u8],
}

/// Generic NACK (RFC 4585 section 6.2.1).
#[derive(Clone, Debug)]
pub struct Nack<'a> {
    pub sender_ssrc: u32,
    pub media_ssrc: u32,
    items: &'a [u8],
}

/// Picture loss indication (RFC 4585 section 6.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureLoss {
    pub sender_ssrc: u32,
    pub media_ssrc: u32,
}

/// Full intra request (RFC 5104 section 4.3.1).
#[derive(Clone, Debug)]
pub struct FullIntraRequests<'a> {
    pub sender_ssrc: u32,
    items: &'a [u8],
}

impl<'a> Messages<'a> {
    /// `None` unless the datagram is RTCP from end to end: version 2, lengths that add up, padding in the last message
    /// only (RFC 3550 appendix A.2). That it begins with a report is not asked for (RFC 5506 section 3.1).
    pub fn parse(datagram: &'a [u8]) -> Option<Self> {
        let mut rest = datagram;
        loop {
            let (header, _, after) = split_message(rest)?;
            if after.is_empty() {
                return Some(Self { rest: datagram });
            }
            if header.has_padding {
                return None;
            }
            rest = after;
        }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        loop {
            let (header, body, after) = split_message(self.rest)?;
            self.rest = after;
            let message = parse_message(&header, body);
            if message.is_some() {
                return message;
            }
        }
    }
}

struct Header {
    has_padding: bool,
    /// Number of blocks, chunks or sources, or the type of feedback.
    count: u8,
    kind: u8,
}

/// The first message, its body without header and padding, and what follows it.
fn split_message(bytes: &[u8]) -> Option<(Header, &[u8], &[u8])> {
    let (&[first, kind, l0, l1], _) = bytes.split_first_chunk::<4>()?;
    if first >> 6 != VERSION {
        return None;
    }
    let (message, after) = bytes.split_at_checked((usize::from(u16::from_be_bytes([l0, l1])) + 1) * 4)?;
    let mut body = message.get(4..)?;
    let has_padding = first & 0x20 != 0;
    if has_padding {
        // The last byte counts the padding with itself, in whole words (RFC 3550 section 6.4.1).
        let padding = usize::from(*body.last()?);
        if padding == 0 || padding % 4 != 0 {
            return None;
        }
        body = body.get(..body.len().checked_sub(padding)?)?;
    }
    Some((Header { has_padding, count: first & 0x1f, kind }, body, after))
}

fn parse_message<'a>(header: &Header, body: &'a [u8]) -> Option<Message<'a>> {
    let blocks = usize::from(header.count) * REPORT_BLOCK_LENGTH;
    match (header.kind, header.count) {
        (SENDER_REPORT, _) => {
            let (info, rest) = body.split_first_chunk::<24>()?;
            Some(Message::SenderReport(SenderReport {
                ssrc: word(info, 0),
                ntp: NtpTime(u64::from(word(info, 4)) << 32 | u64::from(word(info, 8))),
                timestamp: word(info, 12),
                packets: word(info, 16),
                bytes: word(info, 20),
                blocks: ReportBlocks { bytes: rest.get(..blocks)? },
            }))
        }
        (RECEIVER_REPORT, _) => {
            let (ssrc, rest) = body.split_first_chunk::<4>()?;
            let blocks = ReportBlocks { bytes: rest.get(..blocks)? };
            Some(Message::ReceiverReport(ReceiverReport { ssrc: word(ssrc, 0), blocks }))
        }
        (SOURCE_DESCRIPTION, chunks) => Some(Message::SourceDescription(DescriptionChunks { chunks, rest: body })),
        (GOODBYE, sources) => Some(Message::Goodbye(Goodbye { sources: body.get(..usize::from(sources) * 4)? })),
        (TRANSPORT_FEEDBACK | PAYLOAD_FEEDBACK, _) => parse_feedback(header, body),
        _ => None,
    }
}

/// RFC 4585 section 6.1.
fn parse_feedback<'a>(header: &Header, body: &'a [u8]) -> Option<Message<'a>> {
    let (ssrcs, items) = body.split_first_chunk::<8>()?;
    let (sender_ssrc, media_ssrc) = (word(ssrcs, 0), word(ssrcs, 4));
    match (header.kind, header.count) {
        (TRANSPORT_FEEDBACK, NACK) => Some(Message::Nack(Nack { sender_ssrc, media_ssrc, items })),
        (PAYLOAD_FEEDBACK, PICTURE_LOSS) => Some(Message::PictureLoss(PictureLoss { sender_ssrc, media_ssrc })),
        (PAYLOAD_FEEDBACK, FULL_INTRA_REQUEST) => {
            Some(Message::FullIntraRequest(FullIntraRequests { sender_ssrc, items }))
        }
        _ => None,
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk::<4>).map_or(0, |word| u32::from_be_bytes(*word))
}

/// Report blocks (RFC 3550 section 6.4.1).
#[derive(Clone, Debug)]
pub struct ReportBlocks<'a> {
    bytes: &'a [u8],
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.bytes.split_first_chunk::<REPORT_BLOCK_LENGTH>()?;
        self.bytes = rest;
        let loss = word(block, 4);
        Some(ReportBlock {
            ssrc: word(block, 0),
            fraction_lost: (loss >> 24) as u8,
            // Signed, 24 bits.
            cumulative_lost: (loss << 8) as i32 >> 8,
            highest_sequence: word(block, 8),
            jitter: word(block, 12),
            last_sender_report: word(block, 16),
            delay_since: word(block, 20),
        })
    }
}

/// The sources of a description with their canonical names (RFC 3550 section 6.5); chunks without one are passed over.
#[derive(Clone, Debug)]
pub struct DescriptionChunks<'a> {
    chunks: u8,
    rest: &'a [u8],
}

impl<'a> Iterator for DescriptionChunks<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<(u32, &'a [u8])> {
        while self.chunks > 0 {
            self.chunks -= 1;
            let (ssrc, items) = self.rest.split_first_chunk::<4>()?;
            let (mut at, mut name) = (0, None);
            loop {
                let kind = *items.get(at)?;
                if kind == 0 {
                    break;
                }
                let length = usize::from(*items.get(at + 1)?);
                let text = items.get(at + 2..at + 2 + length)?;
                if kind == CNAME {
                    name = name.or(Some(text));
                }
                at += 2 + length;
            }
            // The list ends with one null byte at least, up to the next word.
            self.rest = items.get((at + 1).next_multiple_of(4)..)?;
            if let Some(name) = name {
                return Some((word(ssrc, 0), name));
            }
        }
        None
    }
}

impl Goodbye<'_> {
    pub fn sources(&self) -> impl Iterator<Item = u32> {
        self.sources.chunks_exact(4).map(|source| word(source, 0))
    }
}

impl<'a> Nack<'a> {
    /// Sequence numbers of the packets lost.
    pub fn lost(&self) -> LostPackets<'a> {
        LostPackets { items: self.items, packet: 0, following: 0 }
    }
}

/// The numbers an item names: a packet, and in the bits of a mask those lost of the 16 after it.
#[derive(Clone, Debug)]
pub struct LostPackets<'a> {
    items: &'a [u8],
    packet: u16,
    following: u16,
}

impl Iterator for LostPackets<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.following == 0 {
            let (&[p0, p1, m0, m1], rest) = self.items.split_first_chunk::<4>()?;
            self.items = rest;
            self.packet = u16::from_be_bytes([p0, p1]);
            self.following = u16::from_be_bytes([m0, m1]);
            return Some(self.packet);
        }
        let bit = self.following.trailing_zeros() as u16;
        self.following &= self.following - 1;
        Some(self.packet.wrapping_add(bit + 1))
    }
}

impl FullIntraRequests<'_> {
    /// The sources asked and the command numbers: a number seen before repeats a request (RFC 5104 section 4.3.1.1).
    pub fn requests(&self) -> impl Iterator<Item = (u32, u8)> {
        self.items.chunks_exact(8).map(|item| (word(item, 0), item[4]))
    }
}

use super::reception::{NtpTime, ReportBlock};
use super::{
    CNAME, FULL_INTRA_REQUEST, GOODBYE, NACK, PAYLOAD_FEEDBACK, PICTURE_LOSS, RECEIVER_REPORT, SENDER_REPORT,
    SOURCE_DESCRIPTION, TRANSPORT_FEEDBACK, VERSION,
};

/// What a sender says about one of its streams (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    pub ssrc: u32,
    pub ntp: NtpTime,
    /// The same moment in the stream's timestamps.
    pub timestamp: u32,
    pub packets: u32,
    /// Payload bytes.
    pub bytes: u32,
}

/// Writes messages one after the other into a buffer. A message that does not fit is left out as a whole and answered
/// with false.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut [u8],
    length: usize,
}

/// Header counts have five bits.
const MOST: usize = 31;

impl<'a> Writer<'a> {
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, length: 0 }
    }

    /// Bytes written.
    pub fn length(&self) -> usize {
        self.length
    }

    pub fn sender_report(&mut self, info: &SenderInfo, blocks: &[ReportBlock]) -> bool {
        self.message(SENDER_REPORT, blocks.len(), |body| {
            body.put(&info.ssrc.to_be_bytes())?;
            body.put(&info.ntp.0.to_be_bytes())?;
            for word in [info.timestamp, info.packets, info.bytes] {
                body.put(&word.to_be_bytes())?;
            }
            blocks.iter().try_for_each(|block| body.put_block(block))
        })
    }

    pub fn receiver_report(&mut self, ssrc: u32, blocks: &[ReportBlock]) -> bool {
        self.message(RECEIVER_REPORT, blocks.len(), |body| {
            body.put(&ssrc.to_be_bytes())?;
            blocks.iter().try_for_each(|block| body.put_block(block))
        })
    }

    /// The canonical name of these sources (RFC 3550 section 6.5), at most 255 bytes.
    pub fn source_description(&mut self, sources: &[u32], name: &[u8]) -> bool {
        let Ok(length) = u8::try_from(name.len()) else { return false };
        self.message(SOURCE_DESCRIPTION, sources.len(), |body| {
            for source in sources {
                body.put(&source.to_be_bytes())?;
                body.put(&[CNAME, length])?;
                body.put(name)?;
                // One null byte at least ends the list.
                let nulls = 4 - (2 + name.len()) % 4;
                body.put(&[0; 4][..nulls])?;
            }
            Some(())
        })
    }

    pub fn goodbye(&mut self, sources: &[u32]) -> bool {
        self.message(GOODBYE, sources.len(), |body| {
            sources.iter().try_for_each(|source| body.put(&source.to_be_bytes()))
        })
    }

    /// `lost` in ascending order of sequence, as packets within 16 of each other share an item (RFC 4585 section 6.2.1).
    pub fn nack(&mut self, sender_ssrc: u32, media_ssrc: u32, lost: impl IntoIterator<Item = u16>) -> bool {
        self.message(TRANSPORT_FEEDBACK, usize::from(NACK), |body| {
            body.put(&sender_ssrc.to_be_bytes())?;
            body.put(&media_ssrc.to_be_bytes())?;
            let mut item: Option<(u16, u16)> = None;
            for sequence in lost {
                match &mut item {
                    Some((packet, following)) if (1..=16).contains(&sequence.wrapping_sub(*packet)) => {
                        *following |= 1 << (sequence.wrapping_sub(*packet) - 1);
                    }
                    _ => {
                        body.put_item(item.replace((sequence, 0)))?;
                    }
                }
            }
            // A message without any item is none.
            item?;
            body.put_item(item)
        })
    }

    pub fn picture_loss(&mut self, sender_ssrc: u32, media_ssrc: u32) -> bool {
        self.message(PAYLOAD_FEEDBACK, usize::from(PICTURE_LOSS), |body| {
            body.put(&sender_ssrc.to_be_bytes())?;
            body.put(&media_ssrc.to_be_bytes())
        })
    }

    /// `command` counts up with each new request (RFC 5104 section 4.3.1.1).
    pub fn full_intra_request(&mut self, sender_ssrc: u32, media_ssrc: u32, command: u8) -> bool {
        self.message(PAYLOAD_FEEDBACK, usize::from(FULL_INTRA_REQUEST), |body| {
            body.put(&sender_ssrc.to_be_bytes())?;
            // The source asked is named in the item, the common field is zero (RFC 5104 section 4.3.1.2).
            body.put(&[0; 4])?;
            body.put(&media_ssrc.to_be_bytes())?;
            body.put(&[command, 0, 0, 0])
        })
    }

    fn message(&mut self, kind: u8, count: usize, write: impl FnOnce(&mut Body<'_>) -> Option<()>) -> bool {
        let Some((header, out)) = self.out[self.length..].split_first_chunk_mut::<4>() else { return false };
        let mut body = Body { out, length: 0 };
        if count > MOST || write(&mut body).is_none() {
            return false;
        }
        let Ok(words) = u16::try_from(body.length / 4) else { return false };
        let [high, low] = words.to_be_bytes();
        *header = [VERSION << 6 | count as u8, kind, high, low];
        self.length += 4 + body.length;
        true
    }
}

struct Body<'a> {
    out: &'a mut [u8],
    length: usize,
}

impl Body<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        self.out.get_mut(self.length..self.length + bytes.len())?.copy_from_slice(bytes);
        self.length += bytes.len();
        Some(())
    }

    fn put_block(&mut self, block: &ReportBlock) -> Option<()> {
        let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
        let loss = u32::from(block.fraction_lost) << 24 | lost;
        let words =
            [block.ssrc, loss, block.highest_sequence, block.jitter, block.last_sender_report, block.delay_since];
        words.iter().try_for_each(|word| self.put(&word.to_be_bytes()))
    }

    fn put_item(&mut self, item: Option<(u16, u16)>) -> Option<()> {
        let Some((packet, following)) = item else { return Some(()) };
        self.put(&packet.to_be_bytes())?;
        self.put(&following.to_be_bytes())
    }
}

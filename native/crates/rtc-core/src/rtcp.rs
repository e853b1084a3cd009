//! RTCP on the wire: reports, descriptions and goodbyes (RFC 3550 section 6), feedback (RFC 4585 section 6, RFC 5104
//! section 4.3.1). Compound packets and reduced-size ones (RFC 5506) alike.

mod parse;
mod reception;
mod write;

pub use parse::{
    DescriptionChunks, FullIntraRequests, Goodbye, LostPackets, Message, Messages, Nack, PictureLoss, ReceiverReport,
    ReportBlocks, SenderReport,
};
pub use reception::{NtpTime, ReportBlock};
pub use write::{SenderInfo, Writer};

const VERSION: u8 = 2;

// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1).
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;

// Feedback message types (RFC 4585 sections 6.2 and 6.3, RFC 5104 section 4.3).
const NACK: u8 = 1;
const PICTURE_LOSS: u8 = 1;
const FULL_INTRA_REQUEST: u8 = 4;

/// Item of a source description that names the sender over all its streams (RFC 3550 section 6.5.1).
const CNAME: u8 = 1;

const REPORT_BLOCK_LENGTH: usize = 24;

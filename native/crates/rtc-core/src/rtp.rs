//! RTP packets on the wire: the fixed header (RFC 3550 section 5.1) and header extensions in the one-byte form
//! (RFC 8285 section 4.2).

/// The fixed header, in bytes.
pub const FIXED_HEADER_LENGTH: usize = 12;

const VERSION: u8 = 2;

/// "Defined by profile" of the one-byte form.
const ONE_BYTE_PROFILE: u16 = 0xbede;

/// An element holds at most this many bytes in the one-byte form.
const LONGEST_ELEMENT: usize = 16;

/// Identifiers of elements in the one-byte form: 0 is padding, 15 is reserved.
const IDENTIFIERS: std::ops::RangeInclusive<u8> = 1..=14;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
}

/// One element of a header extension: the identifier negotiated (1 to 14) and 1 to 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    pub identifier: u8,
    pub value: &'a [u8],
}

/// Length of a header with these extensions, in bytes.
pub fn header_length(extensions: &[Extension<'_>]) -> usize {
    match extensions.iter().map(|extension| 1 + extension.value.len()).sum::<usize>() {
        0 => FIXED_HEADER_LENGTH,
        elements => FIXED_HEADER_LENGTH + 4 + elements.next_multiple_of(4),
    }
}

/// Writes a header to the front of `out` and returns its length. `None` when `out` is too short or an extension does
/// not fit the one-byte form.
pub fn write_header(header: &Header, extensions: &[Extension<'_>], out: &mut [u8]) -> Option<usize> {
    let length = header_length(extensions);
    let out = out.get_mut(..length)?;
    let (fixed, rest) = out.split_first_chunk_mut::<FIXED_HEADER_LENGTH>()?;
    fixed[0] = VERSION << 6 | u8::from(!rest.is_empty()) << 4;
    fixed[1] = u8::from(header.marker) << 7 | (header.payload_type & 0x7f);
    fixed[2..4].copy_from_slice(&header.sequence.to_be_bytes());
    fixed[4..8].copy_from_slice(&header.timestamp.to_be_bytes());
    fixed[8..].copy_from_slice(&header.ssrc.to_be_bytes());
    let Some((profile, mut elements)) = rest.split_first_chunk_mut::<4>() else { return Some(length) };
    let words = u16::try_from(elements.len() / 4).ok()?;
    profile[..2].copy_from_slice(&ONE_BYTE_PROFILE.to_be_bytes());
    profile[2..].copy_from_slice(&words.to_be_bytes());
    for Extension { identifier, value } in extensions {
        if !IDENTIFIERS.contains(identifier) || value.is_empty() || value.len() > LONGEST_ELEMENT {
            return None;
        }
        let (element, after) = elements.split_at_mut_checked(1 + value.len())?;
        element[0] = identifier << 4 | (value.len() - 1) as u8;
        element[1..].copy_from_slice(value);
        elements = after;
    }
    elements.fill(0);
    Some(length)
}

/// An RTP packet as it was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    pub header: Header,
    /// Length of everything before the payload: fixed header, contributing sources, extension.
    pub header_length: usize,
    /// Without padding.
    pub payload: &'a [u8],
    profile: u16,
    elements: &'a [u8],
}

impl<'a> Packet<'a> {
    /// `None` for anything that is no whole RTP packet.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, header_length, profile, elements) = parse_header(bytes)?;
        let body = bytes.get(header_length..)?;
        let payload = match bytes[0] & 0x20 {
            0 => body,
            // The last byte counts the padding with itself (RFC 3550 section 5.1).
            _ => match usize::from(*body.last()?) {
                0 => return None,
                padding => body.get(..body.len().checked_sub(padding)?)?,
            },
        };
        Some(Self { header, header_length, payload, profile, elements })
    }

    /// The elements of the header extension, in the one-byte form; none for any other form.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        let mut rest = if self.profile == ONE_BYTE_PROFILE { self.elements } else { &[] };
        std::iter::from_fn(move || {
            loop {
                let (&first, after) = rest.split_first()?;
                let (identifier, length) = (first >> 4, usize::from(first & 0x0f) + 1);
                match (identifier, first & 0x0f) {
                    // A byte of padding.
                    (0, 0) => rest = after,
                    // Padding with a length, and the reserved identifier: nothing from there on may be read
                    // (RFC 8285 sections 4.1.2 and 4.2).
                    (0 | 15, _) => return None,
                    _ => {
                        let (value, after) = after.split_at_checked(length)?;
                        rest = after;
                        return Some(Extension { identifier, value });
                    }
                }
            }
        })
    }
}

/// Length of everything before the payload of a packet whose payload may still be encrypted; `None` for anything that
/// does not begin with a whole RTP header.
pub fn parsed_header_length(bytes: &[u8]) -> Option<usize> {
    parse_header(bytes).map(|(_, length, _, _)| length)
}

fn parse_header(bytes: &[u8]) -> Option<(Header, usize, u16, &[u8])> {
    let fixed = bytes.first_chunk::<FIXED_HEADER_LENGTH>()?;
    if fixed[0] >> 6 != VERSION {
        return None;
    }
    let header = Header {
        marker: fixed[1] & 0x80 != 0,
        payload_type: fixed[1] & 0x7f,
        sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
        timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
        ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
    };
    let contributing = usize::from(fixed[0] & 0x0f) * 4;
    let length = FIXED_HEADER_LENGTH + contributing;
    let rest = bytes.get(length..)?;
    if fixed[0] & 0x10 == 0 {
        return Some((header, length, 0, &[]));
    }
    let (&[p0, p1, w0, w1], after) = rest.split_first_chunk::<4>()?;
    let elements = after.get(..usize::from(u16::from_be_bytes([w0, w1])) * 4)?;
    Some((header, length + 4 + elements.len(), u16::from_be_bytes([p0, p1]), elements))
}

//! Reference packetizers: what a sender makes of a unit, with every freedom its format leaves.

/// Cuts bytes where the entropy says, in pieces of 1 to `most` bytes.
pub(super) struct Cuts<'a> {
    entropy: &'a [u8],
    at: usize,
}

impl<'a> Cuts<'a> {
    pub(super) fn new(entropy: &'a [u8]) -> Self {
        Self { entropy, at: 0 }
    }

    pub(super) fn choose(&mut self, below: usize) -> usize {
        let byte = self.entropy[self.at % self.entropy.len()];
        self.at += 1;
        usize::from(byte) % below
    }

    fn pieces<'b>(&mut self, mut bytes: &'b [u8], most: usize) -> Vec<&'b [u8]> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at((1 + self.choose(most)).min(bytes.len()));
            pieces.push(piece);
            bytes = rest;
        }
        pieces
    }
}

/// RFC 7741 section 4.2.
pub(super) fn vp8(frame: &[u8], picture: u16, cuts: &mut Cuts<'_>) -> Vec<Vec<u8>> {
    let form = cuts.choose(3);
    let payload = |(index, piece): (usize, &&[u8])| {
        let start = if index == 0 { 0x10 } else { 0 };
        let mut payload = match form {
            0 => vec![start],
            1 => vec![0x80 | start, 0x80, picture as u8 & 0x7f],
            _ => vec![0x80 | start, 0xf0, 0x80 | (picture >> 8) as u8 & 0x7f, picture as u8, 7, 0x20],
        };
        payload.extend_from_slice(piece);
        payload
    };
    cuts.pieces(frame, 200).iter().enumerate().map(payload).collect()
}

/// RFC 9628 section 4.2; one frame for each spatial layer.
pub(super) fn vp9(layers: &[Vec<u8>], is_keyframe: bool, cuts: &mut Cuts<'_>) -> Vec<Vec<u8>> {
    let (is_flexible, has_layers) = (cuts.choose(2) == 1, layers.len() > 1 || cuts.choose(2) == 1);
    let mut payloads = Vec::new();
    for (layer, frame) in layers.iter().enumerate() {
        let pieces = cuts.pieces(frame, 200);
        for (index, piece) in pieces.iter().enumerate() {
            let has_structure = is_keyframe && layer == 0 && index == 0;
            let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
            let mut payload = vec![
                0x80 | bit(!is_keyframe, 0x40)
                    | bit(has_layers, 0x20)
                    | bit(is_flexible, 0x10)
                    | bit(index == 0, 0x08)
                    | bit(index + 1 == pieces.len(), 0x04)
                    | bit(has_structure, 0x02),
                0x85,
                0x01,
            ];
            if has_layers {
                payload.push((layer as u8) << 1);
                if !is_flexible {
                    payload.push(9);
                }
            }
            if is_flexible && !is_keyframe {
                payload.extend([0x03, 0x04]);
            }
            if has_structure {
                payload.push((layers.len() as u8 - 1) << 5 | 0x18);
                for _ in layers {
                    payload.extend([0x02, 0x80, 0x01, 0x68]);
                }
                payload.extend([2, 0x04, 1, 0x28, 1, 2]);
            }
            payload.extend_from_slice(piece);
            payloads.push(payload);
        }
    }
    payloads
}

/// RFC 6184 sections 5.6 to 5.8.
pub(super) fn h264(units: &[Vec<u8>], cuts: &mut Cuts<'_>) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    let mut rest = units;
    while let Some(unit) = rest.first() {
        let together = 1 + cuts.choose(3).min(rest.len() - 1);
        if together > 1 {
            let mut payload = vec![24 | 0x60];
            for unit in &rest[..together] {
                payload.extend((unit.len() as u16).to_be_bytes());
                payload.extend_from_slice(unit);
            }
            payloads.push(payload);
        } else if unit.len() > 2 && cuts.choose(2) == 0 {
            let pieces = cuts.pieces(&unit[1..], 200.min(unit.len() - 2));
            for (index, piece) in pieces.iter().enumerate() {
                let start = if index == 0 { 0x80 } else { 0 };
                let end = if index + 1 == pieces.len() { 0x40 } else { 0 };
                let mut payload = vec![unit[0] & 0xe0 | 28, start | end | unit[0] & 0x1f];
                payload.extend_from_slice(piece);
                payloads.push(payload);
            }
        } else {
            payloads.push(unit.clone());
        }
        rest = &rest[together..];
    }
    payloads
}

/// "RTP Payload Format For AV1" section 4.4; the OBUs come without a size.
pub(super) fn av1(obus: &[Vec<u8>], is_new_sequence: bool, cuts: &mut Cuts<'_>) -> Vec<Vec<u8>> {
    // Elements, each with whether it continues one and whether it goes on.
    let mut elements: Vec<(Vec<u8>, bool, bool)> = Vec::new();
    for obu in obus {
        // Some senders leave the size in.
        let obu = if cuts.choose(4) == 0 { with_size(obu) } else { obu.clone() };
        let pieces = cuts.pieces(&obu, 200);
        let last = pieces.len() - 1;
        elements.extend(pieces.iter().enumerate().map(|(index, piece)| (piece.to_vec(), index > 0, index < last)));
    }
    let mut payloads = Vec::new();
    let mut rest = &elements[..];
    while let Some((_, continues, _)) = rest.first() {
        // An element that goes on is the last of its packet.
        let until_cut = rest.iter().position(|(_, _, goes_on)| *goes_on).map_or(rest.len(), |at| at + 1);
        let count = 1 + cuts.choose(until_cut);
        let counted = if count <= 3 && cuts.choose(2) == 0 { count } else { 0 };
        let goes_on = rest[count - 1].2;
        let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let mut payload = vec![
            bit(*continues, 0x80)
                | bit(goes_on, 0x40)
                | (counted as u8) << 4
                | bit(is_new_sequence && payloads.is_empty(), 0x08),
        ];
        for (index, (element, _, _)) in rest[..count].iter().enumerate() {
            if index + 1 != counted {
                payload.extend(leb128(element.len()));
            }
            payload.extend_from_slice(element);
        }
        payloads.push(payload);
        rest = &rest[count..];
    }
    payloads
}

pub(super) fn with_size(obu: &[u8]) -> Vec<u8> {
    let head = 1 + usize::from(obu[0] & 0x04 != 0);
    let mut sized = vec![obu[0] | 0x02];
    sized.extend_from_slice(&obu[1..head]);
    sized.extend(leb128(obu.len() - head));
    sized.extend_from_slice(&obu[head..]);
    sized
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = value as u8 & 0x7f;
        value >>= 7;
        bytes.push(if value > 0 { byte | 0x80 } else { byte });
        if value == 0 {
            return bytes;
        }
    }
}

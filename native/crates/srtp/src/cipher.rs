use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{EncryptingKey, EncryptionContext};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};

use crate::keys::{SessionKeys, counter_mode};
use crate::packet::RTCP_CLEAR;
use crate::profile::{Profile, RTCP_INDEX_BYTES};

/// The E flag: the packet is encrypted (RFC 3711 section 3.4).
pub(crate) const ENCRYPTED: u32 = 1 << 31;

/// Seals and opens packets with one set of session keys. Lengths are the caller's to check.
pub(crate) enum Cipher {
    Gcm { key: LessSafeKey, salt: [u8; 12] },
    CounterMode(Box<CounterMode>),
}

/// AES in counter mode with HMAC-SHA1.
pub(crate) struct CounterMode {
    key: EncryptingKey,
    authentication: hmac::Key,
    salt: [u8; 14],
}

/// The tag is not the packet's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Forged;

impl Cipher {
    pub(crate) fn new(keys: &SessionKeys) -> Self {
        let algorithm = match keys.profile {
            Profile::AeadAes128Gcm => &AES_128_GCM,
            Profile::AeadAes256Gcm => &AES_256_GCM,
            Profile::Aes128CmHmacSha1_80 => {
                return Self::CounterMode(Box::new(CounterMode {
                    key: counter_mode(keys.encryption()),
                    authentication: hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, keys.authentication()),
                    salt: copied(keys.salt()),
                }));
            }
        };
        let key = UnboundKey::new(algorithm, keys.encryption()).expect("the profile's key length is the algorithm's");
        Self::Gcm { key: LessSafeKey::new(key), salt: copied(keys.salt()) }
    }

    pub(crate) fn tag_length(&self) -> usize {
        match self {
            Self::Gcm { .. } => Profile::AeadAes128Gcm.tag_length(),
            Self::CounterMode(_) => Profile::Aes128CmHmacSha1_80.tag_length(),
        }
    }

    /// Seals header, payload and room for the tag.
    pub(crate) fn seal_rtp(&self, packet: &mut [u8], header: usize, ssrc: u32, index: u64) {
        let (body, tag) = packet.split_at_mut(packet.len() - self.tag_length());
        match self {
            Self::Gcm { key, salt } => {
                let (header, payload) = body.split_at_mut(header);
                tag.copy_from_slice(seal_gcm(key, gcm_nonce(salt, ssrc, index), header, payload).as_ref());
            }
            Self::CounterMode(keys) => {
                keys.apply_keystream(ssrc, index, &mut body[header..]);
                let code = keys.authenticate(body, rollover(index));
                tag.copy_from_slice(&code.as_ref()[..tag.len()]);
            }
        }
    }

    /// Opens a sealed packet; the payload is the middle of what it was given.
    pub(crate) fn open_rtp(&self, packet: &mut [u8], header: usize, ssrc: u32, index: u64) -> Result<(), Forged> {
        match self {
            Self::Gcm { key, salt } => {
                let (header, sealed) = packet.split_at_mut(header);
                open_gcm(key, gcm_nonce(salt, ssrc, index), header, sealed)
            }
            Self::CounterMode(keys) => {
                let (body, tag) = packet.split_at_mut(packet.len() - self.tag_length());
                verify(&keys.authenticate(body, rollover(index)), tag)?;
                keys.apply_keystream(ssrc, index, &mut body[header..]);
                Ok(())
            }
        }
    }

    /// Seals a compound packet with room for the tag and the index behind it, encrypted.
    pub(crate) fn seal_rtcp(&self, packet: &mut [u8], ssrc: u32, index: u32) {
        let word = (ENCRYPTED | index).to_be_bytes();
        let end = packet.len() - self.tag_length() - RTCP_INDEX_BYTES;
        match self {
            // RFC 7714 section 9.3: the tag is before the index.
            Self::Gcm { key, salt } => {
                let (clear, rest) = packet.split_at_mut(RTCP_CLEAR);
                let (text, trailer) = rest.split_at_mut(end - RTCP_CLEAR);
                let (tag, index_word) = trailer.split_at_mut(trailer.len() - RTCP_INDEX_BYTES);
                index_word.copy_from_slice(&word);
                let associated = rtcp_associated(clear, &word);
                tag.copy_from_slice(seal_gcm(key, gcm_nonce(salt, ssrc, index.into()), &associated, text).as_ref());
            }
            // RFC 3711 section 3.4: the tag is behind the index.
            Self::CounterMode(keys) => {
                keys.apply_keystream(ssrc, index.into(), &mut packet[RTCP_CLEAR..end]);
                let (body, tag) = packet.split_at_mut(end + RTCP_INDEX_BYTES);
                body[end..].copy_from_slice(&word);
                let code = keys.authenticate(body, None);
                tag.copy_from_slice(&code.as_ref()[..tag.len()]);
            }
        }
    }

    /// The E flag and index of a sealed compound packet.
    pub(crate) fn rtcp_word_at(&self, length: usize) -> usize {
        match self {
            Self::Gcm { .. } => length - RTCP_INDEX_BYTES,
            Self::CounterMode(_) => length - self.tag_length() - RTCP_INDEX_BYTES,
        }
    }

    /// Opens a sealed compound packet whose trailer is `word`; the packet is the front of what it was given.
    pub(crate) fn open_rtcp(&self, packet: &mut [u8], ssrc: u32, word: u32) -> Result<(), Forged> {
        let index = u64::from(word & !ENCRYPTED);
        let is_encrypted = word & ENCRYPTED != 0;
        let end = packet.len() - self.tag_length() - RTCP_INDEX_BYTES;
        match self {
            Self::Gcm { key, salt } => {
                let nonce = gcm_nonce(salt, ssrc, index);
                if is_encrypted {
                    let (clear, rest) = packet.split_at_mut(RTCP_CLEAR);
                    let sealed = rest.len() - RTCP_INDEX_BYTES;
                    open_gcm(key, nonce, &rtcp_associated(clear, &word.to_be_bytes()), &mut rest[..sealed])
                } else {
                    // RFC 7714 section 9.2: packet and index are authenticated, with the tag between them.
                    let mut tag = [0; 16];
                    tag.copy_from_slice(&packet[end..end + 16]);
                    packet[end..end + RTCP_INDEX_BYTES].copy_from_slice(&word.to_be_bytes());
                    open_gcm(key, nonce, &packet[..end + RTCP_INDEX_BYTES], &mut tag)
                }
            }
            Self::CounterMode(keys) => {
                let (body, tag) = packet.split_at_mut(end + RTCP_INDEX_BYTES);
                verify(&keys.authenticate(body, None), tag)?;
                if is_encrypted {
                    keys.apply_keystream(ssrc, index, &mut body[RTCP_CLEAR..end]);
                }
                Ok(())
            }
        }
    }
}

impl CounterMode {
    /// RFC 3711 section 4.1.1.
    fn apply_keystream(&self, ssrc: u32, index: u64, text: &mut [u8]) {
        let mut salted = [0; 16];
        salted[..14].copy_from_slice(&self.salt);
        let counter = u128::from_be_bytes(salted) ^ (u128::from(ssrc) << 64) ^ (u128::from(index) << 16);
        self.key
            .less_safe_encrypt(text, EncryptionContext::Iv128(counter.to_be_bytes().into()))
            .expect("counter mode takes any length");
    }

    fn authenticate(&self, body: &[u8], rollover: Option<[u8; 4]>) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.authentication);
        context.update(body);
        if let Some(rollover) = rollover {
            context.update(&rollover);
        }
        context.sign()
    }
}

fn copied<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    let mut copy = [0; LENGTH];
    copy.copy_from_slice(bytes);
    copy
}

/// RFC 7714 section 8.1 for RTP, where the index is rollover counter and sequence number, and section 9.1 for RTCP.
fn gcm_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> Nonce {
    let input = (u128::from(ssrc) << 48) | u128::from(index);
    let mut nonce = *salt;
    for (byte, other) in nonce.iter_mut().zip(&input.to_be_bytes()[4..]) {
        *byte ^= other;
    }
    Nonce::assume_unique_for_key(nonce)
}

fn seal_gcm(key: &LessSafeKey, nonce: Nonce, associated: &[u8], text: &mut [u8]) -> aws_lc_rs::aead::Tag {
    key.seal_in_place_separate_tag(nonce, Aad::from(associated), text).expect("a datagram is not too long for GCM")
}

fn open_gcm(key: &LessSafeKey, nonce: Nonce, associated: &[u8], sealed: &mut [u8]) -> Result<(), Forged> {
    key.open_in_place(nonce, Aad::from(associated), sealed).map(|_| ()).map_err(|_| Forged)
}

fn rtcp_associated(clear: &[u8], word: &[u8; RTCP_INDEX_BYTES]) -> [u8; RTCP_CLEAR + RTCP_INDEX_BYTES] {
    let mut associated = [0; RTCP_CLEAR + RTCP_INDEX_BYTES];
    associated[..RTCP_CLEAR].copy_from_slice(clear);
    associated[RTCP_CLEAR..].copy_from_slice(word);
    associated
}

/// The part of the index that RTP does not carry and that is authenticated with it (RFC 3711 section 4.2).
fn rollover(index: u64) -> Option<[u8; 4]> {
    Some(((index >> 16) as u32).to_be_bytes())
}

fn verify(code: &hmac::Tag, tag: &[u8]) -> Result<(), Forged> {
    verify_slices_are_equal(&code.as_ref()[..tag.len()], tag).map_err(|_| Forged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    /// RFC 3711 appendix B.2.
    #[test]
    fn the_keystream_is_that_of_rfc_3711_b_2() {
        let keys = CounterMode {
            key: counter_mode(&hex("2B7E151628AED2A6ABF7158809CF4F3C")),
            authentication: hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &[0; 20]),
            salt: copied(&hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD")),
        };
        let mut stream = vec![0; 0xff02 * 16];
        keys.apply_keystream(0, 0, &mut stream);
        assert_eq!(
            stream[..48],
            hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0")
        );
        assert_eq!(
            stream[0xfeff * 16..],
            hex("EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE 6A2CC3787889374FBEB4C81B17BA6C44")
        );
    }
}

//! The packets of RFC 7714 sections 16 and 17, which are given with their session keys.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, LessSafeKey, UnboundKey};

use crate::cipher::{Cipher, ENCRYPTED, Forged};
use crate::hex;

const RTP_HEADER: &str = "8040f17b 8041f8d3 5501a0b2";
const RTP_PAYLOAD: &str = "47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573";
const RTP_SSRC: u32 = 0x5501_a0b2;
const RTP_INDEX: u64 = 0xf17b;

const RTCP: &str = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
                    deadbeef deadbeef deadbeef deadbeef deadbeef";
const RTCP_SSRC: u32 = 0x4d61_7273;
const RTCP_INDEX: u32 = 0x5d4;

fn cipher(key_length: usize) -> Cipher {
    let key: Vec<u8> = (0..key_length as u8).collect();
    let algorithm = if key_length == 16 { &AES_128_GCM } else { &AES_256_GCM };
    let mut salt = [0; 12];
    salt.copy_from_slice(b"Quid pro quo");
    Cipher::Gcm { key: LessSafeKey::new(UnboundKey::new(algorithm, &key).unwrap()), salt }
}

fn rtp_is_sealed_as(key_length: usize, sealed: &str) {
    let plain = hex(&format!("{RTP_HEADER}{RTP_PAYLOAD}"));
    let mut packet = [&plain[..], &[0; 16]].concat();
    cipher(key_length).seal_rtp(&mut packet, 12, RTP_SSRC, RTP_INDEX);
    assert_eq!(packet, hex(&format!("{RTP_HEADER}{sealed}")));
    assert_eq!(cipher(key_length).open_rtp(&mut packet, 12, RTP_SSRC, RTP_INDEX), Ok(()));
    assert_eq!(packet[..plain.len()], plain);
}

fn rtcp_is_sealed_as(key_length: usize, sealed: &str) {
    let plain = hex(RTCP);
    let mut packet = [&plain[..], &[0; 20]].concat();
    cipher(key_length).seal_rtcp(&mut packet, RTCP_SSRC, RTCP_INDEX);
    assert_eq!(packet, hex(&format!("81c8000d 4d617273 {sealed} 800005d4")));
    assert_eq!(cipher(key_length).open_rtcp(&mut packet, RTCP_SSRC, ENCRYPTED | RTCP_INDEX), Ok(()));
    assert_eq!(packet[..plain.len()], plain);
}

#[test]
fn section_16_1_srtp_aead_aes_128_gcm() {
    rtp_is_sealed_as(
        16,
        "f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833
         899d7f27 beb16a91 52cf765e e4390cce",
    );
}

#[test]
fn section_16_2_srtp_aead_aes_256_gcm() {
    rtp_is_sealed_as(
        32,
        "32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b
         7aa3db36 dfffd6b0 f9bb7878 d7a76c13",
    );
}

#[test]
fn section_17_1_srtcp_aead_aes_128_gcm() {
    rtcp_is_sealed_as(
        16,
        "63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
         4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade",
    );
}

#[test]
fn section_17_2_srtcp_aead_aes_256_gcm() {
    rtcp_is_sealed_as(
        32,
        "d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be
         8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be",
    );
}

#[test]
fn section_17_3_srtcp_authenticated_only() {
    let plain = hex(RTCP);
    let sealed = hex(&format!("{RTCP} 841dd968 3dd78ec9 2ae58790 125f62b3 000005d4"));
    let mut packet = sealed.clone();
    assert_eq!(cipher(16).open_rtcp(&mut packet, RTCP_SSRC, RTCP_INDEX), Ok(()));
    assert_eq!(packet[..plain.len()], plain);
    let mut packet = sealed;
    packet[9] ^= 1;
    assert_eq!(cipher(16).open_rtcp(&mut packet, RTCP_SSRC, RTCP_INDEX), Err(Forged));
}

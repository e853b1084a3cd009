//! What must hold of any packet, of every profile.

use std::collections::BTreeSet;

use proptest::prelude::*;
use srtp::{MasterKey, Profile, Receiver, Refused, Sender};

const PROFILES: [Profile; 3] = [Profile::Aes128CmHmacSha1_80, Profile::AeadAes128Gcm, Profile::AeadAes256Gcm];

fn pair(profile: Profile) -> (Sender, Receiver) {
    let material: Vec<u8> = (0..profile.keying_material_length() as u8).collect();
    let (client, server) = MasterKey::from_dtls(profile, &material).unwrap();
    drop(client);
    (Sender::new(&server), Receiver::new(&server))
}

/// A header with contributing sources and an extension, and the payload.
fn rtp(ssrc: u32, index: u64, sources: usize, extension: Option<usize>, payload: &[u8]) -> (Vec<u8>, usize) {
    let mut packet = vec![0x80 | sources as u8 | if extension.is_some() { 0x10 } else { 0 }, 96];
    packet.extend((index as u16).to_be_bytes());
    packet.extend([1, 2, 3, 4]);
    packet.extend(ssrc.to_be_bytes());
    packet.extend(vec![9; 4 * sources]);
    if let Some(words) = extension {
        packet.extend([0xbe, 0xde, 0, words as u8]);
        packet.extend(vec![0; 4 * words]);
    }
    let header = packet.len();
    packet.extend(payload);
    (packet, header)
}

fn rtcp(ssrc: u32, words: usize) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend(ssrc.to_be_bytes());
    packet.extend((0..4 * words).map(|byte| byte as u8));
    packet
}

fn sealed_rtp(sender: &Sender, plain: &[u8], header: usize, index: u64) -> Vec<u8> {
    let mut packet = [plain, &vec![0; sender.profile().rtp_overhead()]].concat();
    sender.protect_rtp(&mut packet, header, index).unwrap();
    packet
}

fn sealed_rtcp(sender: &mut Sender, plain: &[u8]) -> Vec<u8> {
    let mut packet = [plain, &vec![0; sender.profile().rtcp_overhead()]].concat();
    sender.protect_rtcp(&mut packet).unwrap();
    packet
}

fn profile() -> impl Strategy<Value = Profile> {
    prop::sample::select(&PROFILES[..])
}

proptest! {
    #[test]
    fn rtp_comes_back_as_it_was_once_and_unchanged_only(
        profile in profile(),
        ssrc: u32,
        index in 0u64..1 << 16,
        sources in 0usize..16,
        extension in prop::option::of(0usize..5),
        payload in prop::collection::vec(any::<u8>(), 0..1_300),
        flipped: prop::sample::Index,
    ) {
        let (sender, mut receiver) = pair(profile);
        let (plain, header) = rtp(ssrc, index, sources, extension, &payload);
        let sealed = sealed_rtp(&sender, &plain, header, index);
        let mut forged = sealed.clone();
        let bit = flipped.index(8 * forged.len());
        forged[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(receiver.unprotect_rtp(&mut forged).is_err(), "bit {bit} was changed");
        let (opened, found) = receiver.unprotect_rtp(&mut sealed.clone()).map(|(opened, at)| (opened.to_vec(), at)).unwrap();
        prop_assert_eq!(opened, plain);
        prop_assert_eq!(found, index);
        prop_assert_eq!(receiver.unprotect_rtp(&mut sealed.clone()).err(), Some(Refused::Replayed));
    }

    #[test]
    fn rtcp_comes_back_as_it_was_once_and_unchanged_only(
        profile in profile(),
        ssrc: u32,
        before in 0usize..5,
        words in 0usize..300,
        flipped: prop::sample::Index,
    ) {
        let (mut sender, mut receiver) = pair(profile);
        for _ in 0..before {
            sealed_rtcp(&mut sender, &rtcp(ssrc, 1));
        }
        let plain = rtcp(ssrc, words);
        let sealed = sealed_rtcp(&mut sender, &plain);
        prop_assert!(words == 0 || !sealed.windows(words * 4).any(|window| window == &plain[8..]) || words == 1);
        let mut forged = sealed.clone();
        let bit = flipped.index(8 * forged.len());
        forged[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(receiver.unprotect_rtcp(&mut forged).is_err(), "bit {bit} was changed");
        prop_assert_eq!(receiver.unprotect_rtcp(&mut sealed.clone()).map(|opened| opened.to_vec()), Ok(plain));
        prop_assert_eq!(receiver.unprotect_rtcp(&mut sealed.clone()).err(), Some(Refused::Replayed));
    }

    #[test]
    fn order_loss_and_repetition_on_the_way_change_no_index(
        profile in profile(),
        start in 0u64..1 << 16,
        steps in prop::collection::vec((0u64..300, 0u64..120), 1..200),
    ) {
        let (sender, mut receiver) = pair(profile);
        let (mut highest, mut taken) = (start, BTreeSet::new());
        for (step, back) in steps {
            let index = if taken.is_empty() { start } else { (highest + step).saturating_sub(back) };
            let (plain, header) = rtp(7, index, 0, None, b"payload");
            let mut sealed = sealed_rtp(&sender, &plain, header, index);
            let result = receiver.unprotect_rtp(&mut sealed).map(|(_, index)| index);
            if taken.insert(index) && index + 128 > highest {
                prop_assert_eq!(result, Ok(index));
            } else {
                prop_assert_eq!(result, Err(Refused::Replayed));
            }
            highest = highest.max(index);
        }
    }

    #[test]
    fn rubbish_is_refused(profile in profile(), mut bytes in prop::collection::vec(any::<u8>(), 0..200), version: bool) {
        let (_, mut receiver) = pair(profile);
        if version && let Some(first) = bytes.first_mut() {
            *first = 0x80 | (*first & 0x3f);
        }
        prop_assert!(receiver.unprotect_rtp(&mut bytes.clone()).is_err());
        prop_assert!(receiver.unprotect_rtcp(&mut bytes).is_err());
    }
}

#[test]
fn the_two_sides_of_a_connection_have_different_keys() {
    for profile in PROFILES {
        let material: Vec<u8> = (0..profile.keying_material_length() as u8).collect();
        let (client, server) = MasterKey::from_dtls(profile, &material).unwrap();
        let (plain, header) = rtp(1, 1, 0, None, b"payload");
        let mut sealed = sealed_rtp(&Sender::new(&client), &plain, header, 1);
        assert_eq!(Receiver::new(&server).unprotect_rtp(&mut sealed), Err(Refused::Forged));
    }
}

/// RFC 3711 section 3.2.3: a context for each SSRC; one index may come once from each.
#[test]
fn sources_are_told_apart_and_counted() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        for ssrc in 0..32 {
            let (plain, header) = rtp(ssrc, 5, 0, None, b"payload");
            assert!(receiver.unprotect_rtp(&mut sealed_rtp(&sender, &plain, header, 5)).is_ok());
            assert!(receiver.unprotect_rtcp(&mut sealed_rtcp(&mut sender, &rtcp(ssrc, 1))).is_ok());
        }
        let (plain, header) = rtp(32, 5, 0, None, b"payload");
        let mut sealed = sealed_rtp(&sender, &plain, header, 5);
        assert_eq!(receiver.unprotect_rtp(&mut sealed), Err(Refused::TooManySources));
        let mut sealed = sealed_rtcp(&mut sender, &rtcp(32, 1));
        assert_eq!(receiver.unprotect_rtcp(&mut sealed), Err(Refused::TooManySources));
    }
}

/// A forger's packets far ahead neither move the window nor fill the table of sources.
#[test]
fn forged_packets_leave_nothing_behind() {
    for profile in PROFILES {
        let (sender, mut receiver) = pair(profile);
        for ssrc in 0..1_000 {
            let mut forged = [rtp(ssrc, 60_000, 0, None, b"payload").0, vec![0; profile.rtp_overhead()]].concat();
            assert_eq!(receiver.unprotect_rtp(&mut forged), Err(Refused::Forged));
        }
        let (plain, header) = rtp(7, 1, 0, None, b"payload");
        assert!(receiver.unprotect_rtp(&mut sealed_rtp(&sender, &plain, header, 1)).is_ok());
    }
}

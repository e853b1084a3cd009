//! What sealing a packet costs: `cargo run --release -p srtp --example seal_cost`.

use std::fs;
use std::hint::black_box;

use srtp::{MasterKey, Profile, Receiver, Sender};

const HEADER: usize = 12;
const PAYLOAD: usize = 1_188;
/// Viewers served in turn, so that no key stays in the cache for free.
const VIEWERS: usize = 200;
/// Packets one viewer gets before it is the next one's turn.
const BURST: u64 = 10;
const ROUNDS: u64 = 200;

fn main() {
    println!("{} bytes before sealing, {VIEWERS} viewers, {BURST} packets each in turn", HEADER + PAYLOAD);
    for profile in [Profile::AeadAes128Gcm, Profile::AeadAes256Gcm, Profile::Aes128CmHmacSha1_80] {
        let material: Vec<u8> = (0..profile.keying_material_length() as u8).collect();
        let (_, server) = MasterKey::from_dtls(profile, &material).expect("the length asked for");
        let senders: Vec<Sender> = (0..VIEWERS).map(|_| Sender::new(&server)).collect();
        let payload = vec![7; PAYLOAD];
        let mut packet = vec![0; HEADER + PAYLOAD + profile.rtp_overhead()];
        packet[0] = 0x80;
        let started = cpu_nanos();
        for round in 0..ROUNDS {
            for sender in &senders {
                for index in round * BURST..(round + 1) * BURST {
                    packet[HEADER..HEADER + PAYLOAD].copy_from_slice(black_box(&payload));
                    sender.protect_rtp(&mut packet, HEADER, index).expect("a small index");
                    black_box(&packet);
                }
            }
        }
        let packets = ROUNDS * BURST * VIEWERS as u64;
        let sealing = (cpu_nanos() - started) as f64 / packets as f64;
        let mut receiver = Receiver::new(&server);
        let started = cpu_nanos();
        for index in 0..packets.min(60_000) {
            packet[2..4].copy_from_slice(&(index as u16).to_be_bytes());
            senders[0].protect_rtp(&mut packet, HEADER, index).expect("a small index");
            black_box(receiver.unprotect_rtp(&mut packet)).expect("sealed with the same key");
        }
        let both = (cpu_nanos() - started) as f64 / packets.min(60_000) as f64;
        println!("{:24} copy and seal {sealing:.0} ns, seal and open {both:.0} ns", profile.name());
    }
}

/// Time this thread has had on a processor, which other programs do not lengthen.
fn cpu_nanos() -> u64 {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    statistics.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("nanoseconds first")
}

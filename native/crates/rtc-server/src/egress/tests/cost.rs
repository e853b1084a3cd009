use super::*;

/// `cargo test --release -p rtc-server --lib -- --ignored --nocapture what_a_packet_costs`
#[test]
#[ignore = "a measurement"]
fn what_a_packet_costs() {
    struct Nowhere;
    impl Transmit for Nowhere {
        fn transmit(&mut self, _arena: &[u8], _runs: &[Run], _counters: &mut SendCounters) {}
    }
    const VIEWERS: usize = 200;
    const BURST: u64 = 10;
    const ROUNDS: u64 = 100;
    let payload: Arc<[u8]> = vec![7; 1_188].into();
    for profile in [Profile::AeadAes128Gcm, Profile::AeadAes256Gcm, Profile::Aes128CmHmacSha1_80] {
        let mut viewers: Vec<_> = (0..VIEWERS).map(|_| Pair::new(Negotiated { profile, ..USUAL }).egress).collect();
        let mut batch = SendBatch::new(Nowhere);
        let started = crate::socket::thread_cpu_seconds();
        for round in 0..ROUNDS {
            let packets: Vec<_> = (0..BURST)
                .map(|index| RoomPacket { payload: payload.clone(), ..video(1_000 + round * BURST + index, round) })
                .collect();
            for viewer in &mut viewers {
                // As after the first report: without MID.
                viewer.streams[1].as_mut().unwrap().reported(&block(VIDEO), ntp(0));
                packets.iter().for_each(|packet| viewer.write(outgoing(packet), &mut batch));
            }
            batch.flush();
        }
        let spent = crate::socket::thread_cpu_seconds() - started;
        let packets = (ROUNDS * BURST) as f64 * VIEWERS as f64;
        println!("{:24} {:.0} ns a packet of 1,200 bytes", profile.name(), spent * 1e9 / packets);
    }
}

//! What the network promises, whatever it is asked to be.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use netem::{Change, Conditions, Datagram, Loss, Network, NetworkCounters};
use proptest::prelude::*;

fn client() -> SocketAddr {
    "10.0.0.1:4000".parse().unwrap()
}

fn server() -> SocketAddr {
    "192.0.2.1:8000".parse().unwrap()
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let share = || prop_oneof![Just(0.0), 0.0..0.4];
    let loss = prop_oneof![
        Just(Loss::None),
        (0.0..0.5).prop_map(Loss::Independent),
        (0.01..0.4, 1.0..10.0).prop_map(|(share, length)| Loss::bursts(share, length)),
    ];
    (loss, 0u64..200, 0u64..50, share(), share(), prop::option::of(50_000u64..5_000_000)).prop_map(
        |(loss, delay, jitter, reordering, duplication, rate_bps)| Conditions {
            loss,
            delay: Duration::from_millis(delay),
            jitter: Duration::from_millis(jitter),
            reordering,
            duplication,
            rate_bps,
            queue_bytes: 20_000,
            ..Conditions::default()
        },
    )
}

/// One datagram each `gap` from the client to the server, numbered; what arrives, and when.
fn run(
    seed: u64,
    up: Conditions,
    down: Conditions,
    count: u32,
    gap: Duration,
) -> (Vec<(Duration, Datagram)>, Network, Instant) {
    let start = Instant::now();
    let mut network = Network::new(seed, start);
    network.attach(client(), up, Conditions::default());
    network.attach(server(), Conditions::default(), down);
    let (mut now, mut arrived) = (start, Vec::new());
    let mut collect = |network: &mut Network, until: Instant| {
        while let Some(at) = network.next().filter(|at| *at <= until) {
            while let Some(datagram) = network.poll(at) {
                arrived.push((at - start, datagram));
            }
        }
    };
    for number in 0..count {
        collect(&mut network, now);
        let mut bytes = number.to_be_bytes().to_vec();
        bytes.resize(1_000, number as u8);
        network.send(now, client(), server(), bytes);
        now += gap;
    }
    collect(&mut network, now + Duration::from_secs(3_600));
    (arrived, network, start)
}

fn numbers(arrived: &[(Duration, Datagram)]) -> Vec<u32> {
    arrived.iter().map(|(_, datagram)| u32::from_be_bytes(datagram.bytes[..4].try_into().unwrap())).collect()
}

fn accounted_for(counters: NetworkCounters) -> u64 {
    let dropped = |link: netem::LinkCounters| link.lost + link.overflowed;
    counters.delivered + dropped(counters.up) + dropped(counters.down) + counters.unroutable + counters.overflowed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_seed_gives_the_same_network(seed: u64, up in conditions(), down in conditions()) {
        let gap = Duration::from_millis(3);
        let (one, ..) = run(seed, up, down, 300, gap);
        let (other, ..) = run(seed, up, down, 300, gap);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn nothing_is_invented_changed_or_unaccounted_for(seed: u64, up in conditions(), down in conditions()) {
        let (arrived, network, _) = run(seed, up, down, 300, Duration::from_millis(2));
        let mut times: HashMap<u32, usize> = HashMap::new();
        for ((_, datagram), number) in arrived.iter().zip(numbers(&arrived)) {
            prop_assert_eq!((datagram.from, datagram.to), (client(), server()));
            prop_assert!(number < 300 && datagram.bytes.len() == 1_000);
            prop_assert!(datagram.bytes[4..].iter().all(|byte| *byte == number as u8));
            *times.entry(number).or_default() += 1;
        }
        // Each of the two links doubles at most.
        prop_assert!(times.values().all(|count| *count <= 4));
        let counters = network.counters();
        prop_assert_eq!(counters.sent + counters.up.duplicated + counters.down.duplicated, accounted_for(counters));
        prop_assert_eq!(network.on_their_way(), 0);
        prop_assert_eq!(network.next(), None);
    }

    #[test]
    fn the_order_is_kept_unless_reordering_is_asked(seed: u64, up in conditions(), down in conditions()) {
        let kept = |conditions| Conditions { reordering: 0.0, ..conditions };
        let (arrived, ..) = run(seed, kept(up), kept(down), 300, Duration::from_micros(500));
        prop_assert!(numbers(&arrived).is_sorted());
    }

    #[test]
    fn nothing_comes_before_the_delay_nor_faster_than_the_rate(seed: u64, up in conditions()) {
        let (arrived, network, _) = run(seed, up, Conditions::default(), 300, Duration::from_millis(1));
        for ((at, _), number) in arrived.iter().zip(numbers(&arrived)) {
            prop_assert!(*at >= Duration::from_millis(number.into()) + up.delay);
        }
        if let (Some(rate_bps), Some((last, _))) = (up.rate_bps, arrived.last()) {
            let carried = (arrived.len() as u64 - network.counters().up.duplicated) as f64 * 8_000.0;
            prop_assert!(carried <= (*last - up.delay).as_secs_f64() * rate_bps as f64 + 1.0);
        }
    }

    #[test]
    fn a_queue_holds_no_more_than_it_may(seed: u64, rate_bps in 50_000u64..500_000) {
        let narrow = Conditions { rate_bps: Some(rate_bps), queue_bytes: 20_500, ..Conditions::default() };
        let (arrived, network, _) = run(seed, narrow, Conditions::default(), 300, Duration::ZERO);
        prop_assert_eq!(arrived.len(), 20, "sent at once: what the queue takes");
        prop_assert_eq!(network.counters().up.overflowed, 280);
    }
}

#[test]
fn loss_is_near_what_was_asked_for() {
    for share in [0.01, 0.05, 0.2] {
        for loss in [Loss::Independent(share), Loss::bursts(share, 5.0)] {
            let lossy = Conditions { loss, ..Conditions::default() };
            let (arrived, ..) = run(7, lossy, Conditions::default(), 40_000, Duration::from_micros(10));
            let lost = 1.0 - arrived.len() as f64 / 40_000.0;
            assert!((lost - share).abs() < 0.2 * share, "{loss:?}: {lost}");
        }
    }
}

#[test]
fn bursts_are_as_long_as_asked_for_and_longer_than_chance_makes_them() {
    let mean_run = |loss| {
        let lossy = Conditions { loss, ..Conditions::default() };
        let arrived = numbers(&run(3, lossy, Conditions::default(), 40_000, Duration::ZERO).0);
        let runs: Vec<u32> = arrived.windows(2).map(|pair| pair[1] - pair[0] - 1).filter(|run| *run > 0).collect();
        f64::from(runs.iter().sum::<u32>()) / runs.len() as f64
    };
    assert!((mean_run(Loss::bursts(0.1, 8.0)) - 8.0).abs() < 1.0);
    assert!(mean_run(Loss::Independent(0.1)) < 1.5);
}

#[test]
fn reordering_and_duplication_happen_as_often_as_asked() {
    let up = Conditions { reordering: 0.1, duplication: 0.1, ..Conditions::default() };
    let (arrived, network, _) = run(9, up, Conditions::default(), 10_000, Duration::from_millis(1));
    let counters = network.counters().up;
    for count in [counters.reordered, counters.duplicated] {
        assert!((900..1_100).contains(&count), "{counters:?}");
    }
    assert_eq!(arrived.len() as u64, 10_000 + counters.duplicated);
    assert!(!numbers(&arrived).is_sorted());
}

#[test]
fn changes_happen_at_their_time_whenever_the_network_is_looked_at() {
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let mut network = Network::new(1, start);
    network.attach(client(), Conditions::default(), Conditions::default());
    network.schedule(at(10), Change::Up(client(), Conditions::outage()));
    network
        .schedule(at(20), Change::Up(client(), Conditions { delay: Duration::from_millis(5), ..Default::default() }));
    for millis in 0..30 {
        network.send(at(millis), client(), server(), vec![millis as u8]);
    }
    let arrived: Vec<u8> = std::iter::from_fn(|| network.poll(at(100))).map(|datagram| datagram.bytes[0]).collect();
    assert_eq!(arrived, (0..10).chain(20..30).collect::<Vec<u8>>());
}

#[test]
fn a_router_hides_its_hosts_and_may_change_their_ports() {
    let start = Instant::now();
    let mut network = Network::new(1, start);
    let neighbour: SocketAddr = "10.0.0.2:4000".parse().unwrap();
    let router = "203.0.113.9".parse().unwrap();
    network.put_behind_nat(client(), router);
    network.put_behind_nat(neighbour, router);
    let seen = |network: &mut Network, host| {
        network.send(start, host, server(), vec![1]);
        network.poll(start).unwrap().from
    };
    let (before, other) = (seen(&mut network, client()), seen(&mut network, neighbour));
    assert!(before.ip() == router && other.ip() == router && before != other);
    let reached = |network: &mut Network, address| {
        network.send(start, server(), address, vec![2]);
        network.poll(start).map(|datagram| datagram.to)
    };
    assert_eq!(reached(&mut network, before), Some(client()));
    network.schedule(start, Change::Rebind(client()));
    let after = seen(&mut network, client());
    assert_ne!(after, before);
    assert_eq!(reached(&mut network, before), None, "the old port is closed");
    assert_eq!(reached(&mut network, after), Some(client()));
    assert_eq!(reached(&mut network, other), Some(neighbour));
    assert_eq!(network.counters().unroutable, 1);
}

#[test]
fn one_who_never_polls_fills_no_memory() {
    let start = Instant::now();
    let mut network = Network::new(1, start);
    for _ in 0..200_000 {
        network.send(start, client(), server(), Vec::new());
    }
    assert!(network.on_their_way() <= 1 << 16);
    assert!(network.counters().overflowed > 100_000);
}

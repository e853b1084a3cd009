use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::conditions::Conditions;
use crate::link::{Link, LinkCounters};
use crate::nat::Nat;
use crate::random::Random;

/// Datagrams on their way at most; more are dropped and counted, so that a caller who never polls fills no memory.
const CAPACITY: usize = 1 << 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// As the receiver sees it: of a host behind a router, the router's address.
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

/// Something that is to change at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    Up(SocketAddr, Conditions),
    Down(SocketAddr, Conditions),
    /// The router of this host gives it another port and forgets the old one.
    Rebind(SocketAddr),
}

/// `sent` and what was duplicated is what was delivered, lost, overflowed (a queue or the network), unroutable, or is
/// still on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkCounters {
    pub sent: u64,
    pub delivered: u64,
    pub up: LinkCounters,
    pub down: LinkCounters,
    /// For a port its router has given to nobody.
    pub unroutable: u64,
    /// More were on their way than the network holds.
    pub overflowed: u64,
}

#[derive(Debug)]
pub struct Network {
    now: Instant,
    random: Random,
    attached: u64,
    access: HashMap<SocketAddr, Access>,
    nat: Nat,
    events: BinaryHeap<Event>,
    arrived: VecDeque<Datagram>,
    on_their_way: usize,
    order: u64,
    counters: NetworkCounters,
}

#[derive(Debug)]
struct Access {
    up: Link,
    down: Link,
}

#[derive(Debug)]
struct Event {
    at: Instant,
    /// Of two at the same time the one that was first entered comes first.
    order: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Has come through the sender's link.
    Between(Datagram),
    /// Has come through the receiver's link.
    Arrival(Datagram),
    Change(Change),
}

impl Network {
    /// `start` is the earliest time anything may happen at.
    pub fn new(seed: u64, start: Instant) -> Self {
        Self {
            now: start,
            random: Random::new(seed),
            attached: 0,
            access: HashMap::new(),
            nat: Nat::default(),
            events: BinaryHeap::new(),
            arrived: VecDeque::new(),
            on_their_way: 0,
            order: 0,
            counters: NetworkCounters::default(),
        }
    }

    /// Gives a host links: `up` for what it sends, `down` for what it receives.
    pub fn attach(&mut self, host: SocketAddr, up: Conditions, down: Conditions) {
        let random = self.random.fork(self.attached);
        self.attached += 1;
        let up = Link::new(up, random.fork(0), self.now);
        let down = Link::new(down, random.fork(1), self.now);
        self.access.insert(host, Access { up, down });
    }

    /// Puts a host behind a router with an address of its own, to which nobody else is attached.
    pub fn put_behind_nat(&mut self, host: SocketAddr, router: IpAddr) {
        self.nat.put_behind(host, router);
    }

    /// Forgets a host: its links and its port on a router.
    pub fn detach(&mut self, host: SocketAddr) {
        self.access.remove(&host);
        self.nat.remove(host);
    }

    /// As which address others see the host now.
    pub fn outside_of(&self, host: SocketAddr) -> SocketAddr {
        self.nat.outside_of(host)
    }

    pub fn schedule(&mut self, at: Instant, change: Change) {
        self.enter(at, What::Change(change));
    }

    /// Gives a datagram to the network. `now` never goes back.
    pub fn send(&mut self, now: Instant, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        self.advance(now);
        self.counters.sent += 1;
        if self.on_their_way >= CAPACITY {
            self.counters.overflowed += 1;
            return;
        }
        let length = bytes.len();
        let datagram = Datagram { from: self.nat.outside_of(from), to, bytes };
        let arrivals = match self.access.get_mut(&from) {
            Some(access) => access.up.carry(self.now, length, &mut self.counters.up),
            None => [Some(self.now), None],
        };
        self.enter_copies(arrivals, datagram, What::Between);
        self.advance(now);
    }

    /// The next datagram that has arrived by `now`, in the order of arrival.
    pub fn poll(&mut self, now: Instant) -> Option<Datagram> {
        self.advance(now);
        let datagram = self.arrived.pop_front()?;
        self.on_their_way -= 1;
        self.counters.delivered += 1;
        Some(datagram)
    }

    /// When `poll` is to be called next.
    pub fn next(&self) -> Option<Instant> {
        if self.arrived.is_empty() { self.events.peek().map(|event| event.at) } else { Some(self.now) }
    }

    pub fn counters(&self) -> NetworkCounters {
        self.counters
    }

    /// Datagrams sent and neither delivered nor dropped.
    pub fn on_their_way(&self) -> usize {
        self.on_their_way
    }

    fn enter(&mut self, at: Instant, what: What) {
        self.order += 1;
        self.events.push(Event { at, order: self.order, what });
    }

    fn enter_copies(&mut self, arrivals: [Option<Instant>; 2], datagram: Datagram, what: fn(Datagram) -> What) {
        let [first, second] = arrivals;
        self.on_their_way += usize::from(first.is_some()) + usize::from(second.is_some());
        if let Some(at) = second {
            self.enter(at, what(datagram.clone()));
        }
        if let Some(at) = first {
            self.enter(at, what(datagram));
        }
    }

    /// Lets everything happen that is due, each at its own time.
    fn advance(&mut self, now: Instant) {
        while let Some(event) = self.events.peek()
            && event.at <= now
        {
            let Some(Event { at, what, .. }) = self.events.pop() else { return };
            self.now = self.now.max(at);
            match what {
                What::Between(datagram) => self.deliver(datagram),
                What::Arrival(datagram) => self.arrived.push_back(datagram),
                What::Change(change) => self.change(change),
            }
        }
        self.now = self.now.max(now);
    }

    fn deliver(&mut self, mut datagram: Datagram) {
        self.on_their_way -= 1;
        let Some(host) = self.nat.inside_of(datagram.to) else {
            self.counters.unroutable += 1;
            return;
        };
        datagram.to = host;
        let arrivals = match self.access.get_mut(&host) {
            Some(access) => access.down.carry(self.now, datagram.bytes.len(), &mut self.counters.down),
            None => [Some(self.now), None],
        };
        self.enter_copies(arrivals, datagram, What::Arrival);
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Up(host, conditions) => {
                if let Some(access) = self.access.get_mut(&host) {
                    access.up.conditions = conditions;
                }
            }
            Change::Down(host, conditions) => {
                if let Some(access) = self.access.get_mut(&host) {
                    access.down.conditions = conditions;
                }
            }
            Change::Rebind(host) => self.nat.rebind(host),
        }
    }
}

// The earliest event is the greatest: `BinaryHeap` hands out the greatest first.
impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Event {}

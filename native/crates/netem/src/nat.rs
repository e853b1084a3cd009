use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, SocketAddr};

const FIRST_PORT: u16 = 20_000;

/// Routers that give the hosts behind them a port of their own address: one for each host, whomever it speaks to, and
/// open to all (endpoint-independent mapping and filtering, RFC 4787 sections 4.1 and 5).
#[derive(Debug, Default)]
pub(crate) struct Nat {
    outside: HashMap<SocketAddr, SocketAddr>,
    inside: HashMap<SocketAddr, SocketAddr>,
    routers: HashMap<IpAddr, Router>,
}

#[derive(Debug)]
struct Router {
    next_port: u16,
    hosts: usize,
}

impl Nat {
    pub(crate) fn put_behind(&mut self, host: SocketAddr, router: IpAddr) {
        self.remove(host);
        self.routers.entry(router).or_insert(Router { next_port: FIRST_PORT, hosts: 0 }).hosts += 1;
        self.map(host, router);
    }

    /// The host's old port is closed at once.
    pub(crate) fn rebind(&mut self, host: SocketAddr) {
        if let Some(before) = self.outside.get(&host).copied() {
            self.inside.remove(&before);
            self.map(host, before.ip());
        }
    }

    pub(crate) fn remove(&mut self, host: SocketAddr) {
        let Some(outside) = self.outside.remove(&host) else { return };
        self.inside.remove(&outside);
        if let Some(router) = self.routers.get_mut(&outside.ip()) {
            router.hosts -= 1;
            if router.hosts == 0 {
                self.routers.remove(&outside.ip());
            }
        }
    }

    /// As which address others see the host.
    pub(crate) fn outside_of(&self, host: SocketAddr) -> SocketAddr {
        self.outside.get(&host).copied().unwrap_or(host)
    }

    /// To which host a datagram goes; none when the router knows nobody at that port.
    pub(crate) fn inside_of(&self, address: SocketAddr) -> Option<SocketAddr> {
        if !self.routers.contains_key(&address.ip()) {
            return Some(address);
        }
        self.inside.get(&address).copied()
    }

    fn map(&mut self, host: SocketAddr, ip: IpAddr) {
        let Some(router) = self.routers.get_mut(&ip) else { return };
        loop {
            let outside = SocketAddr::new(ip, router.next_port);
            router.next_port = router.next_port.checked_add(1).unwrap_or(FIRST_PORT);
            if let Entry::Vacant(free) = self.inside.entry(outside) {
                free.insert(host);
                self.outside.insert(host, outside);
                return;
            }
        }
    }
}

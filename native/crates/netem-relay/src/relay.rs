use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use netem::{Conditions, LinkCounters, Network};
use serde_json::{Value, json};

const MAX_CLIENTS: usize = 256;
/// A client of whom nothing came for this long is forgotten.
const IDLE: Duration = Duration::from_secs(60);
/// The longest wait, so that a signal that came just before it is seen soon.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
const LISTENER: Token = Token(0);

pub struct Relay {
    poll: Poll,
    events: Events,
    listener: UdpSocket,
    server: SocketAddr,
    conditions: Conditions,
    network: Network,
    clients: HashMap<SocketAddr, Client>,
    by_token: HashMap<Token, SocketAddr>,
    next_token: usize,
    refused: u64,
    buffer: Box<[u8]>,
}

/// Its own socket towards the server, so that the server can tell the clients apart.
struct Client {
    upstream: UdpSocket,
    token: Token,
    last_heard: Instant,
}

impl Relay {
    pub fn new(listen: SocketAddr, server: SocketAddr, conditions: Conditions, seed: u64) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = UdpSocket::bind(listen)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(64),
            listener,
            server,
            conditions,
            network: Network::new(seed, Instant::now()),
            clients: HashMap::new(),
            by_token: HashMap::new(),
            next_token: 1,
            refused: 0,
            buffer: vec![0; 1 << 16].into(),
        })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for a datagram or for one that is due, and does what there is to do.
    pub fn turn(&mut self) -> io::Result<()> {
        let due = self.network.next().map(|at| at.saturating_duration_since(Instant::now()));
        self.poll.poll(&mut self.events, Some(due.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)))?;
        let readable: Vec<Token> = self.events.iter().map(mio::event::Event::token).collect();
        for token in readable {
            match self.by_token.get(&token).copied() {
                Some(client) => self.read_answers(client),
                None if token == LISTENER => self.read_clients()?,
                None => {}
            }
        }
        self.pass_on();
        self.forget_idle();
        Ok(())
    }

    pub fn counters(&self) -> Value {
        let counters = self.network.counters();
        let link = |link: LinkCounters| {
            json!({
                "entered": link.entered,
                "lost": link.lost,
                "overflowed": link.overflowed,
                "duplicated": link.duplicated,
                "reordered": link.reordered,
            })
        };
        json!({
            "to_server": link(counters.up),
            "to_clients": link(counters.down),
            "delivered": counters.delivered,
            "overflowed": counters.overflowed,
            "refused_clients": self.refused,
        })
    }

    fn read_clients(&mut self) -> io::Result<()> {
        loop {
            match self.listener.recv_from(&mut self.buffer) {
                Ok((length, client)) => {
                    let now = Instant::now();
                    if self.welcome(client, now)? {
                        self.network.send(now, client, self.server, self.buffer[..length].to_vec());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // An ICMP error of an earlier send; the socket goes on.
                Err(_) => {}
            }
        }
    }

    /// False when there are too many clients already.
    fn welcome(&mut self, address: SocketAddr, now: Instant) -> io::Result<bool> {
        if let Some(client) = self.clients.get_mut(&address) {
            client.last_heard = now;
            return Ok(true);
        }
        if self.clients.len() == MAX_CLIENTS {
            self.refused += 1;
            return Ok(false);
        }
        let any: SocketAddr =
            if self.server.is_ipv6() { (Ipv6Addr::UNSPECIFIED, 0).into() } else { (Ipv4Addr::UNSPECIFIED, 0).into() };
        let mut upstream = UdpSocket::bind(any)?;
        upstream.connect(self.server)?;
        let token = Token(self.next_token);
        self.next_token += 1;
        self.poll.registry().register(&mut upstream, token, Interest::READABLE)?;
        self.network.attach(address, self.conditions, self.conditions);
        self.by_token.insert(token, address);
        self.clients.insert(address, Client { upstream, token, last_heard: now });
        Ok(true)
    }

    fn read_answers(&mut self, address: SocketAddr) {
        let Some(client) = self.clients.get_mut(&address) else { return };
        loop {
            match client.upstream.recv(&mut self.buffer) {
                Ok(length) => {
                    self.network.send(Instant::now(), self.server, address, self.buffer[..length].to_vec());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {}
            }
        }
    }

    fn pass_on(&mut self) {
        while let Some(datagram) = self.network.poll(Instant::now()) {
            // What a full socket buffer drops is lost as on any other hop.
            if datagram.to != self.server {
                let _ = self.listener.send_to(&datagram.bytes, datagram.to);
            } else if let Some(client) = self.clients.get(&datagram.from) {
                let _ = client.upstream.send(&datagram.bytes);
            }
        }
    }

    fn forget_idle(&mut self) {
        let now = Instant::now();
        let Self { clients, by_token, network, .. } = self;
        clients.retain(|address, client| {
            let is_idle = now - client.last_heard > IDLE;
            if is_idle {
                by_token.remove(&client.token);
                network.detach(*address);
            }
            !is_idle
        });
    }
}

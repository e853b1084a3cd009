use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use netem::{Change, Conditions, Network, Random};
use rtc_server::simulation::{SimulatedDatagram, SimulatedNode};
use rtc_server::{NodeOptions, SessionKind};
use str0m::media::Direction;

use crate::broadcaster::Broadcaster;
use crate::outcome::{Leftovers, Outcome, RoomOutcome, ViewerOutcome};
use crate::peer::{Peer, PeerOutput};
use crate::person::{Person, Role};
use crate::scenario::{PersonPlan, Scenario, TroubleKind};
use crate::viewer::Player;

const NODE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const FIRST_PORT: u16 = 8_000;
const STEP: Duration = Duration::from_millis(1);

/// A node with all its threads, the people around it and the network between them, on one clock.
pub(crate) struct World<'a> {
    scenario: &'a Scenario,
    start: Instant,
    now: Instant,
    network: Network,
    node: SimulatedNode,
    people: BTreeMap<SocketAddr, Person>,
    rooms: Vec<RoomState>,
    agenda: Vec<(Instant, Appointment)>,
}

#[derive(Default)]
struct RoomState {
    generation: u8,
    broadcaster: Option<SocketAddr>,
    outcome: RoomOutcome,
}

#[derive(Clone, Copy, Debug)]
enum Appointment {
    GoLive { room: usize },
    StopBroadcast { room: usize, says_goodbye: bool },
    Join { room: usize, index: usize },
    Leave { room: usize, index: usize, says_goodbye: bool },
}

impl<'a> World<'a> {
    fn new(scenario: &'a Scenario, shards: usize) -> Self {
        let options = NodeOptions {
            host: NODE,
            port: FIRST_PORT,
            public_addresses: Vec::new(),
            silence: Duration::from_secs(2),
            max_sessions: 200,
            shards,
        };
        let start = Instant::now();
        let mut node = SimulatedNode::new(&options, start).unwrap();
        node.spread_viewers();
        let mut world = Self {
            scenario,
            start,
            now: start,
            network: Network::new(scenario.seed, start),
            node,
            people: BTreeMap::new(),
            rooms: scenario.rooms.iter().map(|_| RoomState::default()).collect(),
            agenda: Vec::new(),
        };
        world.plan();
        world
    }

    fn plan(&mut self) {
        let mut agenda = Vec::new();
        for (room, plan) in self.scenario.rooms.iter().enumerate() {
            agenda.push((plan.broadcaster.joins, Appointment::GoLive { room }));
            for change in &plan.returns {
                let says_goodbye = change.says_goodbye;
                agenda.push((change.at, Appointment::StopBroadcast { room, says_goodbye }));
                agenda.push((change.at + change.away, Appointment::GoLive { room }));
            }
            for (index, viewer) in plan.viewers.iter().enumerate() {
                agenda.push((viewer.joins, Appointment::Join { room, index }));
                if let Some(leave) = viewer.leaves {
                    let says_goodbye = leave.says_goodbye;
                    agenda.push((leave.at, Appointment::Leave { room, index, says_goodbye }));
                }
            }
        }
        self.agenda = agenda.into_iter().map(|(at, what)| (self.start + at, what)).collect();
        // The last is the first to be taken.
        self.agenda.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    }

    /// Lets the scenario happen with so many shards.
    pub(crate) fn run(scenario: &'a Scenario, shards: usize) -> Result<Outcome, String> {
        let mut world = World::new(scenario, shards);
        let end = world.start + scenario.end;
        while world.now < end {
            world.step().map_err(|error| format!("at {:?}: {error}", world.now - world.start))?;
        }
        let peers: Vec<SocketAddr> = world.people.keys().copied().collect();
        for address in peers {
            world.part(address);
        }
        let leftovers = world.end()?;
        Ok(Outcome {
            start: world.start,
            end,
            rooms: world.rooms.into_iter().map(|room| room.outcome).collect(),
            leftovers,
            counters: world.node.counters(),
            overflowed: world.network.counters().down.overflowed,
        })
    }

    fn step(&mut self) -> Result<(), String> {
        self.now += STEP;
        while let Some((at, what)) = self.agenda.last().copied()
            && at <= self.now
        {
            self.agenda.pop();
            self.keep(what)?;
        }
        self.deliver()?;
        self.turn();
        let mut output = PeerOutput::default();
        let mut upset = Ok(());
        for (address, person) in &mut self.people {
            person.live(self.now, &mut output);
            upset = upset.and(person.take(&mut output, self.now));
            for (to, bytes) in output.datagrams.drain(..) {
                self.network.send(self.now, *address, to, bytes);
            }
        }
        upset
    }

    /// Hands out what has arrived.
    fn deliver(&mut self) -> Result<(), String> {
        let mut output = PeerOutput::default();
        while let Some(datagram) = self.network.poll(self.now) {
            if datagram.to.ip() == NODE {
                let (source, destination) = (datagram.from, datagram.to);
                let received = SimulatedDatagram { source, destination, bytes: datagram.bytes };
                self.node.receive(&received, self.now);
            } else if let Some(person) = self.people.get_mut(&datagram.to) {
                person.peer.receive(datagram.from, &datagram.bytes, self.now, &mut output);
                person.take(&mut output, self.now)?;
                for (to, bytes) in output.datagrams.drain(..) {
                    self.network.send(self.now, datagram.to, to, bytes);
                }
            }
        }
        Ok(())
    }

    fn turn(&mut self) {
        self.node.advance(self.now);
        for sent in self.node.take_sent() {
            self.network.send(self.now, sent.source, sent.destination, sent.bytes);
        }
    }

    fn keep(&mut self, appointment: Appointment) -> Result<(), String> {
        match appointment {
            Appointment::GoLive { room } => self.go_live(room),
            Appointment::StopBroadcast { room, says_goodbye } => {
                if let Some(address) = self.rooms[room].broadcaster.take() {
                    self.leave(address, says_goodbye)?;
                }
                Ok(())
            }
            Appointment::Join { room, index } => self.join(room, index),
            Appointment::Leave { room, index, says_goodbye } => self.leave(viewer_address(room, index), says_goodbye),
        }
    }

    fn go_live(&mut self, room: usize) -> Result<(), String> {
        let generation = self.rooms[room].generation;
        self.rooms[room].generation += 1;
        let plan = &self.scenario.rooms[room];
        let person = PersonPlan { troubles: Vec::new(), ..plan.broadcaster.clone() };
        let person = if generation == 0 { &plan.broadcaster } else { &person };
        let address = SocketAddr::new(Ipv4Addr::new(10, room as u8, 100, generation).into(), 5_000);
        let session = format!("ingest {room}.{generation}");
        let mut random = Random::new(self.scenario.seed).fork(u64::from(generation) + 100);
        // Near the wrap-around of sequence numbers, timestamps, or neither.
        let sequence = [60_000, 65_530, 7][random.below(3) as usize];
        let timestamp = [u32::MAX - 90_000, 0, 12_345][random.below(3) as usize];
        let film = Broadcaster::new(
            self.scenario.codec,
            room as u8,
            generation,
            plan.keyframe_every,
            sequence,
            timestamp,
            self.now,
        );
        let peer = self.connect(SessionKind::Ingest, room, &session, address, person)?;
        self.people.insert(address, Person { peer, session, role: Role::Broadcaster(film) });
        self.rooms[room].broadcaster = Some(address);
        Ok(())
    }

    fn join(&mut self, room: usize, index: usize) -> Result<(), String> {
        let address = viewer_address(room, index);
        let session = format!("viewer {room}.{index}");
        let person = &self.scenario.rooms[room].viewers[index];
        let peer = self.connect(SessionKind::Playback, room, &session, address, person)?;
        let role = Role::Viewer { player: Player::new(self.scenario.codec, room as u8, self.now), room, index };
        self.people.insert(address, Person { peer, session, role });
        Ok(())
    }

    fn connect(
        &mut self,
        kind: SessionKind,
        room: usize,
        session: &str,
        address: SocketAddr,
        person: &PersonPlan,
    ) -> Result<Peer, String> {
        self.lay_links(address, person);
        let direction = if kind == SessionKind::Ingest { Direction::SendOnly } else { Direction::RecvOnly };
        let (peer, offer, pending) = Peer::offering(self.scenario.codec, address, direction, self.now);
        let room = format!("room {room}");
        let answer = match kind {
            SessionKind::Ingest => self.node.open_ingest(&room, session, &offer, true, self.now),
            SessionKind::Playback => self.node.open_playback(&room, session, &offer, self.now),
        };
        let answer = answer.map_err(|error| format!("{session} is not let in: {error}"))?;
        Ok(peer.accept(pending, &answer.sdp))
    }

    /// Attaches a person to the network and enters what will befall the links.
    fn lay_links(&mut self, address: SocketAddr, person: &PersonPlan) {
        let calm_from = self.start + self.scenario.calm_from;
        let calm = |conditions: Conditions| Conditions { delay: conditions.delay, ..Conditions::default() };
        let later = |at: Instant, conditions| if at < calm_from { conditions } else { calm(conditions) };
        self.network.attach(address, later(self.now, person.up), later(self.now, person.down));
        if person.is_behind_nat {
            let IpAddr::V4(ip) = address.ip() else { return };
            let [_, b, c, d] = ip.octets();
            self.network.put_behind_nat(address, Ipv4Addr::new(100, b, c, d).into());
        }
        let mut change = |at, up, down| {
            self.network.schedule(at, Change::Up(address, up));
            self.network.schedule(at, Change::Down(address, down));
        };
        for trouble in &person.troubles {
            let at = self.start + trouble.at;
            match trouble.kind {
                TroubleKind::Rebinding => {}
                TroubleKind::Outage(lasts) => {
                    change(at, Conditions::outage(), Conditions::outage());
                    change(at + lasts, later(at + lasts, person.up), later(at + lasts, person.down));
                }
                TroubleKind::Narrow(lasts, rate_bps) => {
                    let narrow = |conditions| Conditions { rate_bps: Some(rate_bps), ..conditions };
                    change(at, narrow(person.up), narrow(person.down));
                    change(at + lasts, later(at + lasts, person.up), later(at + lasts, person.down));
                }
            }
        }
        if self.now < calm_from {
            change(calm_from, calm(person.up), calm(person.down));
        }
        for trouble in person.troubles.iter().filter(|trouble| trouble.kind == TroubleKind::Rebinding) {
            self.network.schedule(self.start + trouble.at, Change::Rebind(address));
        }
    }

    fn leave(&mut self, address: SocketAddr, says_goodbye: bool) -> Result<(), String> {
        let Some(session) = self.people.get(&address).map(|person| person.session.clone()) else { return Ok(()) };
        if says_goodbye {
            let closed = self.node.close_session(&session, self.now);
            if closed != Ok(true) {
                return Err(format!("{session} cannot be closed: {closed:?}"));
            }
        }
        self.part(address);
        Ok(())
    }

    /// Takes a person off the network and keeps what it saw.
    fn part(&mut self, address: SocketAddr) {
        let Some(person) = self.people.remove(&address) else { return };
        self.network.detach(address);
        match person.role {
            Role::Broadcaster(film) => {
                let room = usize::from(address.ip().to_string().split('.').nth(1).unwrap().parse::<u8>().unwrap());
                self.rooms[room].outcome.frames.push(film.frame);
                self.rooms[room].outcome.requests += film.requests;
            }
            Role::Viewer { player, room, index } => {
                let outcome = ViewerOutcome {
                    index,
                    left: self.now,
                    player,
                    is_alive: person.peer.is_alive(),
                    was_connected: person.peer.is_connected,
                };
                self.rooms[room].outcome.viewers.push(outcome);
            }
        }
    }

    /// Nobody is left: what does the node still hold?
    fn end(&mut self) -> Result<Leftovers, String> {
        let mut pass = |time: Duration, step: Duration| {
            let end = self.now + time;
            while self.now < end {
                self.now += step;
                self.turn();
                while self.network.poll(self.now).is_some() {}
            }
        };
        // Those who went without a word are missed, then reported for a while, then the rooms are forgotten.
        pass(Duration::from_secs(75), Duration::from_millis(100));
        pass(Duration::from_secs(610), Duration::from_secs(1));
        let held = self.node.held(self.now);
        self.turn();
        Ok(Leftovers { held, on_their_way: self.network.on_their_way() })
    }
}

fn viewer_address(room: usize, index: usize) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::new(10, room as u8, 1, index as u8 + 1).into(), 5_000)
}

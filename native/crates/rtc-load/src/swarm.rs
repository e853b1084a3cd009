//! The loop: every peer's socket and timer on one thread; joining happens on another, so that it holds up no media.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use serde_json::json;
use str0m::config::DtlsCert;
use str0m::media::Direction;

use crate::arrivals::{Arrivals, percentile};
use crate::film::{Film, travel_time};
use crate::peer::{Notice, Peer};
use crate::signalling::Signalling;
use crate::{Failure, Plan};

const TIMER_GRAIN: Duration = Duration::from_millis(5);
const JOIN_LIMIT: Duration = Duration::from_secs(60);
/// Travel times kept for the percentiles; later ones replace the oldest.
const KEPT_TRAVEL_TIMES: usize = 1_000_000;

struct Viewer {
    peer: Peer,
    arrivals: Arrivals,
}

struct Joined {
    peer: Peer,
    session_url: String,
    took: Duration,
}

#[derive(PartialEq, Clone, Copy)]
enum Phase {
    Joining,
    WarmingUp(Instant),
    Measuring(Instant),
}

pub fn run(plan: Plan) -> Result<(), Failure> {
    let crypto = str0m::crypto::from_feature_flags();
    let certificate = crypto.dtls_provider.generate_certificate().ok_or("no certificate could be generated")?;
    crypto.install_process_default();
    let signalling = Signalling::new();
    let epoch = Instant::now();

    let (mut broadcaster, pending, offer) = Peer::offering(plan.from, Direction::SendOnly, &certificate)?;
    let answer = signalling.offer(&plan.whip_url, Some(&plan.stream_key), &offer)?;
    broadcaster.accept(pending, &answer.sdp)?;

    let mut swarm = Swarm::new(broadcaster, epoch)?;
    let result = swarm.measure(&plan, &certificate);
    for session_url in &swarm.session_urls {
        signalling.close(session_url, None)?;
    }
    signalling.close(&answer.session_url, Some(&plan.stream_key))?;
    result
}

struct Swarm {
    poll: Poll,
    epoch: Instant,
    broadcaster: Peer,
    film: Option<Film>,
    viewers: Vec<Viewer>,
    session_urls: Vec<String>,
    join_times: Vec<u32>,
    travel_times: VecDeque<u32>,
    keyframe_requests: u64,
}

impl Swarm {
    fn new(mut broadcaster: Peer, epoch: Instant) -> Result<Self, Failure> {
        let poll = Poll::new()?;
        poll.registry().register(&mut broadcaster.socket, Token(0), Interest::READABLE)?;
        Ok(Self {
            poll,
            epoch,
            broadcaster,
            film: None,
            viewers: Vec::new(),
            session_urls: Vec::new(),
            join_times: Vec::new(),
            travel_times: VecDeque::new(),
            keyframe_requests: 0,
        })
    }

    fn measure(&mut self, plan: &Plan, certificate: &DtlsCert) -> Result<(), Failure> {
        let mut events = Events::with_capacity(256);
        let mut joining: Option<Receiver<Result<Joined, Failure>>> = None;
        let mut phase = Phase::Joining;
        let mut next_timers = Instant::now();
        loop {
            let now = Instant::now();
            if self.broadcaster.connected && self.film.is_none() {
                self.film = Some(Film::new(self.epoch, now));
                let (url, from) = (plan.whep_url.clone(), plan.from);
                joining = Some(join_viewers(url, from, certificate.clone(), plan.viewers));
            }
            self.play(now)?;
            if let Some(joined) = &joining {
                self.welcome(joined)?;
            }
            if now >= next_timers {
                self.pass_time(now)?;
                next_timers = now + TIMER_GRAIN;
            }
            self.poll.poll(&mut events, Some(Duration::from_millis(1)))?;
            for event in &events {
                self.receive(event.token().0, phase)?;
            }
            match phase {
                Phase::Joining if self.all_receive(plan.viewers) => phase = Phase::WarmingUp(now),
                Phase::Joining if now - self.epoch > JOIN_LIMIT => {
                    let connected = self.viewers.iter().filter(|viewer| viewer.peer.connected).count();
                    return Err(format!(
                        "after {JOIN_LIMIT:?} the broadcaster is {}connected, {connected} of {} viewers are",
                        if self.broadcaster.connected { "" } else { "not " },
                        plan.viewers
                    )
                    .into());
                }
                Phase::WarmingUp(since) if now - since >= plan.warm_up => {
                    for viewer in &mut self.viewers {
                        viewer.arrivals.restart();
                    }
                    println!("{}", json!({ "phase": "steady" }));
                    phase = Phase::Measuring(now);
                }
                Phase::Measuring(since) if now - since >= plan.measured => {
                    println!("{}", self.figures(now - since));
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    fn play(&mut self, now: Instant) -> Result<(), Failure> {
        let Some(film) = &mut self.film else { return Ok(()) };
        if film.play(&mut self.broadcaster, now)? {
            let requests = &mut self.keyframe_requests;
            self.broadcaster.pass_time(now, true, &mut |notice| {
                if matches!(notice, Notice::KeyframeRequested) {
                    film.want_keyframe();
                    *requests += 1;
                }
            })?;
        }
        Ok(())
    }

    fn welcome(&mut self, joined: &Receiver<Result<Joined, Failure>>) -> Result<(), Failure> {
        match joined.try_recv() {
            Ok(joined) => {
                let Joined { mut peer, session_url, took } = joined?;
                let token = Token(self.viewers.len() + 1);
                self.poll.registry().register(&mut peer.socket, token, Interest::READABLE)?;
                peer.pass_time(Instant::now(), true, &mut |_| {})?;
                self.viewers.push(Viewer { peer, arrivals: Arrivals::default() });
                self.session_urls.push(session_url);
                self.join_times.push(took.as_micros() as u32);
                Ok(())
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Ok(()),
        }
    }

    fn pass_time(&mut self, now: Instant) -> Result<(), Failure> {
        self.broadcaster.pass_time(now, false, &mut |_| {})?;
        for viewer in &mut self.viewers {
            let arrivals = &mut viewer.arrivals;
            viewer.peer.pass_time(now, false, &mut |notice| {
                if let Notice::Packet(packet) = notice {
                    arrivals.note(&packet);
                }
            })?;
        }
        Ok(())
    }

    fn receive(&mut self, token: usize, phase: Phase) -> Result<(), Failure> {
        let Some(index) = token.checked_sub(1) else {
            let (film, requests) = (&mut self.film, &mut self.keyframe_requests);
            return self.broadcaster.receive(&mut |notice| {
                if let (Notice::KeyframeRequested, Some(film)) = (notice, film.as_mut()) {
                    film.want_keyframe();
                    *requests += 1;
                }
            });
        };
        let Viewer { peer, arrivals } = &mut self.viewers[index];
        let (epoch, travel_times) = (self.epoch, &mut self.travel_times);
        peer.receive(&mut |notice| {
            let Notice::Packet(packet) = notice else { return };
            arrivals.note(&packet);
            if let (Phase::Measuring(_), Some(time)) = (phase, travel_time(&packet.payload, epoch, Instant::now())) {
                if travel_times.len() == KEPT_TRAVEL_TIMES {
                    travel_times.pop_front();
                }
                travel_times.push_back(time.as_micros() as u32);
            }
        })
    }

    fn all_receive(&self, wanted: usize) -> bool {
        self.viewers.len() == wanted && self.viewers.iter().all(|viewer| viewer.arrivals.received() > 0)
    }

    fn figures(&mut self, measured: Duration) -> serde_json::Value {
        let received: u64 = self.viewers.iter().map(|viewer| viewer.arrivals.received()).sum();
        let expected: u64 = self.viewers.iter().map(|viewer| viewer.arrivals.expected()).sum();
        let travel_times = self.travel_times.make_contiguous();
        json!({
            "phase": "done",
            "viewers": self.viewers.len(),
            "measured_s": measured.as_secs_f64(),
            "packets_received": received,
            "packets_expected": expected,
            "lost_fraction": expected.saturating_sub(received) as f64 / expected.max(1) as f64,
            "travel_p50_us": percentile(travel_times, 0.5),
            "travel_p99_us": percentile(travel_times, 0.99),
            "join_p50_us": percentile(&mut self.join_times, 0.5),
            "join_p99_us": percentile(&mut self.join_times, 0.99),
            "keyframe_requests": self.keyframe_requests,
        })
    }
}

/// Signals one viewer after the other; the queue is short, so that no connection waits long for its first packet.
fn join_viewers(url: String, from: IpAddr, certificate: DtlsCert, count: usize) -> Receiver<Result<Joined, Failure>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let signalling = Signalling::new();
        for _ in 0..count {
            let joined = join(&signalling, &url, from, &certificate);
            let failed = joined.is_err();
            if sender.send(joined).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

fn join(signalling: &Signalling, url: &str, from: IpAddr, certificate: &DtlsCert) -> Result<Joined, Failure> {
    let (mut peer, pending, offer) = Peer::offering(from, Direction::RecvOnly, certificate)?;
    let begun = Instant::now();
    let answer = signalling.offer(url, None, &offer)?;
    let took = begun.elapsed();
    peer.accept(pending, &answer.sdp)?;
    Ok(Joined { peer, session_url: answer.session_url, took })
}

//! The loop: every peer's socket and timer on one thread.

use std::net::IpAddr;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use serde_json::{Value, json};
use str0m::media::Direction;

use crate::Failure;
use crate::broadcaster::Broadcaster;
use crate::dtls::crypto_provider;
use crate::film::Film;
use crate::joining::{Joined, Joins, join_viewers, leave};
use crate::peer::{Peer, PeerOptions};
use crate::reception::Counts;
use crate::signalling::Signalling;
use crate::system::{process_cpu, raise_file_limit, receive_buffer_errors};
use crate::travel::{TravelTimes, percentile};
use crate::viewer::{Buffers, Viewer};

/// Sockets are read this often and not when something comes: who sends on the same machine would pay for waking the
/// reader at each datagram, which no server does whose viewers are elsewhere. Arrival times are the kernel's.
pub const READ_INTERVAL: Duration = Duration::from_millis(1);
/// How often connections are asked whether their time has come.
const TIMER_INTERVAL: Duration = Duration::from_millis(10);
const JOIN_LIMIT: Duration = Duration::from_secs(30);
const JOIN_LIMIT_A_VIEWER: Duration = Duration::from_millis(100);
/// Of the packets that were sent: who got less had an outage, which no gap between packets shows.
const STARVED_BELOW: f64 = 0.8;
/// With less of its core left the load's own pauses would be measured.
const MAX_LOAD_CPU_SHARE: f64 = 0.9;
/// A server that falls behind shows it in the delay long before its queues overflow.
const MAX_TRAVEL_US: u32 = 500_000;

/// How the broadcaster sends a picture's packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// At once, as OBS and GStreamer do.
    Frame,
    /// In bursts, one each 5 ms, as Chromium does.
    Bursts,
}

pub struct Plan {
    pub whip_url: String,
    /// Viewers take turns.
    pub whep_urls: Vec<String>,
    pub stream_key: String,
    /// Rising; each is measured.
    pub viewers: Vec<usize>,
    /// How many of the viewers decrypt what they get.
    pub decrypting: usize,
    /// Lets the kernel join received datagrams (UDP_GRO).
    pub joins_datagrams: bool,
    pub joins_at_once: usize,
    pub from: IpAddr,
    pub pace: Pace,
    pub warm_up: Duration,
    pub measured: Duration,
    /// Measures no further count of viewers after one that could not join or at which, twice, the server lost
    /// packets or fell behind, or the load had no more of its core.
    pub stops_at_loss: bool,
}

/// Broadcasts, lets viewers join and measures, for each count of viewers; prints the figures.
pub fn run(plan: &Plan, film: Film) -> Result<(), Failure> {
    raise_file_limit()?;
    let crypto = crypto_provider();
    let certificate = crypto.dtls_provider.generate_certificate().ok_or("no certificate could be generated")?;
    crypto.install_process_default();
    let options =
        PeerOptions { from: plan.from, certificate, video_codec: film.codec(), joins_datagrams: plan.joins_datagrams };
    let signalling = Signalling::new();
    let offered = Peer::offer(&options, Direction::SendOnly, false)?;
    let answer = signalling.offer(&plan.whip_url, Some(&plan.stream_key), &offered.sdp)?;
    let broadcaster = Broadcaster::new(offered.accept(&answer)?, film, plan.pace);

    let mut swarm = Swarm::new(broadcaster, plan.joins_datagrams)?;
    let measured = swarm.measure_all(plan, &options);
    let left_behind = leave(&swarm.session_urls, plan.joins_at_once);
    signalling.close(&answer.session_url, Some(&plan.stream_key))?;
    measured?;
    if left_behind > 0 {
        return Err(format!("{left_behind} sessions could not be ended").into());
    }
    Ok(())
}

struct Swarm {
    poll: Poll,
    events: Events,
    buffers: Buffers,
    broadcaster: Broadcaster,
    viewers: Vec<Viewer>,
    session_urls: Vec<String>,
    /// Microseconds of each WHEP offer.
    join_times: Vec<u32>,
    travel_times: TravelTimes,
    next_timers: Instant,
}

/// Where the counters stood when a measurement began.
struct Beginning {
    at: Instant,
    cpu: Duration,
    receive_buffer_errors: u64,
    packets_sent: u64,
}

impl Swarm {
    fn new(mut broadcaster: Broadcaster, joins_datagrams: bool) -> Result<Self, Failure> {
        let poll = Poll::new()?;
        poll.registry().register(&mut broadcaster.peer.socket, Token(0), Interest::READABLE)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            buffers: Buffers::new(joins_datagrams),
            broadcaster,
            viewers: Vec::new(),
            session_urls: Vec::new(),
            join_times: Vec::new(),
            travel_times: TravelTimes::default(),
            next_timers: Instant::now(),
        })
    }

    fn measure_all(&mut self, plan: &Plan, options: &PeerOptions) -> Result<(), Failure> {
        self.run_until(JOIN_LIMIT, |swarm| swarm.broadcaster.packets_sent() > 0)?;
        for &count in &plan.viewers {
            match self.let_join(count, plan, options) {
                Err(failure) if plan.stops_at_loss && !self.viewers.is_empty() => {
                    eprintln!("rtc-load: {failure}");
                    break;
                }
                joined => joined?,
            }
            // A pause of a busy machine looks like a limit once, a limit twice.
            if self.measure(plan)? && plan.stops_at_loss && self.measure(plan)? {
                break;
            }
        }
        Ok(())
    }

    /// Prints the figures; true when the server or the load has come to its limit.
    fn measure(&mut self, plan: &Plan) -> Result<bool, Failure> {
        let warm = Instant::now() + plan.warm_up;
        self.run_until(Duration::MAX, |_| Instant::now() >= warm)?;
        let beginning = self.begin()?;
        println!("{}", json!({ "phase": "steady", "viewers": self.viewers.len() }));
        let end = beginning.at + plan.measured;
        self.run_until(Duration::MAX, |_| Instant::now() >= end)?;
        let (figures, at_limit) = self.figures(&beginning)?;
        println!("{figures}");
        Ok(at_limit)
    }

    fn let_join(&mut self, count: usize, plan: &Plan, options: &PeerOptions) -> Result<(), Failure> {
        self.join_times.clear();
        let joined = join_viewers(Joins {
            whep_urls: plan.whep_urls.as_slice().into(),
            options: options.clone(),
            numbers: self.viewers.len()..count,
            decrypting: plan.decrypting,
            at_once: plan.joins_at_once,
        });
        let limit = JOIN_LIMIT + JOIN_LIMIT_A_VIEWER * count as u32;
        let mut failure = None;
        let all = self.run_until(limit, |swarm| {
            failure = swarm.welcome(&joined).err();
            failure.is_some() || swarm.viewers.len() == count && swarm.viewers.iter().all(Viewer::receives)
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        all.map_err(|_| {
            let connected = self.viewers.iter().filter(|viewer| viewer.is_connected()).count();
            let receiving = self.viewers.iter().filter(|viewer| viewer.receives()).count();
            let answered = self.viewers.len();
            format!(
                "after {limit:?} of {count} viewers {answered} have an answer, {connected} are connected and \
                 {receiving} receive"
            )
            .into()
        })
    }

    fn run_until(&mut self, limit: Duration, mut is_done: impl FnMut(&mut Self) -> bool) -> Result<(), Failure> {
        let begun = Instant::now();
        while !is_done(self) {
            self.turn()?;
            if begun.elapsed() > limit {
                return Err(format!("nothing came of it for {limit:?}").into());
            }
        }
        Ok(())
    }

    fn turn(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        self.broadcaster.play(now, &mut self.travel_times)?;
        if now >= self.next_timers {
            self.next_timers = now + TIMER_INTERVAL;
            self.broadcaster.pass_time(now)?;
            for viewer in &mut self.viewers {
                viewer.pass_time(now)?;
            }
        }
        let due = self.broadcaster.due().map_or(now + READ_INTERVAL, |due| due.min(now + READ_INTERVAL));
        thread::sleep(due.saturating_duration_since(Instant::now()));
        self.poll.poll(&mut self.events, Some(Duration::ZERO))?;
        for event in &self.events {
            match event.token().0.checked_sub(1) {
                None => self.broadcaster.receive(&mut self.buffers.whole)?,
                Some(index) => self.viewers[index].receive(&mut self.buffers, &mut self.travel_times)?,
            }
        }
        Ok(())
    }

    /// Takes up a viewer whose offer was answered, if there is one.
    fn welcome(&mut self, joined: &Receiver<Result<Joined, Failure>>) -> Result<(), Failure> {
        let Ok(joined) = joined.try_recv() else { return Ok(()) };
        let Joined { mut peer, decrypts, session_url, took } = joined?;
        self.session_urls.push(session_url);
        self.join_times.push(took.as_micros() as u32);
        self.poll.registry().register(&mut peer.socket, Token(self.viewers.len() + 1), Interest::READABLE)?;
        let types = peer.payload_types(self.broadcaster.video_codec())?;
        let mut viewer = Viewer::new(peer, types, decrypts);
        viewer.peer().send_written(Instant::now(), &mut |_| {})?;
        self.viewers.push(viewer);
        Ok(())
    }

    fn begin(&mut self) -> Result<Beginning, Failure> {
        for viewer in &mut self.viewers {
            viewer.restart()?;
        }
        self.travel_times.restart();
        Ok(Beginning {
            at: Instant::now(),
            cpu: process_cpu(),
            receive_buffer_errors: receive_buffer_errors()?,
            packets_sent: self.broadcaster.packets_sent(),
        })
    }

    /// The figures of a measurement, and whether the server or the load has come to its limit.
    fn figures(&mut self, beginning: &Beginning) -> Result<(Value, bool), Failure> {
        let measured_s = beginning.at.elapsed().as_secs_f64();
        let cpu_share = (process_cpu() - beginning.cpu).as_secs_f64() / measured_s;
        let sent = self.broadcaster.packets_sent() - beginning.packets_sent;

        let mut total = Counts::default();
        let (mut starved, mut gone, mut decrypted, mut receiver_drops) = (0, 0, 0, 0);
        let (mut packets, mut messages) = (0, 0);
        for viewer in &self.viewers {
            let counts = viewer.counts();
            total.received += counts.received;
            total.expected += counts.expected;
            total.duplicates += counts.duplicates;
            total.retransmitted += counts.retransmitted;
            starved += usize::from((counts.expected as f64) < sent as f64 * STARVED_BELOW);
            gone += usize::from(!viewer.is_alive());
            decrypted += viewer.decrypted();
            packets += viewer.messages().packets;
            messages += viewer.messages().messages;
            receiver_drops += u64::from(viewer.dropped()?);
        }
        let lost = total.expected - total.received;
        let lost_by_server = lost.saturating_sub(receiver_drops);
        let figures = json!({
            "phase": "measured",
            "viewers": self.viewers.len(),
            "measured_s": measured_s,
            "packets_sent": sent,
            "packets_received": total.received,
            "packets_expected": total.expected,
            "packets_lost": lost,
            "receiver_drops": receiver_drops,
            "receive_buffer_errors": receive_buffer_errors()? - beginning.receive_buffer_errors,
            "packets_lost_by_server": lost_by_server,
            "duplicates": total.duplicates,
            "retransmitted": total.retransmitted,
            "viewers_starved": starved,
            "viewers_gone": gone,
            "packets_decrypted": decrypted,
            "packets_a_message": packets as f64 / messages.max(1) as f64,
            "travel_p50_us": self.travel_times.percentile(0.5),
            "travel_p99_us": self.travel_times.percentile(0.99),
            "travel_samples": self.travel_times.matched(),
            "join_p50_us": percentile(&mut self.join_times, 0.5),
            "join_p99_us": percentile(&mut self.join_times, 0.99),
            "keyframe_requests": self.broadcaster.keyframe_requests(),
            "srtp_profile": self.viewers.first().and_then(Viewer::profile),
            "load_cpu_share": cpu_share,
        });
        let is_late = self.travel_times.percentile(0.99) > MAX_TRAVEL_US;
        let at_limit = lost_by_server > 0 || starved > 0 || gone > 0 || is_late || cpu_share >= MAX_LOAD_CPU_SHARE;
        Ok((figures, at_limit))
    }
}

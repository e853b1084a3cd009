//! The broadcaster: a film and sound sent on time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::MediaKind;
use str0m::rtp::RtpWrite;

use crate::Failure;
use crate::film::Film;
use crate::peer::{Notice, Peer};
use crate::socket::ReceiveBatch;
use crate::swarm::Pace;
use crate::system::wall_clock;
use crate::travel::TravelTimes;

const PICTURE_INTERVAL: Duration = Duration::from_nanos(33_333_333);
const PICTURE_TICKS: u32 = 3000;
const OPUS_INTERVAL: Duration = Duration::from_millis(20);
const OPUS_TICKS: u32 = 960;
const OPUS_PAYLOAD_BYTES: usize = 120;
const BURST_INTERVAL: Duration = Duration::from_millis(5);
/// libwebrtc's pacer sends at 2.5 times the encoder's rate; this much in a burst, at 2.5 Mbit/s.
const BURST_BYTES: isize = 3900;
const FIRST_NUMBER: u64 = 1000;

pub struct Broadcaster {
    pub peer: Peer,
    film: Film,
    pace: Pace,
    schedule: Option<Schedule>,
    waiting: VecDeque<Packet>,
    keyframe_wanted: bool,
    keyframe_requests: u64,
    sent: u64,
    video: Clock,
    audio: Clock,
}

/// When something is due next.
struct Schedule {
    picture: Instant,
    opus: Instant,
    burst: Instant,
    burst_bytes: isize,
}

#[derive(Clone, Copy)]
struct Clock {
    number: u64,
    time: u32,
}

struct Packet {
    kind: MediaKind,
    time: u32,
    is_last: bool,
    payload: Vec<u8>,
}

impl Broadcaster {
    pub fn new(peer: Peer, film: Film, pace: Pace) -> Self {
        let clock = Clock { number: FIRST_NUMBER, time: 0 };
        Self {
            peer,
            film,
            pace,
            schedule: None,
            waiting: VecDeque::new(),
            keyframe_wanted: false,
            keyframe_requests: 0,
            sent: 0,
            video: clock,
            audio: clock,
        }
    }

    pub fn keyframe_requests(&self) -> u64 {
        self.keyframe_requests
    }

    /// Media packets sent so far.
    pub fn packets_sent(&self) -> u64 {
        self.sent
    }

    pub fn video_codec(&self) -> Codec {
        self.film.codec()
    }

    /// When `play` has something to do next.
    pub fn due(&self) -> Option<Instant> {
        let schedule = self.schedule.as_ref()?;
        let media = schedule.picture.min(schedule.opus);
        Some(if self.waiting.is_empty() { media } else { media.min(schedule.burst) })
    }

    /// Sends what is due.
    pub fn play(&mut self, now: Instant, travel_times: &mut TravelTimes) -> Result<(), Failure> {
        if !self.peer.is_connected {
            return Ok(());
        }
        let schedule =
            self.schedule.get_or_insert(Schedule { picture: now, opus: now, burst: now, burst_bytes: BURST_BYTES });
        if now >= schedule.opus {
            schedule.opus += OPUS_INTERVAL;
            self.audio.time = self.audio.time.wrapping_add(OPUS_TICKS);
            let payload = opus(self.audio.number);
            let packet = Packet { kind: MediaKind::Audio, time: self.audio.time, is_last: false, payload };
            self.write(now, packet, travel_times)?;
        }
        self.make_picture(now);
        while let Some(packet) = self.next_in_budget(now) {
            self.write(now, packet, travel_times)?;
        }
        Ok(())
    }

    fn make_picture(&mut self, now: Instant) {
        let Some(schedule) = self.schedule.as_mut().filter(|schedule| now >= schedule.picture) else { return };
        schedule.picture += PICTURE_INTERVAL;
        self.video.time = self.video.time.wrapping_add(PICTURE_TICKS);
        let payloads = self.film.next_picture(std::mem::take(&mut self.keyframe_wanted));
        let last = payloads.len().saturating_sub(1);
        let time = self.video.time;
        self.waiting.extend(payloads.into_iter().enumerate().map(|(index, payload)| Packet {
            kind: MediaKind::Video,
            time,
            is_last: index == last,
            payload,
        }));
    }

    fn next_in_budget(&mut self, now: Instant) -> Option<Packet> {
        let schedule = self.schedule.as_mut()?;
        if self.pace == Pace::Bursts {
            if now >= schedule.burst {
                schedule.burst = now.max(schedule.burst + BURST_INTERVAL);
                schedule.burst_bytes = (schedule.burst_bytes + BURST_BYTES).min(BURST_BYTES);
            }
            if schedule.burst_bytes <= 0 {
                return None;
            }
        }
        let packet = self.waiting.pop_front()?;
        schedule.burst_bytes -= packet.payload.len() as isize;
        Some(packet)
    }

    fn write(&mut self, now: Instant, packet: Packet, travel_times: &mut TravelTimes) -> Result<(), Failure> {
        let (codec, clock) = match packet.kind {
            MediaKind::Audio => (Codec::Opus, &mut self.audio),
            MediaKind::Video => (self.film.codec(), &mut self.video),
        };
        clock.number += 1;
        let payload_type = self.peer.payload_type(codec)?;
        let payload: Arc<[u8]> = packet.payload.into();
        travel_times.note_sent(&payload, wall_clock());
        let write = RtpWrite::new(payload_type, clock.number.into(), packet.time, now, payload)
            .marker(packet.is_last)
            .nackable(packet.kind.is_video());
        let mid = self.peer.mid(packet.kind);
        let mut direct = self.peer.rtc.direct_api();
        direct.stream_tx_by_mid(mid, None).ok_or("no stream to send in")?.write_rtp(write);
        self.sent += 1;
        let (wanted, requests) = (&mut self.keyframe_wanted, &mut self.keyframe_requests);
        self.peer.send_written(now, &mut |notice| note_request(&notice, wanted, requests))
    }

    pub fn receive(&mut self, batch: &mut ReceiveBatch) -> Result<(), Failure> {
        let (wanted, requests) = (&mut self.keyframe_wanted, &mut self.keyframe_requests);
        loop {
            let more = batch.receive(&self.peer.socket)?;
            for datagram in batch.datagrams() {
                self.peer.receive(Instant::now(), &datagram, &mut |notice| note_request(&notice, wanted, requests))?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    pub fn pass_time(&mut self, now: Instant) -> Result<(), Failure> {
        let (wanted, requests) = (&mut self.keyframe_wanted, &mut self.keyframe_requests);
        self.peer.pass_time(now, &mut |notice| note_request(&notice, wanted, requests))
    }
}

fn note_request(notice: &Notice, wanted: &mut bool, requests: &mut u64) {
    if matches!(notice, Notice::KeyframeRequested) {
        *wanted = true;
        *requests += 1;
    }
}

/// As large as Opus at 48 kbit/s; no two alike.
fn opus(number: u64) -> Vec<u8> {
    let mut payload = vec![0xfc; OPUS_PAYLOAD_BYTES];
    if let Some(end) = payload.last_chunk_mut() {
        *end = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    }
    payload
}

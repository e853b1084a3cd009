//! `rtc-floor`: what sending one broadcast to many viewers costs at least. It seals packets with AES-GCM (RFC 7714)
//! and sends them in messages that the kernel cuts up, and does nothing else: no reading, no timers, no peers. The
//! receivers are sockets of this machine without UDP_GRO, emptied by another thread as `rtc-load` does it.
//!
//! It prints one line of JSON; only the sending thread's CPU time counts.

use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use mio::{Events, Interest, Poll, Token};
use rtc_load::Failure;
use rtc_load::socket::{ReceiveBatch, SendBatch, enlarge_buffers};
use rtc_load::swarm::READ_INTERVAL;
use rtc_load::system::{pin_thread, raise_file_limit, thread_cpu};
use serde_json::json;

const USAGE: &str =
    "usage: rtc-floor [--viewers N] [--packets-a-picture N] [--group N] [--cipher aes-256-gcm|aes-128-gcm]
    [--seconds S] [--paced] [--send-core N] [--receive-core N]";

const PICTURE_INTERVAL: Duration = Duration::from_nanos(33_333_333);
const OPUS_INTERVAL: Duration = Duration::from_millis(20);
/// Fixed header and one extension word for the section's id (RFC 9143 section 15).
const HEADER_BYTES: usize = 20;
const TAG_BYTES: usize = 16;
/// As `rtc-load` cuts a picture of 2.5 Mbit/s.
const VIDEO_PAYLOAD_BYTES: usize = 1124;
const OPUS_PAYLOAD_BYTES: usize = 120;
/// As much as stays in a core's cache until it is sent.
const FLUSH_BYTES: usize = 256 << 10;
const HEAD_BYTES: usize = 512;
/// Longer than any receiver is away.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

struct Plan {
    viewers: usize,
    packets_a_picture: usize,
    group: usize,
    cipher: &'static Algorithm,
    measured: Duration,
    paced: bool,
    send_core: Option<usize>,
    receive_core: Option<usize>,
}

fn main() -> ExitCode {
    match plan().and_then(|plan| run(&plan)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("rtc-floor: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn plan() -> Result<Plan, Failure> {
    let mut plan = Plan {
        viewers: 200,
        packets_a_picture: 9,
        group: 9,
        cipher: &AES_256_GCM,
        measured: Duration::from_secs(3),
        paced: false,
        send_core: None,
        receive_core: None,
    };
    let mut arguments = lexopt::Parser::from_env();
    use lexopt::prelude::{Long, ValueExt};
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("viewers") => plan.viewers = arguments.value()?.parse()?,
            Long("packets-a-picture") => plan.packets_a_picture = arguments.value()?.parse()?,
            Long("group") => plan.group = arguments.value()?.parse()?,
            Long("cipher") => {
                plan.cipher = match arguments.value()?.string()?.as_str() {
                    "aes-256-gcm" => &AES_256_GCM,
                    "aes-128-gcm" => &AES_128_GCM,
                    _ => return Err(USAGE.into()),
                }
            }
            Long("seconds") => plan.measured = Duration::try_from_secs_f64(arguments.value()?.parse()?)?,
            Long("paced") => plan.paced = true,
            Long("send-core") => plan.send_core = Some(arguments.value()?.parse()?),
            Long("receive-core") => plan.receive_core = Some(arguments.value()?.parse()?),
            _ => return Err(format!("{}\n{USAGE}", argument.unexpected()).into()),
        }
    }
    if plan.viewers == 0 || plan.packets_a_picture == 0 || plan.group == 0 {
        return Err(USAGE.into());
    }
    Ok(plan)
}

struct Viewer {
    address: SocketAddr,
    key: LessSafeKey,
    salt: [u8; 12],
    sent: u64,
}

fn run(plan: &Plan) -> Result<(), Failure> {
    raise_file_limit()?;
    let mut sockets = Vec::new();
    let mut viewers = Vec::new();
    for number in 0..plan.viewers {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        enlarge_buffers(&socket)?;
        let fill = number as u8;
        let key = UnboundKey::new(plan.cipher, &vec![fill; plan.cipher.key_len()])?;
        let (key, salt) = (LessSafeKey::new(key), [fill; 12]);
        viewers.push(Viewer { address: socket.local_addr()?, key, salt, sent: 0 });
        sockets.push(socket);
    }
    let received = Arc::new(AtomicU64::new(0));
    let ends = Arc::new(AtomicBool::new(false));
    let receiver = {
        let (received, ends, core) = (received.clone(), ends.clone(), plan.receive_core);
        thread::spawn(move || receive(sockets, core, &received, &ends))
    };
    let figures = send(plan, &mut viewers, &received);
    ends.store(true, Ordering::Relaxed);
    receiver.join().map_err(|_| "the receiving thread panicked")??;
    println!("{}", figures?);
    Ok(())
}

fn receive(
    sockets: Vec<UdpSocket>,
    core: Option<usize>,
    received: &AtomicU64,
    ends: &AtomicBool,
) -> Result<(), Failure> {
    core.map_or(Ok(()), pin_thread)?;
    let mut poll = Poll::new()?;
    let mut sockets: Vec<_> = sockets.into_iter().map(mio::net::UdpSocket::from_std).collect();
    for (index, socket) in sockets.iter_mut().enumerate() {
        poll.registry().register(socket, Token(index), Interest::READABLE)?;
    }
    let mut events = Events::with_capacity(1024);
    let mut batch = ReceiveBatch::new(HEAD_BYTES);
    while !ends.load(Ordering::Relaxed) {
        thread::sleep(READ_INTERVAL);
        poll.poll(&mut events, Some(Duration::ZERO))?;
        for event in &events {
            loop {
                let more = batch.receive(&sockets[event.token().0])?;
                received.fetch_add(batch.datagrams().count() as u64, Ordering::Relaxed);
                if !more {
                    break;
                }
            }
        }
    }
    Ok(())
}

fn send(plan: &Plan, viewers: &mut [Viewer], received: &AtomicU64) -> Result<serde_json::Value, Failure> {
    plan.send_core.map_or(Ok(()), pin_thread)?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    enlarge_buffers(&socket)?;
    let mut batch = SendBatch::new(2 * FLUSH_BYTES);
    let video = vec![vec![0x55; VIDEO_PAYLOAD_BYTES]; plan.packets_a_picture];
    let opus = vec![vec![0xfc; OPUS_PAYLOAD_BYTES]];
    let begun = Instant::now();
    let (mut next_picture, mut next_opus) = (Duration::ZERO, Duration::ZERO);
    let (mut cpu, mut packets, mut messages, mut dropped) = (Duration::ZERO, 0u64, 0u64, 0);
    while begun.elapsed() < plan.measured {
        let due = next_picture.min(next_opus);
        let payloads = if due == next_picture {
            next_picture += PICTURE_INTERVAL;
            &video
        } else {
            next_opus += OPUS_INTERVAL;
            &opus
        };
        if plan.paced {
            thread::sleep((begun + due).saturating_duration_since(Instant::now()));
        }
        let cpu_before = thread_cpu();
        for viewer in viewers.iter_mut() {
            for group in payloads.chunks(plan.group) {
                seal(viewer, group, &mut batch)?;
                messages += 1;
            }
            packets += payloads.len() as u64;
            if batch.length() >= FLUSH_BYTES {
                dropped += batch.flush(&socket)?;
            }
        }
        dropped += batch.flush(&socket)?;
        cpu += thread_cpu() - cpu_before;
        await_receivers(packets, received)?;
    }
    Ok(json!({
        "viewers": plan.viewers,
        "packets": packets,
        "packets_a_message": packets as f64 / messages as f64,
        "messages_dropped": dropped,
        "cpu_us_per_packet": cpu.as_secs_f64() * 1e6 / packets as f64,
    }))
}

/// One message of packets of equal size.
fn seal(viewer: &mut Viewer, payloads: &[Vec<u8>], batch: &mut SendBatch) -> Result<(), Failure> {
    let packet_bytes = HEADER_BYTES + payloads[0].len() + TAG_BYTES;
    let message = batch.reserve(viewer.address, packet_bytes * payloads.len(), packet_bytes as u16)?;
    for (packet, payload) in message.chunks_exact_mut(packet_bytes).zip(payloads) {
        let (header, rest) = packet.split_at_mut(HEADER_BYTES);
        let (body, tag) = rest.split_at_mut(payload.len());
        header.fill(0);
        header[0] = 0x90;
        header[2..4].copy_from_slice(&(viewer.sent as u16).to_be_bytes());
        body.copy_from_slice(payload);
        // RFC 7714 section 8.1: salt, SSRC (0 here), rollover counter and sequence number.
        let mut nonce = viewer.salt;
        for (byte, index) in nonce[6..].iter_mut().zip(&viewer.sent.to_be_bytes()[2..]) {
            *byte ^= index;
        }
        let nonce = Nonce::assume_unique_for_key(nonce);
        tag.copy_from_slice(viewer.key.seal_in_place_separate_tag(nonce, Aad::from(&header), body)?.as_ref());
        viewer.sent += 1;
    }
    Ok(())
}

/// The next round begins when all has been read, so that no full receive buffer makes sending look cheap.
fn await_receivers(sent: u64, received: &AtomicU64) -> Result<(), Failure> {
    let begun = Instant::now();
    while received.load(Ordering::Relaxed) < sent {
        if begun.elapsed() > DRAIN_LIMIT {
            return Err("packets were lost on the way to the receivers".into());
        }
        thread::sleep(Duration::from_micros(50));
    }
    Ok(())
}

//! Viewers join on threads of their own, some at once, so that joining holds up no media.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use str0m::media::Direction;

use crate::Failure;
use crate::peer::{Peer, PeerOptions};
use crate::signalling::Signalling;

/// Answers that wait to be taken up; more would wait too long for their first connectivity check.
const WAITING: usize = 8;

pub struct Joined {
    pub peer: Peer,
    pub decrypts: bool,
    pub session_url: String,
    /// From the offer to its answer.
    pub took: Duration,
}

/// Which viewers join: those of the swarm with these numbers; the first `decrypting` of it decrypt.
#[derive(Clone)]
pub struct Joins {
    pub whep_urls: Arc<[String]>,
    pub options: PeerOptions,
    pub numbers: std::ops::Range<usize>,
    pub decrypting: usize,
    pub at_once: usize,
}

/// The first failure ends the joining of its thread and is handed over.
pub fn join_viewers(joins: Joins) -> Receiver<Result<Joined, Failure>> {
    let (sender, receiver) = sync_channel(WAITING);
    let next = Arc::new(AtomicUsize::new(joins.numbers.start));
    for _ in 0..joins.at_once {
        let (joins, next, sender) = (joins.clone(), next.clone(), sender.clone());
        thread::spawn(move || {
            let signalling = Signalling::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= joins.numbers.end {
                    return;
                }
                let joined = join(&signalling, &joins, number);
                let failed = joined.is_err();
                if sender.send(joined).is_err() || failed {
                    return;
                }
            }
        });
    }
    receiver
}

fn join(signalling: &Signalling, joins: &Joins, number: usize) -> Result<Joined, Failure> {
    let decrypts = number < joins.decrypting;
    let offered = Peer::offer(&joins.options, Direction::RecvOnly, decrypts)?;
    let url = &joins.whep_urls[number % joins.whep_urls.len()];
    let begun = Instant::now();
    let answer = signalling.offer(url, None, &offered.sdp)?;
    let took = begun.elapsed();
    let peer = offered.accept(&answer)?;
    Ok(Joined { peer, decrypts, session_url: answer.session_url, took })
}

/// Ends sessions, some at once; returns how many the server did not end.
pub fn leave(session_urls: &[String], at_once: usize) -> usize {
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                let signalling = Signalling::new();
                while let Some(session_url) = session_urls.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if signalling.close(session_url, None).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    failed.into_inner()
}

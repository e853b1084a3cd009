//! `netem-relay`: stands between clients and a UDP server, with the same emulated network in each direction.
//!
//! The first line it prints is `{"listening": "ADDRESS"}`. At SIGTERM or SIGINT it prints what became of the datagrams
//! and ends.

#![forbid(unsafe_code)]

mod relay;

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use netem::{Conditions, Loss};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::relay::Relay;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: netem-relay --listen ADDRESS --to ADDRESS [--loss SHARE] [--burst DATAGRAMS] [--delay-ms N] \
                     [--jitter-ms N] [--reordering SHARE] [--duplication SHARE] [--rate-bps N] [--seed N]";

/// What to do, from the command line.
struct Plan {
    listen: SocketAddr,
    to: SocketAddr,
    conditions: Conditions,
    seed: u64,
}

fn main() -> ExitCode {
    match plan().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("netem-relay: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn plan() -> Result<Plan, Failure> {
    let (mut listen, mut to, mut seed, mut loss, mut burst) = (None, None, 1, 0.0, None);
    let mut conditions = Conditions::default();
    let mut arguments = lexopt::Parser::from_env();
    use lexopt::prelude::{Long, ValueExt};
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => listen = Some(arguments.value()?.parse()?),
            Long("to") => to = Some(arguments.value()?.parse()?),
            Long("loss") => loss = arguments.value()?.parse_with(share)?,
            Long("burst") => burst = Some(arguments.value()?.parse::<u32>()?.max(1)),
            Long("delay-ms") => conditions.delay = Duration::from_millis(arguments.value()?.parse::<u32>()?.into()),
            Long("jitter-ms") => conditions.jitter = Duration::from_millis(arguments.value()?.parse::<u32>()?.into()),
            Long("reordering") => conditions.reordering = arguments.value()?.parse_with(share)?,
            Long("duplication") => conditions.duplication = arguments.value()?.parse_with(share)?,
            Long("rate-bps") => conditions.rate_bps = Some(arguments.value()?.parse()?),
            Long("seed") => seed = arguments.value()?.parse()?,
            Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    conditions.loss = match burst {
        Some(length) if loss < 1.0 => Loss::bursts(loss, length.into()),
        _ => Loss::Independent(loss),
    };
    Ok(Plan { listen: listen.ok_or(USAGE)?, to: to.ok_or(USAGE)?, conditions, seed })
}

fn share(text: &str) -> Result<f64, String> {
    match f64::from_str(text) {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a share is a number from 0 to 1".into()),
    }
}

fn run(plan: Plan) -> Result<(), Failure> {
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stopped))?;
    }
    let mut relay = Relay::new(plan.listen, plan.to, plan.conditions, plan.seed)?;
    println!("{}", json!({ "listening": relay.address()?.to_string() }));
    while !stopped.load(Ordering::Relaxed) {
        match relay.turn() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            turned => turned?,
        }
    }
    println!("{}", relay.counters());
    Ok(())
}

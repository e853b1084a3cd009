//! `rtc-load`: one broadcaster by WHIP and many viewers by WHEP, all real WebRTC peers in one process.
//!
//! It prints lines of JSON: `{"phase": "steady"}` when every viewer receives and the measurement begins, then
//! `{"phase": "done", …}` with the figures of the measured time.

mod arrivals;
mod film;
mod peer;
mod signalling;
mod swarm;

use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: rtc-load --whip URL --stream-key KEY --whep URL [--viewers N] [--warm-up S] \
                     [--seconds S] [--from ADDRESS]";

/// What to do, from the command line.
pub struct Plan {
    pub whip_url: String,
    pub whep_url: String,
    pub stream_key: String,
    pub viewers: usize,
    pub warm_up: Duration,
    pub measured: Duration,
    pub from: IpAddr,
}

fn main() -> ExitCode {
    match plan().and_then(swarm::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("rtc-load: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn plan() -> Result<Plan, Failure> {
    let (mut whip_url, mut whep_url, mut stream_key) = (None, None, None);
    let (mut viewers, mut warm_up, mut seconds) = (10, 3, 10);
    let mut from = IpAddr::from([127, 0, 0, 1]);
    let mut arguments = lexopt::Parser::from_env();
    use lexopt::prelude::{Long, ValueExt};
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("whip") => whip_url = Some(arguments.value()?.string()?),
            Long("whep") => whep_url = Some(arguments.value()?.string()?),
            Long("stream-key") => stream_key = Some(arguments.value()?.string()?),
            Long("viewers") => viewers = arguments.value()?.parse()?,
            Long("warm-up") => warm_up = arguments.value()?.parse()?,
            Long("seconds") => seconds = arguments.value()?.parse()?,
            Long("from") => from = arguments.value()?.parse()?,
            Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(Plan {
        whip_url: whip_url.ok_or(USAGE)?,
        whep_url: whep_url.ok_or(USAGE)?,
        stream_key: stream_key.ok_or(USAGE)?,
        viewers,
        warm_up: Duration::from_secs(warm_up),
        measured: Duration::from_secs(seconds),
        from,
    })
}

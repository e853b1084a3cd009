//! `rtc-load`: one broadcaster by WHIP and many viewers by WHEP, all real WebRTC peers in one process.
//!
//! It prints lines of JSON. For each count of viewers: `{"phase": "steady", "viewers": N}` when every viewer receives
//! and the measurement begins, then `{"phase": "measured", "viewers": N, …}` with the figures of the measured time.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use rtc_load::Failure;
use rtc_load::film::Film;
use rtc_load::swarm::{self, Pace, Plan};

const USAGE: &str = "usage: rtc-load --whip URL --stream-key KEY --whep URL [--whep URL ...] [--viewers N[,N...]]
    [--film FILE.ivf|FILE.h264 | --bitrate-bps N --keyframe-interval PICTURES] [--pace frame|5ms]
    [--decrypting N] [--gro] [--joins-at-once N] [--from ADDRESS]
    [--warm-up SECONDS] [--seconds SECONDS] [--stop-at-loss]";

fn main() -> ExitCode {
    match plan().and_then(|(plan, film)| swarm::run(&plan, film)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("rtc-load: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn plan() -> Result<(Plan, Film), Failure> {
    let (mut whip_url, mut whep_urls, mut stream_key) = (None, Vec::new(), None);
    let mut viewers = vec![10];
    let mut film: Option<PathBuf> = None;
    let (mut bitrate_bps, mut keyframe_interval) = (2_500_000, 60);
    let (mut warm_up, mut seconds) = (1.5, 10.0);
    let (mut decrypting, mut joins_at_once) = (10, 4);
    let (mut pace, mut joins_datagrams, mut stops_at_loss) = (Pace::Frame, false, false);
    let mut from = IpAddr::from([127, 0, 0, 1]);
    let mut arguments = lexopt::Parser::from_env();
    use lexopt::prelude::{Long, ValueExt};
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("whip") => whip_url = Some(arguments.value()?.string()?),
            Long("whep") => whep_urls.push(arguments.value()?.string()?),
            Long("stream-key") => stream_key = Some(arguments.value()?.string()?),
            Long("viewers") => {
                let counts = arguments.value()?.string()?;
                viewers = counts.split(',').map(str::parse).collect::<Result<_, _>>()?;
            }
            Long("film") => film = Some(arguments.value()?.into()),
            Long("bitrate-bps") => bitrate_bps = arguments.value()?.parse()?,
            Long("keyframe-interval") => keyframe_interval = arguments.value()?.parse()?,
            Long("pace") => {
                pace = match arguments.value()?.string()?.as_str() {
                    "frame" => Pace::Frame,
                    "5ms" => Pace::Bursts,
                    other => return Err(format!("--pace {other}: frame or 5ms").into()),
                }
            }
            Long("decrypting") => decrypting = arguments.value()?.parse()?,
            Long("gro") => joins_datagrams = true,
            Long("joins-at-once") => joins_at_once = arguments.value()?.parse()?,
            Long("from") => from = arguments.value()?.parse()?,
            Long("warm-up") => warm_up = arguments.value()?.parse()?,
            Long("seconds") => seconds = arguments.value()?.parse()?,
            Long("stop-at-loss") => stops_at_loss = true,
            Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    if whep_urls.is_empty() || !viewers.is_sorted() || viewers.first() == Some(&0) {
        return Err(USAGE.into());
    }
    let film = match film {
        Some(path) => Film::open(&path)?,
        None => Film::synthetic(bitrate_bps, keyframe_interval)?,
    };
    let plan = Plan {
        whip_url: whip_url.ok_or(USAGE)?,
        whep_urls,
        stream_key: stream_key.ok_or(USAGE)?,
        viewers,
        decrypting,
        joins_datagrams,
        joins_at_once: std::cmp::max(joins_at_once, 1),
        from,
        pace,
        warm_up: Duration::try_from_secs_f64(warm_up)?,
        measured: Duration::try_from_secs_f64(seconds)?,
        stops_at_loss,
    };
    Ok((plan, film))
}

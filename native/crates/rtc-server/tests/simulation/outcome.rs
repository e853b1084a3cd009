use std::collections::HashMap;
use std::time::{Duration, Instant};

use rtc_server::CounterSnapshot;

use crate::scenario::{PersonPlan, RoomPlan, Scenario, TroubleKind, Weather};
use crate::viewer::{Decoded, Player};

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) rooms: Vec<RoomOutcome>,
    pub(crate) leftovers: Leftovers,
    pub(crate) counters: CounterSnapshot,
    /// Datagrams that found the queue of a viewer's link full.
    pub(crate) overflowed: u64,
}

#[derive(Debug, Default)]
pub(crate) struct RoomOutcome {
    pub(crate) viewers: Vec<ViewerOutcome>,
    /// Pictures that each of the broadcaster's sessions sent.
    pub(crate) frames: Vec<u32>,
    /// Keyframe requests that reached the broadcaster.
    pub(crate) requests: usize,
}

#[derive(Debug)]
pub(crate) struct ViewerOutcome {
    pub(crate) index: usize,
    pub(crate) left: Instant,
    pub(crate) player: Player,
    pub(crate) is_alive: bool,
    pub(crate) was_connected: bool,
}

/// What is still held when nobody has been there for long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leftovers {
    pub(crate) held: usize,
    pub(crate) on_their_way: usize,
}

impl RoomOutcome {
    /// What a viewer saw.
    pub(crate) fn of(&self, viewer: usize) -> &[Decoded] {
        self.viewers.iter().find(|outcome| outcome.index == viewer).map_or(&[], |outcome| &outcome.player.decoded)
    }

    /// When a viewer first saw a picture as soon as the first viewer did, or nearly.
    pub(crate) fn caught_up(&self, viewer: usize) -> Option<Instant> {
        let live: HashMap<u32, Instant> = self.of(0).iter().map(|picture| (picture.frame, picture.at)).collect();
        let is_live = |picture: &&Decoded| live.get(&picture.frame).is_some_and(|at| picture.at < *at + CAUGHT_UP);
        self.of(viewer).iter().find(is_live).map(|picture| picture.at)
    }
}

/// How long after a trouble has ended the picture must be back. A rebinding is noticed by the peer's next check.
const RECOVERY: Duration = Duration::from_secs(4);
const REBINDING: Duration = Duration::from_secs(4);
const CAUGHT_UP: Duration = Duration::from_millis(300);
const TOLERANCE: Duration = Duration::from_millis(500);

impl Outcome {
    /// Whether everyone saw what they may expect.
    pub(crate) fn check(&self, scenario: &Scenario) -> Result<(), String> {
        if self.leftovers != Leftovers::default() {
            return Err(format!("something is left: {:?}", self.leftovers));
        }
        for (number, (room, plan)) in self.rooms.iter().zip(&scenario.rooms).enumerate() {
            // At most one each half second, and one for each encoder at its start.
            let most = 2 * scenario.end.as_secs() as usize + room.frames.len();
            if room.requests > most {
                return Err(format!("room {number}: {} keyframe requests", room.requests));
            }
            for viewer in &room.viewers {
                self.check_viewer(viewer, room, plan, scenario)
                    .map_err(|error| format!("viewer {number}.{}: {error}", viewer.index))?;
            }
        }
        Ok(())
    }

    fn check_viewer(
        &self,
        viewer: &ViewerOutcome,
        room: &RoomOutcome,
        plan: &RoomPlan,
        scenario: &Scenario,
    ) -> Result<(), String> {
        let person = &plan.viewers[viewer.index];
        // DTLS goes on to the old port until ICE takes that for dead: whoever is given another in the middle of the
        // handshake is quicker with a new session, as players do it.
        if !viewer.was_connected && person.troubles.iter().any(|trouble| trouble.kind == TroubleKind::Rebinding) {
            return Ok(());
        }
        let troubled = self.troubled(person, plan);
        let joined = self.start + person.joins;
        let limit = stall_limit(scenario.weather);
        let decoded = &viewer.player.decoded;
        // From the join to the first picture there is a handshake, of which every lost datagram costs a second or more.
        let first = joined + join_limit(scenario.weather);
        let mut from = first;
        for at in decoded.iter().map(|picture| picture.at).chain([viewer.left]) {
            let is_excused = troubled.iter().any(|(begin, end)| from < *end && *begin < at);
            if at > from + limit && !is_excused {
                let (from, at) = (from - self.start, at - self.start);
                let (count, state) = (decoded.len(), viewer.player.state());
                return Err(format!("no picture from {from:?} to {at:?}, of {count}; {state}"));
            }
            from = from.max(at);
        }
        if viewer.left < self.end {
            return Ok(());
        }
        let Some(last) = decoded.last() else { return Err("no picture at all".into()) };
        let sent = room.frames.last().copied().unwrap_or_default();
        let is_of_the_last = usize::from(last.generation) + 1 == room.frames.len();
        if self.end - last.at > TOLERANCE || !is_of_the_last || last.frame + 12 < sent {
            let since = |at: Instant| at - self.start;
            return Err(format!(
                "the last picture is {}.{} of {}.{sent} at {:?}; something was heard at {:?}; {}; alive: {}; {:?}",
                last.generation,
                last.frame,
                room.frames.len() - 1,
                since(last.at),
                since(viewer.player.heard),
                viewer.player.state(),
                viewer.is_alive,
                person.troubles
            ));
        }
        Ok(())
    }

    /// When a viewer may miss the picture: its own troubles and those of its broadcaster.
    fn troubled(&self, person: &PersonPlan, plan: &RoomPlan) -> Vec<(Instant, Instant)> {
        let troubles = person.troubles.iter().chain(&plan.broadcaster.troubles).map(|trouble| {
            let lasts = match trouble.kind {
                TroubleKind::Rebinding => REBINDING,
                TroubleKind::Outage(lasts) | TroubleKind::Narrow(lasts, _) => lasts + RECOVERY,
            };
            (trouble.at, trouble.at + lasts)
        });
        let returns = plan.returns.iter().map(|change| (change.at, change.at + change.away + RECOVERY));
        troubles.chain(returns).map(|(begin, end)| (self.start + begin, self.start + end)).collect()
    }

    /// The pictures each viewer saw, without the last ones, which may have been on their way when all ended.
    pub(crate) fn seen(&self) -> Vec<Vec<(u8, u32)>> {
        let mut viewers: Vec<(usize, &ViewerOutcome)> = Vec::new();
        for (room, outcome) in self.rooms.iter().enumerate() {
            viewers.extend(outcome.viewers.iter().map(|viewer| (room, viewer)));
        }
        viewers.sort_by_key(|(room, viewer)| (*room, viewer.index));
        let picture = |decoded: &Decoded| (decoded.generation, decoded.frame);
        let pictures = |viewer: &ViewerOutcome| {
            let all = &viewer.player.decoded;
            all[..all.len().saturating_sub(5)].iter().map(picture).collect()
        };
        viewers.iter().map(|(_, viewer)| pictures(viewer)).collect()
    }

    pub(crate) fn summary(&self) -> String {
        let mut text = Vec::new();
        for (number, room) in self.rooms.iter().enumerate() {
            for viewer in &room.viewers {
                let decoded = &viewer.player.decoded;
                let stall = decoded.windows(2).map(|pair| pair[1].at - pair[0].at).max().unwrap_or_default();
                text.push(format!("{number}.{} saw {} (longest stall {stall:?})", viewer.index, decoded.len()));
            }
            text.push(format!("room {number} was asked for {} keyframes", room.requests));
        }
        text.join(", ")
    }
}

fn stall_limit(weather: Weather) -> Duration {
    Duration::from_millis(match weather {
        Weather::Clean => 250,
        Weather::Lossy(most) if most <= 0.1 => 1_800,
        _ => 3_500,
    })
}

fn join_limit(weather: Weather) -> Duration {
    Duration::from_millis(match weather {
        Weather::Clean => 1_500,
        Weather::Lossy(most) if most <= 0.1 => 10_000,
        // DTLS waits twice as long each time a flight of its handshake is lost, from a second on (RFC 6347 section 4.2.4).
        _ => 18_000,
    })
}

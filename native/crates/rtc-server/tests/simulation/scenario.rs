use std::time::Duration;

use netem::{Conditions, Loss, Random};

use crate::film::FilmCodec;

/// What happens in a run, drawn from its seed. Times count from the start.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) weather: Weather,
    pub(crate) codec: FilmCodec,
    pub(crate) rooms: Vec<RoomPlan>,
    /// From here on every link is good, so that all must come back to a picture.
    pub(crate) calm_from: Duration,
    pub(crate) end: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Weather {
    Clean,
    /// Each link loses at most this share.
    Lossy(f64),
    Bursty {
        share: f64,
        length: f64,
    },
    /// Jitter, reordering, duplication and a little loss.
    Rough,
}

#[derive(Clone, Debug)]
pub(crate) struct RoomPlan {
    pub(crate) keyframe_every: u32,
    pub(crate) broadcaster: PersonPlan,
    pub(crate) returns: Vec<Return>,
    pub(crate) viewers: Vec<PersonPlan>,
}

#[derive(Clone, Debug)]
pub(crate) struct PersonPlan {
    pub(crate) joins: Duration,
    pub(crate) leaves: Option<Leave>,
    pub(crate) up: Conditions,
    pub(crate) down: Conditions,
    pub(crate) is_behind_nat: bool,
    pub(crate) troubles: Vec<Trouble>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Leave {
    pub(crate) at: Duration,
    pub(crate) says_goodbye: bool,
}

/// The broadcaster's encoder ends and another begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Return {
    pub(crate) at: Duration,
    pub(crate) away: Duration,
    pub(crate) says_goodbye: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trouble {
    pub(crate) at: Duration,
    pub(crate) kind: TroubleKind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TroubleKind {
    /// The router gives the peer another port.
    Rebinding,
    Outage(Duration),
    /// The link carries less than the broadcast.
    Narrow(Duration, u64),
}

const CALM_FROM: Duration = Duration::from_secs(16);
const END: Duration = Duration::from_secs(30);

impl Scenario {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let weather = match random.below(5) {
            0 => Weather::Clean,
            1 => Weather::Lossy(0.05),
            2 => Weather::Lossy(0.2),
            3 => Weather::Bursty { share: 0.08, length: 6.0 },
            _ => Weather::Rough,
        };
        Self::under(weather, seed)
    }

    pub(crate) fn under(weather: Weather, seed: u64) -> Self {
        let mut random = Random::new(seed).fork(1);
        let rooms = (0..1 + random.below(2)).map(|_| RoomPlan::new(weather, &mut random)).collect();
        Self { seed, weather, codec: FilmCodec::Vp8, rooms, calm_from: CALM_FROM, end: END }
    }

    /// One who watches from the beginning, and viewers who come late in a long keyframe group, by links of these rates.
    pub(crate) fn long_group(rates: &[Option<u64>]) -> Self {
        let good = Conditions { delay: Duration::from_millis(20), ..Conditions::default() };
        let person = |joins, rate_bps| PersonPlan {
            joins: Duration::from_millis(joins),
            leaves: None,
            up: good,
            down: Conditions { rate_bps, ..good },
            is_behind_nat: false,
            troubles: Vec::new(),
        };
        let late = rates.iter().map(|rate| person(9_500, *rate));
        let room = RoomPlan {
            keyframe_every: 750,
            broadcaster: person(0, None),
            returns: Vec::new(),
            viewers: [person(1_500, None)].into_iter().chain(late).collect(),
        };
        Self {
            seed: 1,
            weather: Weather::Clean,
            codec: FilmCodec::Vp8,
            rooms: vec![room],
            calm_from: END,
            end: Duration::from_secs(20),
        }
    }

    /// Nothing but joins and leaves on good links.
    pub(crate) fn uneventful(seed: u64) -> Self {
        let mut scenario = Self::under(Weather::Clean, seed);
        for room in &mut scenario.rooms {
            room.returns.clear();
            room.broadcaster.troubles.clear();
            room.viewers.iter_mut().for_each(|viewer| viewer.troubles.clear());
        }
        scenario
    }
}

impl RoomPlan {
    fn new(weather: Weather, random: &mut Random) -> Self {
        let mut broadcaster = PersonPlan::new(weather, Duration::ZERO, random);
        // What happens to encoders is worse for everyone, so it happens less often.
        broadcaster.troubles.truncate(usize::from(random.chance(0.3)));
        broadcaster.leaves = None;
        let returns = (0..random.below(3)).map(|index| Return {
            at: Duration::from_millis(4_000 + 5_000 * index + random.below(2_000)),
            away: Duration::from_millis(random.below(3_000)),
            says_goodbye: random.chance(0.5),
        });
        let returns = returns.collect();
        Self {
            keyframe_every: [25, 50, 250][random.below(3) as usize],
            returns,
            viewers: (0..2 + random.below(4))
                .map(|_| {
                    let joins = Duration::from_millis(1_500 + random.below(8_000));
                    PersonPlan::new(weather, joins, random)
                })
                .collect(),
            broadcaster,
        }
    }
}

impl PersonPlan {
    fn new(weather: Weather, joins: Duration, random: &mut Random) -> Self {
        let leaves = random.chance(0.3).then(|| Leave {
            at: joins + Duration::from_millis(3_000 + random.below(5_000)),
            says_goodbye: random.chance(0.5),
        });
        let troubles = (0..random.below(3)).map(|_| Trouble {
            at: joins + Duration::from_millis(2_000 + random.below(4_000)),
            kind: match random.below(3) {
                0 => TroubleKind::Rebinding,
                1 => TroubleKind::Outage(Duration::from_millis(200 + random.below(3_000))),
                _ => TroubleKind::Narrow(Duration::from_millis(1_000 + random.below(2_000)), 300_000),
            },
        });
        let troubles = troubles.collect();
        Self {
            joins,
            leaves,
            troubles,
            is_behind_nat: random.chance(0.7),
            up: weather.conditions(random),
            down: weather.conditions(random),
        }
    }
}

impl Weather {
    fn conditions(self, random: &mut Random) -> Conditions {
        let delay = Duration::from_millis(2 + random.below(50));
        let good = Conditions { delay, ..Conditions::default() };
        match self {
            Self::Clean => good,
            Self::Lossy(most) => Conditions { loss: Loss::Independent(most * random.fraction()), ..good },
            Self::Bursty { share, length } => {
                Conditions { loss: Loss::bursts(share * random.fraction(), length), ..good }
            }
            Self::Rough => Conditions {
                loss: Loss::Independent(0.02),
                jitter: Duration::from_millis(random.below(40)),
                reordering: 0.1 * random.fraction(),
                reordering_delay: Duration::from_millis(5 + random.below(40)),
                duplication: 0.1 * random.fraction(),
                ..good
            },
        }
    }
}

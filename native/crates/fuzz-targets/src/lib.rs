//! One function over bytes for each parser that reads the network. libFuzzer feeds them in `native/fuzz`; the tests
//! of this crate feed them the corpus that lies there. A target panics when a parser does, or breaks its promise.

mod access_units;
mod connection;
mod packet;
mod payload;
mod signalling;

pub use access_units::access_units;
pub use connection::{connection, stun};
pub use packet::{rtcp, rtp, srtp};
pub use payload::rtp_payload;
pub use signalling::{sdp_fragment, sdp_offer};

/// A target and what its short run is to be.
pub struct Target {
    /// Also the name of its folder in `native/fuzz/corpus`.
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// Mutations of the corpus that take about a second.
    pub mutations: u32,
}

pub const TARGETS: [Target; 9] = [
    Target { name: "access_units", run: access_units, mutations: 20_000 },
    Target { name: "connection", run: connection, mutations: 300 },
    Target { name: "rtcp", run: rtcp, mutations: 10_000 },
    Target { name: "rtp", run: rtp, mutations: 10_000 },
    Target { name: "rtp_payload", run: rtp_payload, mutations: 20_000 },
    Target { name: "sdp_fragment", run: sdp_fragment, mutations: 300 },
    Target { name: "sdp_offer", run: sdp_offer, mutations: 300 },
    Target { name: "srtp", run: srtp, mutations: 10_000 },
    Target { name: "stun", run: stun, mutations: 10_000 },
];

/// What a browser offers to watch.
const OFFER: &str = include_str!("../../rtc-server/tests/offers/chromium_recvonly.sdp");

use std::time::Duration;

/// How one direction of an access link behaves. The default is a perfect one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    pub loss: Loss,
    pub delay: Duration,
    /// At most this much is added to the delay of each datagram. By itself it changes no order.
    pub jitter: Duration,
    /// The share of datagrams that come `reordering_delay` later, behind those sent after them.
    pub reordering: f64,
    pub reordering_delay: Duration,
    /// The share of datagrams that come twice.
    pub duplication: f64,
    pub rate_bps: Option<u64>,
    /// Bytes that may wait for their turn at `rate_bps`; what comes when it is full is dropped.
    pub queue_bytes: usize,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            loss: Loss::None,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            reordering: 0.0,
            reordering_delay: Duration::from_millis(20),
            duplication: 0.0,
            rate_bps: None,
            queue_bytes: 64 << 10,
        }
    }
}

impl Conditions {
    /// Nothing comes through.
    pub fn outage() -> Self {
        Self { loss: Loss::All, ..Self::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    None,
    All,
    /// Each datagram by itself, with this probability.
    Independent(f64),
    /// Gilbert and Elliott: before each datagram the link turns bad or good again with the probabilities `worsen` and
    /// `recover`; it loses what it is given with the probability of its state.
    Bursts {
        worsen: f64,
        recover: f64,
        loss_when_good: f64,
        loss_when_bad: f64,
    },
}

impl Loss {
    /// Loses `share` of all datagrams, in runs of `length` on average. For `share` below `length / (length + 1)`.
    pub fn bursts(share: f64, length: f64) -> Self {
        let recover = 1.0 / length;
        Self::Bursts { worsen: recover * share / (1.0 - share), recover, loss_when_good: 0.0, loss_when_bad: 1.0 }
    }
}

use std::time::Duration;

use crate::time::MonotonicTime;

/// Merges the keyframe requests of all viewers: at most one to the broadcaster in each interval.
#[derive(Debug)]
pub(crate) struct KeyframeRequests {
    interval: Duration,
    wanted: bool,
    last_sent: Option<MonotonicTime>,
}

impl KeyframeRequests {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval, wanted: false, last_sent: None }
    }

    pub(crate) fn want(&mut self) {
        self.wanted = true;
    }

    /// A keyframe answers every request made before it.
    pub(crate) fn keyframe_arrived(&mut self) {
        self.wanted = false;
    }

    /// Another broadcaster owes nothing yet, so it may be asked at once.
    pub(crate) fn restart(&mut self) {
        self.last_sent = None;
        self.wanted = true;
    }

    /// When `poll` may next say yes.
    pub(crate) fn deadline(&self) -> Option<MonotonicTime> {
        self.wanted.then(|| self.last_sent.map_or(MonotonicTime::default(), |sent| sent + self.interval))
    }

    /// Whether a request is to be sent now.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> bool {
        let due = self.deadline().is_some_and(|deadline| now >= deadline);
        if due {
            self.wanted = false;
            self.last_sent = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> MonotonicTime {
        MonotonicTime::since_start(Duration::from_millis(millis))
    }

    #[test]
    fn many_requests_become_one_an_interval() {
        let mut requests = KeyframeRequests::new(Duration::from_millis(500));
        assert!(!requests.poll(at(0)));
        for _ in 0..100 {
            requests.want();
        }
        assert!(requests.poll(at(10)));
        requests.want();
        assert!(!requests.poll(at(400)));
        assert_eq!(requests.deadline(), Some(at(510)));
        assert!(requests.poll(at(510)));
        assert!(!requests.poll(at(2000)));
    }

    #[test]
    fn a_keyframe_answers_what_was_asked_before_it() {
        let mut requests = KeyframeRequests::new(Duration::from_millis(500));
        requests.want();
        assert!(requests.poll(at(0)));
        requests.want();
        requests.keyframe_arrived();
        assert!(!requests.poll(at(600)));
    }
}

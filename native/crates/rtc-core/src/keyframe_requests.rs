use std::time::Duration;

use crate::time::MonotonicTime;

/// Merges the wishes of all audiences: at most one request to the broadcaster in each interval.
#[derive(Debug)]
pub(crate) struct KeyframeRequests {
    interval: Duration,
    wanted: bool,
    /// An audience asked; whether a keyframe has answered meanwhile is seen at the next `poll`.
    wished: bool,
    last_sent: Option<MonotonicTime>,
    /// Whether the last request brought a keyframe soon. Some encoders never answer.
    is_answered: bool,
    last_keyframe: Option<MonotonicTime>,
}

/// An encoder that answers does so within this time.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// A wish and a keyframe may pass each other between source and audience: a wish told this soon after a keyframe was
/// made before it.
const PASSING_TIME: Duration = Duration::from_millis(50);

impl KeyframeRequests {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval, wanted: false, wished: false, last_sent: None, is_answered: false, last_keyframe: None }
    }

    pub(crate) fn want(&mut self) {
        self.wanted = true;
    }

    /// Some audience asks.
    pub(crate) fn wish(&mut self) {
        self.wished = true;
    }

    /// A keyframe answers every request made before it.
    pub(crate) fn keyframe_arrived(&mut self, now: MonotonicTime) {
        self.wanted = false;
        self.wished = false;
        self.last_keyframe = Some(now);
        if let Some(sent) = self.last_sent {
            self.is_answered |= now.since(sent) < ANSWER_TIME;
        }
    }

    /// Whether this encoder has been seen to answer, and owes no answer for long.
    pub(crate) fn is_answered(&self) -> bool {
        self.is_answered
    }

    /// Another broadcaster owes nothing yet, so it may be asked at once.
    pub(crate) fn restart(&mut self) {
        self.last_sent = None;
        self.is_answered = false;
        self.wanted = true;
    }

    /// When `poll` may next say yes.
    pub(crate) fn deadline(&self) -> Option<MonotonicTime> {
        (self.wanted || self.wished)
            .then(|| self.last_sent.map_or(MonotonicTime::default(), |sent| sent + self.interval))
    }

    /// Whether a request is to be sent now.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> bool {
        if std::mem::take(&mut self.wished) {
            self.wanted |= self.last_keyframe.is_none_or(|arrived| now.since(arrived) >= PASSING_TIME);
        }
        let due = self.deadline().is_some_and(|deadline| now >= deadline);
        if due {
            // Asked again and again without a keyframe: no longer counted on.
            self.is_answered &= self.last_keyframe >= self.last_sent;
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
        requests.keyframe_arrived(at(100));
        assert!(!requests.poll(at(600)));
    }

    #[test]
    fn a_wish_that_passed_the_keyframe_on_its_way_is_answered() {
        let mut requests = KeyframeRequests::new(Duration::from_millis(500));
        requests.wish();
        assert!(requests.poll(at(0)));
        requests.keyframe_arrived(at(100));
        requests.wish();
        assert!(!requests.poll(at(110)) && requests.deadline().is_none());
        requests.wish();
        assert!(!requests.poll(at(160)));
        assert!(requests.poll(at(500)), "one made after it is not");
    }

    #[test]
    fn an_encoder_counts_as_answering_while_its_keyframes_come_soon() {
        let mut requests = KeyframeRequests::new(Duration::from_millis(500));
        requests.want();
        assert!(requests.poll(at(0)) && !requests.is_answered());
        requests.keyframe_arrived(at(200));
        assert!(requests.is_answered());
        requests.want();
        assert!(requests.poll(at(1_000)) && requests.is_answered());
        requests.want();
        assert!(requests.poll(at(1_500)) && !requests.is_answered());
    }
}

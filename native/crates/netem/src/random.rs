/// SplitMix64 (Steele, Lea, Flood 2014): few lines, and the same numbers in every version, which committed seeds need.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Numbers of its own for each `index`, so that what one link carries changes nothing on another.
    pub fn fork(&self, index: u64) -> Self {
        let mut mixed = Self { state: self.state ^ index.wrapping_mul(0xd605_1f3a_9c2b_84e7) };
        Self { state: mixed.next() }
    }

    #[expect(clippy::should_implement_trait, reason = "there is always a next one")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At least 0, less than 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True in `probability` of the cases.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// Less than `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The bias of the remainder is far below what a simulation could notice.
        self.next() % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_reference_implementation() {
        let mut random = Random::new(1_234_567);
        assert_eq!(
            [random.next(), random.next(), random.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn forks_differ_and_do_not_disturb_each_other() {
        let random = Random::new(5);
        let (mut one, mut other) = (random.fork(1), random.fork(2));
        assert_ne!(one.next(), other.next());
        let second = one.next();
        let mut again = random.fork(1);
        again.next();
        assert_eq!(again.next(), second);
    }
}

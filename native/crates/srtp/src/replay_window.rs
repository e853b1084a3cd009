/// Which of the newest `64 * WORDS` packet indexes have been seen (RFC 3711 section 3.3.2).
#[derive(Clone, Debug)]
pub struct ReplayWindow<const WORDS: usize> {
    /// One past the highest index seen; zero when there was none.
    end: u64,
    /// Index `i` has bit `i` modulo the width.
    seen: [u64; WORDS],
}

impl<const WORDS: usize> Default for ReplayWindow<WORDS> {
    fn default() -> Self {
        Self { end: 0, seen: [0; WORDS] }
    }
}

impl<const WORDS: usize> ReplayWindow<WORDS> {
    pub const WIDTH: u64 = 64 * WORDS as u64;

    pub fn highest(&self) -> Option<u64> {
        self.end.checked_sub(1)
    }

    /// Neither seen nor too old to know.
    pub fn is_new(&self, index: u64) -> bool {
        if index >= self.end {
            return true;
        }
        let (word, bit) = Self::place(index);
        self.end - index <= Self::WIDTH && self.seen[word] & bit == 0
    }

    /// Remembers an index below `u64::MAX`; false when it was not new.
    pub fn insert(&mut self, index: u64) -> bool {
        if !self.is_new(index) {
            return false;
        }
        if index >= self.end {
            if index - self.end >= Self::WIDTH {
                self.seen = [0; WORDS];
            } else {
                // Those stepped over take the places of the oldest.
                for skipped in self.end..index {
                    let (word, bit) = Self::place(skipped);
                    self.seen[word] &= !bit;
                }
            }
            self.end = index + 1;
        }
        let (word, bit) = Self::place(index);
        self.seen[word] |= bit;
        true
    }

    fn place(index: u64) -> (usize, u64) {
        let bit = index % Self::WIDTH;
        ((bit / 64) as usize, 1 << (bit % 64))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_older_than_the_window_is_not_new() {
        let mut window = ReplayWindow::<1>::default();
        assert!(window.insert(0) && !window.insert(0));
        assert!(window.insert(64));
        assert!(!window.is_new(0) && window.is_new(1) && window.is_new(65));
        assert!(window.insert(1_000_000));
        assert!(!window.is_new(64) && !window.is_new(999_936) && window.is_new(999_937));
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_set(steps in prop::collection::vec(-300i64..300, 1..400), start in 0u64..1_000) {
            let mut window = ReplayWindow::<2>::default();
            let mut seen = BTreeSet::new();
            let mut at = start as i64;
            for step in steps {
                at = (at + step).max(0);
                let index = at as u64;
                let highest = seen.last().copied();
                let known = highest.is_none_or(|highest| index + ReplayWindow::<2>::WIDTH > highest);
                let is_new = known && !seen.contains(&index);
                prop_assert_eq!(window.is_new(index), is_new);
                prop_assert_eq!(window.insert(index), is_new);
                if is_new {
                    seen.insert(index);
                }
                prop_assert_eq!(window.highest(), seen.last().copied());
            }
        }
    }
}

//! The short run: the corpus as it is, and seeded mutations of it. `make fuzz` looks further.

use std::fs;
use std::path::PathBuf;

use fuzz_targets::{TARGETS, Target};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

/// Longer than any parser takes.
const MAX_BYTES: usize = 100_000;

fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target.name);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has a corpus", target.name);
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// A change of an input; positions are relative to what the changes before it left.
#[derive(Clone, Debug)]
enum Mutation {
    Put(Index, u8),
    FlipBit(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, u8),
    Truncate(Index),
    /// Copies a range to another place.
    Repeat(Index, u8, Index),
    /// Goes on as another input of the corpus does.
    Splice(Index, Index, Index),
    RemoveLine(Index),
    RepeatLine(Index, Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let extreme = prop_oneof![Just(0), Just(1), Just(0x7f), Just(0x80), Just(0xff), any::<u8>()];
    prop_oneof![
        (any::<Index>(), extreme).prop_map(|(at, byte)| Mutation::Put(at, byte)),
        (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Mutation::FlipBit(at, bit)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (any::<Index>(), 1..40u8).prop_map(|(at, length)| Mutation::Remove(at, length)),
        any::<Index>().prop_map(Mutation::Truncate),
        (any::<Index>(), 1..120u8, any::<Index>()).prop_map(|(from, length, to)| Mutation::Repeat(from, length, to)),
        (any::<Index>(), any::<Index>(), any::<Index>())
            .prop_map(|(at, other, from)| Mutation::Splice(at, other, from)),
        any::<Index>().prop_map(Mutation::RemoveLine),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Mutation::RepeatLine(from, to)),
    ]
}

impl Mutation {
    fn apply(&self, input: &mut Vec<u8>, corpus: &[(PathBuf, Vec<u8>)]) {
        let at = |index: &Index| index.index(input.len() + 1);
        let until = |start: usize, length: u8| (start + usize::from(length)).min(input.len());
        let line = |index: &Index| {
            let lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').collect();
            let number = index.index(lines.len());
            let start = lines[..number].iter().map(|line| line.len()).sum::<usize>();
            start..start + lines[number].len()
        };
        match self {
            Self::Insert(index, bytes) => {
                let at = at(index);
                input.splice(at..at, bytes.iter().copied());
            }
            Self::Truncate(index) => input.truncate(at(index)),
            Self::Splice(index, other, from) => {
                let (_, other) = other.get(corpus);
                input.truncate(at(index));
                input.extend(&other[from.index(other.len() + 1)..]);
            }
            _ if input.is_empty() => {}
            Self::Put(index, byte) => *index.get_mut(input) = *byte,
            Self::FlipBit(index, bit) => *index.get_mut(input) ^= 1 << bit,
            Self::Remove(index, length) => {
                let start = at(index);
                input.drain(start..until(start, *length));
            }
            Self::Repeat(from, length, to) => {
                let (start, to) = (at(from), at(to));
                let copied = input[start..until(start, *length)].to_vec();
                input.splice(to..to, copied);
            }
            Self::RemoveLine(index) => {
                input.drain(line(index));
            }
            Self::RepeatLine(from, to) => {
                let (copied, to) = (input[line(from)].to_vec(), line(to).start);
                input.splice(to..to, copied);
            }
        }
    }
}

#[test]
fn the_corpus_breaks_no_promise() {
    for target in &TARGETS {
        for (path, input) in corpus(target) {
            println!("{}", path.display());
            (target.run)(&input);
        }
    }
}

#[test]
fn mutations_of_the_corpus_break_no_promise() {
    for target in &TARGETS {
        let corpus = corpus(target);
        // The same mutations in every run: what fails here was changed, not drawn.
        let config = ProptestConfig { cases: target.mutations, failure_persistence: None, ..ProptestConfig::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[4; 32]));
        let inputs = (any::<Index>(), prop::collection::vec(mutation(), 1..8));
        let result = runner.run(&inputs, |(start, mutations)| {
            let mut input = start.get(&corpus).1.clone();
            for mutation in &mutations {
                mutation.apply(&mut input, &corpus);
            }
            input.truncate(MAX_BYTES);
            (target.run)(&input);
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{}: {error}", target.name));
    }
}

#[test]
fn every_target_is_built_for_the_fuzzer() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for target in &TARGETS {
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
        assert!(folder.join("fuzz_targets").join(format!("{}.rs", target.name)).exists(), "{}", target.name);
    }
}

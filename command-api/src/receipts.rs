//! Receipts: where the answer to a key stands in the log, at 16 bytes a key.
//!
//! A receipt is a 64-bit hash of (subject, key) and a position. It only says where to look: whoever finds one reads
//! the record there and compares the key itself, so a collision costs a read and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::{Digest, Position, StoreId};
use serde::{Deserialize, Serialize};

/// How many receipts gather before they are sorted into a run.
const RECENT_RECEIPTS: usize = 16_384;
/// How often a search is sent to where a hash should be, before it looks around from there.
const AIMS: usize = 3;

type Entry = (u64, u64);

/// What a key is looked up by: 64 bits of a SHA-256 over store and key, so spread evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(u64);

/// All receipts of a partition: sorted runs, each at least twice the size of the next, and a recent few.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Receipts {
    runs: Vec<Arc<Vec<Entry>>>,
    recent: BTreeSet<Entry>,
}

impl Slot {
    /// The slot of a store's key.
    pub fn of(store: StoreId, key: &str) -> Self {
        let Digest(bytes) = Digest::of(&[store.0.as_bytes(), key.as_bytes()]);
        Self(bytes.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }
}

impl Receipts {
    /// Notes that the answer to this key stands at this position.
    pub fn insert(&mut self, Slot(hash): Slot, position: Position) {
        self.recent.insert((hash, position.0));
        if self.recent.len() >= RECENT_RECEIPTS {
            self.seal();
        }
    }

    /// Where the answer to this key may stand: nearly always nowhere or one place.
    pub fn candidates(&self, Slot(hash): Slot) -> Vec<Position> {
        let recent = self.recent.range((hash, 0)..=(hash, u64::MAX));
        let sealed =
            self.runs.iter().flat_map(|run| run[first_of(run, hash)..].iter().take_while(move |entry| entry.0 == hash));
        recent.chain(sealed).map(|entry| Position(entry.1)).collect()
    }

    /// How many keys have a receipt.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.len()).sum::<usize>() + self.recent.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sorts the recent ones into a run and merges runs of like size, so that there are few of them.
    fn seal(&mut self) {
        let mut run: Vec<Entry> = std::mem::take(&mut self.recent).into_iter().collect();
        while let Some(last) = self.runs.pop_if(|last| last.len() < 2 * run.len()) {
            run = merge(&last, &run);
        }
        self.runs.push(Arc::new(run));
    }
}

/// Where in the run the hash stands, or would stand. Hashes are spread evenly, so where one should be is known to within
/// a few entries: a look there instead of twenty across the whole run, each of which would miss the caches.
fn first_of(run: &[Entry], hash: u64) -> usize {
    let Some(last) = run.len().checked_sub(1) else { return 0 };
    let entries = |distance: u64| usize::try_from((u128::from(distance) * run.len() as u128) >> 64).unwrap_or(last);
    let mut at = entries(hash).min(last);
    for _ in 0..AIMS {
        let found = run[at].0;
        at = if found < hash { at + entries(hash - found) } else { at.saturating_sub(entries(found - hash)) }.min(last);
    }
    let (mut low, mut high, mut step) = (at, at, 8);
    while low > 0 && run[low].0 >= hash {
        low = low.saturating_sub(step);
        step *= 2;
    }
    while high <= last && run[high].0 < hash {
        high += step;
        step *= 2;
    }
    let high = high.min(run.len());
    low + run[low..high].partition_point(|entry| entry.0 < hash)
}

fn merge(a: &[Entry], b: &[Entry]) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        let smaller = if x <= y { a.next() } else { b.next() };
        merged.extend(smaller);
    }
    merged.extend(a.chain(b));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_key_is_found_where_it_was_put_and_no_other() {
        let mut receipts = Receipts::default();
        let slot = |n: u64| Slot::of(StoreId::of_username("demostore"), &format!("till-{n}"));
        for n in 0..100_000 {
            receipts.insert(slot(n), Position(n));
        }
        assert_eq!(receipts.len(), 100_000);
        assert!(receipts.runs.len() <= 4, "runs are merged as they grow: {}", receipts.runs.len());
        for n in (0..100_000).step_by(97) {
            assert_eq!(receipts.candidates(slot(n)), [Position(n)]);
        }
        assert!(receipts.candidates(slot(100_000)).is_empty());
        assert!(receipts.candidates(Slot::of(StoreId::of_username("other"), "till-7")).is_empty());
    }

    #[test]
    fn two_keys_of_one_hash_are_both_candidates() {
        let mut receipts = Receipts::default();
        receipts.insert(Slot(7), Position(1));
        receipts.insert(Slot(7), Position(9));
        receipts.seal();
        receipts.insert(Slot(7), Position(12));
        assert_eq!(receipts.candidates(Slot(7)), [Position(12), Position(1), Position(9)]);
    }

    proptest! {
        /// Whether the hashes are spread evenly is a matter of speed alone.
        #[test]
        fn a_run_is_searched_as_a_plain_search_would(
            mut hashes in prop::collection::vec(prop_oneof![any::<u64>(), 0_u64..40, u64::MAX - 40..u64::MAX], 0..300),
            sought in prop_oneof![any::<u64>(), 0_u64..40, u64::MAX - 40..u64::MAX],
        ) {
            hashes.sort_unstable();
            let run: Vec<Entry> = hashes.into_iter().map(|hash| (hash, 0)).collect();
            prop_assert_eq!(first_of(&run, sought), run.partition_point(|entry| entry.0 < sought));
        }
    }
}

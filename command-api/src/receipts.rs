//! Receipts: where the answer to a key stands in the log, at 16 bytes a key.
//!
//! A receipt is a 64-bit hash of (subject, key) and a position. It only says where to look: whoever finds one reads
//! the record there and compares the key itself, so a collision costs a read and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Digest, Position, StoreId};
use serde::{Deserialize, Serialize};

/// How many receipts gather before they are sorted into a run.
const RECENT_RECEIPTS: usize = 16_384;

type Entry = (u64, u64);

/// All receipts of a partition: sorted runs, each at least twice the size of the next, and a recent few.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Receipts {
    runs: Vec<Arc<Vec<Entry>>>,
    recent: BTreeMap<u64, Vec<u64>>,
    recent_count: usize,
}

impl Receipts {
    /// Notes that the answer to this key stands at this position.
    pub fn insert(&mut self, store: StoreId, key: &str, position: Position) {
        self.recent.entry(hash(store, key)).or_default().push(position.0);
        self.recent_count += 1;
        if self.recent_count >= RECENT_RECEIPTS {
            self.seal();
        }
    }

    /// Where the answer to this key may stand: nearly always nowhere or one place.
    pub fn candidates(&self, store: StoreId, key: &str) -> Vec<Position> {
        let hash = hash(store, key);
        let recent = self.recent.get(&hash).into_iter().flatten().copied();
        let sealed = self.runs.iter().flat_map(|run| {
            let from = run.partition_point(|entry| entry.0 < hash);
            run[from..].iter().take_while(move |entry| entry.0 == hash).map(|entry| entry.1)
        });
        recent.chain(sealed).map(Position).collect()
    }

    /// How many keys have a receipt.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.len()).sum::<usize>() + self.recent_count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sorts the recent ones into a run and merges runs of like size, so that there are few of them.
    fn seal(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        self.recent_count = 0;
        let mut run: Vec<Entry> =
            recent.into_iter().flat_map(|(hash, at)| at.into_iter().map(move |p| (hash, p))).collect();
        while let Some(last) = self.runs.pop_if(|last| last.len() < 2 * run.len()) {
            run = merge(&last, &run);
        }
        self.runs.push(Arc::new(run));
    }
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

fn hash(store: StoreId, key: &str) -> u64 {
    let Digest(bytes) = Digest::of(&[store.0.as_bytes(), key.as_bytes()]);
    bytes.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_where_it_was_put_and_no_other() {
        let mut receipts = Receipts::default();
        let store = StoreId::of_username("demostore");
        for n in 0..100_000 {
            receipts.insert(store, &format!("till-{n}"), Position(n));
        }
        assert_eq!(receipts.len(), 100_000);
        assert!(receipts.runs.len() <= 4, "runs are merged as they grow: {}", receipts.runs.len());
        for n in (0..100_000).step_by(97) {
            assert_eq!(receipts.candidates(store, &format!("till-{n}")), [Position(n)]);
        }
        assert!(receipts.candidates(store, "till-100000").is_empty());
        assert!(receipts.candidates(StoreId::of_username("other"), "till-7").is_empty());
    }
}

//! The finished answers that are kept, bounded by the memory that they take.

use std::sync::atomic::{AtomicU64, Ordering};

use events::{Partition, Position, StoreId};
use moka::sync::Cache;
use web::Present;

use super::Ready;
use crate::question::Question;

/// The memory for finished answers: 32 MB.
pub const KEPT_BYTES: u64 = 32_000_000;

/// The finished answers.
pub(crate) struct Memory {
    kept: Cache<(StoreId, Question), Ready>,
    /// Of each partition the furthest `next` of any snapshot that an answer came from. A snapshot may be ahead of the
    /// last word on the views' progress; without this a client could be answered from there and then, from here, from
    /// before it.
    seen: Box<[AtomicU64]>,
}

impl Memory {
    /// For the answers of a log of so many partitions.
    pub(crate) fn of(partitions: u32) -> Self {
        let weight = |_: &(StoreId, Question), ready: &Ready| u32::try_from(ready.bytes()).unwrap_or(u32::MAX);
        let seen = (0..partitions).map(|_| AtomicU64::new(0)).collect();
        Self { kept: Cache::builder().max_capacity(KEPT_BYTES).weigher(weight).build(), seen }
    }

    /// The answer, if it is certain without asking the views that it is of the present.
    pub(crate) fn current(
        &self,
        (store, partition): (StoreId, Partition),
        question: Question,
        present: Present,
    ) -> Option<Ready> {
        let ready = self.kept.get(&(store, question))?;
        let of_now = present.sure && ready.next() == present.next && ready.generation() == present.generation;
        let seen = self.seen.get(partition.0 as usize)?.load(Ordering::Acquire);
        let in_order = ready.next().0 >= seen;
        (of_now && in_order).then_some(ready)
    }

    /// The answer that is kept, of whatever moment.
    pub(crate) fn kept(&self, store: StoreId, question: Question) -> Option<Ready> {
        self.kept.get(&(store, question))
    }

    /// Keeps the answer.
    pub(crate) fn keep(&self, store: StoreId, question: Question, ready: Ready) {
        self.kept.insert((store, question), ready);
    }

    /// Takes note that an answer came from a snapshot that stood here.
    pub(crate) fn seen(&self, partition: Partition, next: Position) {
        if let Some(seen) = self.seen.get(partition.0 as usize) {
            seen.fetch_max(next.0, Ordering::AcqRel);
        }
    }
}

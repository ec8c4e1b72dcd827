//! The newest records, kept from their commit on: whoever tails the log gets them without asking the file, so that a
//! projector follows its writer with no read and no change of threads.
//!
//! Only what a COMMIT made durable is here, and all of it goes when one fails: then the file alone tells.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use events::Position;

use crate::record::{Record, Stored};

/// How much is kept, in bytes. Who is further behind than this reads the file.
const KEPT_BYTES: usize = 2 * 1024 * 1024;

/// The newest records, without gaps.
#[derive(Default)]
pub(super) struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// Where the oldest one stands.
    first: u64,
    records: VecDeque<Record>,
    bytes: usize,
}

impl Recent {
    /// Keeps a batch that was committed at this position. Should others have written before it, what was kept goes.
    pub(super) fn keep(&self, first: Position, batch: Vec<Record>) {
        let mut kept = self.kept();
        if kept.next() != first.0 {
            *kept = Kept { first: first.0, ..Kept::default() };
        }
        kept.bytes += batch.iter().map(Record::size).sum::<usize>();
        kept.records.extend(batch);
        while kept.bytes > KEPT_BYTES
            && let Some(oldest) = kept.records.pop_front()
        {
            kept.bytes -= oldest.size();
            kept.first += 1;
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        *self.kept() = Kept::default();
    }

    /// The records from a position on, at most `max` of them; none if they are not kept.
    pub(super) fn from(&self, next: Position, max: usize) -> Vec<Stored> {
        let kept = self.kept();
        let skipped = next.0.checked_sub(kept.first).and_then(|skipped| usize::try_from(skipped).ok());
        let Some(skipped) = skipped.filter(|skipped| *skipped < kept.records.len()) else { return Vec::new() };
        let found = kept.records.range(skipped..).take(max).zip(next.0..);
        found.map(|(record, at)| Stored { position: Position(at), record: record.clone() }).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic elsewhere leaves whole records behind, at worst uncounted bytes.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn next(&self) -> u64 {
        self.first + self.records.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;
    use crate::record::{Kind, WriterId};

    fn batch(from: u64, to: u64, bytes: usize) -> Vec<Record> {
        let record = |n| Record {
            kind: Kind::Event,
            writer: WriterId(Uuid::nil()),
            n,
            key: String::new(),
            value: Bytes::from(vec![b' '; bytes]),
        };
        (from..to).map(record).collect()
    }

    fn positions(stored: &[Stored]) -> Vec<u64> {
        assert!(stored.iter().all(|stored| stored.position.0 == stored.record.n));
        stored.iter().map(|stored| stored.position.0).collect()
    }

    #[test]
    fn what_was_kept_is_given_from_any_place_in_it_and_nothing_else() {
        let recent = Recent::default();
        assert!(recent.from(Position(0), 10).is_empty());
        recent.keep(Position(5), batch(5, 8, 10));
        recent.keep(Position(8), batch(8, 10, 10));
        assert_eq!(positions(&recent.from(Position(6), 10)), [6, 7, 8, 9]);
        assert_eq!(positions(&recent.from(Position(6), 2)), [6, 7]);
        assert!(recent.from(Position(4), 10).is_empty() && recent.from(Position(10), 10).is_empty());
        recent.clear();
        assert!(recent.from(Position(6), 10).is_empty());
    }

    #[test]
    fn a_batch_behind_somebody_elses_records_leaves_no_hole() {
        let recent = Recent::default();
        recent.keep(Position(0), batch(0, 3, 10));
        recent.keep(Position(4), batch(4, 6, 10));
        assert!(recent.from(Position(2), 10).is_empty());
        assert_eq!(positions(&recent.from(Position(4), 10)), [4, 5]);
    }

    #[test]
    fn the_oldest_go_when_there_is_too_much() {
        let recent = Recent::default();
        recent.keep(Position(0), batch(0, 10, KEPT_BYTES / 4));
        assert_eq!(positions(&recent.from(Position(7), 10)), [7, 8, 9]);
        assert!(recent.from(Position(5), 10).is_empty());
    }
}

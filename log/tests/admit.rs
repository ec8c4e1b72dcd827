//! The reader's rule, tried on every short log there can be of two instances' records: late, lost, doubled, reordered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

use bytes::Bytes;
use events::LogId;
use log::{Claim, Cursor, Home, Kind, Record, WriterId};
use uuid::Uuid;

/// How many records the longest log has.
const RECORDS_MAX: usize = 6;

/// What the history must be, found in another way than the rule finds it: by remembering all that counted.
#[derive(Clone, Default)]
struct History {
    claims: Vec<(u64, WriterId)>,
    of_the_reign: Vec<u64>,
}

impl History {
    fn take(&mut self, record: &Record) {
        if record.kind == Kind::Claim {
            let term = record.as_claim().unwrap().term;
            assert_eq!(term, self.claims.len() as u64 + 1, "terms are 1, 2, 3 …");
            assert!(self.claims.iter().all(|(_, writer)| *writer != record.writer), "a writer reigns once");
            self.claims.push((term, record.writer));
            self.of_the_reign.clear();
        } else {
            let (_, in_force) = self.claims.last().expect("something counts before any claim");
            assert_eq!(record.writer, *in_force, "only the claim in force counts");
            self.of_the_reign.push(record.n);
            let prefix: Vec<_> = (1..=self.of_the_reign.len() as u64).collect();
            assert_eq!(self.of_the_reign, prefix, "what counts of a reign is a prefix, once and in order");
        }
    }
}

/// All that two instances, each with two attempts to claim, may have under way: who claims after having seen another
/// claim sends the next term. Any of it may land at any place, any number of times, or never.
fn under_way() -> Vec<Record> {
    let home = Home { log: LogId(Uuid::nil()), partitions: 1 };
    let mut records = Vec::new();
    for (writer, term) in [(1, 1), (2, 1), (3, 2), (4, 3)] {
        let writer = WriterId(Uuid::from_u128(writer));
        records.push(Record::claim(writer, &Claim { term, home, sealed: false }));
        for n in 1..=2 {
            let value = Bytes::from_static(b"{}");
            records.push(Record { kind: Kind::Event, writer, n, key: String::new(), value });
        }
    }
    records
}

#[test]
fn every_short_log_gives_one_history() {
    let mut tried = 0;
    extend(&under_way(), &Cursor::default(), &History::default(), RECORDS_MAX, &mut tried);
    assert_eq!(tried, (0..=RECORDS_MAX).map(|length| 12_usize.pow(u32::try_from(length).unwrap())).sum::<usize>());
}

fn extend(records: &[Record], cursor: &Cursor, history: &History, left: usize, tried: &mut usize) {
    *tried += 1;
    if left == 0 {
        return;
    }
    for record in records {
        let (mut cursor, mut history) = (cursor.clone(), history.clone());
        let before = cursor.clone();
        if cursor.admit(record).unwrap() {
            history.take(record);
        } else {
            let moved = Cursor { next: cursor.next, last: cursor.last, ..before.clone() };
            assert_eq!(cursor, moved, "a void record moves the place, nothing else");
        }
        assert_eq!((cursor.next, cursor.last), (before.next.next(), Some(record.digest())));
        assert_eq!(cursor.term, history.claims.len() as u64);
        extend(records, &cursor, &history, left - 1, tried);
    }
}

#[test]
fn after_a_void_or_a_later_claim_a_record_never_counts() {
    // Void is final: whatever lands later, what was void behind a later claim stays so when it lands again.
    let records = under_way();
    let mut cursor = Cursor::default();
    for index in [0, 6, 1, 2, 7, 0, 1, 8, 1] {
        let counts = cursor.admit(&records[index]).unwrap();
        assert_eq!(counts, [0, 6, 7, 8].contains(&index) && (index != 0 || cursor.next.0 == 1), "{index}");
    }
    assert_eq!(cursor.counted, 2);
}

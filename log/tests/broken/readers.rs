//! Readers that break the reader's rule, on a log that does nothing wrong.

use std::sync::Arc;

use async_trait::async_trait;
use events::{Partition, Position};
use log::conformance::{Candidate, Failure, Fixture};
use log::{Cursor, Kind, Log, LogError, MemoryLog, Record, Stored};

/// What a reader does wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    IgnoresClaims,
    IgnoresN,
    IgnoresTerm,
    IgnoresHome,
    IgnoresSeal,
    ResumesFromABareOffset,
    TakesVoidForEnd,
}

#[async_trait]
impl Candidate for Reader {
    async fn fresh(&self) -> Result<Fixture, Failure> {
        let log = MemoryLog::new(1);
        Ok(Fixture { log: Arc::new(log.clone()), beside: Arc::new(log), settle: Box::new(|| {}) })
    }

    async fn fold(
        &self,
        log: &dyn Log,
        partition: Partition,
        from: Cursor,
        end: Position,
    ) -> Result<(Cursor, Vec<Stored>), LogError> {
        let bare = Cursor { next: from.next, ..Cursor::default() };
        let mut cursor = if *self == Self::ResumesFromABareOffset { bare } else { from };
        let mut counted = Vec::new();
        while cursor.next < end {
            let position = cursor.next;
            let record = log.read(partition, position).await?.unwrap();
            if self.admit(&mut cursor, &record) {
                counted.push(Stored { position, record });
            }
        }
        Ok((cursor, counted))
    }
}

impl Reader {
    /// The reader's rule of the design, but for what this reader does wrong.
    fn admit(self, cursor: &mut Cursor, record: &Record) -> bool {
        let open = self == Self::IgnoresSeal || !cursor.sealed;
        let mut counts = open && self.fits(cursor, record);
        if record.kind == Kind::Claim && (counts || self == Self::TakesVoidForEnd) {
            let claim = record.as_claim().unwrap();
            cursor.writer = Some(record.writer);
            if counts {
                (cursor.home, cursor.term, cursor.sealed) = (Some(claim.home), claim.term, claim.sealed);
            }
        }
        counts |= self == Self::IgnoresClaims && record.kind != Kind::Claim;
        if counts {
            cursor.n = record.n;
            cursor.counted += u64::from(record.kind == Kind::Event);
        }
        cursor.next = cursor.next.next();
        cursor.last = Some(record.digest());
        counts
    }

    fn fits(self, cursor: &Cursor, record: &Record) -> bool {
        if record.kind != Kind::Claim {
            let next = self == Self::IgnoresN || record.n == cursor.n + 1;
            return cursor.writer == Some(record.writer) && next;
        }
        let claim = record.as_claim().unwrap();
        let home = self == Self::IgnoresHome || cursor.home.is_none_or(|home| home == claim.home);
        let term = self == Self::IgnoresTerm || claim.term == cursor.term + 1;
        home && term
    }
}

/// The copy of the rule that the broken ones start from is the rule.
#[tokio::test]
async fn the_rule_unbroken_passes() {
    let sound = Reader::ResumesFromABareOffset;
    let (mut ours, mut theirs) = (Cursor::default(), Cursor::default());
    let log = MemoryLog::new(1);
    let home = log::Home { log: events::LogId(uuid::Uuid::nil()), partitions: 1 };
    for (writer, term) in [(1, 1), (2, 2), (3, 2), (4, 4), (5, 3)] {
        let writer = log::WriterId(uuid::Uuid::from_u128(writer));
        let claim = log::Claim { term, home, sealed: false };
        let mut handle = log.reign(Partition(0), writer).await.unwrap();
        let event = |n| Record { kind: Kind::Event, writer, n, key: String::new(), value: bytes::Bytes::new() };
        handle.send(vec![Record::claim(writer, &claim), event(1), event(1), event(3), event(2)]).await;
    }
    for record in log.records(Partition(0)) {
        assert_eq!(sound.admit(&mut ours, &record), theirs.admit(&record).unwrap());
        assert_eq!(ours, theirs);
    }
    assert_eq!(theirs.counted, 6);
}

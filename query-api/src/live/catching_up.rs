//! From the last event that a client has up to where it joined the tail.
//!
//! Who reads in the middle must know the claim in force there. The client's last event was given out as counted, so its
//! record names the writer in force and `n`; the term stands in that writer's claim, which lies `n` counted records back:
//! exactly there, if nothing void lies between, else a little further.

use events::{Partition, Position, Subject};
use log::{Admitted, Claim, Cursor, Kind, Log, LogError, WriterId};

use super::LIVE_BACK_RECORDS;

/// Records read at a time.
const READ_RECORDS: u64 = 4_096;

/// A reader behind the record at `last`; `None` if that is not an event of the subject that can have counted.
pub(super) async fn behind(
    log: &dyn Log,
    (partition, subject): (Partition, Subject),
    last: Position,
) -> Result<Option<Admitted>, LogError> {
    let Some(record) = log.read(partition, last).await? else { return Ok(None) };
    if record.kind != Kind::Event || record.key != subject.to_string() {
        return Ok(None);
    }
    let Some(claim) = claim_of(log, partition, (record.writer, record.n), last).await? else { return Ok(None) };
    let cursor = Cursor {
        home: Some(claim.home),
        next: last.next(),
        term: claim.term,
        writer: Some(record.writer),
        n: record.n,
        sealed: false,
        counted: 0,
        last: Some(record.digest()),
    };
    Admitted::open(log, partition, cursor).await.map(Some)
}

/// The writer's claim: looked for where it stands if nothing void lies between, then backwards.
async fn claim_of(
    log: &dyn Log,
    partition: Partition,
    (writer, n): (WriterId, u64),
    last: Position,
) -> Result<Option<Claim>, LogError> {
    let Some(mut end) = last.0.checked_sub(n).map(|at| at + 1) else { return Ok(None) };
    let limit = end.saturating_sub(LIVE_BACK_RECORDS);
    let mut step = 1;
    while end > limit {
        let from = end.saturating_sub(step).max(limit);
        if let Some(claim) = claim_between(log, partition, writer, (from, end)).await? {
            return Ok(Some(claim));
        }
        (end, step) = (from, READ_RECORDS);
    }
    Ok(None)
}

/// The writer's claim from one position up to before another.
async fn claim_between(
    log: &dyn Log,
    partition: Partition,
    writer: WriterId,
    (from, end): (u64, u64),
) -> Result<Option<Claim>, LogError> {
    let mut reader = log.reader(partition, Position(from)).await?;
    let mut at = from;
    while at < end {
        for stored in reader.next(usize::try_from(end - at).unwrap_or(1)).await? {
            at = stored.position.0 + 1;
            if stored.record.kind == Kind::Claim && stored.record.writer == writer {
                let unreadable = |source| LogError::Unreadable { at: stored.position, source };
                return stored.record.as_claim().map(Some).map_err(unreadable);
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use events::{LogId, StoreId};
    use log::{Home, MemoryLog, Record};
    use uuid::Uuid;

    use super::*;

    const PARTITION: Partition = Partition(0);

    fn subject() -> Subject {
        Subject::Store(StoreId::of_username("demostore"))
    }

    async fn send(log: &MemoryLog, writer: u128, records: Vec<Record>) {
        log.reign(PARTITION, WriterId(Uuid::from_u128(writer))).await.unwrap().send(records).await;
    }

    fn claim(writer: u128, term: u64) -> Record {
        let home = Home { log: LogId(Uuid::from_u128(1)), partitions: 1 };
        Record::claim(WriterId(Uuid::from_u128(writer)), &Claim { term, home, sealed: false })
    }

    fn event(writer: u128, n: u64) -> Record {
        let (writer, value) = (WriterId(Uuid::from_u128(writer)), format!("{writer} {n}").into());
        Record { kind: Kind::Event, writer, n, key: subject().to_string(), value }
    }

    /// One reign, somebody's void records in its middle, a claim that came late, the next reign.
    async fn history() -> (MemoryLog, Cursor) {
        let log = MemoryLog::new(1);
        send(&log, 1, vec![claim(1, 1)]).await;
        send(&log, 1, vec![event(1, 1)]).await;
        send(&log, 9, vec![event(9, 1), event(9, 2), claim(9, 1)]).await;
        send(&log, 1, vec![event(1, 2), event(1, 3)]).await;
        send(&log, 2, vec![claim(2, 2)]).await;
        send(&log, 1, vec![event(1, 4)]).await;
        send(&log, 2, vec![event(2, 1)]).await;
        let mut reader = Admitted::open(&log, PARTITION, Cursor::default()).await.unwrap();
        while reader.cursor().next < log.current_end(PARTITION).await.unwrap() {
            reader.next(100).await.unwrap();
        }
        let joined = reader.cursor().clone();
        (log, joined)
    }

    #[tokio::test]
    async fn what_counts_behind_the_last_event_is_read_and_nothing_else() {
        let (log, joined) = history().await;
        // Its claim lies further back than `n` records, for void ones lie between.
        let last = Position(5);
        let mut reader = behind(&log, (PARTITION, subject()), last).await.unwrap().unwrap();
        let mut counted = Vec::new();
        while reader.cursor().next < joined.next {
            let records = reader.next(100).await.unwrap();
            counted.extend(records.into_iter().filter(|s| s.record.kind == Kind::Event).map(|s| s.position.0));
        }
        assert_eq!(counted, [6, 9]);
        assert_eq!(*reader.cursor(), Cursor { counted: 2, ..joined });
    }

    #[tokio::test]
    async fn what_is_no_event_of_the_store_is_no_place_to_go_on_from() {
        let (log, _) = history().await;
        let other = Subject::Store(StoreId::of_username("another"));
        for (subject, last) in [(subject(), 0), (subject(), 7), (subject(), 99), (other, 5)] {
            assert!(behind(&log, (PARTITION, subject), Position(last)).await.unwrap().is_none(), "{last}");
        }
    }
}

//! What the log does when its storage fails. The failure is a full database: `max_page_count` of one connection, which
//! the reopened one has no more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

use std::path::Path;

use bytes::Bytes;
use uuid::Uuid;

use super::*;
use crate::cursor::Cursor;
use crate::port::Report;
use crate::reading::Admitted;
use crate::record::{Claim, Home, Kind};

const HERE: Partition = Partition(0);
const WRITER: WriterId = WriterId(Uuid::from_u128(1));

/// A log whose first connection is full after a few pages more.
fn nearly_full(path: &Path) -> Arc<SqliteLog> {
    let options = SqliteOptions { busy_timeout_ms: 1, ..SqliteOptions::appending(path) };
    let (connection, end) = connecting::connect(&options).unwrap();
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let _: i64 = connection.query_row(&format!("PRAGMA max_page_count = {}", pages + 4), [], |row| row.get(0)).unwrap();
    SqliteLog::start(options, connection, end).unwrap()
}

fn claim() -> Record {
    let home = Home { log: events::LogId(Uuid::nil()), partitions: 1 };
    Record::claim(WRITER, &Claim { term: 1, home, sealed: false })
}

fn event(n: u64, bytes: usize) -> Record {
    Record { kind: Kind::Event, writer: WRITER, n, key: "store/1".to_owned(), value: Bytes::from(vec![b'x'; bytes]) }
}

async fn up_again(log: &SqliteLog) {
    log.watch_health().wait_for(|health| *health == Health::Up).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_unknown_and_the_log_recovers_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let log = nearly_full(&folder.path().join("log"));
    let mut reign = log.reign(HERE, WRITER).await.unwrap();
    assert_eq!(reign.send(vec![claim(), event(1, 10)]).await, [Report::At(Position(0)), Report::At(Position(1))]);

    let full = Report::Unknown(AppendError::NoRoom);
    assert_eq!(reign.send(vec![event(2, 10), event(3, 1_000_000)]).await, [full, full]);
    up_again(&log).await;
    assert_eq!(log.current_end(HERE).await.unwrap(), Position(2));
    assert_eq!(log.room(), Ok(()));
    assert_eq!(reign.send(vec![event(2, 1_000_000)]).await, [Report::At(Position(2))]);

    let mut reading = Admitted::open(&*log, HERE, Cursor::default()).await.unwrap();
    assert_eq!(reading.next(10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn the_log_stays_down_until_a_checkpoint_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = nearly_full(&path);
    let mut reign = log.reign(HERE, WRITER).await.unwrap();
    reign.send(vec![claim(), event(1, 10)]).await;
    let mut reader = log.reader(HERE, Position(0)).await.unwrap();

    // Another process is in the middle of a read: the write-ahead log cannot be emptied under it.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM records;").unwrap();
    let full = Report::Unknown(AppendError::NoRoom);
    assert_eq!(reign.send(vec![event(2, 1_000_000)]).await, [full]);

    assert!(matches!(log.health(), Health::Down { why: AppendError::NoRoom, .. }));
    assert_eq!(log.room(), Err(AppendError::NoRoom));
    assert_eq!(reign.send(vec![event(2, 10)]).await, [full]);
    let mut other_reign = log.reign(HERE, WriterId(Uuid::from_u128(2))).await.unwrap();
    assert_eq!(other_reign.send(vec![event(1, 10)]).await, [full]);

    other.execute_batch("COMMIT").unwrap();
    up_again(&log).await;
    assert_eq!(reader.next(10).await.unwrap().len(), 2);
    assert_eq!(reign.send(vec![event(2, 10)]).await, [Report::At(Position(2))]);
}

#[tokio::test]
async fn nothing_is_read_while_the_storage_is_reopened() {
    let folder = tempfile::tempdir().unwrap();
    let log = nearly_full(&folder.path().join("log"));
    log.readers.shut();
    let refused = log.read(HERE, Position(0)).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    log.readers.open();
    assert_eq!(log.read(HERE, Position(0)).await.unwrap(), None);
}

#[tokio::test]
async fn a_log_that_was_dropped_reports_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let log = nearly_full(&folder.path().join("log"));
    let mut reign = log.reign(HERE, WRITER).await.unwrap();
    drop(log);
    assert_eq!(reign.send(vec![claim()]).await, [Report::Unknown(AppendError::Unreachable)]);
}

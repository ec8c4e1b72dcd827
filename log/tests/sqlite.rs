//! The SQLite log on its disk: killed, copied, cut, damaged, shared.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use events::{LogId, Partition, Position};
use log::{
    Admitted, AppendError, Claim, Cursor, CursorError, Home, Kind, Log, LogError, OpenError, Record, ReignHandle,
    Report, SqliteLog, SqliteOptions, Stored, WriterId,
};
use tempfile::TempDir;
use uuid::Uuid;

const HERE: Partition = Partition(0);

struct Disk {
    folder: TempDir,
}

impl Disk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn wal(&self) -> PathBuf {
        self.folder.path().join("log-wal")
    }

    fn open(&self) -> Arc<SqliteLog> {
        SqliteLog::open(SqliteOptions::appending(self.path())).unwrap()
    }

    /// As another process reads it: from the file alone.
    fn beside(&self) -> Arc<SqliteLog> {
        SqliteLog::open(SqliteOptions::reading(self.path())).unwrap()
    }

    fn try_open(&self) -> Result<Arc<SqliteLog>, OpenError> {
        SqliteLog::open(SqliteOptions::appending(self.path()))
    }

    /// The file that a kill would leave now, with its write-ahead log or without.
    fn copied(&self, with_wal: bool) -> Self {
        let copy = Self::new();
        fs::copy(self.path(), copy.path()).unwrap();
        if with_wal {
            fs::copy(self.wal(), copy.wal()).unwrap();
        }
        copy
    }

    /// Overwrites part of the file.
    fn scribble(&self, at: usize, with: &[u8]) {
        let mut file = fs::read(self.path()).unwrap();
        file[at..at + with.len()].copy_from_slice(with);
        fs::write(self.path(), file).unwrap();
    }
}

fn records(writer: u128, term: u64, events: u64) -> Vec<Record> {
    let writer = WriterId(Uuid::from_u128(writer));
    let home = Home { log: LogId(Uuid::nil()), partitions: 1 };
    let claim = Record::claim(writer, &Claim { term, home, sealed: false });
    let event = |n: u64| {
        let value = Bytes::from(format!("{{\"event\":{n},\"of\":\"{}\"}}", "x".repeat(700)));
        Record { kind: Kind::Event, writer, n, key: "store/1".to_owned(), value }
    };
    std::iter::once(claim).chain((1..=events).map(event)).collect()
}

async fn reign(log: &SqliteLog) -> Box<dyn ReignHandle> {
    log.reign(HERE, WriterId(Uuid::nil())).await.unwrap()
}

async fn written(disk: &Disk, events: u64) -> Arc<SqliteLog> {
    let log = disk.open();
    let reports = reign(&log).await.send(records(1, 1, events)).await;
    assert!(reports.iter().all(|report| matches!(report, Report::At(_))), "{reports:?}");
    log
}

/// What counts, with the cursor at the end.
async fn everything(log: &dyn Log) -> Result<(Cursor, Vec<Stored>), LogError> {
    let end = log.current_end(HERE).await?;
    let mut reading = Admitted::open(log, HERE, Cursor::default()).await?;
    let mut counted = Vec::new();
    while reading.cursor().next < end {
        counted.extend(reading.next(1_000).await?);
    }
    Ok((reading.cursor().clone(), counted))
}

#[tokio::test]
async fn what_was_appended_is_there_after_the_log_is_opened_again() {
    let disk = Disk::new();
    let before = everything(&*written(&disk, 500).await).await.unwrap();
    assert!(!disk.wal().exists(), "a log that was closed leaves no write-ahead log");
    let log = disk.open();
    assert_eq!(everything(&*log).await.unwrap(), before);
    assert_eq!(*log.end(HERE).borrow(), Position(501));
}

#[tokio::test]
async fn what_was_reported_is_there_after_a_kill() {
    let disk = Disk::new();
    let log = written(&disk, 500).await;
    let killed = disk.copied(true);
    assert_eq!(everything(&*killed.open()).await.unwrap(), everything(&*log).await.unwrap());
}

#[tokio::test]
async fn a_file_copied_without_its_write_ahead_log_is_not_resumed() {
    let disk = Disk::new();
    drop(written(&disk, 10).await);
    let log = disk.open();
    reign(&log).await.send(records(2, 2, 10)).await;
    let (cursor, _) = everything(&*log).await.unwrap();
    let copy = disk.copied(false);
    let cut = Admitted::open(&*copy.open(), HERE, cursor).await.map(|_| ()).unwrap_err();
    let expected = CursorError::Cut { end: Position(11), next: Position(22) };
    assert!(matches!(&cut, LogError::Cursor(found) if *found == expected), "{cut}");
}

#[tokio::test]
async fn a_second_process_that_appends_corrupts_nothing() {
    let disk = Disk::new();
    let (one, two) = (disk.open(), disk.open());
    let (mut first, mut second) = (reign(&one).await, reign(&two).await);
    let at = |position| Report::At(Position(position));
    let unknown = Report::Unknown(AppendError::Unreachable);

    assert_eq!(first.send(records(1, 1, 1)).await, [at(0), at(1)]);
    assert_eq!(second.send(records(2, 1, 1)).await, [unknown, unknown], "the places are taken");
    assert_eq!(second.send(records(3, 2, 1)).await, [at(2), at(3)], "it goes on behind what it found");
    assert_eq!(first.send(records(4, 3, 1)).await, [unknown, unknown]);
    assert_eq!(first.send(records(5, 3, 1)).await, [at(4), at(5)]);
    drop(two);

    let (cursor, counted) = everything(&*one).await.unwrap();
    assert_eq!((cursor.next, counted.len()), (Position(6), 6));
    assert_eq!(one.health(), log::Health::Up);
}

#[tokio::test]
async fn a_log_is_read_beside_the_process_that_appends() {
    let disk = Disk::new();
    let log = written(&disk, 3).await;
    let beside = SqliteLog::open(SqliteOptions::reading(disk.path())).unwrap();
    let mut reader = beside.reader(HERE, Position(0)).await.unwrap();
    assert_eq!(reader.next(10).await.unwrap().len(), 4);
    reign(&log).await.send(records(2, 2, 1)).await;
    assert_eq!(reader.next(10).await.unwrap().len(), 2);
    assert_eq!(*beside.end(HERE).borrow(), Position(6));
    assert!(beside.reign(HERE, WriterId(Uuid::nil())).await.is_err(), "it cannot be appended to");
    drop(log);
    assert_eq!(everything(&*beside).await.unwrap().1.len(), 6, "it is read when nobody appends any more");
}

#[tokio::test]
async fn a_log_left_by_a_kill_is_read_though_nobody_appends() {
    let disk = Disk::new();
    let _log = written(&disk, 3).await;
    let killed = disk.copied(true);
    let beside = SqliteLog::open(SqliteOptions::reading(killed.path())).unwrap();
    assert_eq!(everything(&*beside).await.unwrap().1.len(), 4);
}

#[test]
fn reading_makes_no_log() {
    let disk = Disk::new();
    let missing = SqliteLog::open(SqliteOptions::reading(disk.path())).err();
    assert!(matches!(missing, Some(OpenError::Missing(_))), "{missing:?}");
    assert!(!disk.path().exists());
}

#[test]
fn a_log_of_another_format_is_refused() {
    let disk = Disk::new();
    drop(disk.open());
    rusqlite::Connection::open(disk.path()).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let refused = disk.try_open().err();
    assert!(matches!(refused, Some(OpenError::Format { found: 99 })), "{refused:?}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let disk = Disk::new();
    fs::write(disk.path(), "not a log".repeat(2_000)).unwrap();
    let refused = disk.try_open().err();
    assert!(matches!(refused, Some(OpenError::Damaged(_))), "{refused:?}");
}

#[test]
fn somebody_elses_database_is_refused_and_left_alone() {
    let disk = Disk::new();
    rusqlite::Connection::open(disk.path()).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    let before = fs::read(disk.path()).unwrap();
    let refused = disk.try_open().err();
    assert!(matches!(refused, Some(OpenError::Format { found: 0 })), "{refused:?}");
    assert_eq!(fs::read(disk.path()).unwrap(), before);
}

#[tokio::test]
async fn a_broken_page_is_found_at_start() {
    let disk = Disk::new();
    drop(written(&disk, 500).await);
    let length = fs::metadata(disk.path()).unwrap().len();
    for (name, garbage) in [("zeros", vec![0; 4096]), ("noise", noise(4096))] {
        for place in 1..8 {
            let broken = disk.copied(false);
            broken.scribble(usize::try_from(length * place / 8).unwrap(), &garbage);
            let refused = broken.try_open().err();
            assert!(matches!(refused, Some(OpenError::Damaged(_))), "{name} at {place}/8: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_single_altered_byte_is_found() {
    let disk = Disk::new();
    drop(written(&disk, 500).await);
    let file = fs::read(disk.path()).unwrap();
    let at = position_of(&file, b"{\"event\":250,") + 9;
    disk.scribble(at, b"9");
    let refused = disk.try_open().err();
    assert!(matches!(refused, Some(OpenError::Damaged(_))), "{refused:?}");
}

#[tokio::test]
async fn a_page_that_breaks_while_the_log_is_open_stops_the_reader_there() {
    let disk = Disk::new();
    drop(written(&disk, 500).await);
    let log = disk.open();
    let at = position_of(&fs::read(disk.path()).unwrap(), b"{\"event\":250,");
    disk.scribble(at, b"?");
    let mut reading = Admitted::open(&*log, HERE, Cursor::default()).await.unwrap();
    assert_eq!(reading.next(10_000).await.unwrap().len(), 250);
    let stopped = reading.next(10_000).await.unwrap_err();
    assert!(matches!(stopped, LogError::Damaged(_)) && !stopped.is_transient(), "{stopped}");
    assert_eq!(reading.cursor().next, Position(250));
    assert!(matches!(log.read(HERE, Position(250)).await, Err(LogError::Damaged(_))));
    assert!(log.read(HERE, Position(251)).await.unwrap().is_some(), "the others are still read");
}

#[tokio::test]
async fn a_truncated_file_is_not_taken_for_a_shorter_log() {
    let disk = Disk::new();
    let (cursor, _) = everything(&*written(&disk, 500).await).await.unwrap();
    let length = fs::metadata(disk.path()).unwrap().len();
    for eighths in 0..8 {
        let cut = disk.copied(false);
        truncate(&cut.path(), length * eighths / 8);
        let Ok(log) = cut.try_open() else { continue };
        let opened = Admitted::open(&*log, HERE, cursor.clone()).await.map(|_| ());
        assert!(matches!(opened, Err(LogError::Cursor(CursorError::Cut { .. }))), "{eighths}/8: {opened:?}");
    }
}

#[tokio::test]
async fn a_row_that_is_missing_stops_the_reader_there() {
    let disk = Disk::new();
    let _log = written(&disk, 10).await;
    rusqlite::Connection::open(disk.path()).unwrap().execute_batch("DELETE FROM records WHERE position = 5").unwrap();
    let mut reader = disk.beside().reader(HERE, Position(0)).await.unwrap();
    assert_eq!(reader.next(100).await.unwrap().len(), 5);
    let gap = reader.next(100).await.unwrap_err();
    assert!(matches!(gap, LogError::Gap { expected: Position(5), found: Position(6) }), "{gap}");
}

#[tokio::test]
async fn a_kind_of_a_later_version_stops_the_reader_there() {
    let disk = Disk::new();
    let _log = written(&disk, 10).await;
    let later = "UPDATE records SET kind = 'letter' WHERE position = 5";
    rusqlite::Connection::open(disk.path()).unwrap().execute_batch(later).unwrap();
    let mut reader = disk.beside().reader(HERE, Position(0)).await.unwrap();
    assert_eq!(reader.next(100).await.unwrap().len(), 5);
    let stopped = reader.next(100).await.unwrap_err();
    assert!(matches!(stopped, LogError::Unreadable { at: Position(5), .. }), "{stopped}");
}

#[tokio::test]
async fn one_read_takes_no_more_records_than_its_limit_and_the_next_goes_on() {
    let disk = Disk::new();
    let log = disk.open();
    let small: Vec<_> =
        records(1, 1, 12_000).into_iter().map(|record| Record { value: Bytes::new(), ..record }).collect();
    reign(&log).await.send(small).await;
    let mut reader = disk.beside().reader(HERE, Position(0)).await.unwrap();
    assert_eq!(reader.next(usize::MAX).await.unwrap().len(), 4_096);
    let second = reader.next(usize::MAX).await.unwrap();
    assert_eq!((second[0].position, second.len()), (Position(4_096), 4_096));
}

#[tokio::test]
async fn one_read_takes_no_more_bytes_than_its_limit_and_the_next_goes_on() {
    let disk = Disk::new();
    let log = disk.open();
    let value = Bytes::from(vec![b'x'; 300_000]);
    let large: Vec<_> = records(1, 1, 20).into_iter().map(|record| Record { value: value.clone(), ..record }).collect();
    reign(&log).await.send(large).await;
    let mut reader = disk.beside().reader(HERE, Position(0)).await.unwrap();
    let mut reads = Vec::new();
    while reads.iter().sum::<usize>() < 21 {
        reads.push(reader.next(usize::MAX).await.unwrap().len());
    }
    assert_eq!(reads, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1], "each read stops behind half a mebibyte");
}

fn truncate(path: &Path, length: u64) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn position_of(file: &[u8], needle: &[u8]) -> usize {
    file.windows(needle.len()).position(|window| window == needle).unwrap()
}

/// Bytes without a pattern, the same at each run.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

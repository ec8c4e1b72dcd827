//! A copy of the log that is behind for a while, as a leader that was cut off is until it hears of its successor: what was
//! read of the log before is not taken for lost. That a log which stays shorter is cut, the conformance suite shows.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use events::{LogId, Partition, Position};
use log::{
    Admitted, AppendError, Claim, Cursor, Home, Log, LogError, MemoryLog, Reader, Record, ReignHandle, Report, WriterId,
};
use tokio::sync::watch;
use uuid::Uuid;

const HERE: Partition = Partition(0);

/// Says so many times that the log is empty.
struct Deposed {
    log: MemoryLog,
    times: AtomicU32,
}

impl Deposed {
    fn is_behind(&self) -> bool {
        self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1)).is_ok()
    }
}

#[async_trait]
impl Log for Deposed {
    fn partitions(&self) -> u32 {
        1
    }

    fn end(&self, partition: Partition) -> watch::Receiver<Position> {
        self.log.end(partition)
    }

    async fn current_end(&self, partition: Partition) -> Result<Position, LogError> {
        if self.is_behind() { Ok(Position(0)) } else { self.log.current_end(partition).await }
    }

    async fn read(&self, partition: Partition, position: Position) -> Result<Option<Record>, LogError> {
        if self.is_behind() { Ok(None) } else { self.log.read(partition, position).await }
    }

    async fn reader(&self, partition: Partition, from: Position) -> Result<Box<dyn Reader>, LogError> {
        self.log.reader(partition, from).await
    }

    async fn reign(&self, partition: Partition, writer: WriterId) -> Result<Box<dyn ReignHandle>, LogError> {
        self.log.reign(partition, writer).await
    }

    fn staleness(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn room(&self) -> Result<(), AppendError> {
        self.log.room()
    }
}

#[tokio::test]
async fn a_copy_that_is_behind_for_a_while_is_asked_until_it_has_what_was_read() {
    let log = MemoryLog::new(1);
    let writer = WriterId(Uuid::from_u128(1));
    let claim = Claim { term: 1, home: Home { log: LogId(Uuid::nil()), partitions: 1 }, sealed: false };
    let sent = log.reign(HERE, writer).await.unwrap().send(vec![Record::claim(writer, &claim)]).await;
    assert_eq!(sent, [Report::At(Position(0))]);
    let mut read = Admitted::open(&log, HERE, Cursor::default()).await.unwrap();
    read.next(1).await.unwrap();

    let deposed = Deposed { log, times: AtomicU32::new(7) };
    let resumed = Admitted::open(&deposed, HERE, read.cursor().clone()).await.unwrap();
    assert_eq!(resumed.cursor(), read.cursor());
    assert!(!deposed.is_behind(), "it was asked until it knew better");
}

//! The port: what a log must do, drawn so that it can be implemented from here alone.
//!
//! A provider stores records per partition and numbers them 0, 1, 2 … without gaps. It need not know which of them
//! count: it may take records of two reigns in turn, lose, double or reorder what is under way, and report nothing;
//! [`Cursor::admit`](crate::Cursor::admit) makes of that one history for every reader. What it must never do:
//!
//! * show a reader a record that a later reader is not shown at the same place, or change one;
//! * report a position before the record there is durable, or one at which another record stands;
//! * skip a position.

use std::time::Duration;

use async_trait::async_trait;
use events::{Partition, Position};
use tokio::sync::watch;

use crate::cursor::CursorError;
use crate::record::{Record, RecordError, Stored, WriterId};

/// A log.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// Into how many partitions it is divided.
    fn partitions(&self) -> u32;

    /// The partition's end, that is the position that the next record will get, as far as this process knows it. The
    /// watch wakes whoever tails the partition.
    fn end(&self, partition: Partition) -> watch::Receiver<Position>;

    /// The partition's end as the storage tells it now. Not a barrier: only an append is.
    async fn current_end(&self, partition: Partition) -> Result<Position, LogError>;

    /// The record at a position; `None` at or beyond the end.
    async fn read(&self, partition: Partition, position: Position) -> Result<Option<Record>, LogError>;

    /// All records from a position on, in order.
    async fn reader(&self, partition: Partition, from: Position) -> Result<Box<dyn Reader>, LogError>;

    /// The means to append for one attempt to be the partition's writer: one producer per reign, shared with nothing.
    async fn reign(&self, partition: Partition, writer: WriterId) -> Result<Box<dyn ReignHandle>, LogError>;

    /// For how long the storage may tell less than it told before. Of several copies, one that led and was cut off answers
    /// as if it led until it hears otherwise; what there is only once is never behind itself.
    fn staleness(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether there is room for more; asked before a batch is decided, so that a refusal here means: nothing of it
    /// was handed over.
    fn room(&self) -> Result<(), AppendError>;
}

/// Reads a partition from a place on.
#[async_trait]
pub trait Reader: Send {
    /// The next records, at least one and at most `max`, in order and without gaps; waits at the end of the log.
    /// Cancel-safe: a call that was dropped has consumed nothing.
    async fn next(&mut self, max: usize) -> Result<Vec<Stored>, LogError>;
}

/// Sends the records of one reign.
#[async_trait]
pub trait ReignHandle: Send {
    /// Sends the records in order and reports on each. The claim is sent by this too, alone. A provider has a deadline
    /// of its own for this: it always returns.
    async fn send(&mut self, batch: Vec<Record>) -> Vec<Report>;
}

/// What became of one record, as far as the provider knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// It is durable at this position. Whether it counts is another question.
    At(Position),
    /// It may be in the log, or get there yet, or never.
    Unknown(AppendError),
}

/// Why an append did not go the plain way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The storage is full, or nearly so.
    #[error("the log's storage is full")]
    NoRoom,
    /// No answer, an I/O error, or the deadline.
    #[error("the log's storage gave no answer")]
    Unreachable,
}

/// Reading failed.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The storage cannot be reached now; asking again later may help.
    #[error("the log cannot be read now: {0}")]
    Unavailable(String),
    /// A position is missing or out of order. Stop, and tell an operator.
    #[error("expected the record at {expected}, found {found}")]
    Gap {
        /// The position that should have come.
        expected: Position,
        /// The one that came.
        found: Position,
    },
    /// A record that this program cannot read. Stop, and tell an operator.
    #[error("at {at}: {source}")]
    Unreadable {
        /// The record's position.
        at: Position,
        /// Why.
        source: RecordError,
    },
    /// The log is not the one that was read before. Stop, and tell an operator.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The storage says that it is damaged. Stop, and tell an operator.
    #[error("the log is damaged: {0}")]
    Damaged(String),
}

impl LogError {
    /// Whether the same call may succeed later without anybody's help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

//! How far the read models are: what an answer may say about its position, and how long it waits to be fresh.

use std::time::Duration;

use async_trait::async_trait;
use events::{LogId, Partition, Position};
use uuid::Uuid;

/// Where the views of one partition stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// The first position that is not in the views yet.
    pub next: Position,
    /// The generation of the views that queries read.
    pub generation: Uuid,
    /// False when no word came for a second: then the database is to be asked instead.
    pub sure: bool,
}

/// What the process knows of the views' progress without asking the database.
#[async_trait]
pub trait Freshness: Send + Sync + 'static {
    /// The log that the views follow, once known. A stamp of another log says nothing here.
    fn log(&self) -> Option<LogId>;

    /// The same, waited for: a process that has only just begun may not have read yet which log it is.
    async fn known_log(&self, wait: Duration) -> Option<LogId>;

    /// Into how many partitions that log is divided.
    fn partitions(&self) -> u32;

    /// Where the views stand.
    fn present(&self, partition: Partition) -> Present;

    /// The log's end as far as it is known: the position after its last record.
    fn end(&self, partition: Partition) -> Position;

    /// Waits until the views' `next` is beyond the position: true if it came to that within `wait`.
    async fn reached(&self, partition: Partition, position: Position, wait: Duration) -> bool;
}

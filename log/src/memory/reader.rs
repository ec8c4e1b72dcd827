//! Reading a log in memory.

use async_trait::async_trait;
use events::{Partition, Position};
use tokio::sync::watch;

use super::{MemoryLog, lock};
use crate::port::{Log as _, LogError, Reader};
use crate::record::Stored;

pub(super) struct MemoryReader {
    log: MemoryLog,
    partition: Partition,
    next: Position,
    end: watch::Receiver<Position>,
}

impl MemoryReader {
    pub(super) fn new(log: MemoryLog, partition: Partition, next: Position) -> Self {
        let end = log.end(partition);
        Self { log, partition, next, end }
    }

    fn available(&self, max: usize) -> Vec<Stored> {
        let records = lock(&self.log.partition(self.partition).records);
        let first = usize::try_from(self.next.0).unwrap_or(usize::MAX).min(records.landed.len());
        let mut there = (records.landed.len() - first).min(max.max(1));
        if let Some(chance) = &self.log.shared.chance {
            there = chance.short_read(there);
        }
        let found = records.landed[first..first + there].iter().cloned();
        (self.next.0..).zip(found).map(|(at, record)| Stored { position: Position(at), record }).collect()
    }
}

#[async_trait]
impl Reader for MemoryReader {
    async fn next(&mut self, max: usize) -> Result<Vec<Stored>, LogError> {
        loop {
            self.end.borrow_and_update();
            self.log.stir(self.partition);
            let records = self.available(max);
            if let Some(last) = records.last() {
                self.next = last.position.next();
                return Ok(records);
            }
            let gone = |_| LogError::Unavailable("the log is closed".to_owned());
            self.end.changed().await.map_err(gone)?;
        }
    }
}

//! Providers that break the port's promises, each over a log in memory that does not.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use events::{Partition, Position};
use log::conformance::{Candidate, Failure, Fixture};
use log::{AppendError, Log, LogError, MemoryLog, Reader, Record, ReignHandle, Report, WriterId};
use tokio::sync::watch;

/// How a provider is made over a log that it is to break.
pub(crate) struct Provider<L>(pub(crate) fn(MemoryLog) -> L);

#[async_trait]
impl<L: Log> Candidate for Provider<L> {
    async fn fresh(&self) -> Result<Fixture, Failure> {
        let sound = MemoryLog::new(1);
        let broken = (self.0)(sound.clone());
        Ok(Fixture { log: Arc::new(broken), beside: Arc::new(sound), settle: Box::new(|| {}) })
    }
}

/// Reports a batch when it has it, and hands it to the log below with the next one.
pub(crate) struct AcksBeforeCommit {
    log: MemoryLog,
    held: Arc<Mutex<Vec<Record>>>,
}

/// Writes each batch of one record over the record before.
pub(crate) struct ReusesAPosition(MemoryLog);

/// Leaves a place empty before each batch: it says one more than where the record stands.
pub(crate) struct SkipsAPosition(MemoryLog);

/// Appends, and tells no watcher.
pub(crate) struct WakesNobody(MemoryLog);

impl AcksBeforeCommit {
    pub(crate) fn new(log: MemoryLog) -> Self {
        Self { log, held: Arc::default() }
    }
}

impl ReusesAPosition {
    pub(crate) fn new(log: MemoryLog) -> Self {
        Self(log)
    }
}

impl SkipsAPosition {
    pub(crate) fn new(log: MemoryLog) -> Self {
        Self(log)
    }
}

impl WakesNobody {
    pub(crate) fn new(log: MemoryLog) -> Self {
        Self(log)
    }
}

/// What the providers leave to the log below.
macro_rules! broken {
    ($provider:ident, $log:ident => $below:expr, end: $end:expr, reign: $reign:expr) => {
        #[async_trait]
        impl Log for $provider {
            fn partitions(&self) -> u32 {
                1
            }
            fn end(&self, partition: Partition) -> watch::Receiver<Position> {
                let $log = self;
                let end: fn(&Self, Partition) -> watch::Receiver<Position> = $end;
                end($log, partition)
            }
            async fn current_end(&self, partition: Partition) -> Result<Position, LogError> {
                let $log = self;
                $below.current_end(partition).await
            }
            async fn read(&self, partition: Partition, position: Position) -> Result<Option<Record>, LogError> {
                let $log = self;
                $below.read(partition, position).await
            }
            async fn reader(&self, partition: Partition, from: Position) -> Result<Box<dyn Reader>, LogError> {
                let $log = self;
                $below.reader(partition, from).await
            }
            async fn reign(&self, partition: Partition, writer: WriterId) -> Result<Box<dyn ReignHandle>, LogError> {
                let $log = self;
                let below = $below.reign(partition, writer).await?;
                let reign: fn(&Self, Box<dyn ReignHandle>) -> Box<dyn ReignHandle> = $reign;
                Ok(reign($log, below))
            }
            fn room(&self) -> Result<(), AppendError> {
                Ok(())
            }
        }
    };
}

broken!(AcksBeforeCommit, it => it.log, end: |it, p| it.log.end(p),
    reign: |it, below| Box::new(Early { log: it.log.clone(), held: Arc::clone(&it.held), below }));
broken!(ReusesAPosition, it => it.0, end: |it, p| it.0.end(p),
    reign: |it, below| Box::new(Overwriting { log: it.0.clone(), below }));
broken!(SkipsAPosition, it => it.0, end: |it, p| it.0.end(p), reign: |_, below| Box::new(Skipping { below }));
broken!(WakesNobody, it => it.0, end: |_, _| watch::channel(Position(0)).1, reign: |_, below| below);

struct Early {
    log: MemoryLog,
    held: Arc<Mutex<Vec<Record>>>,
    below: Box<dyn ReignHandle>,
}

#[async_trait]
impl ReignHandle for Early {
    async fn send(&mut self, batch: Vec<Record>) -> Vec<Report> {
        let due = std::mem::replace(&mut *self.held.lock().unwrap(), batch.clone());
        self.below.send(due).await;
        let end = self.log.current_end(Partition(0)).await.unwrap();
        (end.0..).take(batch.len()).map(|at| Report::At(Position(at))).collect()
    }
}

struct Overwriting {
    log: MemoryLog,
    below: Box<dyn ReignHandle>,
}

#[async_trait]
impl ReignHandle for Overwriting {
    async fn send(&mut self, batch: Vec<Record>) -> Vec<Report> {
        let end = self.log.current_end(Partition(0)).await.unwrap();
        if batch.len() == 1 && end.0 > 0 {
            return vec![Report::At(Position(end.0 - 1))];
        }
        self.below.send(batch).await
    }
}

struct Skipping {
    below: Box<dyn ReignHandle>,
}

#[async_trait]
impl ReignHandle for Skipping {
    async fn send(&mut self, batch: Vec<Record>) -> Vec<Report> {
        let up = |report| match report {
            Report::At(position) => Report::At(Position(position.0 + 1)),
            unknown @ Report::Unknown(_) => unknown,
        };
        self.below.send(batch).await.into_iter().map(up).collect()
    }
}

//! How far the read models are, told to both HTTP sides: one watch of the projector, one of the log's end.

use std::time::Duration;

use async_trait::async_trait;
use command_api::WriterStatus;
use events::{LogId, Partition, Position};
use projectors::Progress;
use tokio::sync::watch;
use web::{Freshness, Present};

/// The progress of this process's own projector.
pub struct OwnProgress {
    progress: watch::Receiver<Progress>,
    end: watch::Receiver<Position>,
    log: watch::Receiver<Option<LogId>>,
}

impl OwnProgress {
    /// From what the shop's parts tell; `known` is what a log that was begun before says of itself. To be called within a
    /// runtime.
    pub fn new(
        progress: watch::Receiver<Progress>,
        end: watch::Receiver<Position>,
        known: Option<LogId>,
        mut writer: watch::Receiver<WriterStatus>,
    ) -> Self {
        let (learnt, log) = watch::channel(known);
        // A new log is named by its first claim. What was learnt stays known when the writer serves no more.
        tokio::spawn(async move {
            if let Ok(status) = writer.wait_for(|status| status.home().is_some()).await {
                learnt.send_replace(status.home().map(|home| home.log));
            }
        });
        Self { progress, end, log }
    }
}

#[async_trait]
impl Freshness for OwnProgress {
    fn log(&self) -> Option<LogId> {
        *self.log.borrow()
    }

    async fn known_log(&self, wait: Duration) -> Option<LogId> {
        let mut log = self.log.clone();
        let known = tokio::time::timeout(wait, log.wait_for(Option::is_some)).await;
        known.ok()?.ok().and_then(|log| *log)
    }

    fn partitions(&self) -> u32 {
        1
    }

    fn present(&self, _: Partition) -> Present {
        let progress = self.progress.borrow();
        // The watch is of this process, so word of it is never late; it ends with the projector's thread.
        Present { next: progress.next, generation: progress.generation, sure: self.progress.has_changed().is_ok() }
    }

    fn end(&self, _: Partition) -> Position {
        *self.end.borrow()
    }

    async fn reached(&self, _: Partition, position: Position, wait: Duration) -> bool {
        if self.progress.borrow().shows(position) {
            return true;
        }
        let mut progress = self.progress.clone();
        let shown = progress.wait_for(|progress| progress.shows(position));
        tokio::time::timeout(wait, shown).await.is_ok_and(|shown| shown.is_ok())
    }
}

//! How far the read models are, told to both HTTP sides: one watch of the projector, one of the log's end.

use std::sync::OnceLock;
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
    writers: Vec<watch::Receiver<WriterStatus>>,
    log: OnceLock<LogId>,
}

impl OwnProgress {
    /// From what the shop's parts tell.
    pub fn new(
        progress: watch::Receiver<Progress>,
        end: watch::Receiver<Position>,
        writers: Vec<watch::Receiver<WriterStatus>>,
    ) -> Self {
        Self { progress, end, writers, log: OnceLock::new() }
    }
}

#[async_trait]
impl Freshness for OwnProgress {
    fn log(&self) -> Option<LogId> {
        if let Some(log) = self.log.get() {
            return Some(*log);
        }
        let home = self.writers.iter().find_map(|writer| writer.borrow().home())?;
        Some(*self.log.get_or_init(|| home.log))
    }

    async fn known_log(&self, wait: Duration) -> Option<LogId> {
        if let Some(log) = self.log() {
            return Some(log);
        }
        let serves = |writer: &watch::Receiver<WriterStatus>| {
            let mut writer = writer.clone();
            Box::pin(async move { writer.wait_for(|status| status.home().is_some()).await.is_ok() })
        };
        // One that ended without serving says nothing; there is only the one.
        let any = futures::future::select_all(self.writers.iter().map(serves));
        let _ = tokio::time::timeout(wait, any).await;
        self.log()
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

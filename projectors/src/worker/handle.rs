//! What the rest of the program holds of a projector: its progress, and the few things that can be asked of it.

use std::sync::Arc;

use events::{Partition, Position};
use log::Log;
use migrations::Views;
use tokio::sync::{Semaphore, mpsc, watch};
use uuid::Uuid;

use super::Progress;
use crate::rebuild::{self, RebuildError, RebuildProgress, RebuildReport};
use crate::skipping::{SkipError, skip};

/// A projector at work. Clones are cheap; when the last is dropped, the projector stops behind the batch it is at.
#[derive(Clone)]
pub struct Handle {
    log: Arc<dyn Log>,
    views: Views,
    stopping: mpsc::Sender<()>,
    progress: watch::Receiver<Progress>,
    rebuilding: Arc<Semaphore>,
}

impl Handle {
    pub(super) fn new(
        log: Arc<dyn Log>,
        views: Views,
        stopping: mpsc::Sender<()>,
        progress: watch::Receiver<Progress>,
    ) -> Self {
        Self { log, views, stopping, progress, rebuilding: Arc::new(Semaphore::new(1)) }
    }

    /// What has been committed; the watch wakes with every batch.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Whether the projector's thread is alive. It ends by [`Self::stop`], or by a defect.
    pub fn is_running(&self) -> bool {
        !self.stopping.is_closed()
    }

    /// [`crate::skip`] on this projector's log and views.
    pub async fn skip(&self, place: (&str, Partition), position: Position) -> Result<(), SkipError> {
        skip(self.log.as_ref(), &self.views, place, position).await
    }

    /// Builds a new generation of the read models from the whole log, every partition of it, while the live one goes on,
    /// then puts it in its place. One at a time.
    pub async fn rebuild(
        &self,
        generation: Uuid,
        progress: impl Fn(RebuildProgress) + Send + Sync + 'static,
    ) -> Result<RebuildReport, RebuildError> {
        let _alone = self.rebuilding.try_acquire().map_err(|_| RebuildError::Running)?;
        let report = rebuild::rebuild(Arc::clone(&self.log), self.views.clone(), generation, progress).await?;
        // The projector finds its generation replaced and goes on in the new one. Should it have ended meanwhile, the
        // rebuild has not.
        let _ = self.progress().wait_for(|progress| progress.generation != report.replaced).await;
        Ok(report)
    }

    /// Stops the projector behind the batch it is at, and waits until it has stopped.
    pub async fn stop(&self) {
        // One that has stopped already need not be told.
        let _ = self.stopping.send(()).await;
        self.stopping.closed().await;
    }
}

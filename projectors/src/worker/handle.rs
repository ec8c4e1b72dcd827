//! What the rest of the program holds of a projector: its progress, and the few things that can be asked of it.

use std::sync::Arc;

use events::Position;
use log::Log;
use migrations::{Views, ViewsError};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use uuid::Uuid;

use super::{Order, Progress};
use crate::rebuild::{self, RebuildError, RebuildProgress, RebuildReport};

/// A projector at work. Clones are cheap; when the last is dropped, the projector stops behind the batch it is at.
#[derive(Clone)]
pub struct Handle {
    log: Arc<dyn Log>,
    views: Views,
    orders: mpsc::Sender<Order>,
    progress: watch::Receiver<Progress>,
    rebuilding: Arc<Semaphore>,
}

/// A projection was not told to skip an event.
#[derive(Debug, thiserror::Error)]
pub enum SkipError {
    /// No projection of this name has stopped at this position.
    #[error("no projection of this name has stopped at this position")]
    NotStoppedThere,
    /// The projector is stopping, or waiting for its storage.
    #[error("the projector cannot do that now")]
    NotNow,
    /// The skip could not be recorded.
    #[error(transparent)]
    Views(#[from] ViewsError),
}

impl Handle {
    pub(super) fn new(
        log: Arc<dyn Log>,
        views: Views,
        orders: mpsc::Sender<Order>,
        progress: watch::Receiver<Progress>,
    ) -> Self {
        Self { log, views, orders, progress, rebuilding: Arc::new(Semaphore::new(1)) }
    }

    /// What has been committed; the watch wakes with every batch.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Whether the projector's thread is alive. It ends by [`Self::stop`], or by a defect.
    pub fn is_running(&self) -> bool {
        !self.orders.is_closed()
    }

    /// Tells a stopped projection to leave out the event it stands at. The skip is recorded beside the rows, and
    /// `verify` and a rebuild honour it.
    pub async fn skip(&self, projection: &str, position: Position) -> Result<(), SkipError> {
        let (reply, answer) = oneshot::channel();
        let order = Order::Skip { projection: projection.to_owned(), position, reply };
        self.orders.send(order).await.map_err(|_| SkipError::NotNow)?;
        answer.await.map_err(|_| SkipError::NotNow)?
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
        // A projector that has stopped already takes no order.
        let _ = self.orders.send(Order::Stop).await;
        self.orders.closed().await;
    }
}

//! Who should try for a partition: the hint, from outside the log, by which a writer starts, stops and is found.
//!
//! ```text
//!   not assigned ──assigned──► fold ──confirm──► claim ──► serve ──not assigned──► save, refuse, finish ──let_go──►
//! ```
//!
//! Nothing here is trusted for safety: who holds a partition is decided by the claims in the log alone. A process that
//! is told too late merely writes records that do not count.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use events::Partition;
use tokio::sync::watch;

/// The partitions that are a process's to write.
pub type Assigned = Arc<BTreeSet<Partition>>;

/// Whoever divides the partitions among the processes.
#[async_trait]
pub trait Membership: Send + Sync + 'static {
    /// The partitions that this process should write, as last heard. One that is to be another's is missing here
    /// first; the other gets it once [`Self::let_go`] is called, or after a bounded while.
    fn assigned(&self) -> watch::Receiver<Assigned>;

    /// Asks, by a question that begins after this call does, whether the partition still is this process's.
    async fn confirm(&self, partition: Partition) -> Result<(), NotConfirmed>;

    /// This process has stopped writing the partition.
    fn let_go(&self, partition: Partition);

    /// This process cannot get on with the partition: somebody else should try.
    fn give_up(&self, partition: Partition);

    /// Where the process takes requests whose partition it is; `None` if that is this one, or not known.
    async fn owner(&self, partition: Partition) -> Option<String>;

    /// Whom [`Self::owner`] named does not own the partition.
    fn mistaken(&self, partition: Partition);
}

/// The assignment could not be confirmed: it is another's, or nobody could be asked. Asking again later is safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the assignment of the partition is not confirmed: {0}")]
pub struct NotConfirmed(pub String);

/// The one process there is: everything is its own for as long as it lives.
pub struct Alone(watch::Sender<Assigned>);

impl Alone {
    /// On a log of so many partitions.
    pub fn of(partitions: u32) -> Self {
        Self(watch::Sender::new(Arc::new((0..partitions).map(Partition).collect())))
    }
}

#[async_trait]
impl Membership for Alone {
    fn assigned(&self) -> watch::Receiver<Assigned> {
        self.0.subscribe()
    }

    async fn confirm(&self, _: Partition) -> Result<(), NotConfirmed> {
        Ok(())
    }

    fn let_go(&self, _: Partition) {}

    fn give_up(&self, _: Partition) {}

    async fn owner(&self, _: Partition) -> Option<String> {
        None
    }

    fn mistaken(&self, _: Partition) {}
}

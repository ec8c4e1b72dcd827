//! The writers of all partitions: a command goes to the one of its store's partition.

use std::sync::Arc;

use events::{Partition, StoreId};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::membership::Membership;
use crate::request::{NotApplied, Reply, Request};
use crate::writer::{Writer, WriterOptions, WriterStatus, WriterTask};

/// The handles of all partitions' writers. Cheap to clone.
#[derive(Clone)]
pub struct Writers {
    writers: Arc<[Writer]>,
    membership: Arc<dyn Membership>,
}

/// The tasks; [`WritersTask::run`] them.
pub struct WritersTask {
    tasks: Vec<WriterTask>,
    membership: Arc<dyn Membership>,
}

impl Writers {
    /// A writer for each partition of the log, all made of the same parts; each works while its partition is assigned.
    pub fn new(each: &WriterOptions, membership: Arc<dyn Membership>) -> (Self, WritersTask) {
        let of = |partition| Writer::new(WriterOptions { partition: Partition(partition), ..each.clone() });
        let (writers, tasks): (Vec<_>, Vec<_>) = (0..each.log.partitions()).map(of).unzip();
        let handles = Self { writers: writers.into(), membership: Arc::clone(&membership) };
        (handles, WritersTask { tasks, membership })
    }

    /// The partition that everything of the store is on.
    pub fn partition_of(&self, store: StoreId) -> Partition {
        log::partition_of_store(store, u32::try_from(self.writers.len()).unwrap_or(u32::MAX))
    }

    /// Sends a command to its store's writer and waits for that one's word. Whoever stops waiting changes nothing: the
    /// command may still be decided, and a retry with its key gets the answer.
    pub async fn submit(&self, request: Request) -> Reply {
        match self.of(request.store) {
            Some(writer) => writer.submit(request).await,
            None => Reply::NotApplied(NotApplied::Elsewhere),
        }
    }

    /// Sends a command and gives back what its reply will come by: commands of one store are decided in the order of
    /// sending.
    pub async fn enqueue(&self, request: Request) -> Result<oneshot::Receiver<Reply>, NotApplied> {
        let writer = self.of(request.store).ok_or(NotApplied::Elsewhere)?;
        writer.enqueue(request).await
    }

    /// Whether the partition is this process's to write, as last heard.
    pub fn is_assigned(&self, partition: Partition) -> bool {
        self.membership.assigned().borrow().contains(&partition)
    }

    /// Where the process takes requests whose partition it is; `None` if that is this one, or not known.
    pub async fn owner(&self, partition: Partition) -> Option<String> {
        self.membership.owner(partition).await
    }

    /// Whom [`Self::owner`] named does not own the partition.
    pub fn mistaken(&self, partition: Partition) {
        self.membership.mistaken(partition);
    }

    /// What each partition's writer is doing, in the order of the partitions.
    pub fn statuses(&self) -> Vec<watch::Receiver<WriterStatus>> {
        self.writers.iter().map(Writer::status).collect()
    }

    /// What each partition's writer is doing now, in the order of the partitions.
    pub fn conditions(&self) -> Vec<WriterStatus> {
        self.writers.iter().map(Writer::condition).collect()
    }

    fn of(&self, store: StoreId) -> Option<&Writer> {
        self.writers.get(self.partition_of(store).0 as usize)
    }
}

impl WritersTask {
    /// Runs every writer until `stop` turns true and all have ended in order.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        for task in self.tasks {
            running.spawn(task.run_while_assigned(Arc::clone(&self.membership), stop.clone()));
        }
        while let Some(ended) = running.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a writer ended badly");
            }
        }
    }
}

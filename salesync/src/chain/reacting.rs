//! The reactors of the partitions that this instance writes: each begins when its partition's writer serves here, and has
//! ended before that writer lets the partition go.
//!
//! ```text
//!   assigned ──────────────────────────────────► the writer folds, claims, serves ──► its reactor begins
//!   assigned no more ──► its reactor ends, bounded ──► the writer is shown it, saves, finishes ──► let go
//! ```
//!
//! So what a reactor has under way comes to its outcome while there is somebody to write it. Nothing of this is needed for
//! safety: who may act is named in the log, and whoever is paused and wakes up too late finds another's claim there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use command_api::{Assigned, Membership, NotConfirmed, WriterStatus, Writers};
use events::Partition;
use futures::future::{join_all, select_all};
use projectors::reactor::{Reactor, ReactorStatus};
use tokio::sync::watch;
use tracing::info;

use crate::consequences::{Consequences, STOP_WAIT};

/// How long what is under way may take when the partition is asked back. The group waits for three seconds in all, and
/// the writer writes its snapshot in them.
const YIELD_WAIT: Duration = Duration::from_secs(1);

/// The reactors at work, by partition. Cheap to clone.
#[derive(Clone, Default)]
pub struct Reacting {
    statuses: watch::Sender<BTreeMap<Partition, watch::Receiver<ReactorStatus>>>,
    /// The partitions as the writers are shown them.
    shown: watch::Sender<Assigned>,
}

/// The membership as the writers see it: a partition is theirs until its reactor has ended.
struct BehindReactors {
    membership: Arc<dyn Membership>,
    shown: watch::Sender<Assigned>,
}

/// The reactors of one instance, by its one task.
struct Running {
    reactors: BTreeMap<Partition, Reactor>,
    writers: Vec<watch::Receiver<WriterStatus>>,
    consequences: Consequences,
}

impl Reacting {
    /// The membership for the writers beside whom these reactors work.
    pub fn before_writers(&self, membership: Arc<dyn Membership>) -> Arc<dyn Membership> {
        Arc::new(BehindReactors { membership, shown: self.shown.clone() })
    }

    /// What the reactors of this instance are doing.
    pub fn statuses(&self) -> Vec<ReactorStatus> {
        self.statuses.borrow().values().map(|status| status.borrow().clone()).collect()
    }

    /// Runs a reactor beside each writer that serves, until `stop` turns true and all have ended.
    pub async fn run(
        self,
        consequences: Consequences,
        mut assigned: watch::Receiver<Assigned>,
        writers: Writers,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut running = Running { reactors: BTreeMap::new(), writers: writers.statuses(), consequences };
        loop {
            let stopping = *stop.borrow_and_update();
            let here = assigned.borrow_and_update().clone();
            let reacts_on = if stopping { Assigned::default() } else { Arc::clone(&here) };
            let over = running.over(&reacts_on);
            // Until its reactor has ended a partition stays what it was to its writer.
            let kept = over.iter().filter(|partition| self.shown.borrow().contains(partition)).copied();
            self.show(here.iter().copied().chain(kept).collect());
            if !over.is_empty() {
                running.end(&over, if stopping { STOP_WAIT } else { YIELD_WAIT }).await;
                self.publish(&running);
                continue;
            }
            if stopping {
                return;
            }
            running.begin(&here);
            self.publish(&running);
            tokio::select! {
                // Whoever let go of the senders is going down, and says so by `stop`.
                () = changed(&mut assigned) => {}
                () = changed(&mut stop) => {}
                () = any_changed(&mut running.writers) => {}
            }
        }
    }

    fn show(&self, partitions: BTreeSet<Partition>) {
        self.shown.send_if_modified(|shown| {
            let differ = **shown != partitions;
            if differ {
                *shown = Arc::new(partitions);
            }
            differ
        });
    }

    fn publish(&self, running: &Running) {
        let statuses = running.reactors.iter().map(|(partition, reactor)| (*partition, reactor.status())).collect();
        self.statuses.send_replace(statuses);
    }
}

impl Running {
    /// The partitions whose reactors are to end: they are another's, or their writer serves no more.
    fn over(&mut self, here: &BTreeSet<Partition>) -> Vec<Partition> {
        let writers = &mut self.writers;
        let mut is_over = |partition: &Partition| {
            let writer = writers.get_mut(partition.0 as usize);
            // One whose reign has ended claims anew, and what is under way waits for it.
            let writes = writer.is_some_and(|writer| {
                matches!(&*writer.borrow_and_update(), WriterStatus::Serving(_) | WriterStatus::Starting)
            });
            !(writes && here.contains(partition))
        };
        self.reactors.keys().filter(|partition| is_over(partition)).copied().collect()
    }

    /// Ends them together, while their writers still serve.
    async fn end(&mut self, over: &[Partition], within: Duration) {
        let ended = over.iter().filter_map(|partition| self.reactors.remove(partition));
        join_all(ended.map(|reactor| reactor.stop(within))).await;
        info!(partitions = ?over, "the reactors of these partitions have ended");
    }

    /// Begins the reactors of the partitions whose writers serve.
    fn begin(&mut self, here: &BTreeSet<Partition>) {
        for partition in here {
            let Some(writer) = self.writers.get_mut(partition.0 as usize) else { continue };
            let serves = matches!(&*writer.borrow_and_update(), WriterStatus::Serving(_));
            if serves && !self.reactors.contains_key(partition) {
                self.reactors.insert(*partition, self.consequences.react(*partition));
            }
        }
    }
}

/// Done when there is something new; never, if nobody can say anything any more.
async fn changed<T>(watch: &mut watch::Receiver<T>) {
    if watch.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn any_changed(writers: &mut [watch::Receiver<WriterStatus>]) {
    select_all(writers.iter_mut().map(|writer| Box::pin(changed(writer)))).await;
}

#[async_trait]
impl Membership for BehindReactors {
    fn assigned(&self) -> watch::Receiver<Assigned> {
        self.shown.subscribe()
    }

    async fn confirm(&self, partition: Partition) -> Result<(), NotConfirmed> {
        self.membership.confirm(partition).await
    }

    fn let_go(&self, partition: Partition) {
        self.membership.let_go(partition);
    }

    fn give_up(&self, partition: Partition) {
        self.membership.give_up(partition);
    }

    async fn owner(&self, partition: Partition) -> Option<String> {
        self.membership.owner(partition).await
    }

    fn mistaken(&self, partition: Partition) {
        self.membership.mistaken(partition);
    }
}

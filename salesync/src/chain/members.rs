//! Membership over a consumer group: which partitions are this instance's, who has the others, and how it steps back.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use command_api::{Assigned, Membership, NotConfirmed};
use events::Partition;
use log::{Group, GroupOptions};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{info, warn};

/// How long an instance that cannot get on with a partition stays out of the group, so that others get it.
const OUT_FOR: Duration = Duration::from_secs(5);
/// How long leaving may take. Who is not let go of by then is put out by the coordinator.
const LEAVE_WAIT: Duration = Duration::from_secs(15);
/// The pause before the group is joined again after that failed.
const JOIN_PAUSE: Duration = Duration::from_secs(1);

/// A member of a group, for as long as it lives.
pub struct Members {
    options: GroupOptions,
    assigned: watch::Sender<Assigned>,
    current: RwLock<Option<Arc<Group>>>,
    step_back: mpsc::Sender<Partition>,
}

impl Members {
    /// Joins the group, and again whenever it has stepped back, until `stop` turns true; then it leaves.
    pub fn join(options: GroupOptions, stop: watch::Receiver<bool>) -> (Arc<Self>, JoinHandle<()>) {
        let (step_back, asked) = mpsc::channel(1);
        let members =
            Arc::new(Self { options, assigned: watch::Sender::default(), current: RwLock::new(None), step_back });
        let staying = tokio::spawn(Arc::clone(&members).stay(asked, stop));
        (members, staying)
    }

    async fn stay(self: Arc<Self>, mut asked: mpsc::Receiver<Partition>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let group = match Group::join(self.options.clone()) {
                Ok(group) => Arc::new(group),
                Err(error) => {
                    warn!(group = self.options.group, %error, "the group cannot be joined, trying again");
                    pause(JOIN_PAUSE, &mut stop).await;
                    continue;
                }
            };
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&group));
            let mut told = group.assigned();
            let given_up = loop {
                self.assigned.send_replace(told.borrow_and_update().clone());
                tokio::select! {
                    changed = told.changed() => if changed.is_err() { break None },
                    Some(partition) = asked.recv() => break Some(partition),
                    _ = stop.wait_for(|stop| *stop) => break None,
                }
            };
            // The writers see it first, finish and let go; the group waits for that, but not for ever.
            self.assigned.send_replace(Arc::default());
            if tokio::time::timeout(LEAVE_WAIT, group.leave()).await.is_err() {
                warn!(group = self.options.group, "the group lets nobody go, and will notice that this member is gone");
            }
            if let Some(partition) = given_up {
                warn!(
                    group = self.options.group,
                    partition = partition.0,
                    "no progress: the group is left for a while"
                );
                pause(OUT_FOR, &mut stop).await;
            } else {
                pause(JOIN_PAUSE, &mut stop).await;
            }
        }
        info!(group = self.options.group, "the group is left");
    }

    fn group(&self) -> Option<Arc<Group>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn pause(pause: Duration, stop: &mut watch::Receiver<bool>) {
    // Done early when the process stops, or when nobody is there who could say so.
    let _ = tokio::time::timeout(pause, stop.wait_for(|stop| *stop)).await;
}

#[async_trait]
impl Membership for Members {
    fn assigned(&self) -> watch::Receiver<Arc<BTreeSet<Partition>>> {
        self.assigned.subscribe()
    }

    async fn confirm(&self, partition: Partition) -> Result<(), NotConfirmed> {
        let group = self.group().ok_or_else(|| NotConfirmed("the group is not joined".to_owned()))?;
        group.confirm(partition).await.map_err(|error| NotConfirmed(error.to_string()))
    }

    fn let_go(&self, partition: Partition) {
        if let Some(group) = self.group() {
            group.let_go(partition);
        }
    }

    fn give_up(&self, partition: Partition) {
        // One that was asked already is on its way out.
        let _ = self.step_back.try_send(partition);
    }

    async fn owner(&self, partition: Partition) -> Option<String> {
        let owner = self.group()?.owner(partition).await?;
        (owner != self.options.advertised).then_some(owner)
    }

    fn mistaken(&self, _: Partition) {
        if let Some(group) = self.group() {
            group.mistaken();
        }
    }
}

/// Who only looks at the group: it writes nothing, and knows whom to pass commands on to.
pub struct Onlooker {
    group: Group,
    nothing: watch::Sender<Assigned>,
}

impl Onlooker {
    /// Looks at the group.
    pub fn of(group: Group) -> Arc<Self> {
        Arc::new(Self { group, nothing: watch::Sender::default() })
    }
}

#[async_trait]
impl Membership for Onlooker {
    fn assigned(&self) -> watch::Receiver<Assigned> {
        self.nothing.subscribe()
    }

    async fn confirm(&self, _: Partition) -> Result<(), NotConfirmed> {
        Err(NotConfirmed("this instance writes nothing".to_owned()))
    }

    fn let_go(&self, _: Partition) {}

    fn give_up(&self, _: Partition) {}

    async fn owner(&self, partition: Partition) -> Option<String> {
        self.group.owner(partition).await
    }

    fn mistaken(&self, _: Partition) {
        self.group.mistaken();
    }
}

//! The projectors of the partitions that are this instance's to project.

use std::collections::BTreeMap;
use std::sync::Arc;

use command_api::Membership;
use events::Partition;
use log::Log;
use migrations::Views;
use projectors::{Handle, Progress};
use tokio::sync::watch;
use tracing::error;

/// The projectors at work, by partition.
#[derive(Clone, Default)]
pub struct Projecting {
    handles: watch::Sender<BTreeMap<Partition, Handle>>,
}

impl Projecting {
    /// Runs a projector for each partition while it is assigned, until `stop` turns true. Two on one partition do no
    /// harm: the compare-and-set on the checkpoints says whose rows count.
    pub async fn run(
        self,
        log: Arc<dyn Log>,
        views: Views,
        membership: Arc<dyn Membership>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut assigned = membership.assigned();
        loop {
            let wanted = if *stop.borrow() { Arc::default() } else { assigned.borrow_and_update().clone() };
            let over: Vec<_> = self.of(|partition| !wanted.contains(&partition));
            for (partition, handle) in over {
                handle.stop().await;
                self.handles.send_modify(|handles| drop(handles.remove(&partition)));
                membership.let_go(partition);
            }
            if *stop.borrow() {
                return;
            }
            for partition in wanted.iter().filter(|partition| !self.handles.borrow().contains_key(partition)) {
                // Sessions are not told: every instance sees by the announcements that a partition moved on.
                match projectors::start(Arc::clone(&log), *partition, views.clone(), Arc::new(|_| {})) {
                    Ok(handle) => self.handles.send_modify(|handles| drop(handles.insert(*partition, handle))),
                    Err(error) => error!(partition = partition.0, %error, "a projector cannot be started"),
                }
            }
            tokio::select! {
                // Whoever let go of the senders is going down.
                changed = assigned.changed() => if changed.is_err() { return },
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    /// What each projector has committed.
    pub fn progress(&self) -> Vec<Progress> {
        self.handles.borrow().values().map(|handle| handle.progress().borrow().clone()).collect()
    }

    /// A projector, whichever.
    pub fn any(&self) -> Option<Handle> {
        self.handles.borrow().values().next().cloned()
    }

    fn of(&self, which: impl Fn(Partition) -> bool) -> Vec<(Partition, Handle)> {
        let handles = self.handles.borrow();
        handles.iter().filter(|(partition, _)| which(**partition)).map(|(p, handle)| (*p, handle.clone())).collect()
    }
}

//! The projectors of the partitions that are this instance's to project.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use command_api::Membership;
use events::Partition;
use log::Log;
use migrations::Views;
use projectors::{Handle, Progress};
use tokio::sync::watch;
use tracing::error;

/// How often it is looked whether every projector is alive.
const LOOK_EVERY: Duration = Duration::from_secs(3);

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
            self.drop_dead();
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
                // One that has died, or could not be started, is started anew.
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// What each projector has committed.
    pub fn progress(&self) -> Vec<Progress> {
        self.handles.borrow().values().map(|handle| handle.progress().borrow().clone()).collect()
    }

    fn drop_dead(&self) {
        self.handles.send_if_modified(|handles| {
            let before = handles.len();
            handles.retain(|partition, handle| {
                let runs = handle.is_running();
                if !runs {
                    error!(partition = partition.0, "a projector has died and is started anew");
                }
                runs
            });
            handles.len() != before
        });
    }

    fn of(&self, which: impl Fn(Partition) -> bool) -> Vec<(Partition, Handle)> {
        let handles = self.handles.borrow();
        handles.iter().filter(|(partition, _)| which(**partition)).map(|(p, handle)| (*p, handle.clone())).collect()
    }
}

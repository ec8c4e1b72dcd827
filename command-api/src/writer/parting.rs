//! Letting a partition go, so that the next owner's pause is short: the snapshot is written while commands are still
//! taken, then the door is closed, what is under way is finished, and only the few records since are left to fold.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use events::{Partition, Position};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::info;

use super::WriterStatus;
use super::driver::{Driver, refuse, stopping};
use crate::membership::Assigned;
use crate::request::NotApplied;
use crate::shard::{Input, Shard};

/// How long commands are still taken while the last snapshot is written.
const SNAPSHOT_WAIT: Duration = Duration::from_millis(1_500);

/// Whether the process is to stop.
type Stop = watch::Receiver<bool>;

/// How far letting go has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Serving, with no end in sight.
    Open,
    /// To be let go: still serving, at most until then, while a snapshot is written.
    Saving(Instant),
    /// Nothing is taken any more; what is under way is finished.
    Closing,
    /// The end of the only process there is: what was taken is decided, nothing new is taken.
    Draining,
}

impl Driver {
    pub(super) fn is_assigned(&self) -> bool {
        self.assigned.borrow().contains(&self.options.partition)
    }

    /// Waits until the partition is this process's, refusing what comes meanwhile; `false` if the process stops first.
    pub(super) async fn until_assigned(&mut self) -> bool {
        if *self.stop.borrow() {
            return false;
        }
        if self.is_assigned() {
            return true;
        }
        self.status.send_replace(WriterStatus::Elsewhere);
        let turn = self.turn(true);
        self.refusing(NotApplied::Elsewhere, turn).await
    }

    /// Refuses everything until the partition is another's to look at; `false` if the process stops first.
    pub(super) async fn stay_halted(&mut self) -> bool {
        self.dismiss(NotApplied::Halted);
        let turn = self.turn(false);
        let goes_on = self.refusing(NotApplied::Halted, turn).await;
        if goes_on {
            self.let_go();
        }
        goes_on
    }

    /// Forgets the partition and says so, after everybody has been told.
    pub(super) fn let_go(&mut self) {
        self.dismiss(NotApplied::Elsewhere);
        self.shard = Shard::new(self.options.partition, !self.options.locked);
        self.snapshot_at = Position(0);
        // One that is still being written goes on by itself: whole or not at all, and true at its own position.
        self.snapshot = None;
        self.status.send_replace(WriterStatus::Elsewhere);
        self.membership.let_go(self.options.partition);
        info!(partition = self.options.partition.0, "the partition is let go");
    }

    /// This writer is to end: begins with what comes before the end.
    pub(super) fn part(&mut self) {
        if self.options.locked {
            self.queue.close();
            self.hold_rest();
            self.phase = Phase::Draining;
            return;
        }
        self.phase = Phase::Saving(Instant::now() + SNAPSHOT_WAIT);
        let writing = self.snapshot.as_ref().is_some_and(|task| !task.is_finished());
        let behind = self.shard.cursor().next != self.snapshot_at;
        if self.options.snapshots.is_none() || !(writing || behind) {
            self.close_door();
        } else if !writing {
            self.snapshot = None;
            self.snapshot_at = self.shard.cursor().next;
            self.step(Input::SnapshotDue);
        }
    }

    /// From here on nothing is taken; who waits to be taken is sent to the next owner.
    pub(super) fn close_door(&mut self) {
        self.phase = Phase::Closing;
        self.snapshot = None;
        self.hold_rest();
        let held = std::mem::take(&mut self.held);
        refuse(held, NotApplied::Elsewhere);
    }

    /// Done with `true` when the partition is assigned (or is not any more), with `false` when the process stops.
    fn turn(&self, assigned: bool) -> impl Future<Output = bool> + use<> {
        let (mut set, mut stop, partition) = (self.assigned.clone(), self.stop.clone(), self.options.partition);
        let membership = Arc::clone(&self.membership);
        async move {
            let is_so = |set: &Assigned| {
                if !set.contains(&partition) {
                    // It may have come and gone unseen, and somebody may be waiting for it.
                    membership.let_go(partition);
                }
                set.contains(&partition) == assigned
            };
            tokio::select! {
                () = stopping(&mut stop) => false,
                () = becomes(&mut set, is_so) => true,
            }
        }
    }

    /// Refuses what comes until something has happened.
    async fn refusing<F: Future>(&mut self, why: NotApplied, until: F) -> F::Output {
        let mut until = std::pin::pin!(until);
        let mut open = true;
        loop {
            tokio::select! {
                output = &mut until => return output,
                submission = self.queue.recv(), if open => match submission {
                    Some(submission) => refuse([submission], why),
                    None => open = false,
                },
            }
        }
    }
}

/// Waits until this writer is to end.
pub(super) async fn told(stop: &mut Stop, assigned: &mut watch::Receiver<Assigned>, partition: Partition) {
    tokio::select! {
        () = stopping(stop) => {}
        () = becomes(assigned, |assigned| !assigned.contains(&partition)) => {}
    }
}

/// Waits until the assignment is as asked for; for ever, if nobody says anything any more.
pub(super) async fn becomes(assigned: &mut watch::Receiver<Assigned>, is: impl FnMut(&Assigned) -> bool) {
    if assigned.wait_for(is).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// While a snapshot is to be written before the door is closed: done when it is, or when it has taken too long.
pub(super) async fn saved(snapshot: &mut Option<JoinHandle<()>>, phase: Phase) {
    let Phase::Saving(until) = phase else { return std::future::pending().await };
    match snapshot {
        // How it ended makes no difference: without it the next owner reads more of the log.
        Some(task) => drop(tokio::time::timeout_at(until, task).await),
        None => tokio::time::sleep_until(until).await,
    }
}

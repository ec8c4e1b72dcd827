//! What happens inside of the client library's polls: partitions come, are asked back, or are lost.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use events::Partition;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, TopicPartitionList};
use tokio::sync::{oneshot, watch};

use super::super::KafkaOptions;
use super::super::clients::{self, Quiet};
use super::{GroupOptions, HEARTBEAT_MS, POLL_MAX_MS};
use crate::port::LogError;

/// How long a revoked partition is kept for its writer to finish.
const LET_GO_TIMEOUT: Duration = Duration::from_secs(3);

/// How long one poll waits before it is looked whether to leave.
const POLL: Duration = Duration::from_millis(50);

/// How the member's client is set up.
pub(super) fn config(options: &GroupOptions) -> ClientConfig {
    let any = KafkaOptions { security: options.security.clone(), ..KafkaOptions::at(options.address.clone()) };
    let mut config = clients::any(&any);
    config
        .set("group.id", &options.group)
        .set("client.id", &options.advertised)
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", options.session_timeout_ms.to_string())
        .set("heartbeat.interval.ms", HEARTBEAT_MS.to_string())
        .set("max.poll.interval.ms", POLL_MAX_MS.max(options.session_timeout_ms).to_string())
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "latest")
        // Nothing is read: partitions are paused as soon as they come, and little is asked for until then.
        .set("queued.min.messages", "1")
        .set("fetch.message.max.bytes", "1");
    config
}

/// Polls on a thread of its own until told to leave, then leaves: closing the client has the partitions asked back in
/// order, inside of its last polls, and tells the coordinator. The receiver wakes when that is done.
pub(super) fn poll_until(
    leaving: &Arc<AtomicBool>,
    consumer: Arc<BaseConsumer<Membership>>,
) -> Result<oneshot::Receiver<()>, LogError> {
    let leaving = Arc::clone(leaving);
    let (ended, left) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name("kafka-group".to_owned());
    let polling = move || {
        while !leaving.load(Ordering::SeqCst) {
            // A record would be one from before the pause; an error is one that the library gets over by itself.
            let _ignored = consumer.poll(POLL);
        }
        drop(consumer);
        drop(ended);
    };
    thread.spawn(polling).map_err(|error| LogError::Unavailable(error.to_string()))?;
    Ok(left)
}

/// The partitions that are this member's, and those of them that it has not let go of.
#[derive(Default)]
pub(super) struct Assigned {
    here: watch::Sender<Arc<BTreeSet<Partition>>>,
    held: Mutex<BTreeSet<Partition>>,
    let_go: Condvar,
}

impl Assigned {
    pub(super) fn watch(&self) -> watch::Receiver<Arc<BTreeSet<Partition>>> {
        self.here.subscribe()
    }

    pub(super) fn has(&self, partition: Partition) -> bool {
        self.here.borrow().contains(&partition)
    }

    pub(super) fn let_go(&self, partition: Partition) {
        self.held().remove(&partition);
        self.let_go.notify_all();
    }

    fn came(&self, partitions: &BTreeSet<Partition>) {
        self.here.send_modify(|here| *here = Arc::new(here.union(partitions).copied().collect()));
        self.held().extend(partitions);
    }

    fn went(&self, partitions: &BTreeSet<Partition>) {
        self.here.send_modify(|here| *here = Arc::new(here.difference(partitions).copied().collect()));
    }

    fn lost(&self, partitions: &BTreeSet<Partition>) {
        self.went(partitions);
        self.held().retain(|partition| !partitions.contains(partition));
    }

    /// Shows that the partitions are asked back, and waits until they were let go.
    fn asked_for(&self, partitions: &BTreeSet<Partition>) {
        // What was let go of before, because the process is stopping, is not waited for.
        self.went(partitions);
        let kept = |held: &BTreeSet<Partition>| held.intersection(partitions).copied().collect::<Vec<_>>();
        let waited = self.let_go.wait_timeout_while(self.held(), LET_GO_TIMEOUT, |held| !kept(held).is_empty());
        let (mut held, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            tracing::warn!(partitions = ?kept(&held), "partitions are given back though their writers have not let go");
        }
        held.retain(|partition| !partitions.contains(partition));
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<Partition>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears from the client library what is assigned.
pub(super) struct Membership {
    assigned: Arc<Assigned>,
}

impl Membership {
    pub(super) fn new(assigned: Arc<Assigned>) -> Self {
        Self { assigned }
    }
}

impl ClientContext for Membership {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        Quiet.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Quiet.error(error, reason);
    }
}

impl ConsumerContext for Membership {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else { return };
        let partitions = partitions(list);
        let lost = consumer.assignment_lost();
        tracing::info!(partitions = ?partitions, lost, "partitions are asked back");
        if lost {
            // Others may have them already: there is nothing to finish.
            self.assigned.lost(&partitions);
        } else if !partitions.is_empty() {
            self.assigned.asked_for(&partitions);
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else { return };
        if list.count() == 0 {
            return;
        }
        if let Err(error) = consumer.pause(list) {
            tracing::warn!(error = %error, "partitions could not be paused: their records are fetched for nothing");
        }
        let partitions = partitions(list);
        tracing::info!(partitions = ?partitions, "partitions are assigned");
        self.assigned.came(&partitions);
    }
}

fn partitions(list: &TopicPartitionList) -> BTreeSet<Partition> {
    let numbers = list.elements();
    numbers.iter().filter_map(|element| u32::try_from(element.partition()).ok()).map(Partition).collect()
}

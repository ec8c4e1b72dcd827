//! Whether an instance of a chain is ready for its roles, partition by partition.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use command_api::{WriterStatus, Writers};
use events::{Partition, Position};
use log::{KafkaLog, Log as _};
use serde_json::{Value, json};
use web::Freshness as _;

use super::announced::Announced;
use super::projecting::Projecting;
use super::reacting::Reacting;
use crate::cli::Role;
use crate::health::{Condition, reactor, said};

/// How often the broker and the group are asked.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// How long they may take.
const PROBE_WAIT: Duration = Duration::from_secs(3);

/// What an instance's health is read from.
pub struct ChainCondition {
    pub(super) roles: Vec<Role>,
    pub(super) log: Arc<KafkaLog>,
    pub(super) writers: Writers,
    pub(super) announced: Arc<Announced>,
    pub(super) projecting: Projecting,
    pub(super) reacting: Reacting,
    pub(super) ends_at_start: Vec<Position>,
    pub(super) probed: Probed,
}

/// What was found when it was last asked.
#[derive(Default)]
pub(super) struct Probed {
    /// The broker answers.
    reachable: AtomicBool,
    /// Every partition is written here, or somebody elsewhere is known for it.
    placed: AtomicBool,
}

impl ChainCondition {
    /// Asks the broker and the group again and again, for as long as the process lives.
    pub(super) async fn probe(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(PROBE_EVERY);
        loop {
            ticks.tick().await;
            let end = tokio::time::timeout(PROBE_WAIT, self.log.current_end(Partition(0))).await;
            self.probed.reachable.store(matches!(end, Ok(Ok(_))), Ordering::Relaxed);
            let placed = tokio::time::timeout(PROBE_WAIT, self.placed()).await.unwrap_or(false);
            self.probed.placed.store(placed, Ordering::Relaxed);
            self.measure();
        }
    }

    async fn placed(&self) -> bool {
        for partition in (0..self.log.partitions()).map(Partition) {
            if !self.writers.is_assigned(partition) && self.writers.owner(partition).await.is_none() {
                return false;
            }
        }
        true
    }

    fn measure(&self) {
        for (partition, status) in self.writers.conditions().iter().enumerate() {
            let serving = if status.home().is_some() { 1.0 } else { 0.0 };
            metrics::gauge!("salesync_writer_serving", "partition" => partition.to_string()).set(serving);
        }
    }

    /// Whether commands are taken: the broker answers, every partition assigned here is served, and the others are
    /// somebody's.
    fn writes(&self, statuses: &[WriterStatus]) -> bool {
        let here = statuses.iter().all(|status| matches!(status, WriterStatus::Serving(_) | WriterStatus::Elsewhere));
        here && self.probed.reachable.load(Ordering::Relaxed) && self.probed.placed.load(Ordering::Relaxed)
    }

    fn caught_up(&self, partition: Partition) -> bool {
        let end = self.ends_at_start.get(partition.0 as usize).copied().unwrap_or_default();
        self.announced.present(partition).next >= end
    }
}

impl Condition for ChainCondition {
    fn report(&self) -> (bool, Value) {
        let statuses = self.writers.conditions();
        let partitions = (0..self.log.partitions()).map(Partition);
        // Who does not know yet which log this is cannot say of an answer where it stands.
        let reads = self.announced.log().is_some() && partitions.clone().all(|partition| self.caught_up(partition));
        let stopped: Vec<Value> = self.projecting.progress().iter().flat_map(stopped).collect();
        let fault = self.log.fault().map(|fault| fault.to_string());
        // A view that has stopped is shown, and keeps nobody from the others; who cannot pass commands on answers queries.
        let serves = |role| self.roles.contains(&role);
        let ready =
            fault.is_none() && (!serves(Role::Command) || self.writes(&statuses)) && (!serves(Role::Query) || reads);
        let each: Vec<Value> = partitions
            .zip(&statuses)
            .map(|(partition, status)| {
                let present = self.announced.present(partition);
                json!({"partition": partition, "writer": said(status), "end": self.announced.end(partition),
                    "next": present.next, "sure": present.sure})
            })
            .collect();
        let body = json!({
            "status": if ready { "ready" } else { "not ready" },
            "log": fault.unwrap_or_else(|| up(self.probed.reachable.load(Ordering::Relaxed)).to_owned()),
            "partitions": each,
            "views": {"caught_up": reads, "stopped": stopped},
            "reactors": self.reacting.statuses().iter().map(reactor).collect::<Vec<_>>(),
        });
        (ready, body)
    }
}

fn up(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

fn stopped(progress: &projectors::Progress) -> Vec<Value> {
    let of = |stopped: &projectors::Stopped| {
        json!({"projection": stopped.projection, "partition": progress.partition, "position": stopped.position,
            "reason": stopped.reason})
    };
    progress.stopped.iter().map(of).collect()
}

//! How far the views of a partition are, for whoever waits for them, asks for their health or scrapes their metrics.

use std::time::Duration;

use events::{Partition, Position};
use uuid::Uuid;

use super::lane::Lane;

/// What a partition's projector has committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The partition.
    pub partition: Partition,
    /// Every view that has not stopped has applied everything before this position.
    pub next: Position,
    /// The generation of the read models that this is true of.
    pub generation: Uuid,
    /// The views that have stopped, each at its own position.
    pub stopped: Vec<Stopped>,
}

/// A view that has stopped: its rows are those of the position where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The view.
    pub projection: &'static str,
    /// The position of the record that it cannot go beyond.
    pub position: Position,
    /// Why, without anything of an event's contents.
    pub reason: String,
}

impl Progress {
    /// Before anything was read.
    pub(super) fn unknown(partition: Partition, generation: Uuid) -> Self {
        Self { partition, next: Position(0), generation, stopped: Vec::new() }
    }

    pub(super) fn of(partition: Partition, generation: Uuid, lanes: &[Lane]) -> Self {
        let running = lanes.iter().filter(|lane| lane.stopped.is_none()).map(|lane| lane.checkpoint.cursor.next).min();
        let lowest = || lanes.iter().map(|lane| lane.checkpoint.cursor.next).min();
        let stopped = |lane: &Lane| {
            Some(Stopped {
                projection: lane.checkpoint.view.name,
                position: lane.stopped_at()?,
                reason: lane.stopped.clone()?,
            })
        };
        Self {
            partition,
            next: running.or_else(lowest).unwrap_or_default(),
            generation,
            stopped: lanes.iter().filter_map(stopped).collect(),
        }
    }

    /// Whether the views show the record at this position, but for those that have stopped before it.
    pub fn shows(&self, position: Position) -> bool {
        self.next > position
    }

    /// Why this view has stopped, if it has.
    pub fn stopped(&self, projection: &str) -> Option<&Stopped> {
        self.stopped.iter().find(|stopped| stopped.projection == projection)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge of positions is read by people")]
pub(super) fn measure(partition: Partition, events: usize, took: Duration, lanes: &[Lane]) {
    let label = partition.to_string();
    metrics::counter!("salesync_projectors_events_total", "partition" => label.clone()).increment(events as u64);
    metrics::histogram!("salesync_projectors_batch_seconds", "partition" => label.clone()).record(took);
    for lane in lanes {
        let labels = [("partition", label.clone()), ("projection", lane.checkpoint.view.name.to_owned())];
        let stopped = if lane.stopped.is_some() { 1.0 } else { 0.0 };
        metrics::gauge!("salesync_projectors_next_position", &labels).set(lane.checkpoint.cursor.next.0 as f64);
        metrics::gauge!("salesync_projectors_stopped", &labels).set(stopped);
    }
}

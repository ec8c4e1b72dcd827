//! Whether every row of the read models is what the log says: a second, plain fold of the log, held against them.
//!
//! It may run beside a projector at work. First it folds as far as the views are, then it takes one consistent look at
//! them, folds the little that has come since, and compares table by table in the order of the keys.

mod comparing;
mod report;

use std::collections::{BTreeMap, BTreeSet};

use events::{Partition, Position, StoreId};
use log::{Admitted, Cursor, CursorError, Log, LogError};
use migrations::{Snapshot, Views, ViewsError};

pub use self::report::{Difference, VerifiedView, VerifyReport};
use crate::checkpoint;
use crate::decoding::{Decoded, decode};
use crate::naive::{self, Expected, Naive};
use crate::projection::View;
use crate::views::VIEWS;

/// How many records are read at once.
const BATCH_RECORDS: u64 = 10_000;

/// The read models could not be held against the log.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log could not be read, or is not the one that the views were made of.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The views could not be read.
    #[error(transparent)]
    Views(#[from] ViewsError),
    /// An event that the views claim to have applied cannot be read.
    #[error("the event at {position} cannot be read: {reason}")]
    Unreadable {
        /// The event's position.
        position: Position,
        /// Why, without anything of its contents.
        reason: String,
    },
}

/// Compares every row with the log, all partitions of it; `progress` is told how many records have been read, and of how
/// many.
pub async fn verify(
    log: &dyn Log,
    views: &Views,
    mut progress: impl FnMut(u64, u64),
) -> Result<VerifyReport, VerifyError> {
    let mut lanes = begin();
    let mut places = Vec::new();
    for partition in (0..log.partitions()).map(Partition) {
        places.push(Place::begin(log, partition).await?);
    }
    let mut early = views.snapshot().await?;
    aim(&mut places, &mut early).await?;
    drop(early);
    fold(log, &mut places, &mut lanes, &mut progress).await?;
    let mut snapshot = views.snapshot().await?;
    aim(&mut places, &mut snapshot).await?;
    fold(log, &mut places, &mut lanes, &mut progress).await?;

    let mut report = VerifyReport::new(snapshot.generation());
    for (index, lane) in lanes.iter().enumerate() {
        for place in &places {
            let goal = &place.goals[index];
            report.view(lane.name, place.partition, &goal.stored, &goal.reached);
        }
        for expected in lane.naive.tables() {
            comparing::compare(&mut snapshot, expected, &mut report).await?;
        }
    }
    let mut by_name: Vec<&Lane> = lanes.iter().collect();
    by_name.sort_by_key(|lane| lane.name);
    let positions = by_name.iter().flat_map(|lane| {
        lane.positions.iter().map(|(store, at)| vec![lane.name.into(), store.0.into(), (at.0 as i64).into()])
    });
    let positions = Expected { table: naive::POSITIONS, rows: Box::new(positions) };
    comparing::compare(&mut snapshot, positions, &mut report).await?;
    Ok(report)
}

/// One view's plain fold, over all partitions: a store's history is on one of them.
struct Lane {
    name: &'static str,
    naive: Box<dyn Naive>,
    positions: BTreeMap<StoreId, Position>,
}

/// One partition, being read, and how far each view is to be folded on it.
struct Place {
    partition: Partition,
    reader: Admitted,
    /// In the order of the views.
    goals: Vec<Goal>,
}

#[derive(Default)]
struct Goal {
    /// What the view's checkpoint says.
    stored: Cursor,
    /// Where the fold is by the log's own rule.
    reached: Cursor,
    skips: BTreeSet<Position>,
}

const CHECKPOINT: &str = "SELECT next, cursor, counted FROM checkpoints WHERE projection = $1 AND partition = $2";
const SKIPS: &str = "SELECT position FROM skips WHERE projection = $1 AND partition = $2";

fn begin() -> Vec<Lane> {
    let lane = |view: View| Lane { name: view.name, naive: (view.naive)(), positions: BTreeMap::new() };
    VIEWS.into_iter().map(lane).collect()
}

/// Reads how far each view is on each partition, which is how far its plain fold is to go.
async fn aim(places: &mut [Place], snapshot: &mut Snapshot) -> Result<(), VerifyError> {
    for place in places {
        for (view, goal) in VIEWS.iter().zip(&mut place.goals) {
            let key = [view.name.into(), place.partition.0.into()];
            if let Some(row) = snapshot.fetch_optional(CHECKPOINT, &key).await? {
                goal.stored = checkpoint::decode(row.int(0)?, row.text(1)?, row.int(2)?)?;
            }
            for row in snapshot.fetch(SKIPS, &key).await? {
                goal.skips.insert(Position(row.int(0)?.cast_unsigned()));
            }
        }
    }
    Ok(())
}

/// Folds, partition after partition, until every view is where its checkpoint is.
async fn fold(
    log: &dyn Log,
    places: &mut [Place],
    lanes: &mut [Lane],
    progress: &mut impl FnMut(u64, u64),
) -> Result<(), VerifyError> {
    let total: u64 = places.iter().map(|place| place.last().0).sum();
    let mut read: u64 = places.iter().map(|place| place.reader.cursor().next.0).sum();
    for place in places {
        let (end, last) = (log.current_end(place.partition).await?, place.last());
        if end < last {
            return Err(LogError::from(CursorError::Cut { end, next: last }).into());
        }
        while let Some(records) = place.step(lanes).await? {
            read += records;
            progress(read, total);
        }
    }
    Ok(())
}

impl Place {
    async fn begin(log: &dyn Log, partition: Partition) -> Result<Self, VerifyError> {
        let reader = Admitted::open(log, partition, Cursor::default()).await?;
        Ok(Self { partition, reader, goals: VIEWS.iter().map(|_| Goal::default()).collect() })
    }

    /// Where the view is that has come furthest.
    fn last(&self) -> Position {
        self.goals.iter().map(|goal| goal.stored.next).max().unwrap_or_default()
    }

    /// Folds the next records into the views that have applied them, and says how many; `None` when all are folded.
    async fn step(&mut self, lanes: &mut [Lane]) -> Result<Option<u64>, VerifyError> {
        let at = self.reader.cursor().next;
        let ahead = self.goals.iter().map(|goal| goal.stored.next).filter(|next| *next > at);
        let Some(until) = ahead.min() else { return Ok(None) };
        let records = self.reader.next(usize::try_from((until.0 - at.0).min(BATCH_RECORDS)).unwrap_or(1)).await?;
        let events = decode(&records);
        for (lane, goal) in lanes.iter_mut().zip(&mut self.goals) {
            if goal.stored.next > at {
                lane.add(&events, &goal.skips)?;
                goal.reached = self.reader.cursor().clone();
            }
        }
        Ok(Some(self.reader.cursor().next.0 - at.0))
    }
}

impl Lane {
    fn add(&mut self, events: &[Decoded], skips: &BTreeSet<Position>) -> Result<(), VerifyError> {
        for Decoded { position, event } in events {
            if skips.contains(position) {
                continue;
            }
            let unreadable = |reason: &String| VerifyError::Unreadable { position: *position, reason: reason.clone() };
            let event = event.as_ref().map_err(unreadable)?;
            if self.naive.apply(event) {
                self.positions.insert(event.subject.store(), *position);
            }
        }
        Ok(())
    }
}

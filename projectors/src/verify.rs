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

/// Compares every row with the log; `progress` is told how many records have been read, and of how many.
pub async fn verify(
    log: &dyn Log,
    partition: Partition,
    views: &Views,
    mut progress: impl FnMut(u64, u64),
) -> Result<VerifyReport, VerifyError> {
    let mut lanes = begin();
    let mut reader = Admitted::open(log, partition, Cursor::default()).await?;
    let mut early = views.snapshot().await?;
    aim(&mut lanes, &mut early, partition).await?;
    drop(early);
    fold(log, partition, &mut reader, &mut lanes, &mut progress).await?;
    let mut snapshot = views.snapshot().await?;
    aim(&mut lanes, &mut snapshot, partition).await?;
    fold(log, partition, &mut reader, &mut lanes, &mut progress).await?;

    let mut report = VerifyReport::new(snapshot.generation());
    for lane in &lanes {
        report.view(lane.name, &lane.stored, &lane.reached);
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

/// One view's plain fold, and how far it is to go.
struct Lane {
    name: &'static str,
    naive: Box<dyn Naive>,
    /// What the view's checkpoint says.
    stored: Cursor,
    /// Where the fold is by the log's own rule.
    reached: Cursor,
    skips: BTreeSet<Position>,
    positions: BTreeMap<StoreId, Position>,
}

const CHECKPOINT: &str = "SELECT next, cursor, counted FROM checkpoints WHERE projection = $1 AND partition = $2";
const SKIPS: &str = "SELECT position FROM skips WHERE projection = $1 AND partition = $2";

fn begin() -> Vec<Lane> {
    let lane = |name| {
        Some(Lane {
            name,
            naive: naive::begin(name)?,
            stored: Cursor::default(),
            reached: Cursor::default(),
            skips: BTreeSet::new(),
            positions: BTreeMap::new(),
        })
    };
    VIEWS.into_iter().filter_map(|view| lane(view.name)).collect()
}

/// Reads how far each view is, which is how far its plain fold is to go.
async fn aim(lanes: &mut [Lane], snapshot: &mut Snapshot, partition: Partition) -> Result<(), VerifyError> {
    for lane in lanes {
        let key = [lane.name.into(), partition.0.into()];
        if let Some(row) = snapshot.fetch_optional(CHECKPOINT, &key).await? {
            lane.stored = checkpoint::decode(row.int(0)?, row.text(1)?, row.int(2)?)?;
        }
        for row in snapshot.fetch(SKIPS, &key).await? {
            lane.skips.insert(Position(row.int(0)?.cast_unsigned()));
        }
    }
    Ok(())
}

/// Folds until every lane is where its checkpoint is.
async fn fold(
    log: &dyn Log,
    partition: Partition,
    reader: &mut Admitted,
    lanes: &mut [Lane],
    progress: &mut impl FnMut(u64, u64),
) -> Result<(), VerifyError> {
    let last = lanes.iter().map(|lane| lane.stored.next).max().unwrap_or_default();
    let end = log.current_end(partition).await?;
    if end < last {
        return Err(LogError::from(CursorError::Cut { end, next: last }).into());
    }
    loop {
        let at = reader.cursor().next;
        let ahead = lanes.iter().map(|lane| lane.stored.next).filter(|next| *next > at);
        let Some(until) = ahead.min() else { return Ok(()) };
        let records = reader.next(usize::try_from((until.0 - at.0).min(BATCH_RECORDS)).unwrap_or(1)).await?;
        let events = decode(&records);
        for lane in lanes.iter_mut().filter(|lane| lane.stored.next > at) {
            lane.add(&events)?;
            lane.reached = reader.cursor().clone();
        }
        progress(reader.cursor().next.0, last.0);
    }
}

impl Lane {
    fn add(&mut self, events: &[Decoded]) -> Result<(), VerifyError> {
        for Decoded { position, event } in events {
            if self.skips.contains(position) {
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

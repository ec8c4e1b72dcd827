//! What a projection is: a pure fold of events into row changes, merged in memory for a whole batch.

use events::{Envelope, Overflow, Position, StoreId};
use migrations::Value;
use std::collections::{BTreeMap, BTreeSet};

use crate::decoding::Decoded;

/// The changes that one batch of events makes to the rows of one view. Made empty for each batch, so that nothing of
/// one batch reaches another but through the rows.
pub trait Projection: Send {
    /// Folds the next event in and says whether it changes a row.
    fn apply(&mut self, event: &Envelope) -> Result<bool, Overflow>;

    /// The row changes of the batch, in the order in which they are to be made.
    fn changes(self: Box<Self>) -> Vec<Change>;
}

/// One statement, executed once per row of parameters.
pub struct Change {
    /// The statement.
    pub sql: &'static str,
    /// Its parameters, row by row.
    pub rows: Vec<Vec<Value>>,
}

/// A view by name, and how its projection begins a batch.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The name: of its module here, of its file of tables, of its checkpoint.
    pub name: &'static str,
    pub(crate) begin: fn() -> Box<dyn Projection>,
}

/// An event that a projection cannot apply. It stands there until somebody decides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event at {position} cannot be applied: {reason}")]
pub struct Poison {
    /// The event's position.
    pub position: Position,
    /// Why; without anything of the event's contents.
    pub reason: String,
}

const KEEP_POSITION: &str = "INSERT INTO positions (projection, store_id, position) VALUES ($1, $2, $3) \
    ON CONFLICT (projection, store_id) DO UPDATE SET position = excluded.position";

impl Change {
    pub(crate) fn new(sql: &'static str, rows: impl Iterator<Item = Vec<Value>>) -> Self {
        Self { sql, rows: rows.collect() }
    }
}

impl View {
    /// Folds a batch, but for the events that this view was told to skip.
    pub(crate) fn fold(&self, batch: &[Decoded], skips: &BTreeSet<Position>) -> Result<Vec<Change>, Poison> {
        let mut projection = (self.begin)();
        let mut positions: BTreeMap<StoreId, Position> = BTreeMap::new();
        for Decoded { position, event } in batch {
            if skips.contains(position) {
                continue;
            }
            let poison = |reason: &dyn ToString| Poison { position: *position, reason: reason.to_string() };
            let event = event.as_ref().map_err(|unreadable| poison(unreadable))?;
            if projection.apply(event).map_err(|overflow| poison(&overflow))? {
                positions.insert(event.subject.store(), *position);
            }
        }
        let mut changes = projection.changes();
        changes.push(Change::new(
            KEEP_POSITION,
            positions.into_iter().map(|(store, at)| vec![self.name.into(), store.0.into(), (at.0 as i64).into()]),
        ));
        changes.retain(|change| !change.rows.is_empty());
        Ok(changes)
    }
}

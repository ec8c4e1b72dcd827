//! A second fold of the same events, as plain as can be: what `verify` and a rebuild hold the projections against.
//!
//! It shares the event types with them and nothing else: no merging, no statements, one map per table, every row
//! changed when its event comes.

pub(crate) mod catalogue;
pub(crate) mod consultings;
pub(crate) mod days;
pub(crate) mod orders;
pub(crate) mod sales;
pub(crate) mod settlements;
pub(crate) mod stores;
mod table;
pub(crate) mod tables;
mod totals;

use events::Envelope;
use migrations::Value;

pub(crate) use self::table::Table;
use self::table::table;
pub(crate) use self::totals::Totals;

/// One view, folded the plain way.
pub(crate) trait Naive: Send + Sync {
    /// Applies one event and says whether it changed a row.
    fn apply(&mut self, event: &Envelope) -> bool;

    /// The view's tables with all rows that they should have.
    fn tables(&self) -> Vec<Expected<'_>>;
}

/// A table's rows as they should be, in the order of their keys.
pub(crate) struct Expected<'a> {
    pub(crate) table: &'static Table,
    pub(crate) rows: Box<dyn Iterator<Item = Vec<Value>> + Send + 'a>,
}

/// The table in which every view keeps the position of each store's last event.
pub(crate) const POSITIONS: &Table =
    &table!("positions", 2, "projection, store_id", "$1, $2", "projection, store_id, position");

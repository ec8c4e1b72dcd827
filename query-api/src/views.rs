//! The statements that read the views, one module per view; every one runs inside the snapshot that it is given.
//!
//! The modules are named as the views' tables in `migrations` and as the projections that fill them.

pub(crate) mod catalogue;
pub(crate) mod consultings;
pub(crate) mod days;
pub(crate) mod orders;
pub(crate) mod sales;
pub(crate) mod settlements;
pub(crate) mod stores;
pub(crate) mod tables;

use events::{Partition, Position, StoreId};
use migrations::{Snapshot, Value, ViewsError};

/// How far a projection has come, in one row.
pub(crate) const PLACE: &str = "SELECT c.next, p.position FROM checkpoints c \
     LEFT JOIN positions p ON p.projection = c.projection AND p.store_id = $1 \
     WHERE c.projection = $2 AND c.partition = $3";

/// How far a projection had come in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The position of the next record that the projection will apply.
    pub next: Position,
    /// The position of the last event of the store that it applied; `None` if it has applied none.
    pub store: Option<Position>,
}

impl Place {
    /// Where a projection stands that has applied nothing yet.
    pub(crate) fn start() -> Self {
        Self { next: Position(0), store: None }
    }
}

/// Reads how far `projection` has come with the store's partition, and with the store itself; `None` if it has no
/// checkpoint, because it has not begun or its generation was replaced.
pub(crate) async fn place(
    snapshot: &mut Snapshot,
    projection: &'static str,
    partition: Partition,
    store: StoreId,
) -> Result<Option<Place>, ViewsError> {
    let params = [Value::Uuid(store.0), projection.into(), partition.0.into()];
    let row = snapshot.fetch_optional(PLACE, &params).await?;
    let position = |number: i64| Position(number.cast_unsigned());
    row.map(|row| Ok(Place { next: position(row.int(0)?), store: row.opt_int(1)?.map(position) })).transpose()
}

//! How far a projection has come: stored with its rows, in the same transaction, by compare-and-set.

use std::collections::BTreeSet;

use events::{Partition, Position};
use log::Cursor;
use migrations::{Tx, ViewsError, Writer};

use crate::projection::View;
use crate::views::VIEWS;

/// A projection's place on a partition, and what it was told to skip there.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoint {
    pub(crate) view: View,
    pub(crate) cursor: Cursor,
    pub(crate) skips: BTreeSet<Position>,
}

const BEGIN: &str = "INSERT INTO checkpoints (projection, partition, next, cursor, counted) VALUES ($1, $2, 0, $3, 0) \
    ON CONFLICT (projection, partition) DO NOTHING";
const READ: &str = "SELECT next, cursor, counted FROM checkpoints WHERE projection = $1 AND partition = $2";
const MOVE: &str = "UPDATE checkpoints SET next = $1, cursor = $2, counted = $3 \
    WHERE projection = $4 AND partition = $5 AND next = $6";
const READ_SKIPS: &str = "SELECT position FROM skips WHERE projection = $1 AND partition = $2";
const SKIP: &str = "INSERT INTO skips (projection, partition, position) VALUES ($1, $2, $3) \
    ON CONFLICT (projection, partition, position) DO NOTHING";

/// Every view's checkpoint on the partition; a view that has none yet begins at the log's beginning.
pub(crate) async fn load_or_begin(writer: &mut Writer, partition: Partition) -> Result<Vec<Checkpoint>, ViewsError> {
    let mut tx = writer.begin().await?;
    let mut checkpoints = Vec::new();
    for view in VIEWS {
        let beginning = encode(&Cursor::default());
        tx.execute(BEGIN, &[view.name.into(), partition.0.into(), beginning.into()]).await?;
        let key = [view.name.into(), partition.0.into()];
        let row = tx.fetch(READ, &key).await?.pop().ok_or(ViewsError::Absent)?;
        let cursor = decode(row.int(0)?, row.text(1)?, row.int(2)?)?;
        let skips = tx.fetch(READ_SKIPS, &key).await?;
        let skips =
            skips.iter().map(|row| Ok(Position(row.int(0)?.cast_unsigned()))).collect::<Result<_, ViewsError>>()?;
        checkpoints.push(Checkpoint { view, cursor, skips });
    }
    tx.commit().await?;
    Ok(checkpoints)
}

/// Moves a checkpoint, if it still stands where it stood; `false`: somebody else moved it.
pub(crate) async fn compare_and_set(
    tx: &mut Tx<'_>,
    (view, partition): (View, Partition),
    old: &Cursor,
    new: &Cursor,
) -> Result<bool, ViewsError> {
    let params = [
        (new.next.0 as i64).into(),
        encode(new).into(),
        (new.counted as i64).into(),
        view.name.into(),
        partition.0.into(),
        (old.next.0 as i64).into(),
    ];
    Ok(tx.execute(MOVE, &params).await? == 1)
}

/// Records that a projection is to leave out an event.
pub(crate) async fn record_skip(
    tx: &mut Tx<'_>,
    (view, partition): (View, Partition),
    position: Position,
) -> Result<(), ViewsError> {
    tx.execute(SKIP, &[view.name.into(), partition.0.into(), (position.0 as i64).into()]).await.map(drop)
}

/// The cursor in a checkpoint's row. Its copies in columns of their own must agree with it.
pub(crate) fn decode(next: i64, cursor: &str, counted: i64) -> Result<Cursor, ViewsError> {
    let read: Option<Cursor> = serde_json::from_str(cursor).ok();
    read.filter(|cursor| cursor.next.0 as i64 == next && cursor.counted as i64 == counted)
        .ok_or_else(|| ViewsError::Damaged(format!("the checkpoint at {next} contradicts its own cursor")))
}

fn encode(cursor: &Cursor) -> String {
    // Numbers, uuids and hex digits alone always have a JSON form.
    serde_json::to_string(cursor).unwrap_or_default()
}

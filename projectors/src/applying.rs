//! Writing what a batch came to: one transaction, in it each view's checkpoint and rows, together or not at all.

use events::{Partition, Position};
use log::Cursor;
use migrations::{Tx, ViewsError, Writer};

use crate::checkpoint::compare_and_set;
use crate::projection::{Change, View};

/// One view's part of a transaction.
pub(crate) struct Part {
    pub(crate) view: View,
    pub(crate) old: Cursor,
    pub(crate) changes: Vec<Change>,
}

/// Nothing of the transaction is known to have been written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// Another projector moved a checkpoint first.
    #[error("another projector has moved the checkpoint of {0}")]
    Lost(&'static str),
    /// The storage failed. If it failed at COMMIT, only the checkpoints tell what became of it.
    #[error(transparent)]
    Views(#[from] ViewsError),
}

/// Writes the parts that all move to `new`, and announces how far that brings the partition: no further than where the
/// views stand that have no part in it, `others`. A part that the engine refuses is left out, and the others stand.
pub(crate) async fn apply(
    writer: &mut Writer,
    partition: Partition,
    new: &Cursor,
    parts: &[Part],
    others: Option<Position>,
) -> Result<Vec<Result<(), ViewsError>>, ApplyError> {
    let mut tx = writer.begin().await?;
    let mut outcomes = Vec::with_capacity(parts.len());
    let mut reached = others;
    for part in parts {
        tx.savepoint().await?;
        match write(&mut tx, partition, new, part).await {
            Ok(()) => {
                tx.release().await?;
                reached = Some(reached.map_or(new.next, |reached| reached.min(new.next)));
                outcomes.push(Ok(()));
            }
            Err(ApplyError::Views(refused)) if is_refusal(&refused) => {
                tx.rollback_to().await?;
                reached = Some(reached.map_or(part.old.next, |reached| reached.min(part.old.next)));
                outcomes.push(Err(refused));
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(reached) = reached {
        tx.announce(partition.0, reached.0 as i64).await?;
    }
    tx.commit().await?;
    Ok(outcomes)
}

/// Announces once more how far the partition is, so that who hears nothing knows that nobody is there to tell.
pub(crate) async fn announce(writer: &mut Writer, partition: Partition, next: Position) -> Result<(), ViewsError> {
    let mut tx = writer.begin().await?;
    tx.announce(partition.0, next.0 as i64).await?;
    tx.commit().await
}

/// Writes the parts to a generation that is being built, where nothing can be taken back: any failure ends the build.
pub(crate) async fn fill(
    writer: &mut Writer,
    partition: Partition,
    new: &Cursor,
    parts: &[Part],
) -> Result<(), ApplyError> {
    let mut tx = writer.begin().await?;
    for part in parts {
        write(&mut tx, partition, new, part).await?;
    }
    Ok(tx.commit().await?)
}

/// Whether the engine does not take a row, rather than that it cannot be used.
pub(crate) fn is_refusal(error: &ViewsError) -> bool {
    matches!(error, ViewsError::Refused(_) | ViewsError::Shape { .. })
}

/// Moves the checkpoint of a part and writes its rows.
pub(crate) async fn write(tx: &mut Tx<'_>, partition: Partition, new: &Cursor, part: &Part) -> Result<(), ApplyError> {
    if !compare_and_set(tx, (part.view, partition), &part.old, new).await? {
        return Err(ApplyError::Lost(part.view.name));
    }
    for change in &part.changes {
        tx.execute_many(change.sql, change.rows.iter()).await?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]
mod tests;

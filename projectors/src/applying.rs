//! Writing what a batch came to: one transaction, in it each view's checkpoint and rows, together or not at all.

use events::Partition;
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

/// Writes the parts that all move to `new`. A part that the engine refuses is left out, and the others stand.
pub(crate) async fn apply(
    writer: &mut Writer,
    partition: Partition,
    new: &Cursor,
    parts: &[Part],
) -> Result<Vec<Result<(), ViewsError>>, ApplyError> {
    let mut tx = writer.begin().await?;
    let mut outcomes = Vec::with_capacity(parts.len());
    for part in parts {
        tx.savepoint().await?;
        match write(&mut tx, partition, new, part).await {
            Ok(()) => {
                tx.release().await?;
                outcomes.push(Ok(()));
            }
            Err(ApplyError::Views(refused @ (ViewsError::Refused(_) | ViewsError::Shape { .. }))) => {
                tx.rollback_to().await?;
                outcomes.push(Err(refused));
            }
            Err(error) => return Err(error),
        }
    }
    tx.commit().await?;
    Ok(outcomes)
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

async fn write(tx: &mut Tx<'_>, partition: Partition, new: &Cursor, part: &Part) -> Result<(), ApplyError> {
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

//! Before anything is written behind it: whether the log still is the one that the read models were made of.

use events::Partition;
use log::{Admitted, Log, LogError};
use migrations::{Views, ViewsError};

use crate::checkpoint;

const PLACES: &str = "SELECT next, cursor, counted FROM checkpoints WHERE partition = $1";

/// The read models do not go on from this log.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The log is shorter than they are, or another one, or cannot be read. Stop, and tell an operator: what would be
    /// appended now would stand where something else was read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The read models cannot be read.
    #[error(transparent)]
    Views(#[from] ViewsError),
}

/// Holds each view's place against the log. To be asked before a writer claims the partition.
pub async fn resumable(log: &dyn Log, partition: Partition, views: &Views) -> Result<(), ResumeError> {
    let mut snapshot = views.snapshot().await?;
    for row in snapshot.fetch(PLACES, &[partition.0.into()]).await? {
        let cursor = checkpoint::decode(row.int(0)?, row.text(1)?, row.int(2)?)?;
        Admitted::open(log, partition, cursor).await?;
    }
    Ok(())
}

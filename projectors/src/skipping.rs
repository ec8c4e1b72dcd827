//! Leaving out an event that a projection cannot apply, because an operator says so: recorded beside the rows, and honoured
//! by `verify` and by every rebuild.

use events::{Partition, Position};
use log::{Admitted, Cursor, Log, LogError};
use migrations::{Tx, Views, ViewsError};

use crate::applying::{ApplyError, Part, is_refusal, write};
use crate::checkpoint::{self, Checkpoint};
use crate::fold::fold;
use crate::views::VIEWS;

/// A projection was not told to leave out an event.
#[derive(Debug, thiserror::Error)]
pub enum SkipError {
    /// There is no such projection.
    #[error("there is no projection {0}: they are {names}", names = VIEWS.map(|view| view.name).join(", "))]
    NoProjection(String),
    /// There is no such partition.
    #[error("there is no partition {partition}: the log has {partitions}")]
    NoPartition {
        /// Which was asked for.
        partition: Partition,
        /// How many there are.
        partitions: u32,
    },
    /// It stands elsewhere.
    #[error("{projection} does not stand at {position} but at {stands}")]
    StandsElsewhere {
        /// The projection.
        projection: &'static str,
        /// Where it was said to stand.
        position: Position,
        /// Where it stands.
        stands: Position,
    },
    /// Nothing is wrong with the event, or there is none yet.
    #[error("{projection} can apply what stands at {position}, so nothing is left out")]
    Applicable {
        /// The projection.
        projection: &'static str,
        /// Where it stands.
        position: Position,
    },
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The views could not be read, or the skip not be recorded.
    #[error(transparent)]
    Views(#[from] ViewsError),
}

/// Has a projection leave out the event at which it has stopped, on one partition. The event is tried once more first, and
/// nothing is left out that can be applied. Whoever projects the partition goes on within seconds, in this process or
/// another.
pub async fn skip(
    log: &dyn Log,
    views: &Views,
    (projection, partition): (&str, Partition),
    position: Position,
) -> Result<(), SkipError> {
    let view = VIEWS.into_iter().find(|view| view.name == projection);
    let view = view.ok_or_else(|| SkipError::NoProjection(projection.to_owned()))?;
    if partition.0 >= log.partitions() {
        return Err(SkipError::NoPartition { partition, partitions: log.partitions() });
    }
    let projection = view.name;
    let mut writer = views.writer().await?;
    let mut checkpoints = checkpoint::load_or_begin(&mut writer, partition).await?.into_iter();
    let Some(Checkpoint { cursor, skips, .. }) = checkpoints.find(|found| found.view.name == projection) else {
        return Err(ViewsError::Absent.into());
    };
    if cursor.next != position {
        return Err(SkipError::StandsElsewhere { projection, position, stands: cursor.next });
    }
    if log.current_end(partition).await? <= position {
        return Err(SkipError::Applicable { projection, position });
    }
    let mut reader = Admitted::open(log, partition, cursor.clone()).await?;
    let records = reader.next(1).await?;
    let folded = fold(std::iter::once((view, &skips)), &records, |_| ()).pop();
    let mut tx = writer.begin().await?;
    if let Some(Ok(changes)) = folded {
        let part = Part { view, old: cursor, changes };
        if !is_refused(&mut tx, partition, (reader.cursor(), &part)).await? {
            return Err(SkipError::Applicable { projection, position });
        }
    }
    checkpoint::record_skip(&mut tx, (view, partition), position).await?;
    tx.commit().await?;
    tracing::warn!(%partition, projection, %position, "an operator told a projection to leave out an event");
    Ok(())
}

/// Whether the engine does not take what the event comes to; nothing of it stays.
async fn is_refused(tx: &mut Tx<'_>, partition: Partition, (new, part): (&Cursor, &Part)) -> Result<bool, SkipError> {
    tx.savepoint().await?;
    let written = write(tx, partition, new, part).await;
    tx.rollback_to().await?;
    match written {
        Err(ApplyError::Views(error)) if is_refusal(&error) => Ok(true),
        Err(ApplyError::Views(error)) => Err(error.into()),
        // The projector went on while this was asked.
        Ok(()) | Err(ApplyError::Lost(_)) => Ok(false),
    }
}

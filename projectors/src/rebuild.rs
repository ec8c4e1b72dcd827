//! A new generation of the read models, folded from the whole log beside the live one, compared, then switched to.
//!
//! ```text
//!   log ──► decode + fold (all cores) ──► rows without journal ──► indexes ──► compare ──► switch
//!                     └──► totals, counted a second way ────────────────────────┘
//! ```

mod figures;
mod filling;

use std::sync::Arc;

use events::{Partition, Position};
use log::{Log, LogError};
use migrations::{SwitchError, Views, ViewsError};
use tokio::sync::oneshot;
use uuid::Uuid;

pub use self::figures::FigureDifference;
pub(crate) use self::filling::Filling;
use crate::applying::ApplyError;
use crate::checkpoint;
use crate::projection::Poison;

/// With fewer records than this left, what remains is folded in one go with the switch.
const TAIL_RECORDS: u64 = 5_000;

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildProgress {
    /// Events folded so far.
    pub events: u64,
    /// Records read so far, of every kind.
    pub records: u64,
    /// Records in the log, as far as is known.
    pub records_total: u64,
}

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildReport {
    /// The generation that is live now.
    pub generation: Uuid,
    /// The one it replaced.
    pub replaced: Uuid,
    /// Everything before this position is in it.
    pub next: Position,
    /// Events folded before the switch.
    pub events: u64,
    /// The figures per store in which the replaced generation differed at the same position.
    pub differences: Vec<FigureDifference>,
    /// The views that could not be compared with the replaced generation, since they had stopped earlier in it.
    pub not_compared: Vec<&'static str>,
}

/// A rebuild came to nothing; the live generation is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Another rebuild is under way.
    #[error("a rebuild is under way already")]
    Running,
    /// The projector has stopped, or waits for its storage.
    #[error("the projector cannot take part in a rebuild now")]
    NotNow,
    /// An event that a projection cannot apply and was not told to skip.
    #[error("{projection}: {poison}")]
    Poison {
        /// The projection.
        projection: &'static str,
        /// Where and why.
        poison: Poison,
    },
    /// The new rows do not add up to what the log says, so they are thrown away: a defect of this program.
    #[error("{} figures of the new generation differ from the log's, first: {}", .0.len(), first(.0))]
    Differs(Vec<FigureDifference>),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The rows could not be written.
    #[error(transparent)]
    Views(#[from] ViewsError),
    /// The new generation could not be put in the live one's place.
    #[error(transparent)]
    Switch(#[from] SwitchError),
    /// The rebuild's own threads failed.
    #[error("the rebuild could not go on: {0}")]
    Threads(String),
}

/// Told of the progress, from the rebuild's thread.
pub(crate) type OnProgress = Arc<dyn Fn(RebuildProgress) + Send + Sync>;

/// Rebuilds while no projector runs. Beside a running one use [`Handle::rebuild`](crate::Handle::rebuild).
pub async fn rebuild(
    log: Arc<dyn Log>,
    partition: Partition,
    views: Views,
    generation: Uuid,
    progress: impl Fn(RebuildProgress) + Send + Sync + 'static,
) -> Result<RebuildReport, RebuildError> {
    let (mut filling, mut report) =
        beside(Arc::clone(&log), partition, views.clone(), generation, Arc::new(progress)).await?;
    filling.fill_to(log.current_end(partition).await?).await?;
    report.next = filling.next();
    let live = views.writer()?;
    views.switch(filling.into_writer(), live).await?;
    Ok(report)
}

/// Everything of a rebuild but the last records and the switch, on threads of its own.
pub(crate) async fn beside(
    log: Arc<dyn Log>,
    partition: Partition,
    views: Views,
    generation: Uuid,
    progress: OnProgress,
) -> Result<(Filling, RebuildReport), RebuildError> {
    // One thread writes rows; the other reads, and decodes and folds with the help of all cores.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
    let runtime = runtime.map_err(|error| RebuildError::Threads(error.to_string()))?;
    let (reply, answer) = oneshot::channel();
    let work = move || {
        let built = runtime.block_on(build(log, partition, views, generation, progress));
        // Who asked may have gone away; then the new generation goes too.
        let _ = reply.send(built);
    };
    let thread = std::thread::Builder::new().name("rebuild".to_owned()).spawn(work);
    thread.map_err(|error| RebuildError::Threads(error.to_string()))?;
    answer.await.map_err(|_| RebuildError::Threads("its thread ended".to_owned()))?
}

async fn build(
    log: Arc<dyn Log>,
    partition: Partition,
    views: Views,
    generation: Uuid,
    progress: OnProgress,
) -> Result<(Filling, RebuildReport), RebuildError> {
    let mut live = views.writer()?;
    let replaced = live.generation();
    let checkpoints = checkpoint::load_or_begin(&mut live, partition).await?;
    drop(live);
    let furthest = checkpoints.iter().map(|checkpoint| checkpoint.cursor.next).max().unwrap_or_default();
    let mut filling =
        Filling::begin(Arc::clone(&log), partition, views.build(generation)?, &checkpoints, progress).await?;
    filling.fill_to(furthest).await?;
    filling.finish_indexes().await?;
    let (differences, not_compared) = filling.compare_with_live(&views).await?;
    let mut end = log.current_end(partition).await?;
    while end.0.saturating_sub(filling.next().0) > TAIL_RECORDS {
        filling.fill_to(end).await?;
        end = log.current_end(partition).await?;
    }
    let own = filling.compare_with_log().await?;
    if !own.is_empty() {
        return Err(RebuildError::Differs(own));
    }
    let (next, events) = (filling.next(), filling.events());
    Ok((filling, RebuildReport { generation, replaced, next, events, differences, not_compared }))
}

impl From<ApplyError> for RebuildError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Views(error) => Self::Views(error),
            ApplyError::Lost(_) => Self::Threads(error.to_string()),
        }
    }
}

fn first(differences: &[FigureDifference]) -> String {
    differences.first().map(ToString::to_string).unwrap_or_default()
}

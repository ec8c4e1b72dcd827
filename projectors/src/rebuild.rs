//! A new generation of the read models, folded from the whole log beside the live one, compared, then switched to.
//!
//! ```text
//!   log ──► decode + fold (all cores) ──► rows without journal ──► indexes ──► compare ──► hold ──► switch
//!     every partition in turn                                                             │
//!                └──► totals, counted a second way ────────────────────────┘        live stands still
//! ```
//!
//! While the live generation is held, the last records are folded, so that the new one is nowhere behind it. Projectors,
//! in whichever process, then find theirs replaced and go on in the new one.

mod figures;
mod filling;

use std::sync::Arc;

use events::{Partition, Position};
use log::{Log, LogError};
use migrations::{Standing, SwitchError, Views, ViewsError};
use tokio::sync::oneshot;
use uuid::Uuid;

pub use self::figures::FigureDifference;
use self::filling::Filling;
use crate::applying::ApplyError;
use crate::checkpoint;
use crate::projection::Poison;

/// With fewer records than this left, what remains is folded while the live generation is held.
const TAIL_RECORDS: u64 = 5_000;
/// How often one runs after a log that grows, before what remains is folded however much it is.
const CATCHING_UP: usize = 20;

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
    /// Per partition, the position before which everything is in it.
    pub next: Vec<(Partition, Position)>,
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

/// Rebuilds from the whole log, on threads of its own. Projectors may be at work meanwhile, in this process and others.
pub async fn rebuild(
    log: Arc<dyn Log>,
    views: Views,
    generation: Uuid,
    progress: impl Fn(RebuildProgress) + Send + Sync + 'static,
) -> Result<RebuildReport, RebuildError> {
    let progress: OnProgress = Arc::new(progress);
    // One thread turns folded batches into statements, one reads, decodes and folds with the help of all cores, one drives
    // the connection to a database that is not within the process.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| RebuildError::Threads(error.to_string()))?;
    let (reply, answer) = oneshot::channel();
    let work = move || {
        let built = runtime.block_on(build(&log, &views, generation, progress));
        // Who asked may have gone away; what was done is done.
        let _ = reply.send(built);
    };
    let thread = std::thread::Builder::new().name("rebuild".to_owned()).spawn(work);
    thread.map_err(|error| RebuildError::Threads(error.to_string()))?;
    answer.await.map_err(|_| RebuildError::Threads("its thread ended".to_owned()))?
}

/// Runs after a log that grows, until little is left or it has done so often enough.
async fn catch_up(filling: &mut Filling) -> Result<(), RebuildError> {
    for _ in 0..CATCHING_UP {
        if filling.left().await? <= TAIL_RECORDS {
            break;
        }
        filling.fill_to_end().await?;
    }
    Ok(())
}

async fn build(
    log: &Arc<dyn Log>,
    views: &Views,
    generation: Uuid,
    progress: OnProgress,
) -> Result<RebuildReport, RebuildError> {
    let (replaced, live) = live_checkpoints(log, views).await?;
    let mut filling = Filling::begin(Arc::clone(log), views.build(generation).await?, &live, progress).await?;
    filling.fill_to_end().await?;
    filling.finish().await?;
    // Comparing looks at one moment of the live generation, which a database keeps for a minute at most.
    catch_up(&mut filling).await?;
    let (differences, not_compared) = filling.compare_with_live(views).await?;
    catch_up(&mut filling).await?;
    let own = filling.compare_with_log().await?;
    if !own.is_empty() {
        return Err(RebuildError::Differs(own));
    }
    let hold = views.hold().await?;
    filling.fill_to(&furthest(hold.standing())).await?;
    let (next, events) = (filling.next(), filling.events());
    views.switch(filling.into_writer(), hold).await?;
    Ok(RebuildReport { generation, replaced, next, events, differences, not_compared })
}

/// The live generation, and what it has on every partition of the log.
async fn live_checkpoints(
    log: &Arc<dyn Log>,
    views: &Views,
) -> Result<(Uuid, Vec<(Partition, Vec<checkpoint::Checkpoint>)>), ViewsError> {
    let mut live = views.writer().await?;
    let mut checkpoints = Vec::new();
    for partition in (0..log.partitions()).map(Partition) {
        checkpoints.push((partition, checkpoint::load_or_begin(&mut live, partition).await?));
    }
    Ok((live.generation(), checkpoints))
}

/// Per partition, where the view stands that is furthest.
fn furthest(standing: &[Standing]) -> Vec<(Partition, Position)> {
    standing.iter().map(|at| (Partition(at.partition), Position(at.next.cast_unsigned()))).collect()
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

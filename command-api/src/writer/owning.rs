//! Owning a partition: fold to the end, claim, fold up to the claim.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{LogId, Partition, Position};
use log::{Admitted, Claim, Home, LogError, Record, Reign, Report, Stored, WriterId};
use tracing::{info, warn};

use super::driver::Driver;
use super::parting::becomes;
use crate::fold::{Content, FoldError};
use crate::membership::NotConfirmed;
use crate::shard::{Halt, Input};
use crate::snapshots;

/// Records read at a time.
const READ_RECORDS: usize = 8_192;
/// Records decoded by one task at a time.
const DECODE_RECORDS: usize = 1_024;
/// How long an attempt to claim waits for its position.
const CLAIM_WAIT: Duration = Duration::from_secs(5);
/// The first pause between two attempts; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two attempts.
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// How long the answer to whether the partition is ours is waited for.
const CONFIRM_WAIT: Duration = Duration::from_secs(3);
/// Who comes no further for so long leaves the partition to somebody else.
const NO_PROGRESS: Duration = Duration::from_secs(10);

/// Why owning ended without a reign.
#[derive(Debug, thiserror::Error)]
pub(super) enum OwnError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log cannot be folded.
    #[error(transparent)]
    Halt(#[from] Halt),
    /// The process is going down.
    #[error("the process is stopping")]
    Stopping,
    /// The log was moved elsewhere; nothing counts here any more.
    #[error("partition {0} is sealed: its history was moved to another log, and goes on there")]
    Sealed(Partition),
    /// The partition is another process's now.
    #[error("the partition is not assigned any more")]
    Unassigned,
}

impl Driver {
    /// Folds, claims and folds again until a claim counts. Commands that come meanwhile are held for a bounded time.
    pub(super) async fn own(&mut self) -> Result<Reign, OwnError> {
        let mut pause = FIRST_PAUSE;
        self.progressed = Instant::now();
        loop {
            match self.try_to_own().await {
                Ok(Some(reign)) => return Ok(reign),
                Ok(None) => info!(partition = self.options.partition.0, "the claim does not count, claiming again"),
                Err(OwnError::Log(error)) if error.is_transient() => {
                    warn!(partition = self.options.partition.0, error = %error, "the log cannot be read, trying again");
                }
                Err(error) => return Err(error),
            }
            if self.progressed.elapsed() >= NO_PROGRESS {
                self.progressed = Instant::now();
                self.membership.give_up(self.options.partition);
            }
            self.holding(tokio::time::sleep(pause)).await?;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    async fn try_to_own(&mut self) -> Result<Option<Reign>, OwnError> {
        let (log, partition) = (self.options.log.clone(), self.options.partition);
        if self.shard.cursor().next == Position(0) {
            self.restore().await;
        }
        let cursor = self.shard.cursor().clone();
        let mut reader = self.holding(Admitted::open(log.as_ref(), partition, cursor)).await??;
        let end = self.holding(log.current_end(partition)).await??;
        self.fold_to(&mut reader, end).await?;
        if self.shard.cursor().sealed {
            return Err(OwnError::Sealed(partition));
        }

        let Some(home) = self.home().await? else { return Ok(None) };
        let membership = Arc::clone(&self.membership);
        let asked = tokio::time::timeout(CONFIRM_WAIT, membership.confirm(partition));
        if let Ok(Err(error)) | Err(error) = self.holding(asked).await?.map_err(|_| late()) {
            warn!(partition = partition.0, error = %error, "the partition is not claimed");
            return Ok(None);
        }
        let writer = WriterId(self.options.ids.uuid());
        let claim = Claim { term: self.shard.cursor().term + 1, home, sealed: false };
        let mut handle = self.holding(log.reign(partition, writer)).await??;
        let sent = tokio::time::timeout(CLAIM_WAIT, handle.send(vec![Record::claim(writer, &claim)]));
        let Ok(reports) = self.holding(sent).await? else { return Ok(None) };
        let Some(Report::At(at)) = reports.first().copied() else { return Ok(None) };
        self.fold_to(&mut reader, at.next()).await?;
        if self.shard.cursor().writer != Some(writer) {
            return Ok(None);
        }
        info!(partition = partition.0, position = at.0, term = claim.term, "the partition is claimed");
        self.progressed = Instant::now();
        self.step(Input::Reigning(writer));
        Ok(Some(Reign::new(log, partition, handle)))
    }

    /// The log that the claim is for. Partition 0's first claim makes it; the others wait until it is made.
    async fn home(&mut self) -> Result<Option<Home>, OwnError> {
        if let Some(home) = self.shard.cursor().home {
            return Ok(Some(home));
        }
        let log = Arc::clone(&self.options.log);
        if self.options.partition == Partition(0) {
            return Ok(Some(Home { log: LogId(self.options.ids.uuid()), partitions: log.partitions() }));
        }
        Ok(self.holding(log::home(log.as_ref())).await??)
    }

    async fn restore(&mut self) {
        let Some(snapshots) = self.options.snapshots.clone() else { return };
        match snapshots.load(self.options.partition).await {
            Ok(Some(bytes)) => {
                let fold = tokio::task::spawn_blocking(move || snapshots::decode(&bytes)).await.ok().flatten();
                if let Some(fold) = fold {
                    self.shard.restore(fold);
                } else {
                    info!("the snapshot is of another version, folding from the beginning");
                }
            }
            Ok(None) => {}
            Err(error) => warn!(error = %error, "the snapshot cannot be read, folding from the beginning"),
        }
        self.snapshot_at = self.shard.cursor().next;
    }

    /// Folds every counted record before `end`.
    async fn fold_to(&mut self, reader: &mut Admitted, end: Position) -> Result<(), OwnError> {
        while reader.cursor().next < end {
            let left = usize::try_from(end.0 - reader.cursor().next.0).unwrap_or(READ_RECORDS);
            let counted = self.holding(reader.next(left.min(READ_RECORDS))).await??;
            let decoded = self.holding(decode(counted)).await??;
            self.step(Input::Folded(decoded, reader.cursor().clone()));
            self.progressed = Instant::now();
            if let Some(halt) = self.halted.take() {
                return Err(halt.into());
            }
        }
        Ok(())
    }

    /// Waits for something while commands come in: they are held, and told after a while that nobody serves.
    async fn holding<F: Future>(&mut self, work: F) -> Result<F::Output, OwnError> {
        let mut work = std::pin::pin!(work);
        let partition = self.options.partition;
        loop {
            tokio::select! {
                output = &mut work => return Ok(output),
                () = tokio::time::sleep(FIRST_PAUSE) => {
                    self.hold();
                    self.step(Input::Tick);
                }
                () = super::driver::stopping(&mut self.stop) => return Err(OwnError::Stopping),
                () = becomes(&mut self.assigned, |set| !set.contains(&partition)) => return Err(OwnError::Unassigned),
            }
        }
    }
}

fn late() -> NotConfirmed {
    NotConfirmed("there was no answer in time".to_owned())
}

/// Decodes on every core at once.
async fn decode(records: Vec<Stored>) -> Result<Vec<(Position, Content)>, OwnError> {
    let tasks: Vec<_> = records
        .chunks(DECODE_RECORDS)
        .map(|chunk| {
            let chunk = chunk.to_vec();
            tokio::task::spawn_blocking(move || -> Result<Vec<(Position, Content)>, FoldError> {
                chunk.iter().map(|stored| Ok((stored.position, Content::of(stored)?))).collect()
            })
        })
        .collect();
    let mut decoded = Vec::with_capacity(records.len());
    for task in tasks {
        let chunk = task.await.map_err(|e| LogError::Unavailable(e.to_string()))?;
        decoded.extend(chunk.map_err(Halt::from)?);
    }
    Ok(decoded)
}

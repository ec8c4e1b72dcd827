//! Owning a partition: fold to the end, claim, fold up to the claim.

use std::future::Future;
use std::time::Duration;

use events::{LogId, Position};
use log::{Admitted, Claim, Home, LogError, Record, Reign, Report, Stored, WriterId};
use tracing::{info, warn};

use super::driver::Driver;
use crate::fold::{Content, FoldError};
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
}

impl Driver {
    /// Folds, claims and folds again until a claim counts. Commands that come meanwhile are held for a bounded time.
    pub(super) async fn own(&mut self) -> Result<Reign, OwnError> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.try_to_own().await {
                Ok(Some(reign)) => return Ok(reign),
                Ok(None) => info!(partition = self.options.partition.0, "the claim does not count, claiming again"),
                Err(OwnError::Log(error)) if error.is_transient() => {
                    warn!(partition = self.options.partition.0, error = %error, "the log cannot be read, trying again");
                }
                Err(error) => return Err(error),
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

        let writer = WriterId(self.options.ids.uuid());
        let cursor = self.shard.cursor();
        let fresh = Home { log: LogId(self.options.ids.uuid()), partitions: log.partitions() };
        let claim = Claim { term: cursor.term + 1, home: cursor.home.unwrap_or(fresh), sealed: false };
        let mut handle = self.holding(log.reign(partition, writer)).await??;
        let sent = tokio::time::timeout(CLAIM_WAIT, handle.send(vec![Record::claim(writer, &claim)]));
        let Ok(reports) = self.holding(sent).await? else { return Ok(None) };
        let Some(Report::At(at)) = reports.first().copied() else { return Ok(None) };
        self.fold_to(&mut reader, at.next()).await?;
        if self.shard.cursor().writer != Some(writer) {
            return Ok(None);
        }
        info!(partition = partition.0, position = at.0, term = claim.term, "the partition is claimed");
        self.step(Input::Reigning(writer));
        Ok(Some(Reign::new(log, partition, handle)))
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
            if let Some(halt) = self.halted.take() {
                return Err(halt.into());
            }
        }
        Ok(())
    }

    /// Waits for something while commands come in: they are held, and told after a while that nobody serves.
    async fn holding<F: Future>(&mut self, work: F) -> Result<F::Output, OwnError> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                output = &mut work => return Ok(output),
                () = tokio::time::sleep(FIRST_PAUSE) => {
                    self.hold();
                    self.step(Input::Tick);
                }
                () = super::driver::stopping(&mut self.stop) => return Err(OwnError::Stopping),
            }
        }
    }
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

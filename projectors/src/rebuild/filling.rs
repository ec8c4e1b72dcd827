//! Filling a generation that is not live yet: one thread decodes and folds, the other writes what was folded before.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::{Partition, Position};
use log::{Admitted, Cursor, Log};
use migrations::{Views, ViewsError, Writer};
use tokio::sync::mpsc;

use super::figures::{self, FigureDifference};
use super::{OnProgress, RebuildError, RebuildProgress};
use crate::applying::{Part, fill};
use crate::checkpoint::{self, Checkpoint};
use crate::fold::fold;
use crate::naive::Totals;
use crate::projection::View;

/// How many records are folded into one transaction.
const BATCH_RECORDS: u64 = 20_000;
/// How many folded batches wait for the thread that writes.
const BATCHES_AHEAD: usize = 1;

/// A generation on its way to becoming the live one.
pub(crate) struct Filling {
    log: Arc<dyn Log>,
    partition: Partition,
    writer: Writer,
    cursor: Cursor,
    skips: Vec<(View, BTreeSet<Position>)>,
    totals: Totals,
    progress: OnProgress,
}

struct Folded {
    cursor: Cursor,
    parts: Vec<Part>,
}

impl Filling {
    /// Begins an empty generation that skips what the live one was told to skip.
    pub(super) async fn begin(
        log: Arc<dyn Log>,
        partition: Partition,
        mut writer: Writer,
        live: &[Checkpoint],
        progress: OnProgress,
    ) -> Result<Self, ViewsError> {
        checkpoint::load_or_begin(&mut writer, partition).await?;
        let skips: Vec<_> = live.iter().map(|checkpoint| (checkpoint.view, checkpoint.skips.clone())).collect();
        let mut tx = writer.begin().await?;
        for (view, skipped) in &skips {
            for position in skipped {
                checkpoint::record_skip(&mut tx, (*view, partition), *position).await?;
            }
        }
        tx.commit().await?;
        Ok(Self { log, partition, writer, cursor: Cursor::default(), skips, totals: Totals::default(), progress })
    }

    pub(crate) fn next(&self) -> Position {
        self.cursor.next
    }

    pub(super) fn events(&self) -> u64 {
        self.cursor.counted
    }

    pub(crate) fn into_writer(self) -> Writer {
        self.writer
    }

    pub(super) async fn finish_indexes(&mut self) -> Result<(), ViewsError> {
        self.writer.finish_indexes().await
    }

    /// Folds everything before `until`, which the log must have reached.
    pub(crate) async fn fill_to(&mut self, until: Position) -> Result<(), RebuildError> {
        if self.next() >= until {
            return Ok(());
        }
        let (folded, mut ready) = mpsc::channel(BATCHES_AHEAD);
        let totals = std::mem::take(&mut self.totals);
        let folding = Folding { cursor: self.cursor.clone(), until, skips: self.skips.clone(), totals };
        let producer = tokio::spawn(folding.run(Arc::clone(&self.log), self.partition, folded));
        while let Some(batch) = ready.recv().await {
            fill(&mut self.writer, self.partition, &batch.cursor, &batch.parts).await?;
            self.cursor = batch.cursor;
            self.report(until);
        }
        let ended = producer.await.map_err(|error| RebuildError::Threads(error.to_string()))?;
        self.totals = ended?;
        Ok(())
    }

    /// The figures in which the new rows differ from what the log adds up to, counted a second way.
    pub(super) async fn compare_with_log(&mut self) -> Result<Vec<FigureDifference>, ViewsError> {
        let mut differences = Vec::new();
        let mut tx = self.writer.begin().await?;
        for (view, skips) in &self.skips {
            // What a view was told to skip is in the totals and not in its rows.
            if skips.is_empty() {
                let rows = figures::read(&mut tx, view.name).await?;
                differences.extend(figures::differences(view.name, &self.totals.figures(view.name), &rows));
            }
        }
        tx.commit().await?;
        Ok(differences)
    }

    /// The figures in which the live generation differs, at the same position; and the views that do not stand there.
    pub(super) async fn compare_with_live(
        &mut self,
        views: &Views,
    ) -> Result<(Vec<FigureDifference>, Vec<&'static str>), RebuildError> {
        let mut live = views.snapshot().await?;
        let standing = figures::positions(&mut live, self.partition).await?;
        self.fill_to(standing.values().copied().max().unwrap_or_default()).await?;
        let (mut differences, mut not_compared) = (Vec::new(), Vec::new());
        let here = self.next();
        let mut tx = self.writer.begin().await?;
        for (view, _) in &self.skips {
            if standing.get(view.name) == Some(&here) {
                let new = figures::read(&mut tx, view.name).await?;
                let old = figures::read(&mut live, view.name).await?;
                differences.extend(figures::differences(view.name, &new, &old));
            } else {
                not_compared.push(view.name);
            }
        }
        tx.commit().await?;
        Ok((differences, not_compared))
    }

    fn report(&self, until: Position) {
        let records_total = self.log.end(self.partition).borrow().0.max(until.0);
        (self.progress)(RebuildProgress { events: self.events(), records: self.next().0, records_total });
    }
}

/// The half that reads and folds.
struct Folding {
    cursor: Cursor,
    until: Position,
    skips: Vec<(View, BTreeSet<Position>)>,
    totals: Totals,
}

impl Folding {
    async fn run(
        mut self,
        log: Arc<dyn Log>,
        partition: Partition,
        folded: mpsc::Sender<Folded>,
    ) -> Result<Totals, RebuildError> {
        let mut reader = Admitted::open(log.as_ref(), partition, self.cursor.clone()).await?;
        while reader.cursor().next < self.until {
            let records = BATCH_RECORDS.min(self.until.0 - reader.cursor().next.0);
            let records = reader.next(usize::try_from(records).unwrap_or(1)).await?;
            let views = self.skips.iter().map(|(view, skips)| (*view, skips));
            let changes = fold(views, &records, |events| self.totals.add(events));
            let mut parts = Vec::with_capacity(changes.len());
            for ((view, _), changes) in self.skips.iter().zip(changes) {
                let changes = changes.map_err(|poison| RebuildError::Poison { projection: view.name, poison })?;
                parts.push(Part { view: *view, old: self.cursor.clone(), changes });
            }
            self.cursor = reader.cursor().clone();
            if folded.send(Folded { cursor: self.cursor.clone(), parts }).await.is_err() {
                break;
            }
        }
        Ok(self.totals)
    }
}

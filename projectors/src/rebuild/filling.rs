//! Filling a generation that is not live yet: one thread decodes and folds, the other writes what was folded before.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::{Partition, Position};
use log::{Admitted, Cursor, Log, LogError, Stored};
use migrations::{Views, ViewsError, Writer};
use tokio::sync::mpsc;

use super::figures::{self, FigureDifference};
use super::{OnProgress, RebuildError, RebuildProgress};
use crate::applying::{Part, fill};
use crate::checkpoint::{self, Checkpoint};
use crate::fold::Folds;
use crate::naive::Totals;
use crate::projection::{Change, Poison, View};

/// How many records are folded into one transaction.
const BATCH_RECORDS: u64 = 20_000;
/// How many folded batches wait for the thread that writes.
const BATCHES_AHEAD: usize = 1;
/// How many records are read at once at most.
const PIECE_RECORDS: usize = 4_096;
/// How many pieces are read ahead of the folding.
const PIECES_AHEAD: usize = 2;

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

/// The half that folds what is read ahead of it.
struct Folding {
    cursor: Cursor,
    until: Position,
    skips: Vec<(View, BTreeSet<Position>)>,
    totals: Totals,
}

/// Counted records, and the place behind them.
type Read = Result<(Vec<Stored>, Cursor), LogError>;

impl Folding {
    async fn run(
        mut self,
        log: Arc<dyn Log>,
        partition: Partition,
        folded: mpsc::Sender<Folded>,
    ) -> Result<Totals, RebuildError> {
        let reader = Admitted::open(log.as_ref(), partition, self.cursor.clone()).await?;
        let (read, mut pieces) = mpsc::channel(PIECES_AHEAD);
        tokio::spawn(read_ahead(reader, self.until, read));
        while self.cursor.next < self.until {
            let changes = self.batch(&mut pieces).await?;
            let old = std::mem::replace(&mut self.cursor, changes.1);
            let mut parts = Vec::with_capacity(self.skips.len());
            for ((view, _), changes) in self.skips.iter().zip(changes.0) {
                let changes = changes.map_err(|poison| RebuildError::Poison { projection: view.name, poison })?;
                parts.push(Part { view: *view, old: old.clone(), changes });
            }
            if folded.send(Folded { cursor: self.cursor.clone(), parts }).await.is_err() {
                break;
            }
        }
        Ok(self.totals)
    }

    /// Folds so many pieces as one transaction is to take, and gives the place behind them.
    async fn batch(
        &mut self,
        pieces: &mut mpsc::Receiver<Read>,
    ) -> Result<(Vec<Result<Vec<Change>, Poison>>, Cursor), RebuildError> {
        let mut folds = Folds::begin(self.skips.iter().map(|(view, skips)| (*view, skips)));
        let mut cursor = self.cursor.clone();
        while cursor.next < self.until && cursor.next.0 - self.cursor.next.0 < BATCH_RECORDS {
            let piece = pieces.recv().await.ok_or_else(|| RebuildError::Threads("reading ended".to_owned()))?;
            let (records, behind) = piece?;
            folds.add(&records, |events| self.totals.add(events));
            cursor = behind;
        }
        Ok((folds.changes(), cursor))
    }
}

/// Reads up to `until`, piece by piece, until nobody wants more.
async fn read_ahead(mut reader: Admitted, until: Position, pieces: mpsc::Sender<Read>) {
    while reader.cursor().next < until {
        let left = usize::try_from(until.0 - reader.cursor().next.0).unwrap_or(usize::MAX);
        let read = reader.next(left.min(PIECE_RECORDS)).await;
        let read = read.map(|records| (records, reader.cursor().clone()));
        let failed = read.is_err();
        if pieces.send(read).await.is_err() || failed {
            return;
        }
    }
}

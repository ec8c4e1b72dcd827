//! Filling a generation that is not live yet: one thread decodes and folds, the other writes what was folded before.

use std::collections::{BTreeMap, BTreeSet};
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
use crate::views::VIEWS;

/// How many records are folded into one transaction.
const BATCH_RECORDS: u64 = 20_000;
/// How many folded batches wait for the thread that writes.
const BATCHES_AHEAD: usize = 1;
/// How many records are read at once at most.
const PIECE_RECORDS: usize = 4_096;
/// How many pieces are read ahead of the folding.
const PIECES_AHEAD: usize = 2;

/// A generation on its way to becoming the live one.
pub(super) struct Filling {
    log: Arc<dyn Log>,
    writer: Writer,
    places: Vec<Place>,
    totals: Totals,
    progress: OnProgress,
}

/// How far one partition is.
#[derive(Clone)]
struct Place {
    partition: Partition,
    cursor: Cursor,
    skips: Vec<(View, BTreeSet<Position>)>,
}

struct Folded {
    cursor: Cursor,
    parts: Vec<Part>,
}

impl Filling {
    /// Begins an empty generation that skips what the live one was told to skip.
    pub(super) async fn begin(
        log: Arc<dyn Log>,
        mut writer: Writer,
        live: &[(Partition, Vec<Checkpoint>)],
        progress: OnProgress,
    ) -> Result<Self, ViewsError> {
        let mut places = Vec::with_capacity(live.len());
        for (partition, checkpoints) in live {
            checkpoint::load_or_begin(&mut writer, *partition).await?;
            let skips: Vec<_> = checkpoints.iter().map(|found| (found.view, found.skips.clone())).collect();
            let mut tx = writer.begin().await?;
            for (view, skipped) in &skips {
                for position in skipped {
                    checkpoint::record_skip(&mut tx, (*view, *partition), *position).await?;
                }
            }
            tx.commit().await?;
            places.push(Place { partition: *partition, cursor: Cursor::default(), skips });
        }
        Ok(Self { log, writer, places, totals: Totals::default(), progress })
    }

    pub(super) fn next(&self) -> Vec<(Partition, Position)> {
        self.places.iter().map(|place| (place.partition, place.cursor.next)).collect()
    }

    pub(super) fn events(&self) -> u64 {
        self.places.iter().map(|place| place.cursor.counted).sum()
    }

    pub(super) fn into_writer(self) -> Writer {
        self.writer
    }

    pub(super) async fn finish(&mut self) -> Result<(), ViewsError> {
        self.writer.finish().await
    }

    /// How many records the log has beyond what is filled in.
    pub(super) async fn left(&self) -> Result<u64, RebuildError> {
        let mut left = 0;
        for place in &self.places {
            left += self.log.current_end(place.partition).await?.0.saturating_sub(place.cursor.next.0);
        }
        Ok(left)
    }

    /// Folds what the log has now.
    pub(super) async fn fill_to_end(&mut self) -> Result<(), RebuildError> {
        let mut ends = Vec::with_capacity(self.places.len());
        for place in &self.places {
            ends.push((place.partition, self.log.current_end(place.partition).await?));
        }
        self.fill_to(&ends).await
    }

    /// Folds everything before these positions, which the log must have reached; of several on a partition the furthest.
    pub(super) async fn fill_to(&mut self, positions: &[(Partition, Position)]) -> Result<(), RebuildError> {
        for index in 0..self.places.len() {
            let partition = self.places[index].partition;
            let until = positions.iter().filter(|(of, _)| *of == partition).map(|(_, position)| *position).max();
            self.fill_place(index, until.unwrap_or_default()).await?;
        }
        Ok(())
    }

    async fn fill_place(&mut self, index: usize, until: Position) -> Result<(), RebuildError> {
        let place = self.places[index].clone();
        if place.cursor.next >= until {
            return Ok(());
        }
        let (partition, (folded, mut ready)) = (place.partition, mpsc::channel(BATCHES_AHEAD));
        let folding = Folding { place, until, totals: std::mem::take(&mut self.totals) };
        let producer = tokio::spawn(folding.run(Arc::clone(&self.log), folded));
        while let Some(batch) = ready.recv().await {
            fill(&mut self.writer, partition, &batch.cursor, &batch.parts).await?;
            self.places[index].cursor = batch.cursor;
            self.report();
        }
        let ended = producer.await.map_err(|error| RebuildError::Threads(error.to_string()))?;
        self.totals = ended?;
        Ok(())
    }

    /// The figures in which the new rows differ from what the log adds up to, counted a second way.
    pub(super) async fn compare_with_log(&mut self) -> Result<Vec<FigureDifference>, ViewsError> {
        let mut differences = Vec::new();
        let mut tx = self.writer.begin().await?;
        for view in VIEWS {
            // What a view was told to skip is in the totals and not in its rows.
            if self
                .places
                .iter()
                .flat_map(|place| &place.skips)
                .all(|(of, skips)| of.name != view.name || skips.is_empty())
            {
                let rows = figures::read(&mut tx, view.name).await?;
                differences.extend(figures::differences(view.name, &self.totals.figures(view.name), &rows));
            }
        }
        tx.commit().await?;
        Ok(differences)
    }

    /// The figures in which the live generation differs, at the same positions; and the views that do not stand there.
    pub(super) async fn compare_with_live(
        &mut self,
        views: &Views,
    ) -> Result<(Vec<FigureDifference>, Vec<&'static str>), RebuildError> {
        let mut live = views.snapshot().await?;
        let standing = figures::positions(&mut live).await?;
        let positions: Vec<_> = standing.iter().map(|((_, partition), position)| (*partition, *position)).collect();
        self.fill_to(&positions).await?;
        let (mut differences, mut not_compared) = (Vec::new(), Vec::new());
        let here: BTreeMap<Partition, Position> = self.next().into_iter().collect();
        let mut tx = self.writer.begin().await?;
        for view in VIEWS {
            if here.iter().all(|(at, next)| standing.get(&(view.name.to_owned(), *at)) == Some(next)) {
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

    fn report(&self) {
        let ends = self.places.iter().map(|place| self.log.end(place.partition).borrow().0.max(place.cursor.next.0));
        let (records, records_total) = (self.places.iter().map(|place| place.cursor.next.0).sum(), ends.sum());
        (self.progress)(RebuildProgress { events: self.events(), records, records_total });
    }
}

/// The half that folds what is read ahead of it.
struct Folding {
    place: Place,
    until: Position,
    totals: Totals,
}

/// Counted records, and the place behind them.
type Read = Result<(Vec<Stored>, Cursor), LogError>;

impl Folding {
    async fn run(mut self, log: Arc<dyn Log>, folded: mpsc::Sender<Folded>) -> Result<Totals, RebuildError> {
        let reader = Admitted::open(log.as_ref(), self.place.partition, self.place.cursor.clone()).await?;
        let (read, mut pieces) = mpsc::channel(PIECES_AHEAD);
        tokio::spawn(read_ahead(reader, self.until, read));
        while self.place.cursor.next < self.until {
            let (changes, behind) = self.batch(&mut pieces).await?;
            let old = std::mem::replace(&mut self.place.cursor, behind.clone());
            let mut parts = Vec::with_capacity(changes.len());
            for ((view, _), changes) in self.place.skips.iter().zip(changes) {
                let changes = changes.map_err(|poison| RebuildError::Poison { projection: view.name, poison })?;
                parts.push(Part { view: *view, old: old.clone(), changes });
            }
            if folded.send(Folded { cursor: behind, parts }).await.is_err() {
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
        let Self { place, until, totals } = self;
        let mut folds = Folds::begin(place.skips.iter().map(|(view, skips)| (*view, skips)));
        let mut cursor = place.cursor.clone();
        while cursor.next < *until && cursor.next.0 - place.cursor.next.0 < BATCH_RECORDS {
            let piece = pieces.recv().await.ok_or_else(|| RebuildError::Threads("reading ended".to_owned()))?;
            let (records, behind) = piece?;
            folds.add(&records, |events| totals.add(events));
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

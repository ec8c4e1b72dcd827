//! Appending as the writer of a partition, with one outcome per record.

use std::collections::HashMap;
use std::sync::Arc;

use events::{Partition, Position};

use crate::cursor::{Cursor, CursorError};
use crate::port::{AppendError, Log, LogError, ReignHandle, Report};
use crate::reading::Admitted;
use crate::record::{Record, Stored};

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It counts, at this position, for every reader and for good.
    Counted(Position),
    /// It does not count and never will.
    Void,
    /// It may count or not; only an own later claim that counts, folded up to it, will tell.
    Unknown(AppendError),
}

/// What became of a batch.
#[derive(Debug)]
pub struct Appended {
    /// One outcome per record, in order.
    pub outcomes: Vec<Outcome>,
    /// The cursor behind the batch. Of use only while the reign goes on.
    pub cursor: Cursor,
    /// Whether the reign is over: drop it, forget the state, never use its id again.
    pub over: bool,
    /// Set if the log turned out to have been cut: stop, and tell an operator.
    pub cut: Option<CursorError>,
}

/// One reign: the producer of a claim that counts.
pub struct Reign {
    log: Arc<dyn Log>,
    partition: Partition,
    handle: Box<dyn ReignHandle>,
}

impl Reign {
    /// Takes the handle that the claim was sent by.
    pub fn new(log: Arc<dyn Log>, partition: Partition, handle: Box<dyn ReignHandle>) -> Self {
        Self { log, partition, handle }
    }

    /// Appends a batch behind `cursor`. The rules, in order:
    ///
    /// 1. all reported at expected, +1, +2 …: all counted;
    /// 2. one reported below expected: the log was cut;
    /// 3. otherwise read from expected to the last one reported: what counts there is counted; the rest is void if
    ///    another claim is in force there, else unknown;
    /// 4. nothing reported, or reading failed: unknown.
    ///
    /// After anything but (1), or (3) with all counted and no other claim, the reign is over.
    pub async fn append(&mut self, cursor: Cursor, batch: Vec<Record>) -> Appended {
        let expected = cursor.next;
        let reports = self.handle.send(batch.clone()).await;
        if in_place(&reports, expected, batch.len())
            && let Some(appended) = all_counted(cursor.clone(), &batch)
        {
            return appended;
        }
        let positions = reports.iter().filter_map(|report| match report {
            Report::At(position) => Some(*position),
            Report::Unknown(_) => None,
        });
        let (first, last) = (positions.clone().min(), positions.max());
        if let Some(first) = first.filter(|first| *first < expected) {
            let cut = CursorError::Cut { end: first, next: expected };
            return Appended { outcomes: unknown(&batch, &reports), cursor, over: true, cut: Some(cut) };
        }
        let Some(last) = last else {
            return Appended { outcomes: unknown(&batch, &reports), cursor, over: true, cut: None };
        };
        match Self::read_back(self.log.as_ref(), self.partition, cursor.clone(), last).await {
            Ok((cursor_behind, counted)) => judge(&batch, &reports, cursor_behind, &counted),
            Err(error) => {
                let cut = if let LogError::Cursor(cut) = error { Some(cut) } else { None };
                Appended { outcomes: unknown(&batch, &reports), cursor, over: true, cut }
            }
        }
    }

    async fn read_back(
        log: &dyn Log,
        partition: Partition,
        cursor: Cursor,
        last: Position,
    ) -> Result<(Cursor, Vec<Stored>), LogError> {
        let end = log.current_end(partition).await?;
        if end <= last {
            return Err(LogError::Gap { expected: last, found: end });
        }
        let mut reading = Admitted::open(log, partition, cursor).await?;
        let mut counted = Vec::new();
        while reading.cursor().next <= last {
            let left = last.0 + 1 - reading.cursor().next.0;
            counted.extend(reading.next(usize::try_from(left).unwrap_or(usize::MAX)).await?);
        }
        Ok((reading.cursor().clone(), counted))
    }
}

fn in_place(reports: &[Report], expected: Position, records: usize) -> bool {
    reports.len() == records && reports.iter().zip(expected.0..).all(|(report, at)| *report == Report::At(Position(at)))
}

fn all_counted(mut cursor: Cursor, batch: &[Record]) -> Option<Appended> {
    let first = cursor.next.0;
    if !cursor.admit_each(batch).ok()?.iter().all(|counts| *counts) {
        return None;
    }
    let outcomes = (first..).take(batch.len()).map(|at| Outcome::Counted(Position(at))).collect();
    Some(Appended { outcomes, cursor, over: false, cut: None })
}

fn unknown(batch: &[Record], reports: &[Report]) -> Vec<Outcome> {
    let why = reports.iter().find_map(|report| match report {
        Report::Unknown(why) => Some(*why),
        Report::At(_) => None,
    });
    vec![Outcome::Unknown(why.unwrap_or(AppendError::Unreachable)); batch.len()]
}

fn judge(batch: &[Record], reports: &[Report], cursor: Cursor, counted: &[Stored]) -> Appended {
    let mine: HashMap<_, _> = counted.iter().map(|s| ((s.record.writer, s.record.n), s.position)).collect();
    let deposed = batch.first().is_some_and(|record| cursor.writer != Some(record.writer));
    let unknown = unknown(batch, reports);
    let outcomes: Vec<Outcome> = batch
        .iter()
        .zip(unknown)
        .map(|(record, unknown)| match mine.get(&(record.writer, record.n)) {
            Some(position) => Outcome::Counted(*position),
            None if deposed => Outcome::Void,
            None => unknown,
        })
        .collect();
    let over = deposed || outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Counted(_)));
    Appended { outcomes, cursor, over, cut: None }
}

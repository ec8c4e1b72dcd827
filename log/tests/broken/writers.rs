//! Writers that misread what became of an append, on a log that does nothing wrong.

use std::sync::Arc;

use async_trait::async_trait;
use events::Position;
use log::conformance::{Candidate, Failure, Fixture};
use log::{Appended, Cursor, MemoryLog, Outcome, Record, Reign};

/// What a writer does wrong.
#[derive(Clone, Copy)]
pub(crate) enum Writer {
    OneOutcomeForAll,
    ChecksOnlyTheFirst,
    TakesAHoleForVoid,
    TakesSilenceForVoid,
    ReignsOn,
    TakesLowerForAppended,
}

#[async_trait]
impl Candidate for Writer {
    async fn fresh(&self) -> Result<Fixture, Failure> {
        let log = MemoryLog::new(1);
        Ok(Fixture { log: Arc::new(log.clone()), beside: Arc::new(log), settle: Box::new(|| {}) })
    }

    async fn append(&self, reign: &mut Reign, cursor: Cursor, batch: Vec<Record>) -> Appended {
        let expected = cursor.next;
        let mut told = reign.append(cursor, batch).await;
        let in_a_row = |told: &mut Appended, first: Position| {
            for (at, outcome) in (first.0..).zip(&mut told.outcomes) {
                *outcome = Outcome::Counted(Position(at));
            }
            told.over = false;
        };
        let some_counted = told.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Counted(_)));
        match self {
            Self::OneOutcomeForAll => {
                let last = told.outcomes.last().copied();
                told.outcomes.fill(last.unwrap());
            }
            Self::ChecksOnlyTheFirst if told.outcomes.first() == Some(&Outcome::Counted(expected)) => {
                in_a_row(&mut told, expected);
            }
            Self::TakesAHoleForVoid if some_counted => void(&mut told),
            Self::TakesSilenceForVoid if !some_counted => void(&mut told),
            Self::ReignsOn => told.over = false,
            Self::TakesLowerForAppended if told.cut.is_some() => {
                told.cut = None;
                in_a_row(&mut told, expected);
            }
            _ => {}
        }
        told
    }
}

fn void(told: &mut Appended) {
    for outcome in &mut told.outcomes {
        if matches!(outcome, Outcome::Unknown(_)) {
            *outcome = Outcome::Void;
        }
    }
}

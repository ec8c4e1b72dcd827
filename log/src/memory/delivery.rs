//! What becomes of one append in memory: which records land, when, in what order, and what is reported.

use std::ops::Range;

use crate::port::AppendError;
use crate::record::Record;

/// Something that goes wrong with one append. Indexes count the records of that append from 0.
#[derive(Debug, Clone)]
pub enum Fault {
    /// All records land, but nothing is reported.
    LoseReport,
    /// These records never land; the others do, and are reported.
    LoseRecords(Range<usize>),
    /// Nothing lands, ever; the storage is said to be full.
    NoRoom,
    /// This record lands twice in a row; its first place is reported.
    DoubleRecord(usize),
    /// The records land in reverse order, and are reported where they landed.
    Reverse,
    /// These records land only at [`settle`](super::MemoryLog::settle), unreported; the others at once.
    Delay(Range<usize>),
    /// These foreign records land before the one at `before`, as if another process had sent them.
    Intrude {
        /// The index before which they land; beyond the last, behind it.
        before: usize,
        /// What lands.
        records: Vec<Record>,
    },
    /// Nothing goes wrong: for laying a fault on a later append.
    Nothing,
}

/// The steps of an append, in order. A record in no step is lost.
pub(super) struct Delivery {
    pub(super) steps: Vec<Step>,
    /// What is said of the records that are not reported.
    pub(super) unreported: AppendError,
}

pub(super) enum Step {
    Land { index: usize, reported: bool },
    Delay { index: usize },
    Intrude(Box<Record>),
}

impl Delivery {
    pub(super) fn plain(records: usize) -> Self {
        Self::of((0..records).map(landed))
    }

    pub(super) fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), unreported: AppendError::Unreachable }
    }
}

impl Fault {
    pub(super) fn delivery(self, records: usize) -> Delivery {
        let all = 0..records;
        match self {
            Self::Nothing => Delivery::plain(records),
            Self::LoseReport => Delivery::of(all.map(|index| Step::Land { index, reported: false })),
            Self::LoseRecords(lost) => Delivery::of(all.filter(|index| !lost.contains(index)).map(landed)),
            Self::NoRoom => Delivery { steps: Vec::new(), unreported: AppendError::NoRoom },
            Self::DoubleRecord(twice) => Delivery::of(all.flat_map(|index| {
                let again = (index == twice).then_some(Step::Land { index, reported: false });
                [Some(landed(index)), again].into_iter().flatten()
            })),
            Self::Reverse => Delivery::of(all.rev().map(landed)),
            Self::Delay(late) => {
                Delivery::of(all.map(|index| if late.contains(&index) { Step::Delay { index } } else { landed(index) }))
            }
            Self::Intrude { before, records: foreign } => {
                let mut steps: Vec<_> = all.map(landed).collect();
                let at = before.min(steps.len());
                steps.splice(at..at, foreign.into_iter().map(|record| Step::Intrude(Box::new(record))));
                Delivery::of(steps)
            }
        }
    }
}

fn landed(index: usize) -> Step {
    Step::Land { index, reported: true }
}

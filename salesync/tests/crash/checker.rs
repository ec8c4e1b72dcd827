//! The checker: holds what the clients saw against the whole log and the views, and counts what each invariant was
//! asked of.
//!
//! It shares with the product the event types and the rule of which records count, nothing more.

// The paths are spelled out, for they must be the same from both crates.
#[path = "checker/keys.rs"]
pub(crate) mod keys;
#[path = "checker/money.rs"]
pub(crate) mod money;
#[path = "checker/order.rs"]
pub(crate) mod order;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::{Partition, StoreId};

use crate::history::History;
use crate::ledger::Ledger;

pub(crate) const VIEWS: &str = "every row of the views is what the log says, up to its end";

/// How many faults of an invariant are shown in full.
const SHOWN: usize = 5;

/// Everything that a run left behind.
#[derive(Clone)]
pub(crate) struct Evidence {
    pub(crate) history: History,
    pub(crate) ledger: Ledger,
    /// What `/dashboard/volumes` says of every store and day.
    pub(crate) volumes: BTreeMap<(StoreId, NaiveDate), Day>,
    pub(crate) views: Views,
}

/// A day's figures.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) sales_volume: i64,
    pub(crate) profit: i64,
}

/// What the verification of the views said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Views {
    pub(crate) rows: u64,
    pub(crate) differences: Vec<String>,
    /// How far each view is on each partition.
    pub(crate) reached: Vec<(String, Partition, u64)>,
}

/// An invariant, how often it was asked, and where it does not hold.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) invariant: &'static str,
    pub(crate) checked: u64,
    pub(crate) faults: Vec<String>,
}

/// What the checker says of a run.
#[derive(Debug)]
pub(crate) struct Verdict(pub(crate) Vec<Finding>);

/// Checks everything.
pub(crate) fn check(evidence: &Evidence) -> Verdict {
    let carriers = evidence.ledger.carriers();
    let mut findings = keys::check(evidence, &carriers);
    findings.extend(order::check(evidence, &carriers));
    findings.extend(money::check(evidence));
    findings.push(views(evidence));
    Verdict(findings)
}

fn views(evidence: &Evidence) -> Finding {
    let Views { rows, differences, reached } = &evidence.views;
    let ends = evidence.ledger.ends();
    let mut finding = Finding::new(VIEWS);
    finding.checked = rows + reached.len() as u64;
    finding.faults.clone_from(differences);
    for (view, partition, next) in reached {
        let end = ends.get(partition.0 as usize).copied().unwrap_or_default();
        if *next != end {
            finding.faults.push(format!("{view} is at {next} of partition {partition}, the log's end is {end}"));
        }
    }
    finding
}

impl Views {
    /// In the words of `salesync verify`.
    pub(crate) fn of(report: &projectors::VerifyReport) -> Self {
        Self {
            rows: report.rows,
            differences: report.differences.iter().map(ToString::to_string).collect(),
            reached: report.views.iter().map(|view| (view.name.to_owned(), view.partition, view.next)).collect(),
        }
    }
}

impl Finding {
    fn new(invariant: &'static str) -> Self {
        Self { invariant, checked: 0, faults: Vec::new() }
    }

    /// Asks the invariant once more.
    fn hold(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds {
            self.faults.push(fault());
        }
    }
}

impl Verdict {
    /// Prints every invariant with its count: what `make chaos` shows.
    #[expect(clippy::print_stdout, reason = "whoever runs the crash test by hand reads this")]
    pub(crate) fn print(&self) {
        for Finding { invariant, checked, faults } in &self.0 {
            println!("{checked:>9} checked, {:>3} broken: {invariant}", faults.len());
        }
    }

    /// Without an invariant that a run cannot be asked.
    pub(crate) fn but(mut self, invariant: &str) -> Self {
        self.0.retain(|finding| finding.invariant != invariant);
        self
    }

    /// The invariants that do not hold.
    pub(crate) fn broken(&self) -> Vec<&'static str> {
        self.0.iter().filter(|finding| !finding.faults.is_empty()).map(|finding| finding.invariant).collect()
    }

    /// Fails if anything is broken.
    pub(crate) fn assert_sound(&self) {
        let faults = self.0.iter().flat_map(|finding| {
            finding.faults.iter().take(SHOWN).map(|fault| format!("{}: {fault}", finding.invariant))
        });
        let faults: Vec<String> = faults.collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// Fails if anything is broken, or was never asked.
    pub(crate) fn assert_sound_and_asked(&self) {
        self.print();
        self.assert_sound();
        for finding in &self.0 {
            assert!(finding.checked > 0, "never asked: {}", finding.invariant);
        }
    }
}

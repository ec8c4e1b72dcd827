//! The order of things: positions and revisions without gaps, one reign after the other, and what was known before
//! stands before.

use std::collections::{HashMap, HashSet};

use events::{StoreId, Subject};
use log::{Claim, Kind, Record, WriterId};

use super::{Evidence, Finding};
use crate::history::Command;
use crate::ledger::{Carriers, Place};

pub(crate) const POSITIONS: &str = "positions are 0, 1, 2 … without gaps";
pub(crate) const REVISIONS: &str = "a store's revisions are 1, 2, 3 … without gaps";
pub(crate) const TERMS: &str = "terms are 1, 2, 3 …, and a reign's records 1, 2, 3 … of the claim in force";
pub(crate) const HOME: &str = "every claim names the one log, and what is of a store is on its one partition";
pub(crate) const BEFORE: &str = "what was answered before another began stands before it";
pub(crate) const SESSIONS: &str = "a till's positions never go back";

pub(super) fn check(evidence: &Evidence, carriers: &Carriers) -> Vec<Finding> {
    let placed = placed(evidence, carriers);
    vec![positions(evidence), revisions(evidence), terms(evidence), home(evidence), before(&placed), sessions(&placed)]
}

fn positions(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(POSITIONS);
    for stored in evidence.ledger.partitions.iter().map(|records| (0..).zip(records)) {
        for (expected, stored) in stored {
            finding.hold(stored.position.0 == expected, || format!("{} where {expected} belongs", stored.position));
        }
    }
    finding
}

fn revisions(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(REVISIONS);
    let mut last: HashMap<Subject, u64> = HashMap::new();
    for (place, event) in evidence.ledger.events() {
        let last = last.entry(event.subject).or_default();
        finding.hold(event.revision == *last + 1, || format!("{} after {last} at {place}", event.revision));
        *last = event.revision;
    }
    finding
}

/// Not the reader's rule once more: what the rule lets count is told by hand what it must be like.
fn terms(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(TERMS);
    // An id lives for one attempt on one partition.
    let mut reigns = HashSet::new();
    for counted in evidence.ledger.counted() {
        let (mut term, mut reign): (u64, Option<(WriterId, u64)>) = (0, None);
        for (place, record) in counted {
            if record.kind == Kind::Claim {
                let claim = claim(record);
                finding.hold(claim.term == term + 1 && record.n == 0, || format!("term {} at {place}", claim.term));
                finding.hold(reigns.insert(record.writer), || format!("a reign's id again at {place}"));
                (term, reign) = (claim.term, Some((record.writer, 0)));
            } else {
                let next = reign.map(|(writer, n)| (writer, n + 1));
                finding.hold(next == Some((record.writer, record.n)), || format!("{} at {place}", record.n));
                reign = Some((record.writer, record.n));
            }
        }
    }
    finding
}

fn home(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(HOME);
    let counted: Vec<_> = evidence.ledger.counted().into_iter().flatten().collect();
    let claims = || counted.iter().filter(|(_, record)| record.kind == Kind::Claim);
    let Some(home) = claims().next().map(|(_, record)| claim(record).home) else { return finding };
    let partitions = evidence.ledger.partitions.len();
    finding
        .hold(home.partitions as usize == partitions, || format!("{} partitions, not {partitions}", home.partitions));
    for (place, record) in claims() {
        finding.hold(claim(record).home == home, || format!("another log at {place}"));
    }
    let mut partition_of = HashMap::new();
    for (place, event) in evidence.ledger.events() {
        let known = *partition_of.entry(event.subject).or_insert(place.partition);
        finding.hold(known == place.partition, || format!("{place}, and before on {known}"));
    }
    finding
}

fn claim(record: &Record) -> Claim {
    serde_json::from_slice(&record.value).unwrap()
}

/// Where each answered command stands.
fn placed<'a>(evidence: &'a Evidence, carriers: &Carriers) -> Vec<(Place, &'a Command)> {
    let place = |command: &Command| Some(carriers.get(&(command.store, command.key.clone()))?.first()?.place);
    let mut placed: Vec<_> = evidence.history.iter().filter_map(|command| Some((place(command)?, command))).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed
}

/// From the end of the log backwards: nothing may have begun after something that stands behind it was answered.
/// Answers without an event share the record of their batch, and stand beside each other.
fn before(placed: &[(Place, &Command)]) -> Finding {
    let mut finding = Finding::new(BEFORE);
    let mut behind: HashMap<StoreId, Vec<(Place, u64)>> = HashMap::new();
    for (place, command) in placed.iter().rev() {
        let Some((answered, _)) = command.answers().next() else { continue };
        let behind = behind.entry(command.store).or_default();
        let began = command.attempts[0].began;
        // Each entry is the earliest answer among those that stand at its position or later.
        let earliest = behind.iter().rev().find(|(at, _)| at > place).map(|(_, ended)| *ended);
        finding.hold(earliest.is_none_or(|ended| began < ended), || {
            format!("{} at {place} began after what stands behind it was answered", command.key)
        });
        let ended = behind.last().map_or(answered.ended, |(_, known)| answered.ended.min(*known));
        behind.push((*place, ended));
    }
    finding
}

fn sessions(placed: &[(Place, &Command)]) -> Finding {
    let mut finding = Finding::new(SESSIONS);
    let mut last: HashMap<usize, (u64, Option<Place>)> = HashMap::new();
    for (place, command) in placed {
        let began = command.attempts[0].began;
        let (before, known) = last.insert(command.session, (began, Some(*place))).unwrap_or_default();
        finding.hold(before < began, || format!("{} at {place}, but a later one stands at {known:?}", command.key));
    }
    finding
}

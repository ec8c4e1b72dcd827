//! The order of things: positions and revisions without gaps, one reign after the other, and what was known before
//! stands before.

use std::collections::HashMap;

use events::{StoreId, Subject};
use log::{Claim, Kind, WriterId};

use super::{Evidence, Finding};
use crate::history::Command;
use crate::ledger::Carriers;

pub(crate) const POSITIONS: &str = "positions are 0, 1, 2 … without gaps";
pub(crate) const REVISIONS: &str = "a store's revisions are 1, 2, 3 … without gaps";
pub(crate) const TERMS: &str = "terms are 1, 2, 3 …, and a reign's records 1, 2, 3 … of the claim in force";
pub(crate) const BEFORE: &str = "what was answered before another began stands before it";
pub(crate) const SESSIONS: &str = "a till's positions never go back";

pub(super) fn check(evidence: &Evidence, carriers: &Carriers) -> Vec<Finding> {
    let placed = placed(evidence, carriers);
    vec![positions(evidence), revisions(evidence), terms(evidence), before(&placed), sessions(&placed)]
}

fn positions(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(POSITIONS);
    for (expected, stored) in (0..).zip(&evidence.ledger.records) {
        finding.hold(stored.position.0 == expected, || format!("{} where {expected} belongs", stored.position));
    }
    finding
}

fn revisions(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(REVISIONS);
    let mut last: HashMap<Subject, u64> = HashMap::new();
    for (position, event) in evidence.ledger.events() {
        let last = last.entry(event.subject).or_default();
        finding.hold(event.revision == *last + 1, || format!("{} after {last} at {position}", event.revision));
        *last = event.revision;
    }
    finding
}

/// Not the reader's rule once more: in this log every claim but a beaten one counts, so what counts is told by hand.
fn terms(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(TERMS);
    let (mut term, mut reign): (u64, Option<(WriterId, u64)>) = (0, None);
    let mut reigns = Vec::new();
    for stored in evidence.ledger.counted() {
        let (record, position) = (&stored.record, stored.position);
        if record.kind == Kind::Claim {
            let claim: Claim = serde_json::from_slice(&record.value).unwrap();
            finding.hold(claim.term == term + 1 && record.n == 0, || format!("term {} at {position}", claim.term));
            finding.hold(!reigns.contains(&record.writer), || format!("a reign's id again at {position}"));
            reigns.push(record.writer);
            (term, reign) = (claim.term, Some((record.writer, 0)));
        } else {
            let next = reign.map(|(writer, n)| (writer, n + 1));
            finding.hold(next == Some((record.writer, record.n)), || format!("{} at {position}", record.n));
            reign = Some((record.writer, record.n));
        }
    }
    finding
}

/// Where each answered command stands.
fn placed<'a>(evidence: &'a Evidence, carriers: &Carriers) -> Vec<(u64, &'a Command)> {
    let place = |command: &Command| Some(carriers.get(&(command.store, command.key.clone()))?.first()?.position.0);
    let mut placed: Vec<_> = evidence.history.iter().filter_map(|command| Some((place(command)?, command))).collect();
    placed.sort_by_key(|(position, _)| *position);
    placed
}

/// From the end of the log backwards: nothing may have begun after something that stands behind it was answered.
/// Answers without an event share the record of their batch, and stand beside each other.
fn before(placed: &[(u64, &Command)]) -> Finding {
    let mut finding = Finding::new(BEFORE);
    let mut behind: HashMap<StoreId, Vec<(u64, u64)>> = HashMap::new();
    for (position, command) in placed.iter().rev() {
        let Some((answered, _)) = command.answers().next() else { continue };
        let behind = behind.entry(command.store).or_default();
        let began = command.attempts[0].began;
        // Each entry is the earliest answer among those that stand at its position or later.
        let earliest = behind.iter().rev().find(|(at, _)| at > position).map(|(_, ended)| *ended);
        finding.hold(earliest.is_none_or(|ended| began < ended), || {
            format!("{} at {position} began after what stands behind it was answered", command.key)
        });
        let ended = behind.last().map_or(answered.ended, |(_, known)| answered.ended.min(*known));
        behind.push((*position, ended));
    }
    finding
}

fn sessions(placed: &[(u64, &Command)]) -> Finding {
    let mut finding = Finding::new(SESSIONS);
    let mut last: HashMap<usize, (u64, u64)> = HashMap::new();
    for (position, command) in placed {
        let began = command.attempts[0].began;
        let (before, known) = last.insert(command.session, (began, *position)).unwrap_or_default();
        finding.hold(before < began, || format!("{} at {position}, but a later one stands at {known}", command.key));
    }
    finding
}

//! The fold stays what snapshots were made with: a golden history of every event type folds to a golden state.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

#[path = "golden/trading_day.rs"]
mod trading_day;

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::{StoreState, VERSION};
use events::{Envelope, Event, Position};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// Reads a golden file. `GOLDEN_ADD=1` writes one that is not there yet; one that is there is never edited.
#[expect(clippy::disallowed_methods, reason = "adding a golden file is asked for where the test is started")]
fn read(name: &str, present: impl FnOnce() -> String) -> String {
    let file = golden(name);
    if !file.exists() && std::env::var_os("GOLDEN_ADD").is_some() {
        std::fs::write(&file, present()).unwrap();
    }
    std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("there is no golden {name} ({e}): GOLDEN_ADD=1 adds it"))
}

fn history() -> Vec<Envelope> {
    let written = || {
        let lines =
            trading_day::play().into_iter().map(|event| String::from_utf8(event.encode().unwrap()).unwrap() + "\n");
        lines.collect()
    };
    read(&format!("history.v{VERSION}.jsonl"), written)
        .lines()
        .map(|line| Envelope::decode(line.as_bytes()).unwrap())
        .collect()
}

fn fold(history: &[Envelope]) -> StoreState {
    let mut state = StoreState::default();
    for (index, event) in history.iter().enumerate() {
        state.evolve(event, Position(2 * index as u64 + 1)).unwrap();
    }
    state
}

#[test]
fn the_golden_history_folds_to_the_golden_state() {
    let folded = serde_json::to_string_pretty(&fold(&history())).unwrap() + "\n";
    let golden = read(&format!("state.v{VERSION}.json"), || folded.clone());
    assert_eq!(
        folded, golden,
        "you changed what evolve makes of a history, or its form: raise domain::VERSION, so that no older snapshot is \
         read, and add the golden files of the new version with GOLDEN_ADD=1"
    );
}

#[test]
fn a_snapshot_of_this_version_is_read_back_as_it_was() {
    let folded = fold(&history());
    let golden = read(&format!("state.v{VERSION}.json"), || panic!("the golden state is added by the other test"));
    assert_eq!(serde_json::from_str::<StoreState>(&golden).unwrap(), folded);
}

#[test]
fn the_golden_history_tells_of_every_event_type() {
    let told: BTreeSet<&str> = history().iter().map(|event| event.data.name()).collect();
    let all: BTreeSet<&str> = Event::TYPES.iter().map(|(name, _)| *name).collect();
    assert_eq!(told, all, "a new event type changes evolve: raise domain::VERSION and let the trading day tell of it");
}

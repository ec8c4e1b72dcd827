//! What must be called the same, what must be written down, and what must not be said.

use std::collections::BTreeSet;

use crate::{Source, hold, sources, stems};

/// Names of files that say nothing of what is inside.
const EMPTY_NAMES: [&str; 9] = ["util", "utils", "helper", "helpers", "common", "manager", "misc", "shared", "mod"];

/// Tables that no view of its own stands for: what the projections keep of themselves.
const BOOKKEEPING: [&str; 3] = ["checkpoints", "positions", "generation"];

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let empty = |s: &&Source| s.is_rust() && EMPTY_NAMES.contains(&s.stem());
    let broken: Vec<_> = sources().iter().filter(empty).map(|s| s.path.clone()).collect();
    hold(
        "A file is named after what it holds, so that a newcomer guesses it; `foo.rs` stands beside `foo/`, and there is no `mod.rs`.",
        &broken,
    );
}

#[test]
fn a_view_has_one_name_from_table_to_answer() {
    let sources = sources();
    let (sqlite, postgres) = (tables(&sources, "migrations/sqlite/"), tables(&sources, "migrations/postgres/"));
    let folded: BTreeSet<_> = stems(&sources, "projectors/src/views/", ".rs").into_iter().collect();
    let read: BTreeSet<_> = stems(&sources, "query-api/src/views/", ".rs").into_iter().collect();
    let all: BTreeSet<_> = sqlite.iter().chain(&postgres).chain(&folded).chain(&read).collect();
    assert!(!all.is_empty(), "there are no views where this test looks for them");
    let places = [
        ("migrations/sqlite", &sqlite),
        ("migrations/postgres", &postgres),
        ("projectors/src/views", &folded),
        ("query-api/src/views", &read),
    ];
    let missing = all.iter().flat_map(|name| {
        places
            .iter()
            .filter(|(_, there)| !there.contains(*name))
            .map(move |(place, _)| format!("{name}: not in {place}"))
    });
    hold(
        "A view is one file under one name in four places: its tables in migrations/sqlite and migrations/postgres, its fold in projectors/src/views, its reading in query-api/src/views. Who looks for a figure finds them all at once.",
        &missing.collect::<Vec<_>>(),
    );
}

#[test]
fn every_version_of_every_event_has_its_golden_file() {
    let golden: BTreeSet<_> = stems(&sources(), "events/golden/", ".json").into_iter().collect();
    let versions =
        events::Event::TYPES.iter().flat_map(|(name, last)| (1..=*last).map(move |v| format!("{name}.v{v}")));
    let broken: Vec<_> =
        versions.filter(|name| !golden.contains(name)).map(|name| format!("events/golden/{name}.json")).collect();
    hold(
        "What is stored is read for ever, and a golden file of each version shows that it is: add the missing one (events/tests/golden.rs), never edit one.",
        &broken,
    );
}

#[test]
fn every_environment_variable_stands_in_the_operating_guide() {
    let sources = sources();
    let guide = &sources.iter().find(|s| s.path == "docs/OPERATING.md").expect("docs/OPERATING.md").text;
    let named = |source: &Source| match source.is_rust() {
        // In code a variable is a text; the same letters without quotes are a constant's name.
        true => variables(&source.text, "\"SALESYNC_"),
        false if source.path.starts_with("deploy/") || source.path == "Makefile" => {
            variables(&source.text, "SALESYNC_")
        }
        false => BTreeSet::new(),
    };
    let read: BTreeSet<_> = sources.iter().flat_map(named).collect();
    assert!(read.contains("SALESYNC_DATA"), "the search for variables finds none");
    let broken: Vec<_> = read.into_iter().filter(|name| !guide.contains(&format!("`{name}"))).collect();
    hold("Who runs this looks up its settings in docs/OPERATING.md: explain the variable there.", &broken);
}

#[test]
fn nothing_speaks_of_one_machine() {
    let marks = ["root", "work", "farm", "home"].map(|folder| format!("/{folder}/"));
    let said = |line: &&str| marks.iter().any(|mark| begins_a_path(line, mark));
    let mut broken = Vec::new();
    for source in sources().iter().filter(|s| s.path != "Cargo.lock") {
        broken.extend(source.text.lines().filter(said).map(|line| format!("{}: {}", source.path, line.trim())));
    }
    hold("What is written here is true on every machine: say the path from the top of the repository.", &broken);
}

/// The views that have a file of tables in the folder.
fn tables(sources: &[Source], folder: &str) -> BTreeSet<String> {
    let names = stems(sources, folder, ".sql").into_iter().map(|stem| unnumbered(&stem));
    names.filter(|name| !BOOKKEEPING.contains(&name.as_str())).collect()
}

/// `0003_days` is the view `days`.
fn unnumbered(stem: &str) -> String {
    stem.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['_', '-']).to_owned()
}

fn variables(text: &str, mark: &str) -> BTreeSet<String> {
    let rest = text.split(mark).skip(1);
    let names = rest.map(|rest| rest.split(|c: char| !(c.is_ascii_uppercase() || c == '_')).next().unwrap_or_default());
    names.filter(|name| !name.is_empty()).map(|name| format!("SALESYNC_{name}")).collect()
}

/// Whether the mark stands where an absolute path begins, and not in the middle of another or of a URL.
fn begins_a_path(line: &str, mark: &str) -> bool {
    line.match_indices(mark).any(|(at, _)| {
        line[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric() && !"./*}-_$".contains(before))
    })
}

#[test]
fn the_searches_find_what_they_are_for() {
    let text = "env = \"SALESYNC_DATA\", SALESYNC_LISTEN=";
    assert_eq!(variables(text, "SALESYNC_"), ["SALESYNC_DATA", "SALESYNC_LISTEN"].map(String::from).into());
    assert_eq!(variables(text, "\"SALESYNC_"), ["SALESYNC_DATA"].map(String::from).into());
    let mark = ["/ro", "ot/"].concat();
    assert!(begins_a_path(&format!("cd {mark}x"), &mark));
    assert!(!begins_a_path(&format!("https://a.example{mark}x"), &mark));
    assert_eq!(unnumbered("0003_days"), "days");
}

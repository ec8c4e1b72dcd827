//! Who may depend on whom, and what the domain may not know.

use std::collections::BTreeSet;

use crate::{Source, hold, sources, top};

/// The arrows of the architecture, and no others: what would need another one is a trait where it is needed, implemented
/// in `salesync`.
const ARROWS: [(&str, &[&str]); 9] = [
    ("events", &[]),
    ("migrations", &[]),
    ("domain", &["events"]),
    ("log", &["events"]),
    ("web", &["events"]),
    ("command-api", &["events", "domain", "log", "web"]),
    ("projectors", &["events", "log", "migrations"]),
    ("query-api", &["events", "log", "migrations", "web"]),
    ("salesync", &["events", "domain", "log", "command-api", "projectors", "query-api", "migrations", "web"]),
];

/// All that the domain may know beside the events: how to keep state, how to name a time zone or a token.
const DOMAIN_KNOWS: [&str; 7] = ["events", "serde", "imbl", "chrono", "chrono-tz", "thiserror", "uuid"];

/// What has no place in a rule of the trade.
const IMPURE: [&str; 14] = [
    "async ",
    ".await",
    "Utc::now",
    "Local::now",
    "SystemTime",
    "Instant::now",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "new_v4",
    "rand::",
    "println!",
    "unsafe ",
];

#[test]
fn the_crates_depend_on_one_another_as_drawn_and_no_further() {
    let ours: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let mut broken = Vec::new();
    for (name, allowed) in ARROWS {
        for other in dependencies(name, "dependencies") {
            if ours.contains(other.as_str()) && !allowed.contains(&other.as_str()) {
                broken.push(format!("{name} → {other}"));
            }
        }
    }
    hold(
        "The folder list is the architecture and its arrows are few (docs/ARCHITECTURE.md). Where one crate needs another's doing, it names a trait and `salesync` implements it.",
        &broken,
    );
}

#[test]
fn every_crate_is_on_the_map_and_under_the_common_lints() {
    let manifest: toml::Table = std::fs::read_to_string(top().join("Cargo.toml")).unwrap().parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let mut broken = Vec::new();
    for member in members.iter().map(|member| member.as_str().unwrap()) {
        if !ARROWS.iter().any(|(name, _)| *name == member) {
            broken.push(format!(
                "{member}: draw its arrows in salesync/tests/tidy/architecture.rs and docs/ARCHITECTURE.md"
            ));
        }
        if manifest_of(member).get("lints").and_then(|lints| lints.get("workspace")) != Some(&true.into()) {
            broken.push(format!("{member}: add `[lints] workspace = true`"));
        }
    }
    hold("A crate that nobody drew is a crate that nobody finds.", &broken);
}

#[test]
fn versions_stand_in_the_workspace_alone() {
    let mut broken = Vec::new();
    for (name, _) in ARROWS {
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let manifest = manifest_of(name);
            let entries = manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten();
            let own = entries.filter(|(_, entry)| entry.get("workspace") != Some(&true.into()));
            broken.extend(own.map(|(dependency, _)| format!("{name}: {dependency}")));
        }
    }
    hold(
        "A dependency's version and features stand in the workspace's Cargo.toml, so that every crate sees one build of it; a crate says `name.workspace = true`.",
        &broken,
    );
}

#[test]
fn the_domain_is_pure() {
    let known = dependencies("domain", "dependencies");
    let foreign = known.iter().filter(|name| !DOMAIN_KNOWS.contains(&name.as_str()));
    let mut broken: Vec<String> = foreign.map(|name| format!("domain/Cargo.toml: {name}")).collect();
    broken.extend(sources().iter().filter(|s| s.is_rust() && s.path.starts_with("domain/src/")).flat_map(impurities));
    hold(
        "A rule of the trade is a function of state and command: no time, no chance, no I/O, no waiting. What it needs of these comes in with the `Context`.",
        &broken,
    );
}

fn impurities(source: &Source) -> Vec<String> {
    let marked =
        source.code().filter_map(|(at, line)| IMPURE.iter().find(|mark| line.contains(*mark)).map(|mark| (at, mark)));
    marked.map(|(at, mark)| format!("{}:{at} {mark}", source.path)).collect()
}

fn manifest_of(member: &str) -> toml::Table {
    std::fs::read_to_string(top().join(member).join("Cargo.toml")).unwrap().parse().unwrap()
}

fn dependencies(member: &str, table: &str) -> Vec<String> {
    let manifest = manifest_of(member);
    manifest.get(table).and_then(toml::Value::as_table).into_iter().flat_map(|table| table.keys().cloned()).collect()
}

#[test]
fn the_search_for_impurity_reads_code_and_not_comments() {
    let source = |text: &str| Source { path: "sample.rs".to_owned(), text: text.to_owned() };
    assert_eq!(impurities(&source("let now = Utc::now();")), ["sample.rs:1 Utc::now"]);
    assert_eq!(impurities(&source("// Utc::now is not for here")), Vec::<String>::new());
}

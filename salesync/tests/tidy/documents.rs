//! The documents speak of files that are there.

use crate::{Source, hold, sources, top};

/// What a path in the text may end in to be taken for a file of the repository.
const ENDINGS: [&str; 7] = [".rs", ".md", ".sql", ".toml", ".yml", ".yaml", ".sh"];

#[test]
fn every_file_that_a_document_names_is_there() {
    let broken: Vec<_> = sources().iter().filter(|s| s.path.ends_with(".md")).flat_map(lost).collect();
    hold("A newcomer follows these paths: name the file where it is now.", &broken);
}

#[test]
fn every_decision_is_listed() {
    let sources = sources();
    let list = &sources.iter().find(|s| s.path == "docs/adr/README.md").expect("docs/adr/README.md").text;
    let decisions = sources.iter().filter_map(|s| s.path.strip_prefix("docs/adr/")).filter(|name| *name != "README.md");
    let broken: Vec<_> = decisions.filter(|name| !list.contains(&format!("({name})"))).map(str::to_owned).collect();
    hold("A decision that the list in docs/adr/README.md does not name is not found: add its line.", &broken);
}

/// Paths in code marks from the top of the repository, and links from where the document stands, that lead nowhere.
fn lost(source: &Source) -> Vec<String> {
    let folder = top().join(&source.path).parent().map(ToOwned::to_owned).unwrap_or_default();
    let named = marked(&source.text, '`', '`').into_iter().map(|path| (top().join(path), path));
    let linked = marked(&source.text, '(', ')').into_iter().map(|path| (folder.join(path), path));
    let missing = named.chain(linked).filter(|(place, _)| !place.exists());
    missing.map(|(_, path)| format!("{}: {path}", source.path)).collect()
}

fn marked(text: &str, open: char, close: char) -> Vec<&str> {
    let pieces = text.lines().flat_map(|line| line.split([open, close]));
    pieces.filter(|piece| piece.contains('/') || open == '(').filter(|piece| is_path(piece)).collect()
}

fn is_path(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    // `NAME.rs` stands for any name, and what begins with a slash is a place on somebody's machine.
    let meant = !text.split(['/', '.']).any(|part| part == "NAME" || part == "foo" || part == "name");
    plain && meant && !text.starts_with('/') && ENDINGS.iter().any(|ending| text.ends_with(ending))
}

#[test]
fn the_search_knows_a_path_from_other_words() {
    assert_eq!(marked("see `events/src/line.rs` and `DATA/log.db`", '`', '`'), ["events/src/line.rs"]);
    assert_eq!(marked("see [it](adr/README.md) (and that)", '(', ')'), ["adr/README.md"]);
    let source = Source { path: "docs/SAMPLE.md".to_owned(), text: "`events/src/nowhere.rs` [x](STYLE.md)".to_owned() };
    assert_eq!(lost(&source), ["docs/SAMPLE.md: events/src/nowhere.rs"]);
}

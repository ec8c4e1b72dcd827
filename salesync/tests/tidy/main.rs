//! The rules of this repository that no compiler knows, as tests whose messages say what to do instead.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]
#![allow(
    clippy::assigning_clones,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::cast_sign_loss,
    clippy::format_push_string,
    clippy::needless_for_each,
    clippy::single_match_else,
    reason = "a test is read for what it shows, and runs once"
)]

mod architecture;
mod documents;
mod names;
mod planted;
mod routes;
mod shape;

use std::path::{Path, PathBuf};

/// Folders that hold no work of ours.
const NOT_OURS: [&str; 4] = ["target", ".git", "data", "proptest-regressions"];

/// A file of the repository, with its path as one says it from the top.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|ending| ending == "rs")
    }

    fn stem(&self) -> &str {
        Path::new(&self.path).file_stem().unwrap().to_str().unwrap()
    }

    /// The lines that are code, numbered from 1: comments may speak of what is forbidden.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
            .filter(|(_, line)| !line.trim().starts_with("//"))
    }
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every text file of the repository.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    gather(&top(), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.iter().any(|source| source.path == "events/src/lib.rs"), "the walk began in the wrong folder");
    found
}

fn gather(folder: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if NOT_OURS.contains(&name) {
            continue;
        }
        if path.is_dir() {
            gather(&path, found);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let path = path.strip_prefix(top()).unwrap().to_str().unwrap().to_owned();
            found.push(Source { path, text });
        }
    }
}

/// The names (without ending) of the files of this ending in a folder.
fn stems(sources: &[Source], folder: &str, ending: &str) -> Vec<String> {
    let inside = |source: &&Source| {
        source.path.strip_prefix(folder).is_some_and(|rest| !rest.contains('/')) && source.path.ends_with(ending)
    };
    sources.iter().filter(inside).map(|source| source.stem().to_owned()).collect()
}

/// Fails with everything that breaks the rule, and what the rule is for.
fn hold(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "\n\n{rule}\n\n  {}\n", broken.join("\n  "));
}

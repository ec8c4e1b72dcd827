//! The bugs that `make planted` plants: each still fits the code, and says who finds it.

use crate::{Source, hold, sources};

/// What a patch takes to be there: its place, and the lines of each of its pieces.
fn expected(patch: &str) -> Vec<(String, Vec<String>)> {
    let (mut file, mut pieces) = (String::new(), Vec::new());
    let mut lines = patch.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(path) = line.strip_prefix("--- a/") {
            file = path.to_owned();
        }
        let mut piece = String::new();
        while line.starts_with("@@ ")
            && lines.peek().is_some_and(|line| !line.starts_with("diff ") && !line.starts_with("@@ "))
        {
            // A blank line may have lost the blank that says that it stays.
            let line = lines.next().unwrap();
            if let Some(stays) = line.strip_prefix([' ', '-']).or_else(|| line.is_empty().then_some("")) {
                piece += stays;
                piece += "\n";
            }
        }
        if !piece.is_empty() {
            pieces.push((file.clone(), piece.trim_end().lines().map(str::to_owned).collect()));
        }
    }
    pieces
}

#[test]
fn every_planted_bug_still_fits_the_code_and_names_the_tests_that_find_it() {
    let sources = sources();
    let is_patch = |source: &&Source| source.path.starts_with("salesync/tests/planted/");
    let patches: Vec<_> = sources.iter().filter(is_patch).collect();
    assert!(patches.len() > 20, "the planted bugs are not where this test looks for them");
    let mut broken = Vec::new();
    for patch in patches {
        let pieces = expected(&patch.text);
        if pieces.is_empty() || !patch.text.starts_with("caught by: -p ") {
            broken.push(format!("{}: no patch whose first line names the tests", patch.path));
        }
        for (file, piece) in pieces {
            let fits = |source: &Source| source.path == file && source.text.contains(&piece.join("\n"));
            if !sources.iter().any(fits) {
                let line = piece.iter().find(|line| !line.trim().is_empty());
                broken.push(format!("{}: {file} has no piece that begins {line:?} any more", patch.path));
            }
        }
    }
    hold(
        "A planted bug is a patch that applies, so that `make planted` can show that the tests find it: make it anew against the code as it is.",
        &broken,
    );
}

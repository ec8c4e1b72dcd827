//! How long files and functions are, how a file begins, what is never allowed away in silence.

use crate::{Source, hold, sources};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;

#[test]
fn no_file_is_longer_than_one_can_keep_in_mind() {
    let long = |s: &Source| s.text.lines().count() > FILE_LINES;
    let broken: Vec<_> = sources().iter().filter(|s| s.is_rust() && long(s)).map(|s| s.path.clone()).collect();
    hold(
        "A file aims at 150 lines and has at most 400. Find the second subject in it and give that its own file, beside a folder of the same name; large tests go to `tests/` or to `name/tests.rs`.",
        &broken,
    );
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let broken: Vec<_> = sources().iter().filter(|s| s.is_rust()).flat_map(long_functions).collect();
    hold(
        "A function aims at 25 lines and has at most 60. Name the steps and let it call them: callers above callees.",
        &broken,
    );
}

#[test]
fn every_module_begins_with_its_place_in_the_path_of_the_data() {
    let bare = |s: &&Source| s.is_rust() && !s.text.trim_start().starts_with("//!");
    let broken: Vec<_> = sources().iter().filter(bare).map(|s| s.path.clone()).collect();
    hold(
        "A file begins with a `//!` line that says where in the data's path it stands, so that a newcomer knows it before reading on.",
        &broken,
    );
}

#[test]
fn nothing_is_allowed_away_without_its_reason() {
    let broken: Vec<_> = sources().iter().filter(|s| s.is_rust()).flat_map(unreasoned).collect();
    hold(
        "`#[allow(…)]` and `#[expect(…)]` say why: add `reason = \"…\"`, or do what the lint asks. Outside tests use `#[expect]`, which tells when it is no longer needed.",
        &broken,
    );
}

#[test]
fn no_test_is_left_out_and_no_work_is_left_open() {
    let broken: Vec<_> = sources().iter().filter(|s| s.is_rust()).flat_map(left_open).collect();
    hold(
        "A test that does not run shows nothing and a note in the code is read by nobody: run it or do it, or take it out and say so in docs/ or the changelog.",
        &broken,
    );
}

fn left_open(source: &Source) -> Vec<String> {
    let marks = [["#[", "ignore"].concat(), ["FIX", "ME"].concat(), ["XX", "X:"].concat()];
    let open = source.text.lines().enumerate().filter(|(_, line)| marks.iter().any(|mark| line.contains(mark)));
    open.map(|(at, _)| format!("{}:{}", source.path, at + 1)).collect()
}

/// Functions over the limit, as `path:line name (lines)`. Relies on rustfmt: a body ends at the first brace that stands
/// as far left as its `fn`.
fn long_functions(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let begins = lines.iter().enumerate().filter(|(_, line)| is_function(line));
    let lengths = begins.map(|(at, line)| (at, line, length(&lines[at..], indent(line))));
    lengths
        .filter(|(.., length)| *length > FUNCTION_LINES)
        .map(|(at, line, length)| format!("{}:{} {} ({length} lines)", source.path, at + 1, line.trim()))
        .collect()
}

fn is_function(line: &str) -> bool {
    let words = ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe ", "extern \"C\" "];
    let mut rest = line.trim_start();
    while let Some(after) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = after;
    }
    rest.starts_with("fn ")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn length(lines: &[&str], left: usize) -> usize {
    let ends = |line: &&str| {
        let end = indent(line) == left && !line.trim().is_empty();
        end && (line.ends_with('}') || line.ends_with(';'))
    };
    lines.iter().position(ends).map_or(lines.len(), |last| last + 1)
}

fn unreasoned(source: &Source) -> Vec<String> {
    let marks = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
    let mut broken = Vec::new();
    for (at, line) in source.code().filter(|(_, line)| marks.iter().any(|mark| line.trim().starts_with(mark))) {
        let attribute: Vec<&str> =
            source.text.lines().skip(at - 1).take_while(|l| *l == line || !l.trim().is_empty()).collect();
        let whole = attribute.concat();
        if !whole.split(")]").next().unwrap_or_default().contains("reason = \"") {
            broken.push(format!("{}:{at}", source.path));
        }
    }
    broken
}

fn rust(text: &str) -> Source {
    Source { path: "sample.rs".to_owned(), text: text.to_owned() }
}

#[test]
fn the_measure_of_a_function_finds_a_long_one_and_passes_a_short_one() {
    let body = "        step();\n".repeat(FUNCTION_LINES - 2);
    let short = rust(&format!("impl A {{\n    pub async fn run() {{\n{body}    }}\n}}\n"));
    let long = rust(&format!("impl A {{\n    pub async fn run() {{\n{body}        step();\n    }}\n}}\n"));
    assert_eq!(long_functions(&short), Vec::<String>::new());
    assert_eq!(long_functions(&long), ["sample.rs:2 pub async fn run() { (61 lines)"]);
}

#[test]
fn an_attribute_over_several_lines_may_give_its_reason_on_any() {
    assert_eq!(
        unreasoned(&rust("#[expect(\n    dead_code,\n    reason = \"why\"\n)]\nfn f() {}\n")),
        Vec::<String>::new()
    );
    assert_eq!(unreasoned(&rust("#[expect(dead_code)]\nfn f() {}\n")), ["sample.rs:1"]);
    assert_eq!(unreasoned(&rust("#[allow(dead_code)]\nconst X: &str = r#\"reason = \"\"#;\n")), ["sample.rs:1"]);
}

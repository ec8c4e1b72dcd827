//! What a command shows the person who typed it: lines on standard output, progress on standard error.

use std::io::Write as _;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

/// How a bar looks. Where standard error is no terminal nothing is drawn.
const BAR: &str = "{bar:30} {human_pos} of {human_len} {msg}, {per_sec}, {eta} left";

/// A progress bar over so many of something.
pub fn bar(total: u64, what: &'static str) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template(BAR).context("the progress bar's form")?;
    Ok(ProgressBar::new(total).with_style(style).with_message(what))
}

/// One line on standard output.
pub fn line(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("standard output is closed")
}

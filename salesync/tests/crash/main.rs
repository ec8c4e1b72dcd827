//! Bad luck on the real program: killed under load, its disk failing, its files cut and broken, its clock jumping.
//!
//! ```text
//!   tills ──requests, each with a key──► salesync serve ──► log.db, views/
//!     │ every attempt: outcome, status, bytes, position         │
//!     └──────────────► the checker ◄──── the whole log, the dashboard, every row of the views
//! ```

#![allow(dead_code, reason = "the chaos test uses the rest of what is shared with it")]
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

mod cafe;
mod checker;
#[cfg(target_os = "linux")]
mod clock;
mod door;
mod folder;
#[path = "../till/harness.rs"]
mod harness;
mod history;
mod kills;
mod ledger;
mod load;
mod planted;
mod scene;
// A preloaded library is how a disk fails here, and Linux alone takes one like that.
#[cfg(target_os = "linux")]
mod shim;
mod skipping;
mod stopping;
#[cfg(target_os = "linux")]
mod storage;
mod wire;

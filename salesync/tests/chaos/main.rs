//! A chain under everything that can go wrong: instances killed and stopped, the broker and the database crashing, a
//! network that loses answers, holds requests back or breaks off, a clock that is days wrong.
//!
//! ```text
//!   tills ──► command ×3 ──────────► broker ──► project ×2 ──► PostgreSQL ──► query
//!     │           └─ one of them ─► proxy ─┘
//!     │ every attempt: outcome, status, bytes, position
//!     └──────► the checker ◄──── the whole log, the dashboard, every row of the views
//! ```
//!
//! The checker, the tills and what they remember are those of the crash test.

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
#![allow(dead_code, reason = "the crash test uses the rest of what is shared with it")]

#[path = "../crash/cafe.rs"]
mod cafe;
mod chain;
#[path = "../crash/checker.rs"]
mod checker;
mod clock;
#[path = "../crash/door.rs"]
mod door;
mod echo;
mod faults;
mod gauge;
#[path = "../till/harness.rs"]
mod harness;
#[path = "../crash/history.rs"]
mod history;
#[path = "../crash/ledger.rs"]
mod ledger;
#[path = "../crash/load.rs"]
mod load;
mod mailbox;
mod moving;
mod patience;
mod proxy;
mod quorum;
#[cfg(target_os = "linux")]
#[path = "../crash/shim.rs"]
mod shim;
mod storm;
mod underneath;
#[path = "../crash/wire.rs"]
mod wire;
mod zombie;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Taken by each test for as long as it runs: each has brokers, a database and instances of its own, and what is asked
/// of them is how they get over a fault, not how they share a machine.
fn alone() -> MutexGuard<'static, ()> {
    static RUNNING: Mutex<()> = Mutex::new(());
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::print_stdout, reason = "whoever runs the chaos test by hand reads this")]
fn say(line: &str) {
    println!("{line}");
}

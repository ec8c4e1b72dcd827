//! Bad luck on the real program: killed under load, its disk failing, its files cut and broken, its clock jumping.
//!
//! ```text
//!   tills ──requests, each with a key──► salesync serve ──► log.db, views/
//!     │ every attempt: outcome, status, bytes, position         │
//!     └──────────────► the checker ◄──── the whole log, the dashboard, every row of the views
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

mod checker;
mod door;
#[path = "../till/harness.rs"]
mod harness;
mod history;
mod kills;
mod ledger;
mod load;
mod scene;
mod wire;

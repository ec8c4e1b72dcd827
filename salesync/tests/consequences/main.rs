//! What follows from events on the real binary: advice, settlements, messages, live events; with the services that they
//! need spoken to over the real wire.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]
#![allow(
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::significant_drop_tightening,
    reason = "a test is read for what it shows, and runs once"
)]

mod advice;
mod demonstration;
mod history;
mod kills;
mod live;
mod messages;
mod services;
mod settlements;

#[path = "../till/harness.rs"]
mod harness;

//! What follows from events, with Kafka and PostgreSQL underneath: the flows of `consequences` unchanged, and what only
//! several instances can do to one another.
//!
//! Not here is `kills`, which is about the one process of a data folder: that a new one knows the old one to be dead. Of a
//! chain `takeover` says what happens instead.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]
#![allow(
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::significant_drop_tightening,
    reason = "a test is read for what it shows, and runs once"
)]

#[path = "../consequences/advice.rs"]
mod advice;
#[path = "../consequences/demonstration.rs"]
mod demonstration;
#[path = "../till/harness.rs"]
mod harness;
#[path = "../consequences/history.rs"]
mod history;
#[path = "../consequences/live.rs"]
mod live;
#[path = "../consequences/messages.rs"]
mod messages;
#[path = "../consequences/services.rs"]
mod services;
#[path = "../consequences/settlements.rs"]
mod settlements;
mod takeover;

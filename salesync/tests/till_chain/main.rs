//! The interface as its clients meet it, once more and unchanged, with Kafka and PostgreSQL underneath: every test of `till`. And how
//! its topic is made.
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

#[path = "../till/conventions.rs"]
mod conventions;
#[path = "../till/decisions.rs"]
mod decisions;
#[path = "../till/document.rs"]
mod document;
#[path = "../till/endpoints.rs"]
mod endpoints;
#[path = "../till/faults.rs"]
mod faults;
#[path = "../till/flows.rs"]
mod flows;
#[path = "../till/fresh.rs"]
mod fresh;
#[path = "../till/harness.rs"]
mod harness;
#[path = "../till/hostile.rs"]
mod hostile;
#[path = "../till/keys.rs"]
mod keys;
#[path = "../till/load.rs"]
mod load;
#[path = "../till/past.rs"]
mod past;
#[path = "../till/secrets.rs"]
mod secrets;
#[path = "../till/semantics.rs"]
mod semantics;
#[path = "../till/strangers.rs"]
mod strangers;
mod topic;

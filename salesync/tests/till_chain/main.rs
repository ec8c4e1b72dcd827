//! The interface as its clients meet it, once more and unchanged, with Kafka and PostgreSQL underneath.
//!
//! Not here is what a chain does in another way or not yet: `past` writes its history into a data folder, `document` knows
//! the health of one process, `secrets` gives each installation a secret of its own, `flows` and `fresh` ask for advice,
//! messages and the positions of the one partition.
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
#[path = "../till/endpoints.rs"]
mod endpoints;
#[path = "../till/faults.rs"]
mod faults;
#[path = "../till/harness.rs"]
mod harness;
#[path = "../till/hostile.rs"]
mod hostile;
#[path = "../till/keys.rs"]
mod keys;
#[path = "../till/load.rs"]
mod load;
#[path = "../till/semantics.rs"]
mod semantics;
#[path = "../till/strangers.rs"]
mod strangers;

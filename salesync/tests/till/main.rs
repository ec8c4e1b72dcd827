//! The interface as its clients meet it: every endpoint, field and status of the contract on the real binary.
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

mod conventions;
mod decisions;
mod document;
mod endpoints;
mod faults;
mod flows;
mod fresh;
mod harness;
mod hostile;
mod keys;
mod load;
mod past;
mod secrets;
mod semantics;
mod strangers;

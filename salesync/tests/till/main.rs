//! The interface as its clients meet it: every endpoint, field and status of the contract on the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

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

//! The write side from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a test fails by panicking"
)]

mod answers;
mod instances;
mod relaying;
mod shop;
mod simulation;
mod writing;

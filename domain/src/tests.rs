//! How the rules are shown: a scenario that speaks the trade, and histories made at random.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod histories;
mod invariants;
mod scenario;

pub(crate) use scenario::*;

//! The projections from outside: a café's history in a log, and what the views make of it, on either engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test fails by panicking, and uses a part of the fixture"
)]

#[path = "fixture/cafe.rs"]
mod cafe;
#[path = "../../../deploy/services/database.rs"]
mod database;
mod equivalence;
#[path = "fixture/history.rs"]
mod history;
mod outages;
mod partitions;
#[path = "../../../migrations/tests/fixture/place.rs"]
mod place;
mod projector;
mod reacting;
mod rebuild;
#[path = "fixture/till.rs"]
mod till;
mod verify;
mod views;

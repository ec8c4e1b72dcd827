//! The read side over real views on either engine, asked in process, through the edge that serves it.
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

#[path = "../../../deploy/services/database.rs"]
mod database;
mod doors;
mod figures;
mod fixture;
mod freshness;
mod live;
mod log_in;
mod menu;
mod openapi;
mod orders;
#[path = "../../../migrations/tests/fixture/place.rs"]
mod place;
mod rows;
mod sales;
mod sessions;
mod tables;

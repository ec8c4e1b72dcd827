//! The read models as their users see them: who writes a generation, who reads one, on either engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod both;
#[path = "../../../deploy/services/database.rs"]
mod database;
mod files;
#[path = "../fixture/place.rs"]
mod place;
mod roles;
mod schemas;
mod server;
mod steps;

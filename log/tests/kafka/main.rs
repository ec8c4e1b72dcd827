//! The log on a real Kafka broker: the port's contract, and what only a broker can do to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a test fails by panicking, says which broker it uses, and uses what it needs of the harness"
)]

#[path = "../../../deploy/services/harness.rs"]
mod harness;

mod contract;
mod groups;
mod messages;
mod outages;
mod replicas;
mod scene;
mod topics;

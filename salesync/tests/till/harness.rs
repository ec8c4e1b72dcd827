//! The real binary behind a socket, and a till that talks to it: what every test of the interface begins with.
//!
//! Another test crate includes it by `#[path = "../till/harness.rs"] mod harness;`.
#![allow(dead_code, unused_imports, reason = "each test crate that includes this uses its own part of it")]
#![allow(
    clippy::print_stderr,
    unreachable_pub,
    reason = "the services say which they are, and are shared with other crates"
)]

// The paths are spelled out, for they must be the same from both crates.
#[path = "harness/answer.rs"]
mod answer;
#[path = "harness/bodies.rs"]
mod bodies;
#[path = "../../../deploy/services/harness.rs"]
mod broker;
#[path = "../../../deploy/services/database.rs"]
mod database;
#[path = "harness/lines.rs"]
mod lines;
#[path = "harness/noon.rs"]
mod noon;
#[path = "harness/server.rs"]
mod server;
#[path = "harness/till.rs"]
mod till;
#[path = "harness/underneath.rs"]
mod underneath;

use std::time::Duration;

pub(crate) use answer::{Answer, bare};
pub(crate) use bodies::{new_name, registration, table_of};
pub(crate) use broker::{Broker, Cluster, Node};
pub(crate) use database::{Database, Mortal};
pub(crate) use noon::NOON;
pub(crate) use server::Server;
pub(crate) use till::Till;
pub(crate) use underneath::{as_url, broker_address};

/// How long anything may take that a test waits for; nothing is expected to come near it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);
/// The pause before a server that is not so far yet is asked again.
pub(crate) const ASKED_AGAIN: Duration = Duration::from_millis(10);
/// What every store of the tests signs up with.
pub(crate) const PASSWORD: &str = "Demostore1!";

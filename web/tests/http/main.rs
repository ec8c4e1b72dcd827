//! The edge, the gate and the server, over real connections, as a hostile or clumsy client meets them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

mod bodies;
mod connections;
mod edge;
mod fixture;
mod gate;
mod passwords;
mod secrecy;

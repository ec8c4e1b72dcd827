//! The read side over real views in a temporary folder, asked in process, through the edge that serves it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

mod doors;
mod figures;
mod fixture;
mod freshness;
mod log_in;
mod menu;
mod openapi;
mod orders;
mod rows;
mod sales;
mod sessions;
mod tables;

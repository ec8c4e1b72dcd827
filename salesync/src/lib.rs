//! The composition: what the binary `salesync` is made of, in the order in which it starts.
//!
//! ```text
//!   command line, environment, file ──► settings ──► data folder (one process) ──► token secret ──► clock, ids
//!                                                                                     │
//!               log ◄── writer ◄── HTTP for commands      HTTP for queries ──► views ◄┘ projectors
//! ```
//!
//! Only here do the sides meet: every trait that one crate asks for and another fulfils is implemented here, and only
//! here is `anyhow` used, since above this there is nobody left who could tell one error from another.
//!
//! What is absent: no rule of the trade, no SQL, no endpoint of the contract.

pub mod admin;
pub mod ambient;
pub mod api;
pub mod chain;
pub mod cli;
pub mod consequences;
pub mod demo;
pub mod exporting;
pub mod folder;
pub mod freshness;
pub mod health;
pub mod kafka_access;
pub mod logging;
pub mod moving;
pub mod places;
pub mod rebuild;
pub mod secret;
pub mod serve;
pub mod settings;
pub mod shop;
pub mod snapshots;
pub mod terminal;
pub mod topic;
pub mod verifying;

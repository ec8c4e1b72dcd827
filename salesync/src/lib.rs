//! The composition: what the binary `salesync` is made of, in the order in which it starts.
//!
//! ```text
//!   command line, environment, file ──► settings ──► data folder (one process) ──► token secret ──► clock, ids
//!                                                                                     │
//!               log ◄── writer ◄── HTTP for commands      HTTP for queries ──► views ◄┘ projectors
//! ```
//!
//! Only here do the sides meet: what one crate asks for as a trait is handed another's implementation here, and only
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
pub mod door;
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
pub mod skipping;
pub mod snapshots;
pub mod terminal;
pub mod topic;
pub mod verifying;
pub mod whole_file;

use cli::{Cli, Command};
use places::Places;

/// Runs the command to its end. It stands here and not in `main.rs`, so that the futures below are compiled once.
pub fn run(cli: &Cli) -> anyhow::Result<()> {
    logging::start(cli.shared.log_format, &cli.shared.log_filter)?;
    let places = Places::of(&cli.shared)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match &cli.command {
        Command::Serve(options) => runtime.block_on(serve::run(places, options)),
        Command::Demo(options) => runtime.block_on(demo::running::run(&places, &cli.shared.data, options)),
        Command::Log(options) => runtime.block_on(exporting::run(&places, options)),
        Command::Verify => runtime.block_on(verifying::run(&places)),
        Command::Rebuild => runtime.block_on(rebuild::run(places)),
        Command::Skip(skip) => runtime.block_on(skipping::run(places, skip)),
        Command::Move(options) => runtime.block_on(moving::run(&cli.shared, options)),
        Command::Topic(action) => runtime.block_on(topic::run(&places, action)),
    }
}

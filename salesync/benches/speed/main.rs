//! `make bench`: every speed that is promised, measured beside its limit in the same run on the same machine.
//!
//! The server is the real binary in a process of its own; the load shares the machine with it.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::format_push_string,
    clippy::unused_self,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints, waits by the clock, and fails by panicking"
)]

mod commands;
mod folding;
mod hello;
mod load;
mod outages;
mod queries;
mod server;
mod services;
mod table;
mod writing;

use std::path::Path;
use std::time::Duration;

use table::Table;

/// Sales in the large store.
const SALES: u64 = 1_000_000;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if std::env::args().any(|argument| argument == "--hello") {
        hello::serve();
        return;
    }
    let folder = option("--data");
    let sales = option("--sales").map_or(SALES, |sales| sales.parse().expect("--sales is a number"));
    let seconds = option("--outage").map(|seconds| seconds.parse().expect("--outage is a number of seconds"));
    let outage = seconds.map_or(outages::OUTAGE, Duration::from_secs);
    let temporary = tempfile::tempdir().expect("a folder");
    let root = folder.as_deref().map_or(temporary.path(), Path::new);
    let (small, large) = (root.join("small"), root.join("large"));
    println!("making a store of 1,000 sales and one of {sales} …");
    server::demo(&small, 1_000);
    server::demo(&large, sales);

    let only = option("--only");
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let mut table = Table::begin();
    if wanted("queries") {
        queries::measure(&mut table, &small, &large);
    }
    if wanted("commands") {
        commands::measure(&mut table, &root.join("commands"));
    }
    if wanted("outages") {
        outages::measure(&mut table, &root.join("outages"), outage);
    }
    if wanted("writer") {
        writing::measure(&mut table, &root.join("writer"));
    }
    if wanted("rebuild") {
        folding::measure(&mut table, &large);
    }
    table.end();
}

/// What stands behind the argument.
fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

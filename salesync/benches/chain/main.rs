//! `make bench`, on a chain: three instances, a real broker and a real database, each speed beside its limit. All of it,
//! and the load, shares one machine.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::format_push_string,
    clippy::unused_self,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a benchmark prints, waits by the clock, fails by panicking, and uses what it needs of what it shares"
)]

#[path = "../../../deploy/services/harness.rs"]
mod broker;
#[path = "../../../deploy/services/database.rs"]
mod database;
mod handing;
#[path = "../speed/load.rs"]
mod load;
mod place;
mod rebuilding;
#[path = "../speed/server.rs"]
mod server;
#[path = "../speed/table.rs"]
mod table;
mod trading;

use table::Table;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let argument = |name: &str| std::env::args().skip_while(|argument| argument != name).nth(1);
    let sales = argument("--sales").map_or(SALES, |sales| sales.parse().expect("--sales is a number"));
    let only = argument("--only");
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let services = place::Services::start();
    let mut table = Table::begin();
    if wanted("trading") {
        trading::measure(&mut table, &services);
    }
    if wanted("history") {
        let history = services.place("history", 1, false);
        println!("making a store of {sales} sales on one partition …");
        history.demo(sales);
        rebuilding::measure(&mut table, &history);
        // A pause of a second is promised up to a million events, a take-over within five seconds up to ten million.
        handing::measure(&mut table, &history, if sales <= SALES { 1.0 } else { 5.0 });
    }
    table.end();
}

/// Sales of the store whose partition is handed over: about a million events.
const SALES: u64 = 360_000;

//! How long a partition with a long history takes no commands when it goes from one instance to another.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::place::Place;
use crate::server::{Server, request};
use crate::table::Table;

/// For how long a till goes on: longer than any pause may last.
const WATCHED: Duration = Duration::from_secs(20);
/// What an instance says of a partition that it writes.
const SERVING: &str = r#""writer":"serving""#;

/// Measures a planned hand-over, which may take so many seconds, then a crash.
pub fn measure(table: &mut Table, place: &Place, planned_max: f64) {
    let first = place.instance("command,project,query");
    first.await_ready();
    let token = first.demo_token();
    let second = place.instance("command,project,query");
    second.await_ready();
    // The group may have given the partition to either; it serves by now, for both answer commands.
    let (owner, other) = owner_first(first, second);
    let planned = pause(&other, &token, || terminate(&owner));
    table.at_most("pause of a partition, planned, s", planned.as_secs_f64(), planned_max, "s");
    drop(owner);

    let third = place.instance("command,project,query");
    third.await_ready();
    let (owner, other) = owner_first(other, third);
    let crash = pause(&other, &token, || drop(owner));
    table.at_most("pause of a partition, after a crash, s", crash.as_secs_f64(), 12.0, "s");
}

/// The one that writes the partition, then the other.
fn owner_first(first: Server, second: Server) -> (Server, Server) {
    if first.once(&request("GET", "/health/ready", "", "", true)).1.contains(SERVING) {
        (first, second)
    } else {
        (second, first)
    }
}

fn terminate(server: &Server) {
    let told = Command::new("kill").args(["-s", "TERM", &server.id().to_string()]).status();
    assert!(told.expect("kill runs").success(), "it runs no more");
}

/// The longest time between two acknowledgements of a till at `server`, one command after the other, from `event` on.
fn pause(server: &Server, token: &str, event: impl FnOnce()) -> Duration {
    let order = request("POST", "/orders/", token, r#"{"table_no":7,"carts":[{"item_id":1,"quantity":1}]}"#, true);
    let acknowledged = || (200..300).contains(&server.once(&order).0);
    assert!(acknowledged(), "it takes orders at first");
    let begun = Instant::now();
    event();
    let (mut last, mut longest) = (begun, Duration::ZERO);
    while begun.elapsed() < WATCHED {
        if acknowledged() {
            longest = longest.max(last.elapsed());
            last = Instant::now();
        }
    }
    assert!(last.elapsed() < longest + Duration::from_secs(1), "it takes orders in the end");
    longest
}

//! The dashboard's questions, and the memory of a large store.

use std::path::Path;
use std::time::Duration;

use chrono::{Days, NaiveDate};

use crate::load::{self, Load, Requests};
use crate::server::{Server, request};
use crate::table::Table;

const ASKED: u64 = 20_000;
/// Into how many turns the questions are divided.
const TURNS: u64 = 40;
const CONNECTIONS: u64 = 32;

/// Measures on a store of 1,000 sales and on a large one.
pub fn measure(table: &mut Table, small: &Path, large: &Path) {
    let server = Server::start(large);
    table.at_most("resident memory after start, large store, MB", server.resident_bytes() as f64 / 1e6, 300.0, "MB");
    let beside = Server::start(small);
    let [few, many, year] = in_turn([(&beside, 1), (&server, 1), (&server, 365)]);
    drop(beside);
    table.at_most("one day of volumes, large store against 1,000 sales", ratio(&many, &few), 1.1, "(of medians)");
    table.at_most("365 days of volumes against one day", ratio(&year, &many), 2.0, "(of medians)");
    let first = first_time(&server);
    table.note("one day asked for the first time, median, µs", micros(&first), "µs");
    table.note("one day asked again, median, µs", micros(&many), "µs");

    let token = server.demo_token();
    let ours = together(&server, &volumes(&token, 30));
    drop(server);
    let hello = Server::hello();
    let theirs = together(&hello, &request("GET", "/hello", "", "", false));
    table.note("hello, 32 connections, requests/s", theirs.per_second(), "/s");
    table.at_least("30 days of volumes, 32 connections", ours.per_second(), theirs.per_second() / 2.0, "requests/s");
}

fn volumes(token: &str, days: u64) -> Vec<u8> {
    let end = today();
    period(token, end - Days::new(days - 1), end)
}

fn period(token: &str, start: NaiveDate, end: NaiveDate) -> Vec<u8> {
    request("GET", &format!("/dashboard/volumes?start={start}&end={end}"), token, "", false)
}

#[allow(clippy::disallowed_methods, reason = "the demo ends today")]
fn today() -> NaiveDate {
    chrono::Utc::now().date_naive()
}

/// Each question again and again on one connection, all of them in turns; of each the turn with the least median. Where a
/// thread of the server wakes up, beside the client or across the machine, makes more than all the rest of such a latency,
/// and stays as it is for a turn: in forty each has met the same luck.
fn in_turn<const N: usize>(questions: [(&Server, u64); N]) -> [Load; N] {
    let asked = questions.map(|(server, days)| (server, volumes(&server.demo_token(), days)));
    let turn = |(server, question): &(&Server, Vec<u8>)| {
        good(load::run(server.address, vec![repeat(question.clone(), ASKED / TURNS)]))
    };
    let mut best = asked.each_ref().map(turn);
    for _ in 1..TURNS {
        for (asked, best) in asked.iter().zip(&mut best) {
            let next = turn(asked);
            if next.quantile(0.5) < best.quantile(0.5) {
                *best = next;
            }
        }
    }
    best
}

/// Each day of the year once: nothing of it is at hand.
fn first_time(server: &Server) -> Load {
    let token = server.demo_token();
    let source = move |n: u64, request: &mut Vec<u8>| {
        let day = today() - Days::new(n + 2);
        request.extend(period(&token, day, day));
        n < 360
    };
    good(load::run(server.address, vec![Box::new(source)]))
}

fn together(server: &Server, question: &[u8]) -> Load {
    let sources = (0..CONNECTIONS).map(|_| repeat(question.to_vec(), 4 * ASKED / CONNECTIONS)).collect();
    good(load::run(server.address, sources))
}

fn repeat(question: Vec<u8>, times: u64) -> Box<dyn Requests> {
    Box::new(move |n: u64, request: &mut Vec<u8>| {
        request.extend_from_slice(&question);
        n < times
    })
}

fn good(load: Load) -> Load {
    assert_eq!(load.bad, 0, "some questions were not answered well");
    load
}

fn ratio(a: &Load, b: &Load) -> f64 {
    a.quantile(0.5).as_secs_f64() / b.quantile(0.5).as_secs_f64()
}

fn micros(load: &Load) -> f64 {
    load.quantile(0.5).div_f64(Duration::from_micros(1).as_secs_f64()).as_secs_f64()
}

//! Two cafés' year goes from a folder to a chain and back: while they trade, and after a move that was killed. Every
//! figure, id and answer stays what it was.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use chrono::{NaiveDate, TimeDelta};
use log::NewTopic;
use serde_json::json;

use crate::alone;
use crate::harness::{Answer, Broker, Server, Till};
use crate::patience::{until, until_ready};
use crate::underneath::Underneath;

/// The demo's size, and its last day.
const SALES: &str = "40000";
const DAYS: i64 = 365;
const UNTIL: &str = "2026-06-30";
const CAFES: [&str; 2] = ["demostore", "demostore2"];
const PARTITIONS: u32 = 4;
/// With so many records over there the first move is killed; the demo has twenty times as many.
const KILLED_AFTER: u64 = 4_000;
/// A table that the demo leaves alone.
const TABLE: i64 = 77;

/// What a café is told: of each page and of each command under its key, the status and the body.
struct Told(Vec<(String, u16, String)>);

#[test]
fn a_year_goes_to_a_chain_and_back_through_a_killed_move_with_every_figure_as_it_was() {
    let _alone = alone();
    let broker = Broker::own();
    let below = Underneath::new(&broker.address, NewTopic::on_one_broker(PARTITIONS));
    let (log, views) = (Underneath::log_url(&broker.address), below.views_url());
    let chain = ["--log", &log, "--views", &views, "--allow-single-replica"];
    let first = folder();
    demo(&first);
    let shop = Server::on(first.clone(), &[], &[]);
    let tills = CAFES.map(|name| shop.log_in(name));
    let before = tills.each_ref().map(Told::of);

    // The shop works on while it is carried over, and after that came to nothing.
    let mut moving = move_begins(&first, &log);
    until("a part of it to be over there", || {
        let there = below.records();
        if there > KILLED_AFTER { Ok(()) } else { Err(format!("{there} records")) }
    });
    moving.kill().unwrap();
    assert!(!moving.wait().unwrap().success(), "it was killed in mid-work");
    assert_told(&tills, &before, "who was not sealed takes commands and says what he said");

    assert!(move_begins(&first, &log).wait().unwrap().success());
    until("the sealed shop to say that nothing is taken there", || {
        let refused = tills[0].order(TABLE, &[(1, 1)]);
        assert_eq!(refused.status, 503);
        // Its writer learns of the seal when it next writes, and cannot say what became of that.
        if refused.json()["outcome"] == "not_applied" { Ok(()) } else { Err(refused.text()) }
    });

    let instance = below.instance(&broker.address, "command,project,query", &[], &[]);
    until_ready(&instance);
    let there = CAFES.map(|name| instance.log_in(name));
    assert_told(&there, &before, "what is told on the chain");
    verify(&chain);
    drop(instance);

    let last = folder();
    let last_text = last.display().to_string();
    assert!(
        salesync(&["move", "--from", &log, "--to", &last_text, "--allow-single-replica"]).wait().unwrap().success()
    );
    let mut home = Server::on(last.clone(), &[], &[]);
    until_ready(&home);
    let back = CAFES.map(|name| home.log_in(name));
    assert_told(&back, &before, "what is told at home again");
    assert!(home.stop().success());
    verify(&["--data", &last_text]);
}

/// Each café is told what it was told before.
fn assert_told(tills: &[Till; 2], before: &[Told; 2], at: &str) {
    for (till, before) in tills.iter().zip(before) {
        let now = Told::of(till);
        let differing = now.0.iter().zip(&before.0).find(|(now, before)| now != before);
        assert!(differing.is_none(), "{at}: {differing:?}");
    }
}

impl Told {
    /// Asks for what an owner looks at, and once more for what a till asked under its keys.
    fn of(till: &Till) -> Self {
        let until: NaiveDate = UNTIL.parse().unwrap();
        let [start, month] = [DAYS, 30].map(|days| until - TimeDelta::days(days - 1));
        let pages = [
            "/categories/items".to_owned(),
            "/categories/items/costs".to_owned(),
            "/orders/unpaids".to_owned(),
            format!("/orders/daily?date={until}"),
            format!("/sales/period?start={start}&end={until}"),
            format!("/dashboard/volumes?start={start}&end={until}"),
            format!("/dashboard/sales?start={month}&end={until}"),
            "/settlements".to_owned(),
        ];
        let told = |path: &str, answer: Answer| (path.to_owned(), answer.status, answer.text());
        let mut all = vec![
            told("an order", till.key("a-tab").order(TABLE, &[(1, 2)])),
            told("its payment", till.key("a-payment").pay(TABLE)),
            told("a payment of nothing", till.key("refused").post("/sales/", &json!({"table_no": TABLE + 1}))),
        ];
        all.extend(pages.iter().map(|path| told(path, till.get(path))));
        Self(all)
    }
}

fn folder() -> PathBuf {
    tempfile::Builder::new().prefix("salesync-moved-").tempdir().unwrap().keep()
}

fn demo(data: &Path) {
    let (days, data) = (DAYS.to_string(), data.display().to_string());
    let size = ["--sales", SALES, "--days", &days, "--stores", "2", "--until", UNTIL];
    let made = salesync(&[&["demo", "--data", &data], &size[..]].concat()).wait().unwrap();
    assert!(made.success());
}

fn move_begins(from: &Path, to: &str) -> Child {
    salesync(&["move", "--from", &from.display().to_string(), "--to", to, "--allow-single-replica"])
}

fn verify(place: &[&str]) {
    assert!(salesync(&[&["verify"], place].concat()).wait().unwrap().success(), "the views are what the log says");
}

/// A command of the real binary, which says what it says where the test does.
fn salesync(args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_salesync"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

//! Orders and their payments over HTTP: many terminals at once, and one that waits for its views.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::load::{self, Load, Requests};
use crate::server::{Server, request};
use crate::table::Table;

const CONNECTIONS: u64 = 128;
const COMMANDS: u64 = 400_000;
const ALONE: u64 = 4_000;
/// About what an order and its record take.
const RECORD_BYTES: usize = 750;

/// Measures in a fresh folder.
pub fn measure(table: &mut Table, folder: &Path) {
    let server = Server::start(folder);
    let token = open_shop(&server);
    let sources = (0..CONNECTIONS).map(|till| orders_and_payments(&token, till, COMMANDS / CONNECTIONS)).collect();
    let many = good(load::run(server.address, sources));
    table.at_least("orders and payments, 128 connections, durable and visible", many.per_second(), 20_000.0, "/s");
    table.note("  their p50, ms", millis(many.quantile(0.5)), "ms");
    table.note("  their p99, ms", millis(many.quantile(0.99)), "ms");

    let alone = good(load::run(server.address, vec![orders_and_payments(&token, 1_000, ALONE)]));
    let synced = synced(folder);
    table.note("fdatasync of the same bytes, p99, ms", millis(synced), "ms");
    let limit = 5.0 * millis(synced);
    table.at_most("one connection, waiting for the views, p99", millis(alone.quantile(0.99)), limit, "ms");
    table.note("  its p50, ms", millis(alone.quantile(0.5)), "ms");
}

fn open_shop(server: &Server) -> String {
    let sign_up = r#"{"username":"benchcafe","password":"Benchcafe1!","owner_name":"김벤치","phone":"01012345678",
        "store_name":"벤치","address":"서울","store_type":"일반음식점"}"#;
    let token = server.token_of(&request("POST", "/stores/", "", sign_up, true));
    for (path, body) in [
        ("/categories/", r#"{"name":"커피"}"#),
        ("/categories/1/items", r#"{"name":"아메리카노","price":4500}"#),
        ("/categories/1/items", r#"{"name":"라떼","price":5000}"#),
        ("/categories/items/costs", r#"{"items":[{"item_id":1,"cost":900},{"item_id":2,"cost":1400}]}"#),
    ] {
        let (status, answer) = server.once(&request("POST", path, &token, body, true));
        assert!((200..300).contains(&status), "{status} {answer}");
    }
    token
}

/// One terminal: an order on its table, then the payment, each with a key of its own.
fn orders_and_payments(token: &str, till: u64, commands: u64) -> Box<dyn Requests> {
    let token = token.to_owned();
    Box::new(move |n: u64, bytes: &mut Vec<u8>| {
        let (path, body) = match n % 2 {
            0 => (
                "/orders/",
                format!(r#"{{"table_no":{till},"carts":[{{"item_id":1,"quantity":1}},{{"item_id":2,"quantity":1}}]}}"#),
            ),
            _ => ("/sales/", format!(r#"{{"table_no":{till},"payment_type":"카드","total_price":9500}}"#)),
        };
        write!(
            bytes,
            "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {till}-{n}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("memory");
        n < commands
    })
}

/// The p99 of writing and syncing as many bytes as an order's record has, to the same disk.
fn synced(folder: &Path) -> Duration {
    let path = folder.join("synced");
    let mut file = File::create(&path).expect("a file");
    let mut took: Vec<Duration> = (0..2_000)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[7; RECORD_BYTES]).expect("room");
            file.sync_data().expect("a disk");
            begun.elapsed()
        })
        .collect();
    std::fs::remove_file(path).expect("the file");
    took.sort_unstable();
    took[took.len() * 99 / 100]
}

fn good(load: Load) -> Load {
    assert_eq!(load.bad, 0, "some commands were refused");
    load
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

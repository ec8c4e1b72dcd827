//! What an outage of the services outside costs: commands and queries while requests for advice and messages pile up that
//! nobody takes, against the same on a server that needs no service, in turns in one run.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::load::{self, Load, Requests};
use crate::server::{Server, request};
use crate::services::{Down, Service};
use crate::table::Table;

/// Stores that ask; as many as one address may sign up in an hour, less some.
const STORES: usize = 40;
/// What each store asks for of either kind. A store may have 16 requests for advice pending, and 20 messages a day.
const ASKED: usize = 10;
/// Into how many turns the commands and questions are divided.
const TURNS: usize = 40;
const COMMANDS_PER_TURN: u64 = 100;
const QUERIES_PER_TURN: u64 = 400;
/// How long everything may take to be done after the services are back: they are asked again at the latest after a
/// minute.
const RECOVERY: Duration = Duration::from_mins(5);
/// What the pile may take of memory, in MB.
const PILE_MB: f64 = 64.0;

/// Measures in fresh folders: each service once refused and once hanging, while the other does the other.
pub fn measure(table: &mut Table, folder: &Path) {
    for (name, advice, messages) in [
        ("advice hangs, messages are refused", Down::Hangs, Down::Refuses),
        ("advice is refused, messages hang", Down::Refuses, Down::Hangs),
    ] {
        let (advice, messages) = (Service::down(advice), Service::down(messages));
        let env = [
            ("OPENAI_API_KEY", "sk-bench".to_owned()),
            ("OPENAI_BASE_URL", format!("http://{}/v1", advice.address())),
            ("AWS_ENDPOINT_URL", format!("http://{}", messages.address())),
            ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
            ("AWS_REGION", "ap-northeast-2".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ];
        let place = folder.join(name.split(' ').next_back().unwrap_or_default());
        std::fs::create_dir_all(&place).expect("a folder");
        let plain = Place::open(Server::start(&place.join("plain")));
        let down = Place::open(Server::start_with(&place.join("down"), &env));
        println!("{name}:");
        outage(table, &plain, &down);
        advice.returns();
        messages.returns();
        recovery(table, &down);
    }
}

/// A server with a store that is measured and stores that ask.
struct Place {
    server: Server,
    till: String,
    asking: Vec<String>,
}

impl Place {
    fn open(server: Server) -> Self {
        let till = shop(&server, "measured");
        let asking = (0..STORES).map(|nth| shop(&server, &format!("asking{nth}"))).collect();
        Self { server, till, asking }
    }

    /// The turn's share of what is asked for: each store sells, then asks for its day's total and for advice.
    fn ask(&self, turn: usize) {
        let all: Vec<(usize, usize)> = (0..ASKED).flat_map(|n| (0..STORES).map(move |store| (n, store))).collect();
        for (n, store) in all.chunks(all.len().div_ceil(TURNS)).nth(turn).unwrap_or_default() {
            let (token, today) = (&self.asking[*store], today());
            let from = today - chrono::Days::new(*n as u64);
            self.good("POST", "/orders/", token, r#"{"table_no":1,"carts":[{"item_id":1,"quantity":1}]}"#);
            self.good("POST", "/sales/", token, r#"{"table_no":1,"payment_type":"카드"}"#);
            self.good("GET", &format!("/dashboard/calculate?date={today}"), token, "");
            self.good("GET", &format!("/consulting?start={from}&end={today}"), token, "");
        }
    }

    fn good(&self, method: &str, path: &str, token: &str, body: &str) {
        let (status, answer) = self.server.once(&request(method, path, token, body, true));
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    }

    /// Orders and their payments, one after the other, each waiting for the views.
    fn commands(&self) -> Load {
        let token = self.till.clone();
        let source = move |n: u64, bytes: &mut Vec<u8>| {
            let (path, body) = match n % 2 {
                0 => ("/orders/", r#"{"table_no":1,"carts":[{"item_id":1,"quantity":1}]}"#),
                _ => ("/sales/", r#"{"table_no":1,"payment_type":"카드"}"#),
            };
            bytes.extend(request("POST", path, &token, body, false));
            n < COMMANDS_PER_TURN
        };
        good(load::run(self.server.address, vec![Box::new(source)]))
    }

    /// The day's figures; right behind a command they are read anew, then come from memory.
    fn queries(&self) -> Load {
        let today = today();
        let question = request("GET", &format!("/dashboard/volumes?start={today}&end={today}"), &self.till, "", false);
        let source = move |n: u64, bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(&question);
            n < QUERIES_PER_TURN
        };
        good(load::run(self.server.address, vec![Box::new(source) as Box<dyn Requests>]))
    }

    /// What is asked for and has not ended, and of it what is under way.
    fn pending(&self) -> i64 {
        let (_, health) = self.server.once(&request("GET", "/health/ready", "", "", true));
        let health: serde_json::Value = serde_json::from_str(&health).expect("health");
        health["reactors"][0]["pending"].as_i64().expect("a reactor")
    }
}

fn outage(table: &mut Table, plain: &Place, down: &Place) {
    let before = down.server.resident_bytes();
    let (mut commands, mut queries) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for turn in 0..TURNS {
        for place in [plain, down] {
            place.ask(turn);
        }
        // Which of them goes first changes, so that neither is always the one that finds the machine warm.
        let order = if turn % 2 == 0 { [(0, plain), (1, down)] } else { [(1, down), (0, plain)] };
        for (at, place) in order {
            commands[at].extend(place.commands().latencies);
            queries[at].extend(place.queries().latencies);
        }
    }
    let pending = down.pending();
    table.note("  effects that have piled up", pending as f64, "");
    assert!(pending as usize >= STORES * ASKED, "the services were not down");
    for (what, [without, with]) in [("commands", &mut commands), ("queries", &mut queries)] {
        without.sort_unstable();
        with.sort_unstable();
        let ratio = |share| quantile(with, share).as_secs_f64() / quantile(without, share).as_secs_f64();
        table.note(&format!("  {what} without services, median, µs"), micros(quantile(without, 0.5)), "µs");
        table.at_most(&format!("  {what} while both are down, against without"), ratio(0.5), 1.1, "(of medians)");
        table.note("  the same of the p99", ratio(0.99), "");
    }
    let grown = down.server.resident_bytes().saturating_sub(before) as f64 / 1e6;
    table.note("  resident memory, MB", down.server.resident_bytes() as f64 / 1e6, "MB");
    table.at_most("  of it grown with the pile and 5,600 commands, MB", grown, PILE_MB, "MB");
}

/// The services are back: everything comes to its end by itself.
fn recovery(table: &Table, down: &Place) {
    let begun = Instant::now();
    while down.pending() > 0 {
        assert!(begun.elapsed() < RECOVERY, "{} effects have not ended", down.pending());
        std::thread::sleep(Duration::from_millis(200));
    }
    table.note("  all done after the services were back, s", begun.elapsed().as_secs_f64(), "s");
}

fn shop(server: &Server, name: &str) -> String {
    let sign_up = format!(
        r#"{{"username":"{name}","password":"Benchcafe1!","owner_name":"김벤치","phone":"0101{:07}",
        "store_name":"벤치","address":"서울","store_type":"일반음식점"}}"#,
        name.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 10_000_000)
    );
    let token = server.token_of(&request("POST", "/stores/", "", &sign_up, true));
    for (path, body) in [
        ("/categories/", r#"{"name":"커피"}"#),
        ("/categories/1/items", r#"{"name":"라떼","price":5000}"#),
        ("/categories/items/costs", r#"{"items":[{"item_id":1,"cost":1400}]}"#),
    ] {
        let (status, answer) = server.once(&request("POST", path, &token, body, true));
        assert!((200..300).contains(&status), "{status} {answer}");
    }
    token
}

/// The business date of the stores, who are in Seoul.
#[allow(clippy::disallowed_methods, reason = "the server looks at the same clock")]
fn today() -> chrono::NaiveDate {
    (chrono::Utc::now().naive_utc() + chrono::TimeDelta::hours(9)).date()
}

fn quantile(sorted: &[Duration], share: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn good(load: Load) -> Load {
    assert_eq!(load.bad, 0, "some requests were refused");
    load
}

//! What an outage of the services outside costs: commands and queries while requests for advice and messages pile up that
//! nobody takes, against the same on a server that needs no service, in turns in one run.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::load::{self, Load, Requests};
use crate::server::{Server, request};
use crate::services::{Down, Service};
use crate::table::Table;

/// How long the services are down, unless `--outage SECONDS` says another.
pub const OUTAGE: Duration = Duration::from_secs(30);
/// Stores that ask; as many as one address may sign up in an hour, less some.
const STORES: usize = 40;
/// What each store asks for of either kind, spread over the first half of the outage. A store may have 16 requests for
/// advice pending, and 20 messages a day.
const ASKED: usize = 15;
const COMMANDS_PER_TURN: u64 = 100;
const QUERIES_PER_TURN: u64 = 400;
/// How long everything may take to be done after the services are back: they are asked again at the latest after a
/// minute.
const RECOVERY: Duration = Duration::from_mins(5);
/// What the pile may take of memory, in MB.
const PILE_MB: f64 = 64.0;

/// Measures in fresh folders: three servers take turns, one without services and two whose services are down, either kind
/// once refused and once hanging.
pub fn measure(table: &mut Table, folder: &Path, outage: Duration) {
    let places = [
        Place::open("without services", &folder.join("without"), None),
        Place::open("advice hangs, messages are refused", &folder.join("hangs"), Some([Down::Hangs, Down::Refuses])),
        Place::open("advice is refused, messages hang", &folder.join("refused"), Some([Down::Refuses, Down::Hangs])),
    ];
    let [without, down @ ..] = &places;
    let [measured_without, measured @ ..] = take_turns(&places, outage);
    for (place, measured) in down.iter().zip(&measured) {
        println!("{}, {} s and {} commands:", place.name, outage.as_secs(), measured.commands.len());
        compare(table, &measured_without, measured);
        let grown = place.grown_mb() - without.grown_mb();
        table.at_most("  resident memory grown more than without services, MB", grown, PILE_MB, "MB");
    }
    down.iter().flat_map(|place| &place.services).for_each(Service::returns);
    let back = Instant::now();
    for place in down {
        println!("{}:", place.name);
        table.note("  all done after the services were back, s", place.await_done(back).as_secs_f64(), "s");
    }
}

/// Has each server ask for its share and answer commands and queries, one after the other, until the outage is over.
fn take_turns(places: &[Place; 3], outage: Duration) -> [Measured; 3] {
    let mut measured: [Measured; 3] = Default::default();
    let begun = Instant::now();
    for turn in 0.. {
        let over = begun.elapsed().as_secs_f64() / outage.as_secs_f64();
        if over >= 1.0 {
            break;
        }
        // Which of them goes first changes, so that none is always the one that finds the machine warm.
        for nth in 0..places.len() {
            let at = (turn + nth) % places.len();
            let asked = (STORES * ASKED) as f64 * (over * 2.0).min(1.0);
            measured[at].asked = places[at].ask(measured[at].asked, asked.ceil() as usize);
            measured[at].commands.extend(places[at].commands().latencies);
            measured[at].queries.extend(places[at].queries().latencies);
        }
    }
    for (place, measured) in places.iter().zip(&mut measured) {
        measured.pending = place.pending();
        measured.commands.sort_unstable();
        measured.queries.sort_unstable();
    }
    measured
}

fn compare(table: &mut Table, without: &Measured, down: &Measured) {
    table.note("  effects that have piled up", down.pending as f64, "");
    assert!(down.pending as usize >= STORES * ASKED, "the services were not down");
    let kinds = [("commands", &without.commands, &down.commands), ("queries", &without.queries, &down.queries)];
    for (what, without, with) in kinds {
        let ratio = |share| quantile(with, share).as_secs_f64() / quantile(without, share).as_secs_f64();
        table.note(&format!("  {what} without services, median, µs"), micros(quantile(without, 0.5)), "µs");
        table.at_most(&format!("  {what} while both are down, against without"), ratio(0.5), 1.1, "(of medians)");
        table.note("  the same of the p99", ratio(0.99), "");
    }
}

/// What was seen of one server.
#[derive(Default)]
struct Measured {
    commands: Vec<Duration>,
    queries: Vec<Duration>,
    /// How often its stores have asked.
    asked: usize,
    /// Effects that have not ended when the outage is over.
    pending: i64,
}

/// A server with a store that is measured and stores that ask.
struct Place {
    name: &'static str,
    server: Server,
    /// Advice and messages, where it has them.
    services: Vec<Service>,
    till: String,
    asking: Vec<String>,
    /// Resident when nothing had been asked yet.
    bytes: u64,
}

impl Place {
    fn open(name: &'static str, folder: &Path, down: Option<[Down; 2]>) -> Self {
        std::fs::create_dir_all(folder).expect("a folder");
        let services: Vec<Service> = down.into_iter().flatten().map(Service::down).collect();
        let server = Server::start_with(folder, &settings(&services));
        let till = shop(&server, "measured");
        let asking = (0..STORES).map(|nth| shop(&server, &format!("asking{nth}"))).collect();
        let bytes = server.resident_bytes();
        Self { name, server, services, till, asking, bytes }
    }

    /// Has the stores ask until they have asked so often: each sells, then asks for its day's total and for advice.
    fn ask(&self, asked: usize, due: usize) -> usize {
        for nth in asked..due {
            let (token, today) = (&self.asking[nth % STORES], today());
            let from = today - chrono::Days::new((nth / STORES) as u64);
            self.good("POST", "/orders/", token, r#"{"table_no":1,"carts":[{"item_id":1,"quantity":1}]}"#);
            self.good("POST", "/sales/", token, r#"{"table_no":1,"payment_type":"카드"}"#);
            self.good("GET", &format!("/dashboard/calculate?date={today}"), token, "");
            self.good("GET", &format!("/consulting?start={from}&end={today}"), token, "");
        }
        due
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

    /// How much resident memory has grown since the stores were there, in MB.
    fn grown_mb(&self) -> f64 {
        (self.server.resident_bytes() as f64 - self.bytes as f64) / 1e6
    }

    /// The services are back: everything comes to its end by itself.
    fn await_done(&self, back: Instant) -> Duration {
        while self.pending() > 0 {
            assert!(back.elapsed() < RECOVERY, "{} effects have not ended", self.pending());
            std::thread::sleep(Duration::from_millis(200));
        }
        back.elapsed()
    }
}

/// Where a server finds its services; none without them.
fn settings(services: &[Service]) -> Vec<(&'static str, String)> {
    let [advice, messages] = services else { return Vec::new() };
    vec![
        ("OPENAI_API_KEY", "sk-bench".to_owned()),
        ("OPENAI_BASE_URL", format!("http://{}/v1", advice.address())),
        ("AWS_ENDPOINT_URL", format!("http://{}", messages.address())),
        ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
        ("AWS_REGION", "ap-northeast-2".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
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

//! Orders and payments at three instances, and how soon the dashboard shows them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::load::{self, Connection, Load};
use crate::place::{Place, Services};
use crate::server::{Server, request};
use crate::table::Table;

const INSTANCES: usize = 3;
const PARTITIONS: u32 = 8;
const STORES: usize = 24;
const TILLS: usize = 96;
/// So many that a batch has more than a few commands in it.
const CROWD: usize = 256;
/// Commands of a till, when it asks as fast as it is answered.
const COMMANDS: u64 = 1_000;
/// Commands a second, when there are so many and no more.
const STEADY: u64 = 1_000;
/// For so many seconds.
const STEADY_SECONDS: u64 = 20;
/// Orders whose way into the database is watched meanwhile.
const WATCHED: usize = 300;
/// The pause between two of them: the load must last longer than they do.
const WATCH_EVERY: Duration = Duration::from_millis(30);
/// Of them, those at the beginning: they find what the load before has left behind.
const UNCOUNTED: usize = 40;

/// Three instances with their stores.
struct Chain {
    instances: Vec<Server>,
    stores: Vec<String>,
    _place: Place,
}

/// Measures on a topic as three brokers have it, and for comparison on one that waits for the disk.
pub fn measure(table: &mut Table, services: &Services) {
    let chain = Chain::start(services.place("replicated", PARTITIONS, false));
    // A broker that has just been started spends its first half minute on compiling itself.
    good(load::run_all(chain.tills(TILLS, None, COMMANDS, 0)));
    let few = good(load::run_all(chain.tills(TILLS, None, COMMANDS, 1)));
    table.note("orders and payments into three instances, 96 tills, /s", few.per_second(), "/s");
    table.note("  their p99, ms", millis(few.quantile(0.99)), "ms");
    let many = good(load::run_all(chain.tills(CROWD, None, COMMANDS, 2)));
    table.at_least("  256 tills", many.per_second(), 5_000.0, "/s");
    table.note("  their p99, ms", millis(many.quantile(0.99)), "ms");

    let every = Duration::from_secs(TILLS as u64) / STEADY as u32;
    let watched = watch(&chain.instances, &chain.stores[0]);
    let steady = good(load::run_all(chain.tills(TILLS, Some(every), STEADY * STEADY_SECONDS / TILLS as u64, 3)));
    let seen = watched.join().expect("the watch");
    table.at_most("at 1,000 a second, p99", millis(steady.quantile(0.99)), 50.0, "ms");
    table.note("  their p50, ms", millis(steady.quantile(0.5)), "ms");
    table.at_most("  acknowledged and then visible in PostgreSQL, p99", millis(at(&seen, 0.99)), 100.0, "ms");
    table.note("  the p50, ms", millis(at(&seen, 0.5)), "ms");
    drop(chain);

    let chain = Chain::start(services.place("flushed", PARTITIONS, true));
    let many = good(load::run_all(chain.tills(CROWD, None, COMMANDS, 1)));
    table.note("with a broker that waits for its disk, /s", many.per_second(), "/s");
    table.note("  their p99, ms", millis(many.quantile(0.99)), "ms");
}

impl Chain {
    fn start(place: Place) -> Self {
        let instances: Vec<Server> = (0..INSTANCES).map(|_| place.instance("command,project,query")).collect();
        instances.iter().for_each(Server::await_ready);
        let stores = (0..STORES).map(|store| open_shop(&instances[0], store)).collect();
        Self { instances, stores, _place: place }
    }

    /// Tills in turn at each of the stores, and each at the next instance.
    fn tills(&self, count: usize, every: Option<Duration>, commands: u64, turn: u64) -> Vec<Connection> {
        let till = |till: usize| {
            let source = trade(self.stores[till % STORES].clone(), till, (turn, commands));
            Connection { address: self.instances[till % INSTANCES].address, source, every }
        };
        (0..count).map(till).collect()
    }
}

fn open_shop(server: &Server, store: usize) -> String {
    let sign_up = format!(
        r#"{{"username":"benchcafe{store}","password":"Benchcafe1!","owner_name":"김벤치","phone":"01012345678",
        "store_name":"벤치","address":"서울","store_type":"일반음식점"}}"#
    );
    let token = server.token_of(&request("POST", "/stores/", "", &sign_up, true));
    for (path, body) in
        [("/categories/", r#"{"name":"커피"}"#), ("/categories/1/items", r#"{"name":"아메리카노","price":4500}"#)]
    {
        let (status, answer) = server.once(&request("POST", path, &token, body, true));
        assert!((200..300).contains(&status), "{status} {answer}");
    }
    token
}

/// One till: an order on its table, then the payment. It does not ask to see its own write.
fn trade(token: String, till: usize, (turn, commands): (u64, u64)) -> Box<dyn load::Requests> {
    Box::new(move |n: u64, bytes: &mut Vec<u8>| {
        let (path, body) = match n % 2 {
            0 => ("/orders/", format!(r#"{{"table_no":{till},"carts":[{{"item_id":1,"quantity":1}}]}}"#)),
            _ => ("/sales/", format!(r#"{{"table_no":{till},"payment_type":"카드"}}"#)),
        };
        command(bytes, path, &token, &format!("{turn}-{till}-{n}"), &body);
        n < commands - commands % 2
    })
}

fn command(bytes: &mut Vec<u8>, path: &str, token: &str, key: &str, body: &str) {
    write!(
        bytes,
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n\
         Prefer: respond-async\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("memory");
}

/// Sends an order to one instance and asks another for the open tables as they are after it, again and again: how long
/// after the acknowledgement the answer came.
fn watch(instances: &[Server], token: &str) -> std::thread::JoinHandle<Vec<Duration>> {
    let token = token.to_owned();
    let connect = |server: &Server| TcpStream::connect(server.address).expect("the server takes connections");
    let (mut commands, mut queries) = (connect(&instances[0]), connect(&instances[1]));
    std::thread::spawn(move || {
        let mut seen = Vec::new();
        for n in 0..WATCHED {
            let (mut order, body) = (Vec::new(), r#"{"table_no":999,"carts":[{"item_id":1,"quantity":1}]}"#);
            command(&mut order, "/orders/", &token, &format!("watched-{n}"), body);
            let answer = exchange(&mut commands, &order);
            let acknowledged = Instant::now();
            let position = answer.lines().find_map(|line| line.strip_prefix("salesync-position: "));
            let path = format!("/orders/unpaids?after={}", position.unwrap_or_else(|| panic!("{answer}")));
            let shown = exchange(&mut queries, &request("GET", &path, &token, "", false));
            assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
            seen.push(acknowledged.elapsed());
            std::thread::sleep(WATCH_EVERY);
        }
        let mut seen = seen.split_off(UNCOUNTED);
        seen.sort_unstable();
        seen
    })
}

/// One request and its answer, whose head and body come together or nearly so.
fn exchange(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).expect("the server reads");
    let (mut answer, mut piece) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let read = stream.read(&mut piece).expect("the server answers");
        assert!(read > 0, "the server closed the connection");
        answer.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&answer);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            length.is_some_and(|length| body.len() >= length.parse::<usize>().expect("a length"))
        });
        if whole {
            return text.into_owned();
        }
    }
}

fn good(load: Load) -> Load {
    assert_eq!(load.bad, 0, "some commands were refused");
    load
}

fn at(sorted: &[Duration], share: f64) -> Duration {
    sorted[((sorted.len() as f64 - 1.0) * share).round() as usize]
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

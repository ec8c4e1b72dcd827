//! Several tills at work on several stores: each sends one command after the other and asks on under the same key
//! until it is answered.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use events::StoreId;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::door::Door;
use crate::harness::Till;
use crate::history::{Attempt, Command, History, Outcome};
use crate::wire::Wire;

/// Tables of every store.
const TABLES: i64 = 8;
/// Items on every store's menu; the next number is nobody's.
pub(crate) const ITEMS: i64 = 3;

/// Items beside on a long menu; an order of all of them is nearly as long as one may be.
pub(crate) const LONG_MENU: i64 = 490;

/// The tills at work.
pub(crate) struct Load {
    pub(crate) door: Arc<Door>,
    finished: Arc<AtomicBool>,
    tills: Vec<JoinHandle<History>>,
}

struct Client {
    session: usize,
    store: StoreId,
    token: String,
    /// Whose turn it is to be asked, of several servers.
    turn: usize,
    door: Arc<Door>,
    finished: Arc<AtomicBool>,
    chance: ChaCha8Rng,
    wire: Option<Wire>,
    sales: Vec<i64>,
    done: History,
    /// Whether all it does is to order the whole of a long menu and to pay for it.
    feasts: bool,
}

impl Load {
    /// Sets `tills` tills to work, in turn on each of the stores. The same seed asks the same, as far as the answers
    /// are the same.
    pub(crate) fn start(door: Arc<Door>, stores: &[Till], tills: usize, seed: u64) -> Self {
        Self::join(door, stores, 0..tills, seed)
    }

    /// Sets tills with these numbers to work, beside others that may be at work already.
    pub(crate) fn join(door: Arc<Door>, stores: &[Till], numbers: Range<usize>, seed: u64) -> Self {
        Self::begin(door, stores, numbers, seed, false)
    }

    /// Sets tills to work that each order the whole menu at a table of their own, and pay: an append of theirs is some
    /// megabytes, which is more than one request to a broker takes. See [`crate::cafe::furnish_long`].
    pub(crate) fn feast(door: Arc<Door>, store: &Till, numbers: Range<usize>, seed: u64) -> Self {
        Self::begin(door, std::slice::from_ref(store), numbers, seed, true)
    }

    fn begin(door: Arc<Door>, stores: &[Till], numbers: Range<usize>, seed: u64, feasts: bool) -> Self {
        let finished = Arc::new(AtomicBool::new(false));
        let tills = numbers.map(|session| {
            let store = &stores[session % stores.len()];
            let client = Client {
                session,
                store: StoreId(store.store_id.parse().unwrap()),
                token: store.token().to_owned(),
                turn: session,
                door: Arc::clone(&door),
                finished: Arc::clone(&finished),
                chance: ChaCha8Rng::seed_from_u64(seed * 1_000 + session as u64),
                wire: None,
                sales: Vec::new(),
                done: Vec::new(),
                feasts,
            };
            std::thread::spawn(move || client.work())
        });
        let tills = tills.collect();
        Self { door, finished, tills }
    }

    /// No new commands; waits until every till has its last answer.
    pub(crate) fn finish(self) -> History {
        self.finished.store(true, Ordering::SeqCst);
        self.tills.into_iter().flat_map(|till| till.join().unwrap()).collect()
    }
}

impl Client {
    fn work(mut self) -> History {
        while !self.finished.load(Ordering::SeqCst) {
            let (method, path, body) = self.next();
            let key = format!("till-{}-{}", self.session, self.done.len());
            let (store, session) = (self.store, self.session);
            let mut command = Command { session, store, key, method, path, body, attempts: Vec::new() };
            self.perform(&mut command);
            if command.path == "/sales/" && command.answer().is_some_and(|answer| answer.status == 201) {
                self.sales.push(command.said()["id"].as_i64().unwrap());
            }
            self.done.push(command);
        }
        self.done
    }

    /// What is asked next: mostly orders and payments, now and then what cannot be done or already is so.
    fn next(&mut self) -> (&'static str, String, String) {
        if self.feasts {
            return self.next_of_feast();
        }
        let table = self.chance.random_range(1..=TABLES);
        let (item, quantity) = (self.chance.random_range(1..=ITEMS), self.chance.random_range(1..=3));
        let cart =
            |item: i64| format!(r#"{{"table_no":{table},"carts":[{{"item_id":{item},"quantity":{quantity}}}]}}"#);
        let of_table = |more: &str| format!(r#"{{"table_no":{table},{more}}}"#);
        match self.chance.random_range(0..100) {
            0..45 => ("POST", "/orders/".to_owned(), cart(item)),
            45..75 => ("POST", "/sales/".to_owned(), of_table(r#""payment_type":"card""#)),
            75..80 => ("PUT", "/orders/".to_owned(), cart(item)),
            80..83 => ("DELETE", format!("/orders/{table}"), String::new()),
            83..91 => ("DELETE", format!("/sales/{}", self.sale()), String::new()),
            91..94 => ("POST", "/orders/".to_owned(), cart(ITEMS + 1)),
            94..97 => ("POST", "/orders/".to_owned(), of_table(r#""carts":[]"#)),
            _ => ("POST", "/sales/".to_owned(), r#"{"table_no":99,"payment_type":"cash"}"#.to_owned()),
        }
    }

    fn next_of_feast(&self) -> (&'static str, String, String) {
        let table = 10_000 + self.session;
        if self.done.len() % 2 == 1 {
            return ("POST", "/sales/".to_owned(), format!(r#"{{"table_no":{table},"payment_type":"card"}}"#));
        }
        let lines: Vec<String> =
            (1..=ITEMS + LONG_MENU).map(|item| format!(r#"{{"item_id":{item},"quantity":1}}"#)).collect();
        ("POST", "/orders/".to_owned(), format!(r#"{{"table_no":{table},"carts":[{}]}}"#, lines.join(",")))
    }

    /// A sale of this till, voided already or not; at first one that is nobody's.
    fn sale(&mut self) -> i64 {
        match self.sales.len() {
            0 => 999_999_999,
            sales => self.sales[self.chance.random_range(0..sales)],
        }
    }

    fn perform(&mut self, command: &mut Command) {
        let request = self.request(command);
        let twice_at_once = self.chance.random_range(0..100) < 5;
        let deadline = Instant::now() + self.door.manners.command;
        if self.session == 0 {
            // The first till asks another one each time.
            self.turn += 1;
        }
        while command.answer().is_none() {
            assert!(Instant::now() < deadline, "never answered: {command:?}");
            if twice_at_once && command.attempts.is_empty() {
                self.twice_at_once(command, &request);
            } else {
                command.attempts.extend(self.attempt(&request));
            }
        }
        if self.chance.random_range(0..100) < 10 {
            command.attempts.extend(self.attempt(&request));
        }
    }

    /// One attempt; none if nobody listened.
    fn attempt(&mut self, request: &[u8]) -> Option<Attempt> {
        let (address, patience) = (self.door.address(self.turn), self.door.manners.of(self.session).0);
        let wire = self.wire.take().filter(|wire| wire.address == address);
        let Some(mut wire) = wire.or_else(|| Wire::connect(address, patience)) else {
            self.turn += 1;
            self.door.pause(address);
            return None;
        };
        let (attempt, open) = ask(&self.door, &mut wire, request);
        self.wire = open.then_some(wire);
        if !matches!(attempt.outcome, Outcome::Answered(_)) {
            self.turn += 1;
            self.door.pause(address);
        }
        Some(attempt)
    }

    fn twice_at_once(&mut self, command: &mut Command, request: &[u8]) {
        let (door, turn, patience) = (Arc::clone(&self.door), self.turn + 1, self.door.manners.of(self.session).0);
        let twin = request.to_vec();
        let twin = std::thread::spawn(move || {
            let mut wire = Wire::connect(door.address(turn), patience)?;
            Some(ask(&door, &mut wire, &twin).0)
        });
        command.attempts.extend(self.attempt(request));
        command.attempts.extend(twin.join().unwrap());
        command.attempts.sort_by_key(|attempt| attempt.began);
    }

    fn request(&self, command: &Command) -> Vec<u8> {
        let Command { key, method, path, body, .. } = command;
        let token = &self.token;
        let prefer = if self.door.manners.of(self.session).1 { "Prefer: respond-async\r\n" } else { "" };
        format!(
            "{method} {path} HTTP/1.1\r\nHost: till\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n\
             {prefer}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

fn ask(door: &Door, wire: &mut Wire, request: &[u8]) -> (Attempt, bool) {
    let began = door.tick();
    let (outcome, open) = wire.ask(request, || door.sent());
    door.ended(&outcome);
    (Attempt { began, ended: door.tick(), outcome }, open)
}

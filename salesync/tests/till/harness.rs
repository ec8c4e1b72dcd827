//! The real binary behind a socket, and a till that talks to it: what every test of the interface begins with.
//!
//! Another test crate includes it by `#[path = "../till/harness.rs"] mod harness;`.
#![allow(dead_code, reason = "each test crate that includes this uses its own part of it")]

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike as _, Utc};
use serde_json::{Value, json};

/// How long anything may take that a test waits for; nothing is expected to come near it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// What every store of the tests signs up with.
pub(crate) const PASSWORD: &str = "Demostore1!";

/// Where it was noon when the tests began.
pub(crate) static NOON: LazyLock<Noon> = LazyLock::new(Noon::find);

/// A time zone and its date.
pub(crate) struct Noon {
    pub(crate) zone: String,
    pub(crate) today: NaiveDate,
    ahead: TimeDelta,
}

static NAMES: AtomicU32 = AtomicU32::new(0);

impl Noon {
    #[expect(clippy::disallowed_methods, reason = "the server under test looks at the same clock")]
    fn find() -> Self {
        let now = Utc::now().naive_utc();
        let hours = 12 - i64::from(now.hour());
        // The signs of these zones' names are the other way round.
        let zone = if hours == 0 { "Etc/UTC".to_owned() } else { format!("Etc/GMT{:+}", -hours) };
        let ahead = TimeDelta::hours(hours);
        Self { zone, today: (now + ahead).date(), ahead }
    }

    /// A date so many days from today.
    pub(crate) fn day(&self, days: i64) -> String {
        (self.today + TimeDelta::days(days)).to_string()
    }

    /// Noon of the date so many days from today.
    pub(crate) fn instant(&self, days: i64) -> DateTime<Utc> {
        let noon = (self.today + TimeDelta::days(days)).and_time(NaiveTime::MIN) + TimeDelta::hours(12);
        (noon - self.ahead).and_utc()
    }
}

/// A username that no other store of this run has.
pub(crate) fn new_name() -> String {
    format!("tillstore{}", NAMES.fetch_add(1, Ordering::Relaxed))
}

/// `salesync serve` on a data folder of its own.
pub(crate) struct Server {
    data: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    /// Outlives restarts, so that a test can ask what any of its runs wrote.
    log: Arc<Lines>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    /// Ends the server and removes its folder when the test process ends, however that happens.
    watchdog: Child,
    address: SocketAddr,
    admin: SocketAddr,
}

/// The lines that the server wrote, and a bell for who waits for one.
#[derive(Default)]
struct Lines {
    text: Mutex<Vec<String>>,
    more: Condvar,
}

impl Server {
    /// A server on a new folder.
    pub(crate) fn start() -> Self {
        Self::with(&[], &[])
    }

    /// A server on a new folder with these arguments and environment variables too.
    pub(crate) fn with(args: &[&str], env: &[(&str, &str)]) -> Self {
        let data = tempfile::Builder::new().prefix("salesync-till-").tempdir().unwrap().keep();
        Self::on(data, args, env)
    }

    /// A server on a folder that is there; it is removed at the end.
    pub(crate) fn on(data: PathBuf, args: &[&str], env: &[(&str, &str)]) -> Self {
        let args = args.iter().map(ToString::to_string).collect();
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut server = Self { data, args, env, log: Arc::default(), running: None };
        server.run();
        server
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`], with another address.
    pub(crate) fn run(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let from = self.log.text.lock().unwrap().len();
        let mut child = Command::new(env!("CARGO_BIN_EXE_salesync"))
            .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json"])
            .arg("--data")
            .arg(&self.data)
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        self.log.follow(child.stderr.take().unwrap());
        let watchdog = watchdog(child.id(), &self.data);
        let serving = self.log.wait_for(from, |line| line["message"] == "serving");
        let address = |name: &str| serving[name].as_str().unwrap().parse().unwrap();
        let (address, admin) = (address("listen"), address("admin.listen"));
        self.running = Some(Running { child, watchdog, address, admin });
    }

    /// kill -9, then starts it again.
    pub(crate) fn crash_and_restart(&mut self) {
        self.kill();
        self.run();
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        let mut running = self.running.take().expect("it runs");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        running.call_off_watchdog();
    }

    /// SIGTERM, then waits until it has ended.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        let mut running = self.running.take().expect("it runs");
        let status = running.child.wait().unwrap();
        running.call_off_watchdog();
        status
    }

    /// Sends it a signal: `TERM`, `STOP`, `CONT` …
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.running().child.id()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running().address
    }

    pub(crate) fn admin_address(&self) -> SocketAddr {
        self.running().admin
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Everything it wrote so far, over all its runs.
    pub(crate) fn log(&self) -> String {
        self.log.text.lock().unwrap().join("\n")
    }

    /// Waits for a line of the log.
    pub(crate) fn wait_for_log(&self, is: impl Fn(&Value) -> bool) -> Value {
        self.log.wait_for(0, is)
    }

    /// How much memory it holds at most ever held, in kilobytes.
    pub(crate) fn peak_memory_kilobytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// A client without a token.
    pub(crate) fn guest(&self) -> Till {
        Till {
            address: self.address(),
            headers: Vec::new(),
            store_id: String::new(),
            username: String::new(),
            wrote: Arc::default(),
        }
    }

    /// A client of a store that has just signed up.
    pub(crate) fn sign_up(&self) -> Till {
        self.sign_up_as(&new_name(), &json!({}))
    }

    /// A client of a store that has just signed up under this name, with these fields too.
    pub(crate) fn sign_up_as(&self, username: &str, fields: &Value) -> Till {
        let signed_up = self.guest().post("/stores/", &registration(username, fields));
        let answer = signed_up.is(201);
        let token = answer["token"]["access_token"].as_str().unwrap();
        let store_id = answer["store_id"].as_str().unwrap().to_owned();
        let till = Till { store_id, username: username.to_owned(), ..self.guest() }.bearer(token);
        till.remember(&signed_up);
        till
    }

    /// A client of a store that is there, which logs in.
    pub(crate) fn log_in(&self, username: &str) -> Till {
        let answer = self.guest().post("/stores/login", &json!({"username": username, "password": PASSWORD})).is(200);
        let store_id = answer["store_id"].as_str().unwrap().to_owned();
        let till = Till { store_id, username: username.to_owned(), ..self.guest() };
        till.bearer(answer["access_token"].as_str().unwrap())
    }

    /// A client of a new store on whose clocks it is about noon, so that no test meets midnight, with this menu.
    pub(crate) fn cafe(&self, items: &[(&str, i64)]) -> Till {
        let till = self.sign_up_as(&new_name(), &json!({"time_zone": NOON.zone}));
        till.menu(items);
        till
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
            running.call_off_watchdog();
        }
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

impl Running {
    fn call_off_watchdog(&mut self) {
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
    }
}

/// A shell that reads its input until the test process is gone. A static of a test is never dropped.
fn watchdog(server: u32, data: &Path) -> Child {
    let script = "cat >/dev/null; kill -9 \"$0\"; rm -rf \"$1\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, &server.to_string()]).arg(data).stdin(Stdio::piped()).stdout(Stdio::null());
    shell.stderr(Stdio::null()).spawn().unwrap()
}

/// A sign-up as the front end sends it, with these fields beside or instead.
pub(crate) fn registration(username: &str, fields: &Value) -> Value {
    let mut body = json!({
        "username": username, "password": PASSWORD, "owner_name": "홍길동", "phone": "01012345678",
        "store_name": "카페 하늘", "address": "서울시 강남구 1", "store_type": "일반음식점",
    });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

impl Lines {
    fn follow(self: &Arc<Self>, stderr: std::process::ChildStderr) {
        let lines = Arc::clone(self);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.text.lock().unwrap().push(line);
                lines.more.notify_all();
            }
        });
    }

    fn wait_for(&self, from: usize, is: impl Fn(&Value) -> bool) -> Value {
        let (deadline, mut seen) = (Instant::now() + PATIENCE, from);
        let mut text = self.text.lock().unwrap();
        loop {
            let parsed = text[seen..].iter().filter_map(|line| serde_json::from_str(line).ok());
            if let Some(line) = parsed.into_iter().find(|line| is(line)) {
                return line;
            }
            seen = text.len();
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the line did not come:\n{}", text.join("\n"));
            text = self.more.wait_timeout(text, left).unwrap().0;
        }
    }
}

/// A client: the headers that it sends with everything, and whose it is.
#[derive(Clone)]
pub(crate) struct Till {
    pub(crate) address: SocketAddr,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) store_id: String,
    pub(crate) username: String,
    /// The position of the last write, which every GET asks to see: how fast the machine is shows nothing here.
    wrote: Arc<Mutex<Option<(u64, String)>>>,
}

impl Till {
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body.to_string().as_bytes()))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(body.to_string().as_bytes()))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// With this header instead of any of its name.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut till = self.without(name);
        till.headers.push((name.to_owned(), value.to_owned()));
        till
    }

    /// Without the header.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut till = self.clone();
        till.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        till
    }

    /// With this token.
    pub(crate) fn bearer(&self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    /// With this idempotency key.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.with("Idempotency-Key", key)
    }

    /// The token that it sends.
    pub(crate) fn token(&self) -> &str {
        let header = self.headers.iter().find(|(name, _)| name == "Authorization").expect("a token");
        header.1.strip_prefix("Bearer ").unwrap()
    }

    /// The same client after the server moved.
    pub(crate) fn at(&self, server: &Server) -> Self {
        Self { address: server.address(), ..self.clone() }
    }

    /// A request with any bytes as body, of JSON by its headers.
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        let after = self.wrote.lock().unwrap().as_ref().filter(|_| method == "GET").map(|(_, stamp)| stamp.clone());
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = after.map_or_else(|| path.to_owned(), |stamp| format!("{path}{mark}after={stamp}"));
        let mut bytes = format!("{method} {path} HTTP/1.1\r\nHost: api.salesync.site\r\nConnection: close\r\n");
        for (name, value) in &self.headers {
            bytes += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = body {
            let typed = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            bytes += if typed { "" } else { "Content-Type: application/json\r\n" };
            bytes += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut bytes = (bytes + "\r\n").into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        let answer = self.raw(&bytes);
        self.remember(&answer);
        answer
    }

    fn remember(&self, answer: &Answer) {
        let Some(stamp) = answer.header("salesync-position") else { return };
        let position = stamp.rsplit('-').next().unwrap().parse().unwrap();
        let mut wrote = self.wrote.lock().unwrap();
        if wrote.as_ref().is_none_or(|(known, _)| *known < position) {
            *wrote = Some((position, stamp.to_owned()));
        }
    }

    /// These bytes on a connection of their own, and what comes back on it.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        self.try_raw(bytes).expect("an answer")
    }

    /// The same, where the server may be gone in between.
    pub(crate) fn try_raw(&self, bytes: &[u8]) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        // Who refuses a long body may close before its end; then the answer is there all the same.
        let sent = stream.write_all(bytes);
        let mut received = Vec::new();
        let read = stream.read_to_end(&mut received);
        if received.is_empty() {
            sent?;
            read?;
        }
        Answer::parse(&received).ok_or_else(|| std::io::Error::other("no whole answer"))
    }

    /// The menu's one category with items of these names and prices, whose ids are 1, 2, 3 … in a new store.
    pub(crate) fn menu(&self, items: &[(&str, i64)]) {
        let category = &self.post("/categories/", &json!({"name": "음료"})).is(201)["id"];
        for (name, price) in items {
            let path = format!("/categories/{category}/items");
            self.post(&path, &json!({"name": name, "price": price})).is(201);
        }
    }

    /// So many of an item on a table.
    pub(crate) fn order(&self, table: i64, carts: &[(i64, i64)]) -> Answer {
        self.post("/orders/", &table_of(table, carts))
    }

    /// All that is to be on a table.
    pub(crate) fn reorder(&self, table: i64, carts: &[(i64, i64)]) -> Answer {
        self.put("/orders/", &table_of(table, carts))
    }

    /// A payment by card without a stated total.
    pub(crate) fn pay(&self, table: i64) -> Answer {
        self.post("/sales/", &json!({"table_no": table, "payment_type": "카드"}))
    }

    /// What an item costs the store.
    pub(crate) fn cost(&self, item: i64, cost: i64) {
        self.put(&format!("/categories/items/costs/{item}"), &json!({"cost": cost})).is(200);
    }

    /// What is on a table, as `(item, quantity)` and the total.
    pub(crate) fn table(&self, table: i64) -> (Vec<(i64, i64)>, i64) {
        let shown = self.get(&format!("/orders/unpaids/{table}")).is(200);
        let line = |line: &Value| (line["item_id"].as_i64().unwrap(), line["quantity"].as_i64().unwrap());
        (shown["carts"].as_array().unwrap().iter().map(line).collect(), shown["total_price"].as_i64().unwrap())
    }
}

/// The body without its envelope, as the contract's examples show it.
pub(crate) fn bare(mut body: Value) -> Value {
    let members = body.as_object_mut().unwrap();
    members.remove("result");
    members.remove("message");
    body
}

/// The body of an order.
pub(crate) fn table_of(table: i64, carts: &[(i64, i64)]) -> Value {
    let carts: Vec<Value> =
        carts.iter().map(|(item, quantity)| json!({"item_id": item, "quantity": quantity})).collect();
    json!({"table_no": table, "carts": carts})
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON, after the status is found to be this one.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text().chars().take(1_000).collect::<String>());
        self.json()
    }

    /// The body of a refusal of this kind and status, after its form is found right.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, kind: &str) -> Value {
        let problem = self.is(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["type"], format!("https://salesync.site/problems/{kind}"), "{problem}");
        assert_eq!((&problem["status"], &problem["result"]), (&json!(status), &json!("failed")), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        let korean = |c: char| ('가'..='힣').contains(&c);
        assert!(problem["message"].as_str().unwrap().contains(korean), "{problem}");
        assert_eq!(problem["outcome"].is_string(), status >= 500, "{problem}");
        problem
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let mut lines: VecDeque<&str> = std::str::from_utf8(&bytes[..end]).ok()?.split("\r\n").collect();
        let status = lines.pop_front()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers: Vec<_> = lines.into_iter().filter_map(header).collect();
        let mut answer = Self { status, headers, body: bytes[end + 4..].to_vec() };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = unchunked(&answer.body)?;
        } else if let Some(length) = answer.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
            (answer.body.len() >= length).then_some(())?;
        }
        Some(answer)
    }
}

/// The body out of its chunks; none if it was broken off.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(line + 2..line + 2 + length)?);
        rest = rest.get(line + 4 + length..)?;
    }
}

//! A server with one route of each kind, and a client that sends exactly the bytes it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use events::StoreId;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;
use web::{
    Access, Claims, ClientAddress, Clock, EdgeOptions, Fields, Gate, IdempotencyKey, Ids, Limit, Owner,
    OwnerOrDemonstration, Parameters, PathId, Payload, Problem, RequestId, ServerLimits, Sessions, Signed, Tokens,
    TrustedProxies, respond,
};

/// The key that the server signs with.
pub(crate) const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// A clock that stands until it is moved.
pub(crate) struct Standing(AtomicI64);

/// Ids that count.
pub(crate) struct Counting(AtomicU64);

/// Sessions as the test says.
pub(crate) struct Said(Mutex<Access>);

/// A server on a port of its own.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) tokens: Tokens,
    pub(crate) clock: Arc<Standing>,
    pub(crate) sessions: Arc<Said>,
    /// Lets one request to `/gate` pass.
    pub(crate) gate: Arc<Semaphore>,
    /// Entered once by each request to `/gate`.
    pub(crate) entered: Arc<Semaphore>,
    pub(crate) end: oneshot::Sender<()>,
    pub(crate) server: JoinHandle<()>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

#[derive(Clone)]
struct Shared {
    gate: Arc<Gate>,
    pass: Arc<Semaphore>,
    entered: Arc<Semaphore>,
}

impl FromRef<Shared> for Arc<Gate> {
    fn from_ref(shared: &Shared) -> Self {
        Arc::clone(&shared.gate)
    }
}

impl Clock for Standing {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0.load(Ordering::SeqCst), 0).unwrap()
    }
}

impl Standing {
    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Ids for Counting {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }

    fn salt(&self) -> [u8; 16] {
        self.uuid().into_bytes()
    }
}

impl Said {
    pub(crate) fn say(&self, access: Access) {
        *self.0.lock().unwrap() = access;
    }
}

#[async_trait]
impl Sessions for Said {
    async fn access(&self, _: &Claims) -> Access {
        *self.0.lock().unwrap()
    }
}

/// The store that tests sign in as.
pub(crate) fn store() -> StoreId {
    StoreId::of_username("cafe")
}

/// The store that load scripts may use.
pub(crate) fn demonstration() -> StoreId {
    StoreId::of_username("demonstration")
}

pub(crate) fn clock_and_ids() -> (Arc<Standing>, Arc<Counting>) {
    (Arc::new(Standing(AtomicI64::new(1_800_000_000))), Arc::new(Counting(AtomicU64::new(1))))
}

/// A server as it runs in production.
pub(crate) async fn serve() -> Served {
    serve_with(|_| {}, ServerLimits::default(), TrustedProxies::default()).await
}

/// A server with other options.
pub(crate) async fn serve_with(
    alter: impl FnOnce(&mut EdgeOptions),
    limits: ServerLimits,
    proxies: TrustedProxies,
) -> Served {
    let (clock, ids) = clock_and_ids();
    let sessions = Arc::new(Said(Mutex::new(Access::Granted)));
    let tokens = Tokens::new(SECRET, clock.clone(), ids.clone()).unwrap();
    let gate = Arc::new(Gate::new(tokens.clone(), sessions.clone(), Some(demonstration())));
    let (pass, entered) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let shared = Shared { gate, pass: Arc::clone(&pass), entered: Arc::clone(&entered) };
    let mut options = EdgeOptions::new(ids);
    alter(&mut options);
    let app = web::edge(router().with_state(shared), options);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel();
    let server = tokio::spawn(web::serve(listener, app, limits, proxies, async {
        let _ = ended.await;
    }));
    Served { address, tokens, clock, sessions, gate: pass, entered, end, server }
}

fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(|| async { "Salesync" }))
        .route("/owner", get(show_owner))
        .route("/signed", get(show_signed))
        .route("/open-to-scripts", get(show_owner_or_demonstration))
        .route("/items/{id}", get(show_item).put(put_item).delete(show_item))
        .route("/days", get(show_days))
        .route("/panic", get(panic_now).post(panic_now))
        .route("/gate", get(wait_at_gate).post(wait_at_gate))
        .route("/client", get(show_client))
        .route("/login", post(take_secret))
}

fn ok(value: &Value) -> Response {
    respond::success(StatusCode::OK, "확인했습니다.", value)
}

async fn show_owner(Owner(caller): Owner) -> Response {
    ok(&json!({ "store_id": caller.store }))
}

async fn show_signed(Signed(caller): Signed) -> Response {
    ok(&json!({ "store_id": caller.store }))
}

async fn show_owner_or_demonstration(OwnerOrDemonstration(caller): OwnerOrDemonstration) -> Response {
    ok(&json!({ "store_id": caller.store }))
}

async fn show_item(_: Owner, PathId(id): PathId) -> Response {
    ok(&json!({ "id": id }))
}

async fn put_item(
    _: Owner,
    PathId(id): PathId,
    key: Option<IdempotencyKey>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let price = Fields::parse(&body)?.integer("price", &Limit::new("price_minor_units", 0..=1_000_000))?;
    Ok(ok(&json!({ "id": id, "price": price, "key": key.as_ref().map(IdempotencyKey::as_str) })))
}

async fn show_days(_: Owner, parameters: Parameters) -> Result<Response, Problem> {
    let after = parameters.after()?.len();
    Ok(ok(&json!({ "days": parameters.range()?.days(), "after": after })))
}

async fn panic_now() -> Response {
    panic!("a panic with secret-canary in it")
}

async fn wait_at_gate(axum::extract::State(shared): axum::extract::State<Shared>) -> Response {
    shared.entered.add_permits(1);
    shared.pass.acquire().await.unwrap().forget();
    ok(&json!({}))
}

async fn show_client(ClientAddress(address): ClientAddress, id: RequestId) -> Response {
    ok(&json!({ "address": address, "request": id.as_str() }))
}

async fn take_secret(Payload(body): Payload) -> Result<Response, Problem> {
    let fields = Fields::parse(&body)?;
    let secret = fields.secret("password", &Limit::new("password_characters", 8..=128))?;
    tracing::info!(?fields, ?secret, "fields and secrets have no form that shows what they hold");
    Ok(ok(&json!({})))
}

impl Served {
    pub(crate) fn token(&self) -> String {
        self.tokens.mint(store(), 0)
    }

    /// Sends one request with these header lines, the last of its connection.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let lines = headers.iter().fold(String::new(), |lines, line| lines + line + "\r\n");
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: cafe\r\nConnection: close\r\nContent-Length: {length}\r\n");
        self.exchange(format!("{head}{lines}\r\n{body}").as_bytes()).await
    }

    /// Sends one request with a good token.
    pub(crate) async fn send_signed(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(method, path, &[&format!("Authorization: Bearer {}", self.token())], body).await
    }

    /// Sends the bytes, all of them, then reads until the server closes.
    pub(crate) async fn exchange(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        read_answer(&mut stream).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Reads until the server closes.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    within(stream.read_to_end(&mut bytes)).await.unwrap();
    Answer::parse(&String::from_utf8(bytes).unwrap())
}

/// Fails rather than hangs.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("nothing came within 30 s")
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Whether it is a problem of this kind, whole and well-formed.
    pub(crate) fn is_problem(&self, slug: &str) -> bool {
        let body = self.json();
        self.header("content-type") == Some("application/problem+json")
            && body["type"] == format!("https://salesync.site/problems/{slug}")
            && body["status"] == self.status
            && body["result"] == "failed"
            && body["message"].as_str().is_some_and(|message| !message.is_empty())
            && body["outcome"].is_string() == (self.status >= 500)
    }
}

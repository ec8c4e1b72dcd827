//! A read side whose views are filled by hand: one call is one event, as a projector would commit and announce it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use events::{LogId, Partition, Position, StoreId};
use http_body_util::BodyExt as _;
use migrations::{Value, Views};
use query_api::{Parts, QueryState, SessionTable};
use serde_json::Value as Json;
use tokio::sync::watch;
use tower::ServiceExt as _;
use uuid::Uuid;
use web::{
    ClientAddress, Clock, Edge, EdgeOptions, Freshness, Gate, Ids, Passwords, Present, Throttle, ThrottleLimits,
    Tokens, edge,
};

use crate::place::Place;

pub(crate) const PROJECTIONS: [&str; 8] =
    ["stores", "catalogue", "tables", "orders", "sales", "days", "settlements", "consultings"];
pub(crate) const LOG: LogId = LogId(Uuid::from_u128(0x5f3a_90c1_0000_4000_8000_0000_0000_0001));

/// A statement with its parameters.
pub(crate) type Statement = (&'static str, Vec<Value>);

pub(crate) struct Fixture {
    pub(crate) views: Views,
    pub(crate) log: Arc<log::MemoryLog>,
    pub(crate) state: QueryState,
    pub(crate) word: Arc<Word>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) sessions: Arc<SessionTable>,
    pub(crate) edge: Edge,
    _place: Place,
}

/// What an answer was.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// The word on the views' progress, which the tests give.
pub(crate) struct Word {
    pub(crate) present: watch::Sender<Present>,
    /// Whether it waits at all, so that a test need not.
    pub(crate) patient: AtomicBool,
    /// Whether it knows which log the views follow.
    pub(crate) knows_the_log: watch::Sender<bool>,
}

pub(crate) struct FixedClock(Mutex<DateTime<Utc>>);

pub(crate) struct CountingIds(pub(crate) AtomicU64);

impl Fixture {
    pub(crate) async fn new(place: Place) -> Self {
        Self::with(None, place).await
    }

    pub(crate) async fn with_demonstration(store: &str, place: Place) -> Self {
        Self::with(Some(StoreId::of_username(store)), place).await
    }

    async fn with(demonstration: Option<StoreId>, place: Place) -> Self {
        let views = place.open().await;
        let clock = Arc::new(FixedClock(Mutex::new("2026-11-20T10:00:00Z".parse().unwrap())));
        let ids = Arc::new(CountingIds(AtomicU64::new(1)));
        let tokens = Tokens::new(&[7; 32], clock.clone(), ids.clone()).unwrap();
        let sessions = Arc::new(SessionTable::new(views.clone(), clock.clone(), vec![Position(0)]));
        let gate = Arc::new(Gate::new(tokens.clone(), sessions.clone(), demonstration));
        let present = Present { next: Position(0), generation: views.live_generation(), sure: true };
        let word = Arc::new(Word {
            present: watch::Sender::new(present),
            patient: AtomicBool::new(true),
            knows_the_log: watch::Sender::new(true),
        });
        let passwords = Arc::new(Passwords::new(2));
        let log = Arc::new(log::MemoryLog::new(1));
        let state = QueryState::new(Parts {
            gate,
            log: log.clone(),
            views: views.clone(),
            freshness: word.clone(),
            passwords: passwords.clone(),
            tokens: tokens.clone(),
            throttle: Arc::new(Throttle::new(ThrottleLimits::default())),
        });
        let (router, _) = query_api::routes().with_state(state.clone()).split_for_parts();
        let edge = edge(router, EdgeOptions::new(ids));
        Self { views, log, state, word, clock, tokens, passwords, sessions, edge, _place: place }
    }

    /// One event: the rows it changes, of which projections, and the word that it is visible.
    pub(crate) async fn event(&self, store: StoreId, touched: &[&'static str], rows: Vec<Statement>) -> Position {
        let position = self.commit(store, touched, rows).await;
        self.announce(position);
        position
    }

    /// One event that is committed, while nobody has said so yet.
    pub(crate) async fn commit(&self, store: StoreId, touched: &[&'static str], rows: Vec<Statement>) -> Position {
        let mut writer = self.views.writer().await.unwrap();
        let mut tx = writer.begin().await.unwrap();
        let found = tx.fetch("SELECT MAX(next) FROM checkpoints", &[]).await.unwrap();
        let next = found[0].opt_int(0).unwrap().unwrap_or(0);
        for (sql, params) in rows {
            tx.execute(sql, &params).await.unwrap();
        }
        for projection in PROJECTIONS {
            let checkpoint = "INSERT INTO checkpoints (projection, partition, next, cursor, counted) \
                 VALUES ($1, 0, $2, '{}', 0) ON CONFLICT (projection, partition) DO UPDATE SET next = excluded.next";
            tx.execute(checkpoint, &[projection.into(), (next + 1).into()]).await.unwrap();
        }
        for projection in touched {
            let position = "INSERT INTO positions (projection, store_id, position) VALUES ($1, $2, $3) \
                 ON CONFLICT (projection, store_id) DO UPDATE SET position = excluded.position";
            tx.execute(position, &[(*projection).into(), store.0.into(), next.into()]).await.unwrap();
        }
        tx.commit().await.unwrap();
        Position(u64::try_from(next).unwrap())
    }

    /// The word that the record at the position is visible.
    pub(crate) fn announce(&self, position: Position) {
        let generation = self.views.live_generation();
        self.word.present.send_modify(|present| {
            present.next = position.next();
            present.generation = generation;
        });
    }

    /// Rows that change behind everybody's back: no event, no position, no word.
    pub(crate) async fn tamper(&self, sql: &'static str, params: Vec<Value>) {
        let mut writer = self.views.writer().await.unwrap();
        let mut tx = writer.begin().await.unwrap();
        assert_eq!(tx.execute(sql, &params).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }

    /// A store that signed up, in Seoul.
    pub(crate) async fn store(&self, username: &str) -> StoreId {
        let store = StoreId::of_username(username);
        self.event(store, &["stores"], vec![crate::rows::store(store, username, "no hash")]).await;
        store
    }

    pub(crate) fn token(&self, store: StoreId) -> String {
        self.tokens.mint(store, 0)
    }

    pub(crate) async fn get(&self, store: StoreId, path: &str) -> Answer {
        self.get_with(store, path, &[]).await
    }

    pub(crate) async fn get_with(&self, store: StoreId, path: &str, headers: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {}", self.token(store));
        let mut headers = headers.to_vec();
        headers.push(("authorization", &bearer));
        self.send("GET", path, &headers, "").await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send("POST", path, headers, body).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))));
        Answer::of(self.edge.clone().oneshot(request).await.unwrap()).await
    }

    /// An answer whose body nobody has taken yet.
    pub(crate) async fn begin(&self, store: StoreId, path: &str) -> Response {
        self.begin_with(store, path, &[]).await
    }

    /// The same, with these headers too.
    pub(crate) async fn begin_with(&self, store: StoreId, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::get(path).header("authorization", format!("Bearer {}", self.token(store)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.edge.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// The body, of an answer with this status.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Json {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap_or(Json::Null)
    }

    /// The body of a success, without the two members that every one has.
    #[track_caller]
    pub(crate) fn success(&self) -> Json {
        let mut json = self.json(200);
        let members = json.as_object_mut().unwrap();
        assert_eq!(members.remove("result").unwrap(), "success");
        let message = members.remove("message").unwrap();
        assert!(message.as_str().unwrap().chars().any(|c| ('가'..='힣').contains(&c)), "{message}");
        json
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }
}

#[async_trait]
impl Freshness for Word {
    fn log(&self) -> Option<LogId> {
        self.knows_the_log.borrow().then_some(LOG)
    }

    async fn known_log(&self, wait: Duration) -> Option<LogId> {
        let mut knows = self.knows_the_log.subscribe();
        let wait = if self.patient.load(Ordering::Relaxed) { wait } else { Duration::ZERO };
        let known = tokio::time::timeout(wait, knows.wait_for(|knows| *knows)).await;
        known.is_ok_and(|known| known.is_ok()).then_some(LOG)
    }

    fn partitions(&self) -> u32 {
        1
    }

    fn present(&self, _: Partition) -> Present {
        *self.present.borrow()
    }

    fn end(&self, _: Partition) -> Position {
        self.present.borrow().next
    }

    async fn reached(&self, _: Partition, position: Position, wait: Duration) -> bool {
        let mut present = self.present.subscribe();
        let reached = present.wait_for(|present| present.next > position);
        let wait = if self.patient.load(Ordering::Relaxed) { wait } else { Duration::ZERO };
        tokio::time::timeout(wait, reached).await.is_ok_and(|reached| reached.is_ok())
    }
}

impl FixedClock {
    pub(crate) fn forward(&self, seconds: i64) {
        *self.0.lock().unwrap() += chrono::TimeDelta::seconds(seconds);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }

    fn salt(&self) -> [u8; 16] {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed))).into_bytes()
    }
}

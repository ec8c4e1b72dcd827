//! Commands that come to the wrong instance, over real connections: passed on once, answered by the owner, and never
//! called done or undone when nobody knows.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::middleware;
use chrono::{DateTime, Utc};
use command_api::{Assigned, CommandState, Membership, NotConfirmed, Relay, WriterOptions, Writers};
use events::{LogId, Partition, Position, StoreId};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use log::MemoryLog;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;
use web::{
    Access, Claims, Clock, EdgeOptions, Freshness, Gate, Passwords, Present, Relayed, ServerLimits, Sessions, Throttle,
    ThrottleLimits, Tokens,
};

use crate::shop::{Steps, events};

const PARTITIONS: u32 = 2;

/// Who has what, as all instances are told it.
#[derive(Default)]
struct Board {
    owners: Mutex<BTreeMap<Partition, String>>,
}

struct Seat {
    board: Arc<Board>,
    assigned: watch::Sender<Assigned>,
}

#[async_trait]
impl Membership for Seat {
    fn assigned(&self) -> watch::Receiver<Assigned> {
        self.assigned.subscribe()
    }

    async fn confirm(&self, _: Partition) -> Result<(), NotConfirmed> {
        Ok(())
    }

    fn let_go(&self, _: Partition) {}

    fn give_up(&self, _: Partition) {}

    async fn owner(&self, partition: Partition) -> Option<String> {
        self.board.owners.lock().unwrap().get(&partition).cloned()
    }

    fn mistaken(&self, _: Partition) {}
}

struct Open;

#[async_trait]
impl Sessions for Open {
    async fn access(&self, _: &Claims) -> Access {
        Access::Granted
    }
}

struct Now;

impl Clock for Now {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }
}

/// Views that show everything at once.
struct Shown;

#[async_trait]
impl Freshness for Shown {
    fn log(&self) -> Option<LogId> {
        None
    }

    async fn known_log(&self, _: Duration) -> Option<LogId> {
        None
    }

    fn partitions(&self) -> u32 {
        PARTITIONS
    }

    fn present(&self, _: Partition) -> Present {
        Present { next: Position(0), generation: Uuid::nil(), sure: true }
    }

    fn end(&self, _: Partition) -> Position {
        Position(0)
    }

    async fn reached(&self, _: Partition, _: Position, _: Duration) -> bool {
        true
    }
}

/// One instance behind a socket.
struct Instance {
    address: SocketAddr,
    writers: Writers,
    seat: Arc<Seat>,
    tokens: Tokens,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Instance {
    async fn start(log: &MemoryLog, board: &Arc<Board>, nth: u64, assigned: &[u32]) -> Self {
        let assigned = Arc::new(assigned.iter().copied().map(Partition).collect());
        let seat = Arc::new(Seat { board: board.clone(), assigned: watch::Sender::new(assigned) });
        let (ids, clock): (Arc<Steps>, Arc<dyn Clock>) = (Steps::from(nth * 1_000_000), Arc::new(Now));
        let options = WriterOptions {
            log: Arc::new(log.clone()),
            partition: Partition(0),
            ids: ids.clone(),
            snapshots: None,
            locked: false,
            snapshot_every_records: u64::MAX,
        };
        let (writers, task) = Writers::new(&options, seat.clone());
        let tokens = Tokens::new(&[7; 32], clock.clone(), ids.clone()).unwrap();
        let limits = ThrottleLimits { sign_ups_per_address: 1, ..ThrottleLimits::default() };
        let state = CommandState {
            writers: writers.clone(),
            gate: Arc::new(Gate::new(tokens.clone(), Arc::new(Open), None)),
            tokens: tokens.clone(),
            passwords: Arc::new(Passwords::new(2)),
            throttle: Arc::new(Throttle::new(limits)),
            freshness: Arc::new(Shown),
            ids: ids.clone(),
            clock,
        };
        let relay = Relay::new(state.clone());
        let routes = command_api::routes().with_state(state);
        let routes = routes.layer(middleware::from_fn_with_state(relay, command_api::relay::pass_on));
        let service = web::edge(routes.split_for_parts().0, EdgeOptions::new(ids));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, mut stopping) = watch::channel(false);
        let writing = tokio::spawn(task.run(stop.subscribe()));
        let limits = ServerLimits { drain: Duration::ZERO, ..ServerLimits::default() };
        let serving = tokio::spawn(web::serve(listener, service, limits, "127.0.0.1".parse().unwrap(), async move {
            stopping.wait_for(|stop| *stop).await.unwrap();
        }));
        Self { address, writers, seat, tokens, stop, tasks: vec![writing, serving] }
    }

    /// As all others are told.
    fn owns(&self, partition: u32) {
        let url = format!("http://{}", self.address);
        self.seat.board.owners.lock().unwrap().insert(Partition(partition), url);
    }

    async fn serves(&self, partition: u32) {
        let mut status = self.writers.statuses().swap_remove(partition as usize);
        status.wait_for(|status| status.home().is_some()).await.unwrap();
    }

    async fn sign_up(&self, username: &str, client: &str) -> (StatusCode, Value) {
        let body = json!({"username": username, "password": "Demostore1!", "owner_name": "김온도", "phone": "01012345678",
            "store_name": "카페", "address": "서울", "store_type": "일반음식점"});
        self.send("POST", "/stores/", &[("x-forwarded-for", client)], body.to_string()).await
    }

    async fn category(&self, store: StoreId, key: &str) -> (StatusCode, Value) {
        let bearer = format!("Bearer {}", self.tokens.mint(store, 0));
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
        self.send("POST", "/categories/", &headers, json!({"name": "커피"}).to_string()).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
        let answer = client.request(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn close(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

/// Usernames of stores on the partition.
fn names_on(partition: u32) -> impl Iterator<Item = String> {
    (0..1_000)
        .map(|n| format!("cafe{n:04}"))
        .filter(move |name| log::partition_of_store(StoreId::of_username(name), PARTITIONS) == Partition(partition))
}

/// Two instances, one partition each.
async fn pair() -> (MemoryLog, Arc<Board>, Instance, Instance) {
    let (log, board) = (MemoryLog::new(PARTITIONS), Arc::new(Board::default()));
    let first = Instance::start(&log, &board, 1, &[0]).await;
    let second = Instance::start(&log, &board, 2, &[1]).await;
    first.serves(0).await;
    second.serves(1).await;
    first.owns(0);
    second.owns(1);
    (log, board, first, second)
}

#[tokio::test]
async fn whichever_instance_is_asked_the_owner_answers() {
    let (log, _, first, second) = pair().await;
    let name = names_on(1).next().unwrap();
    let (status, body) = first.sign_up(&name, "192.0.2.1").await;
    assert_eq!(status, 201, "{body}");
    assert!(second.tokens.verify(body["token"]["access_token"].as_str().unwrap()).is_ok());
    let store = StoreId::of_username(&name);
    let (passed_on, direct) = (first.category(store, "k").await, second.category(store, "k").await);
    assert_eq!((passed_on.0, &passed_on), (StatusCode::CREATED, &direct), "one answer, whichever way");
    assert_eq!((events(&log.records(Partition(0))).len(), events(&log.records(Partition(1))).len()), (0, 2));
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn the_clients_address_is_the_one_that_the_first_instance_saw() {
    let (_, _, first, second) = pair().await;
    let mut names = names_on(1);
    let mut next = || names.next().unwrap();
    assert_eq!(first.sign_up(&next(), "192.0.2.1").await.0, 201);
    assert_eq!(first.sign_up(&next(), "192.0.2.2").await.0, 201, "another client behind the same instance");
    assert_eq!(first.sign_up(&next(), "192.0.2.1").await.0, 429, "the same client again");
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn what_was_passed_on_is_served_or_refused_and_not_passed_on_again() {
    let (_, _, first, second) = pair().await;
    let relayed = Relayed { client: [192, 0, 2, 1].into(), within: Duration::from_secs(5) };
    let word = first.tokens.vouch(&relayed);
    let bearer = format!("Bearer {}", first.tokens.mint(StoreId::of_username(&names_on(1).next().unwrap()), 0));
    let headers = [("authorization", bearer.as_str()), ("salesync-relayed", word.as_str())];
    let (status, body) = first.send("DELETE", "/orders/1", &headers, String::new()).await;
    assert_eq!((status, &body["outcome"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("not_applied")));
    assert!(body["type"].as_str().unwrap().ends_with("/elsewhere"), "{body}");
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn a_word_that_no_instance_signed_keeps_nothing_from_being_passed_on() {
    let (_, _, first, second) = pair().await;
    let name = names_on(1).next().unwrap();
    assert_eq!(first.sign_up(&name, "192.0.2.1").await.0, 201);
    let bearer = format!("Bearer {}", first.tokens.mint(StoreId::of_username(&name), 0));
    let headers = [("authorization", bearer.as_str()), ("salesync-relayed", "x.y.z")];
    assert_eq!(first.send("DELETE", "/orders/1", &headers, String::new()).await.0, 200);
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn a_refused_connection_has_applied_nothing_so_the_owner_is_looked_for_again() {
    let (_, board, first, second) = pair().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    board.owners.lock().unwrap().insert(Partition(1), format!("http://{gone}"));
    let name = names_on(1).next().unwrap();
    let asked = first.sign_up(&name, "192.0.2.1");
    let corrected = async {
        tokio::task::yield_now().await;
        second.owns(1);
    };
    let ((status, body), ()) = tokio::join!(asked, corrected);
    assert_eq!(status, 201, "{body}");
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn an_owner_that_is_lost_after_it_was_sent_the_command_leaves_it_unknown() {
    let (_, board, first, second) = pair().await;
    let dying = TcpListener::bind("127.0.0.1:0").await.unwrap();
    board.owners.lock().unwrap().insert(Partition(1), format!("http://{}", dying.local_addr().unwrap()));
    let dies = async {
        let (mut connection, _) = dying.accept().await.unwrap();
        connection.read_exact(&mut [0; 16]).await.unwrap();
    };
    let store = StoreId::of_username(&names_on(1).next().unwrap());
    let ((status, body), ()) = tokio::join!(first.category(store, "k"), dies);
    assert_eq!((status, &body["outcome"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unknown")), "{body}");
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn a_command_finds_the_new_owner_while_its_partition_changes_hands() {
    let (log, _, first, second) = pair().await;
    let name = names_on(1).next().unwrap();
    assert_eq!(first.sign_up(&name, "192.0.2.1").await.0, 201);
    let store = StoreId::of_username(&name);
    let asking = async {
        for n in 0..40 {
            let (status, body) = first.category(store, &format!("k{n}")).await;
            assert!(status == 201 || status == 409, "{status} {body}");
        }
    };
    let moving = async {
        second.seat.assigned.send_replace(Arc::default());
        first.seat.assigned.send_replace(Arc::new([Partition(0), Partition(1)].into()));
        first.serves(1).await;
        first.owns(1);
    };
    tokio::join!(asking, moving);
    assert_eq!(events(&log.records(Partition(1))).len(), 2, "the store and one category of that name");
    first.close().await;
    second.close().await;
}

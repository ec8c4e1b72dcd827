//! Connections: slow, idle, too many, at the end.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use web::{ServerLimits, TrustedProxies};

use crate::fixture::{Served, read_answer, serve, serve_with, within};

const SOON: Duration = Duration::from_millis(20);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: cafe\r\n\r\n";

async fn serve_limited(limits: ServerLimits) -> Served {
    serve_with(|_| {}, limits, TrustedProxies::default()).await
}

/// Reads one answer of the health text and leaves the connection open.
async fn read_health(stream: &mut TcpStream) {
    let mut read = Vec::new();
    while !read.ends_with(b"Salesync") {
        assert_ne!(within(stream.read_buf(&mut read)).await.unwrap(), 0, "closed before the answer");
    }
}

/// Whether the server has closed, by an end or by a reset.
async fn closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    within(stream.read_to_end(&mut rest)).await.is_err() || rest.is_empty()
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up() {
    let served = serve_limited(ServerLimits { head: SOON, ..ServerLimits::default() }).await;
    let mut stream = served.connect().await;
    // A byte at a time buys no time: the limit is for the whole head.
    let mut trickle = b"GET / HTTP/1.1\r\nX-Slow: ".iter().copied().chain(std::iter::repeat(b'x'));
    let mut answer = [0; 1];
    let end = loop {
        let byte = trickle.next().unwrap();
        if stream.write_all(&[byte]).await.is_err() {
            break true;
        }
        if let Ok(read) = tokio::time::timeout(Duration::from_millis(1), stream.read(&mut answer)).await {
            break read.is_err() || matches!(read, Ok(0));
        }
    };
    assert!(end);
}

#[tokio::test]
async fn an_idle_connection_is_closed_before_and_after_a_request() {
    let served = serve_limited(ServerLimits { idle: SOON, ..ServerLimits::default() }).await;
    assert!(closed(&mut served.connect().await).await);
    let mut used = served.connect().await;
    used.write_all(REQUEST).await.unwrap();
    read_health(&mut used).await;
    assert!(closed(&mut used).await);
}

#[tokio::test]
async fn a_handler_may_take_longer_than_a_connection_may_idle() {
    let served = serve_limited(ServerLimits { idle: SOON, head: SOON, ..ServerLimits::default() }).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET /gate HTTP/1.1\r\nHost: cafe\r\nConnection: close\r\n\r\n").await.unwrap();
    served.entered.acquire().await.unwrap().forget();
    // Another connection idles out in the meantime, so the time has passed.
    assert!(closed(&mut served.connect().await).await);
    served.gate.add_permits(1);
    assert_eq!(read_answer(&mut stream).await.status, 200);
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_given_up() {
    let served = serve_limited(ServerLimits { write: SOON, ..ServerLimits::default() }).await;
    let mut stream = served.connect().await;
    // Requests whose answers nobody reads: once both buffers are full the server stops taking more, then closes.
    let many = REQUEST.repeat(1000);
    while within(stream.write_all(&many)).await.is_ok() {}
}

#[tokio::test]
async fn beyond_the_bound_a_connection_waits_for_another_to_end() {
    let served = serve_limited(ServerLimits { connections: 2, ..ServerLimits::default() }).await;
    let (mut first, mut second) = (served.connect().await, served.connect().await);
    for stream in [&mut first, &mut second] {
        stream.write_all(REQUEST).await.unwrap();
        read_health(stream).await;
    }
    let mut third = served.connect().await;
    third.write_all(REQUEST).await.unwrap();
    let mut byte = [0; 1];
    assert!(tokio::time::timeout(SOON, third.peek(&mut byte)).await.is_err(), "served beyond the bound");
    drop(first);
    read_health(&mut third).await;
}

#[tokio::test]
async fn hundreds_of_idle_connections_keep_nobody_from_being_served() {
    let served = serve().await;
    let mut idle = Vec::new();
    for _ in 0..400 {
        idle.push(served.connect().await);
    }
    assert_eq!(served.send("GET", "/", &[], "").await.status, 200);
    drop(idle);
}

#[tokio::test]
async fn at_the_end_a_request_under_way_is_answered_and_idle_connections_close() {
    let served = serve().await;
    let mut fresh = served.connect().await;
    let mut used = served.connect().await;
    used.write_all(REQUEST).await.unwrap();
    read_health(&mut used).await;
    let mut busy = served.connect().await;
    busy.write_all(b"GET /gate HTTP/1.1\r\nHost: cafe\r\n\r\n").await.unwrap();
    served.entered.acquire().await.unwrap().forget();
    served.end.send(()).unwrap();
    assert!(closed(&mut fresh).await && closed(&mut used).await);
    assert!(TcpStream::connect(served.address).await.is_err(), "a connection was accepted at the end");
    served.gate.add_permits(1);
    assert_eq!(read_answer(&mut busy).await.status, 200);
    within(served.server).await.unwrap();
    drop((fresh, used));
}

#[tokio::test]
async fn what_is_still_under_way_at_the_end_of_the_drain_is_cut() {
    let served = serve_limited(ServerLimits { drain: SOON, ..ServerLimits::default() }).await;
    let mut busy = served.connect().await;
    busy.write_all(b"GET /gate HTTP/1.1\r\nHost: cafe\r\n\r\n").await.unwrap();
    served.entered.acquire().await.unwrap().forget();
    served.end.send(()).unwrap();
    within(served.server).await.unwrap();
    assert!(closed(&mut busy).await);
}

#[tokio::test]
async fn garbage_is_refused_and_a_head_beyond_all_measure_too() {
    let served = serve().await;
    let long = format!("GET / HTTP/1.1\r\nHost: cafe\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    let many = format!("GET / HTTP/1.1\r\nHost: cafe\r\n{}\r\n", "X-Many: x\r\n".repeat(1000));
    for bytes in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..], b"GET\r\n\r\n", long.as_bytes(), many.as_bytes()]
    {
        let status = served.exchange(bytes).await.status;
        assert!((400..500).contains(&status), "{status}");
    }
}

#[tokio::test]
async fn the_clients_address_is_the_peers_unless_a_trusted_proxy_names_it() {
    let forwarded = ["X-Forwarded-For: 198.51.100.1, 203.0.113.7"];
    let direct = serve().await.send("GET", "/client", &forwarded, "").await;
    assert_eq!(direct.json()["address"], json!("127.0.0.1"));
    let proxied = serve_with(|_| {}, ServerLimits::default(), "127.0.0.0/8".parse().unwrap()).await;
    assert_eq!(proxied.send("GET", "/client", &forwarded, "").await.json()["address"], json!("203.0.113.7"));
}

//! Live events over real sockets: nothing missed, nothing doubled, nobody else's, nothing personal.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{PASSWORD, PATIENCE, Server, Till};

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
struct Heard {
    id: Option<String>,
    name: String,
    data: Value,
}

/// A client that listens.
struct Listener {
    stream: BufReader<TcpStream>,
}

impl Listener {
    /// Listens as the till, from behind an event if it has one; gives what is said first.
    fn join(till: &Till, last: Option<&str>) -> (Self, Option<Heard>) {
        let mut stream = TcpStream::connect(till.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let last = last.map_or_else(String::new, |last| format!("Last-Event-ID: {last}\r\n"));
        let head =
            format!("GET /events/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{last}\r\n", till.token());
        stream.write_all(head.as_bytes()).unwrap();
        let mut listener = Self { stream: BufReader::new(stream) };
        assert!(listener.line().unwrap().contains("200"), "it listens");
        while !listener.line().unwrap().is_empty() {}
        let first = last.is_empty().then(|| listener.next().unwrap());
        (listener, first)
    }

    /// The next event; none when the stream has ended.
    fn next(&mut self) -> Option<Heard> {
        let mut heard = Heard { id: None, name: String::new(), data: Value::Null };
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                Some(("id", id)) => heard.id = Some(id.to_owned()),
                Some(("event", name)) => name.clone_into(&mut heard.name),
                Some(("data", data)) => heard.data = serde_json::from_str(data).unwrap(),
                // The last chunk of the body is the empty one.
                _ if line == "0" => return None,
                // An event ends with an empty line; between chunks of the body stand others.
                _ if line.is_empty() && !heard.name.is_empty() => return Some(heard),
                _ => {}
            }
        }
    }

    /// The events up to the next of this kind.
    fn until(&mut self, is: impl Fn(&Heard) -> bool) -> Vec<Heard> {
        let mut all = Vec::new();
        loop {
            let heard = self.next().expect("the stream goes on");
            all.push(heard);
            if is(&all[all.len() - 1]) {
                return all;
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(read) if read > 0 => Some(line.trim_end().to_owned()),
            _ => None,
        }
    }
}

fn sale_no(heard: &Heard) -> Option<i64> {
    (heard.name == "SaleCompleted").then(|| heard.data["data"]["sale_id"].as_i64().unwrap())
}

fn sell(till: &Till) -> i64 {
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201)["id"].as_i64().unwrap()
}

#[test]
fn what_happens_is_heard_as_it_happens_by_its_own_store_alone() {
    let server = Server::start();
    let (till, other) = (server.cafe(&[("라떼", 5_500)]), server.cafe(&[("라떼", 5_500)]));
    let (mut ours, ready) = Listener::join(&till, None);
    let (mut theirs, _) = Listener::join(&other, None);
    assert_eq!(ready.unwrap().name, "ready");
    let sale = sell(&till);
    sell(&other);
    let heard = ours.until(|heard| sale_no(heard) == Some(sale));
    assert_eq!(heard.iter().map(|heard| heard.name.as_str()).collect::<Vec<_>>(), ["OrderPlaced", "SaleCompleted"]);
    assert_eq!(heard[1].data["data"]["total"]["price"], 5_500);
    let theirs = theirs.until(|heard| heard.name == "SaleCompleted");
    assert_eq!(theirs.len(), 2);
    let ids: Vec<_> = heard.iter().chain(&theirs).map(|heard| heard.id.clone().unwrap()).collect();
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len(), "no event is two stores'");
}

#[test]
fn nothing_personal_is_heard() {
    let server = Server::start();
    let till = server.cafe(&[("라떼", 5_500)]);
    let (mut listener, _) = Listener::join(&till, None);
    let path = format!("/stores/{}", till.store_id);
    till.put(&path, &json!({"password": "Another1!!"})).is(200);
    sell(&till);
    till.get(&format!("/dashboard/calculate?date={}", crate::harness::NOON.day(0))).is(200);
    let heard = listener.until(|heard| heard.name == "SettlementNotified");
    let all = format!("{heard:?}");
    assert!(heard.iter().any(|heard| heard.name == "PasswordChanged" && heard.data["data"]["cv"] == 1));
    for personal in ["argon2", "1012345678", "personal", "홍길동"] {
        assert!(!all.contains(personal), "{personal}: {all}");
    }
}

#[test]
fn a_client_goes_on_behind_its_last_event_over_restarts_and_misses_nothing() {
    let mut server = Server::start();
    let mut till = server.cafe(&[("라떼", 5_500)]);
    let (mut listener, ready) = Listener::join(&till, None);
    let mut last = ready.unwrap().id.unwrap();
    let mut sales = Vec::new();
    for round in 0..4 {
        // While it listens, while it does not, and while the server was away.
        sell(&till);
        let heard = listener.until(|heard| heard.name == "SaleCompleted");
        sales.extend(heard.iter().filter_map(sale_no));
        last = heard[heard.len() - 1].id.clone().unwrap_or(last);
        drop(listener);
        for _ in 0..round {
            sell(&till);
        }
        server.crash_and_restart();
        till = till.at(&server);
        listener = Listener::join(&till, Some(&last)).0;
        for _ in 0..round {
            let heard = listener.until(|heard| heard.name == "SaleCompleted");
            sales.extend(heard.iter().filter_map(sale_no));
            last = heard[heard.len() - 1].id.clone().unwrap();
        }
    }
    assert_eq!(sales, (1..=sales.len() as i64).collect::<Vec<_>>());
    assert_eq!(sales.len(), 4 + 6);
}

#[test]
fn a_place_that_is_of_no_use_is_answered_by_one_that_is() {
    let server = Server::start();
    let (till, other) = (server.cafe(&[("라떼", 5_500)]), server.cafe(&[("라떼", 5_500)]));
    let (mut listener, _) = Listener::join(&other, None);
    sell(&other);
    let theirs = listener.until(|heard| heard.name == "SaleCompleted").pop().unwrap().id.unwrap();
    sell(&till);
    for last in ["00000000-0-1", &theirs] {
        let (mut listener, _) = Listener::join(&till, Some(last));
        let reset = listener.next().unwrap();
        assert_eq!(reset.name, "reset", "{last}");
        assert_eq!(reset.data["position"], reset.id.unwrap().as_str());
        let sale = sell(&till);
        listener.until(|heard| sale_no(heard) == Some(sale));
    }
    till.with("Last-Event-ID", "nonsense").get("/events/live").refused(422, "invalid-field");
    server.guest().get("/events/live").refused(401, "unauthorized");
}

#[test]
fn a_stream_ends_when_its_token_is_revoked() {
    let server = Server::start();
    let till = server.cafe(&[("라떼", 5_500)]);
    let old = server.log_in(&till.username);
    let (mut listener, _) = Listener::join(&old, None);
    till.put(&format!("/stores/{}", till.store_id), &json!({"password": "Another1!!"})).is(200);
    let begun = Instant::now();
    while listener.next().is_some() {}
    assert!(begun.elapsed() < PATIENCE);
    assert_ne!(PASSWORD, "Another1!!");
}

#[test]
fn the_server_stops_in_order_while_clients_listen() {
    let mut server = Server::start();
    let till = server.cafe(&[("라떼", 5_500)]);
    let (mut silent, ready) = Listener::join(&till, None);
    let (mut listener, _) = Listener::join(&till, None);
    let sale = sell(&till);
    let last = listener.until(|heard| sale_no(heard) == Some(sale)).pop().unwrap().id;
    silent.until(|heard| sale_no(heard) == Some(sale));
    assert!(server.stop().success());
    for mut client in [silent, listener] {
        let bye = client.next().unwrap();
        assert_eq!((bye.name.as_str(), &bye.id), ("bye", &last), "from where it may go on");
        assert_eq!(bye.data["position"], last.as_deref().unwrap());
        assert_eq!(client.next(), None);
    }
    assert_ne!(ready.unwrap().id, last);
    server.run();
    let till = till.at(&server);
    let mut again = Listener::join(&till, last.as_deref()).0;
    let sale = sell(&till);
    assert_eq!(again.until(|heard| sale_no(heard) == Some(sale)).len(), 2, "what has happened since, and no more");
}

#[test]
fn a_client_that_reads_nothing_is_let_go_with_the_place_to_go_on_from() {
    const ITEMS: i64 = 60;
    let server = Server::start();
    // Names as long as they may be, so that an order of everything is a large event.
    let names: Vec<String> = (0..ITEMS).map(|n| format!("{n:03}{}", "가".repeat(97))).collect();
    let till = server.cafe(&names.iter().map(|name| (name.as_str(), 1_000)).collect::<Vec<_>>());
    let everything: Vec<(i64, i64)> = (1..=ITEMS).map(|item| (item, 1)).collect();
    let mut operator = server.guest();
    operator.address = server.admin_address();
    let let_go = || operator.get("/metrics").text().contains("\nsalesync_live_let_go_total ");
    let (mut slow, ready) = Listener::join(&till, None);
    let mut orders = 0;
    // Until neither its queue nor the buffers on the way take any more.
    while !let_go() {
        for _ in 0..20 {
            till.order(orders % 50, &everything).is(200);
            orders += 1;
        }
        assert!(orders < 20_000, "it takes everything");
    }
    let mut last = ready.unwrap().id;
    let mut heard = 0;
    let bye = loop {
        let event = slow.next().expect("it is told so");
        if event.name == "bye" {
            break event;
        }
        (last, heard) = (event.id, heard + 1);
    };
    assert_eq!((&bye.id, bye.data["position"].as_str()), (&last, last.as_deref()));
    assert_eq!(slow.next(), None);
    assert!(heard < orders, "something was kept from it");
    let mut again = Listener::join(&till, bye.id.as_deref()).0;
    for _ in heard..orders {
        assert_eq!(again.next().unwrap().name, "OrderPlaced");
    }
    let sale = { till.pay(0).is(201)["id"].as_i64() };
    assert_eq!(sale_no(&again.next().unwrap()), sale, "nothing twice, nothing missed");
}

#[test]
fn a_thousand_clients_hear_everything_once_while_they_come_and_go() {
    const CLIENTS: usize = 1_000;
    const SALES: i64 = 30;
    let server = Server::start();
    let till = server.cafe(&[("라떼", 5_500)]);
    let start = Listener::join(&till, None).1.unwrap().id.unwrap();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (till, start) = (till.clone(), start.clone());
                let listen = move || {
                    let (mut last, mut sales) = (start, Vec::new());
                    let mut listener = Listener::join(&till, Some(&last)).0;
                    while sales.len() < usize::try_from(SALES).unwrap() {
                        let heard = listener.next().expect("the stream goes on");
                        last = heard.id.clone().unwrap_or(last);
                        sales.extend(sale_no(&heard));
                        // Every tenth client leaves now and then, and comes back where it was.
                        if client % 10 == 0 && sales.len() % 7 == 3 && heard.name == "SaleCompleted" {
                            drop(listener);
                            listener = Listener::join(&till, Some(&last)).0;
                        }
                    }
                    sales
                };
                std::thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, listen).unwrap()
            })
            .collect();
        for _ in 0..SALES {
            sell(&till);
        }
        for client in clients {
            assert_eq!(client.join().unwrap(), (1..=SALES).collect::<Vec<_>>());
        }
    });
}

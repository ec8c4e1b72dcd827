//! Live events where no socket lies between: who is too slow, who comes with a place that is of no use, and the end.

use axum::body::BodyDataStream;
use axum::response::Response;
use events::{Partition, StoreId, Subject};
use futures::StreamExt as _;
use log::{Claim, Home, Kind, Log as _, Record, ReignHandle, WriterId};
use query_api::{LIVE_BACK_RECORDS, LIVE_QUEUE_EVENTS};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::fixture::{Fixture, LOG};
use crate::on_both_engines;
use crate::place::Place;

on_both_engines!(
    a_client_that_takes_nothing_is_let_go_and_goes_on_where_it_was,
    at_the_end_every_client_is_told_from_where_it_may_go_on,
    a_place_that_says_nothing_here_is_answered_by_one_that_does,
);

const PARTITION: Partition = Partition(0);
const WRITER: WriterId = WriterId(Uuid::from_u128(9));

/// One event as it came: its id, its name and its data.
type Heard = (String, String, Json);

/// A log in which one writer writes events of a store.
struct History {
    fixture: Fixture,
    store: StoreId,
    reign: Box<dyn ReignHandle>,
    written: u64,
}

impl History {
    async fn begin(place: Place) -> Self {
        let fixture = Fixture::new(place).await;
        let store = StoreId::of_username("demostore");
        let mut reign = fixture.log.reign(PARTITION, WRITER).await.unwrap();
        let home = Home { log: LOG, partitions: 1 };
        reign.send(vec![Record::claim(WRITER, &Claim { term: 1, home, sealed: false })]).await;
        Self { fixture, store, reign, written: 0 }
    }

    /// A record that is no event.
    async fn answer(&mut self) -> u64 {
        self.written += 1;
        let value = "[]".to_owned().into();
        let answers = Record { kind: Kind::Answers, writer: WRITER, n: self.written, key: String::new(), value };
        self.reign.send(vec![answers]).await;
        self.written
    }

    /// So many events more; the first one stands at position 1.
    async fn write(&mut self, events: u64) {
        let key = Subject::Store(self.store).to_string();
        let event = |n: u64| {
            let value = json!({"id": Uuid::from_u128(u128::from(n)), "type": "OrderPlaced", "data": {"n": n}});
            Record { kind: Kind::Event, writer: WRITER, n, key: key.clone(), value: value.to_string().into() }
        };
        let records = (1..=events).map(|n| event(self.written + n)).collect();
        self.reign.send(records).await;
        self.written += events;
    }

    async fn listen(&self, last: Option<&str>) -> Stream {
        let headers: Vec<_> = last.iter().map(|last| ("last-event-id", *last)).collect();
        Stream::of(self.fixture.begin_with(self.store, "/events/live", &headers).await)
    }

    /// Waits until the tail has given out everything that is written.
    async fn until_all_is_given_out(&self) {
        loop {
            let (at, name, _) = self.listen(None).await.next().await.unwrap();
            assert_eq!(name, "ready");
            if at == id(self.written) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some((event, _)) = self.text.split_once("\n\n") {
                let (heard, length) = (heard(event), event.len() + 2);
                self.text.drain(..length);
                return Some(heard);
            }
            let chunk = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn heard(event: &str) -> Heard {
    let field = |name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().to_owned()
    };
    (field("id"), field("event"), serde_json::from_str(&field("data")).unwrap())
}

/// An id as the log's events have it.
fn id(position: u64) -> String {
    format!("5f3a90c1-0-{position}")
}

async fn a_client_that_takes_nothing_is_let_go_and_goes_on_where_it_was(place: Place) {
    let mut history = History::begin(place).await;
    history.write(1).await;
    history.until_all_is_given_out().await;
    let mut slow = history.listen(None).await;
    let queue = u64::try_from(LIVE_QUEUE_EVENTS).unwrap();
    // Read at once by nobody: what fits its queue is kept for it, the rest is not.
    history.write(queue + 50).await;
    history.until_all_is_given_out().await;
    assert_eq!(slow.next().await.unwrap().1, "ready");
    for n in 0..queue {
        let (at, name, data) = slow.next().await.unwrap();
        assert_eq!((at, name.as_str(), &data["data"]["n"]), (id(n + 2), "OrderPlaced", &json!(n + 2)));
    }
    let (at, name, data) = slow.next().await.unwrap();
    assert_eq!((&at, name.as_str(), &data["position"]), (&id(queue + 1), "bye", &json!(id(queue + 1))));
    assert_eq!(slow.next().await, None);
    let mut again = history.listen(Some(&at)).await;
    for n in 0..50 {
        assert_eq!(again.next().await.unwrap().0, id(queue + 2 + n));
    }
    history.write(1).await;
    assert_eq!(again.next().await.unwrap().0, id(queue + 52), "and what happens then");
}

async fn at_the_end_every_client_is_told_from_where_it_may_go_on(place: Place) {
    let mut history = History::begin(place).await;
    history.write(3).await;
    history.until_all_is_given_out().await;
    let (mut silent, mut listening) = (history.listen(None).await, history.listen(Some(&id(1))).await);
    assert_eq!(silent.next().await.unwrap().1, "ready");
    assert_eq!(listening.next().await.unwrap().0, id(2));
    history.fixture.state.close();
    assert_eq!(listening.next().await.unwrap().0, id(3), "what it missed comes first");
    for (client, last) in [(&mut silent, 3), (&mut listening, 3)] {
        let (at, name, data) = client.next().await.unwrap();
        assert_eq!((at, name.as_str(), &data["position"]), (id(last), "bye", &json!(id(last))));
        assert_eq!(client.next().await, None);
    }
    let refused = history.fixture.begin(history.store, "/events/live").await;
    assert_eq!(refused.status(), 503);
}

async fn a_place_that_says_nothing_here_is_answered_by_one_that_does(place: Place) {
    let mut history = History::begin(place).await;
    history.write(LIVE_BACK_RECORDS).await;
    let answers = history.answer().await;
    history.write(10).await;
    history.until_all_is_given_out().await;
    let end = history.written;
    let of_no_use = [
        ("another log's", "5f3a90c2-0-5".to_owned()),
        ("another partition's", "5f3a90c1-1-5".to_owned()),
        ("no event", id(answers)),
        ("further back than is read", id(5)),
        ("not written yet", id(end + 1)),
        ("never written", id(999_999_999_999)),
    ];
    for (what, last) in of_no_use {
        let mut client = history.listen(Some(&last)).await;
        let (at, name, data) = client.next().await.unwrap();
        assert_eq!((at, name.as_str(), &data["position"]), (id(end), "reset", &json!(id(end))), "{what}");
    }
    let mut good = history.listen(Some(&id(end - 2))).await;
    assert_eq!((good.next().await.unwrap().0, good.next().await.unwrap().0), (id(end - 1), id(end)));
    let mut newest = history.listen(Some(&id(end))).await;
    let mut reset = history.listen(Some("5f3a90c2-0-5")).await;
    history.write(1).await;
    assert_eq!(reset.next().await.unwrap().1, "reset");
    for client in [&mut newest, &mut reset] {
        assert_eq!(client.next().await.unwrap().0, id(end + 1), "what happens then comes to all");
    }
}

//! A broker that is killed or stands still: what a writer is told, and how it finds out the rest.

use std::time::Duration;

use bytes::Bytes;
use events::{LogId, Position};
use log::{
    Admitted, AppendError, Claim, Cursor, Home, KafkaLog, KafkaOptions, Kind, Log as _, LogError, Outcome, Record,
    Reign, Report, WriterId,
};
use uuid::Uuid;

use crate::harness::Broker;
use crate::scene::{self, HERE};

/// The writer's own deadline is 4 s, and if a part was reported by then, reading it back may take as long again; an append
/// that has not ended after this never will.
const ENDS: Duration = Duration::from_secs(30);

struct Writer {
    id: WriterId,
    reign: Reign,
    cursor: Cursor,
}

impl Writer {
    /// Claims with this number and folds up to the claim, which counts.
    async fn claim(log: &std::sync::Arc<KafkaLog>, number: u128, cursor: Cursor) -> (Self, Vec<String>) {
        let id = WriterId(Uuid::from_u128(number));
        let mut handle = log.reign(HERE, id).await.unwrap();
        let home = Home { log: LogId(Uuid::nil()), partitions: 1 };
        let claim = Claim { term: cursor.term + 1, home, sealed: false };
        let reports = handle.send(vec![Record::claim(id, &claim)]).await;
        let [Report::At(at)] = reports[..] else { panic!("the claim has no place: {reports:?}") };
        let mut reading = Admitted::open(&**log, HERE, cursor).await.unwrap();
        let mut events = Vec::new();
        while reading.cursor().next <= at {
            let counted = reading.next(1_000).await.unwrap();
            let counted = counted.into_iter().filter(|stored| stored.record.kind == Kind::Event);
            events.extend(counted.map(|stored| String::from_utf8_lossy(&stored.record.value).into_owned()));
        }
        let cursor = reading.cursor().clone();
        assert_eq!(cursor.writer, Some(id), "the claim counts");
        (Self { id, reign: Reign::new(log.clone(), HERE, handle), cursor }, events)
    }

    fn event(&self, ahead: u64, text: &str) -> Record {
        let (key, value) = ("store/1".to_owned(), Bytes::copy_from_slice(text.as_bytes()));
        Record { kind: Kind::Event, writer: self.id, n: self.cursor.n + ahead, key, value }
    }
}

async fn opened(broker: &Broker) -> (KafkaOptions, std::sync::Arc<KafkaLog>) {
    let options = scene::options(&broker.address, &scene::new_name());
    scene::make(&options, 1).await;
    let log = scene::open(&options).await;
    (options, log)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_to_a_killed_broker_is_unknown_and_a_later_claim_finds_out() {
    let broker = scene::breakable().await;
    let own = broker.own.as_ref().unwrap();
    let (_, log) = opened(&broker).await;
    let (mut one, _) = Writer::claim(&log, 1, Cursor::default()).await;
    let first = one.event(1, "acknowledged");
    let appended = one.reign.append(one.cursor.clone(), vec![first]).await;
    assert_eq!(appended.outcomes, [Outcome::Counted(Position(1))]);
    one.cursor = appended.cursor;

    own.kill();
    let late = vec![one.event(1, "late"), one.event(2, "later")];
    let appended = tokio::time::timeout(ENDS, one.reign.append(one.cursor.clone(), late)).await.unwrap();
    assert_eq!(appended.outcomes, [Outcome::Unknown(AppendError::Unreachable); 2]);
    assert!(appended.over && appended.cut.is_none());
    let asked = log.current_end(HERE).await.unwrap_err();
    assert!(asked.is_transient(), "{asked}");
    let begun = log.reign(HERE, one.id).await.map(|_| ()).unwrap_err();
    assert!(matches!(begun, LogError::Unavailable(_)), "{begun}");

    own.restart();
    // The old producer is closed with its reign, so that what it still holds is given up.
    let cursor = one.cursor.clone();
    drop(one);
    let (two, found) = claim_when_there(&log, cursor).await;
    assert!(found.len() <= 2 && found.iter().zip(["late", "later"]).all(|(found, sent)| found == sent), "{found:?}");
    let everything = whole(&log, two.cursor.next).await;
    assert_eq!(everything.first().map(String::as_str), Some("acknowledged"));
    assert_eq!(everything.len(), 1 + found.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_to_a_broker_that_stands_still_ends_in_time_and_is_resolved() {
    let broker = scene::breakable().await;
    let own = broker.own.as_ref().unwrap();
    let (_, log) = opened(&broker).await;
    let (mut one, _) = Writer::claim(&log, 1, Cursor::default()).await;
    own.pause();
    let batch = (1..=64).map(|n| one.event(n, &format!("event {n}"))).collect();
    let appended = tokio::time::timeout(ENDS, one.reign.append(one.cursor.clone(), batch)).await.unwrap();
    assert!(appended.over);
    assert_eq!(appended.outcomes, [Outcome::Unknown(AppendError::Unreachable); 64]);
    own.resume();
    let cursor = one.cursor.clone();
    drop(one);
    let (_, found) = claim_when_there(&log, cursor).await;
    let prefix = (1..=found.len()).map(|n| format!("event {n}"));
    assert!(found.iter().cloned().eq(prefix), "what counts of a reign is a prefix of what it sent: {found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_goes_on_when_its_broker_is_back() {
    let broker = scene::breakable().await;
    let own = broker.own.as_ref().unwrap();
    let (_, log) = opened(&broker).await;
    let (one, _) = Writer::claim(&log, 1, Cursor::default()).await;
    let mut reader = log.reader(HERE, Position(0)).await.unwrap();
    assert_eq!(reader.next(10).await.unwrap().len(), 1);
    own.kill();
    own.restart();
    let cursor = one.cursor.clone();
    drop(one);
    let (_two, _) = claim_when_there(&log, cursor).await;
    assert_eq!(reader.next(10).await.unwrap()[0].position, Position(1));
}

/// A claim, as soon as the broker takes one.
async fn claim_when_there(log: &std::sync::Arc<KafkaLog>, cursor: Cursor) -> (Writer, Vec<String>) {
    for _ in 0..scene::ASKED_MAX {
        if log.current_end(HERE).await.is_ok() {
            break;
        }
    }
    Writer::claim(log, 2, cursor).await
}

async fn whole(log: &KafkaLog, end: Position) -> Vec<String> {
    let mut reading = Admitted::open(log, HERE, Cursor::default()).await.unwrap();
    let mut events = Vec::new();
    while reading.cursor().next < end {
        let counted = reading.next(1_000).await.unwrap().into_iter().filter(|s| s.record.kind == Kind::Event);
        events.extend(counted.map(|stored| String::from_utf8_lossy(&stored.record.value).into_owned()));
    }
    events
}

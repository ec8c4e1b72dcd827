//! What stands in the topic: readable for any Kafka tool, and refused if it is not a record.

use std::time::Duration;

use bytes::Bytes;
use events::{Partition, Position};
use log::{
    AppendError, CursorError, KafkaLog, KafkaOpenError, Kind, Log as _, LogError, Record, RecordError, Report,
    TopicError, WriterId,
};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};
use uuid::Uuid;

use crate::scene::{self, HERE};

const WRITER: &str = "00000000-0000-0000-0000-00000000002a";
const LARGEST_BYTES: usize = 900 * 1024;

fn record(n: u64, value: impl Into<Bytes>) -> Record {
    let (writer, key) = (WriterId(Uuid::from_u128(42)), "store/1".to_owned());
    Record { kind: Kind::Event, writer, n, key, value: value.into() }
}

#[tokio::test]
async fn another_kafka_client_finds_the_event_its_key_and_three_headers() {
    let options = scene::topic(2).await;
    let log = scene::open(&options).await;
    let mut reign = log.reign(Partition(1), WriterId(Uuid::from_u128(42))).await.unwrap();
    let sent = reign.send(vec![record(7, r#"{"specversion":"1.0"}"#)]).await;
    assert_eq!(sent, [Report::At(Position(0))]);

    let (brokers, topic) = (&scene::broker().address, options.address.topic());
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", brokers).set("group.id", "other").create().unwrap();
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(topic, 1, Offset::Beginning).unwrap();
    consumer.assign(&place).unwrap();
    let message = consumer.poll(Duration::from_secs(20)).unwrap().unwrap();
    assert_eq!(message.payload(), Some(&br#"{"specversion":"1.0"}"#[..]));
    assert_eq!(message.key(), Some(&b"store/1"[..]));
    let headers: Vec<_> = message.headers().unwrap().iter().map(|h| (h.key, h.value.unwrap())).collect();
    assert_eq!(headers, [("kind", &b"event"[..]), ("writer", WRITER.as_bytes()), ("n", b"7")]);
    assert!(matches!(message.timestamp(), rdkafka::Timestamp::LogAppendTime(_)));
}

#[tokio::test]
async fn the_largest_record_there_may_be_is_taken_and_read_back() {
    let options = scene::topic(1).await;
    let log = scene::open(&options).await;
    let mut reign = log.reign(HERE, WriterId(Uuid::from_u128(42))).await.unwrap();
    let batch = vec![record(1, vec![b'x'; LARGEST_BYTES]), record(2, vec![b'y'; LARGEST_BYTES])];
    assert_eq!(reign.send(batch.clone()).await, [Report::At(Position(0)), Report::At(Position(1))]);
    assert!(log.read(HERE, Position(1)).await.unwrap().unwrap() == batch[1]);
}

#[tokio::test]
async fn a_record_that_is_not_taken_and_all_behind_it_are_unknown_and_the_reign_sends_no_more() {
    let options = scene::topic(1).await;
    let log = scene::open(&options).await;
    let mut reign = log.reign(HERE, WriterId(Uuid::from_u128(42))).await.unwrap();
    let batch = vec![record(1, "a"), record(2, vec![b'x'; 2_000_000]), record(3, "c")];
    let unknown = Report::Unknown(AppendError::Unreachable);
    assert_eq!(reign.send(batch).await, [Report::At(Position(0)), unknown, unknown]);
    assert_eq!(reign.send(vec![record(2, "b")]).await, [unknown], "a reign that is over sends nothing");
    drop(reign);
    // Whatever was sent by the old producer stands before what a new one sends.
    let mut other = log.reign(HERE, WriterId(Uuid::from_u128(43))).await.unwrap();
    assert_eq!(other.send(vec![record(1, "z")]).await, [Report::At(Position(1))]);
}

#[tokio::test]
async fn what_is_no_record_stops_the_reader_at_its_place() {
    let headers = |kind: &str, writer: &str, n: &str| {
        [("kind", kind), ("writer", writer), ("n", n)].map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    };
    let good = headers("event", WRITER, "1");
    let mut more = good.clone();
    more.push(("trace".to_owned(), "x".to_owned()));
    let mut turned = good.clone();
    turned.reverse();
    let cases = [
        ("no headers", vec![], Some("v"), "kind"),
        ("one more header", more, Some("v"), "4 headers"),
        ("headers in another order", turned, Some("v"), "\"kind\""),
        ("an unknown kind", headers("tombstone", WRITER, "1"), Some("v"), "tombstone"),
        ("a writer that is no uuid", headers("event", "me", "1"), Some("v"), "\"writer\""),
        ("an n that is no number", headers("event", WRITER, "-1"), Some("v"), "\"n\""),
        ("no value", good.clone(), None, "no value"),
    ];
    let options = scene::topic(u32::try_from(cases.len()).unwrap()).await;
    let log = scene::open(&options).await;
    for (partition, (what, headers, value, names)) in (0..).zip(cases) {
        put(options.address.topic(), partition, &good, Some("v"));
        put(options.address.topic(), partition, &headers, value);
        let partition = Partition(u32::try_from(partition).unwrap());
        let mut reader = log.reader(partition, Position(0)).await.unwrap();
        let first = reader.next(10).await.unwrap();
        assert_eq!(first.len(), 1, "{what}: the record before it is read");
        let error = reader.next(10).await.unwrap_err();
        assert!(matches!(error, LogError::Unreadable { at: Position(1), .. }), "{what}: {error}");
        assert!(error.to_string().contains(names), "{what}: {error}");
        let one = log.read(partition, Position(1)).await.unwrap_err();
        assert!(matches!(one, LogError::Unreadable { at: Position(1), .. }), "{what}: {one}");
    }
}

#[tokio::test]
async fn a_key_that_is_no_text_stops_the_reader_and_is_no_beginning_of_a_log() {
    let options = scene::topic(1).await;
    let log = scene::open(&options).await;
    let producer = producer();
    let headers = owned(&[("kind", "event"), ("writer", WRITER), ("n", "1")]);
    let message = BaseRecord::to(options.address.topic()).partition(0).key(&b"\xff"[..]).payload("v").headers(headers);
    producer.send(message).unwrap();
    producer.flush(Duration::from_secs(20)).unwrap();
    let error = log.reader(HERE, Position(0)).await.unwrap().next(1).await.unwrap_err();
    assert!(matches!(error, LogError::Unreadable { source: RecordError::BadKey, .. }), "{error}");
    let opened = KafkaLog::open(options).await.map(|_| ()).unwrap_err();
    assert!(matches!(opened, KafkaOpenError::Topic(TopicError::NoLog(_))), "{opened}");
}

#[tokio::test]
async fn a_place_behind_the_end_is_a_log_that_was_cut() {
    let options = scene::topic(1).await;
    let log = scene::open(&options).await;
    let error = log.reader(HERE, Position(5)).await.unwrap().next(1).await.unwrap_err();
    let cut = CursorError::Cut { end: Position(0), next: Position(5) };
    assert!(matches!(&error, LogError::Cursor(found) if *found == cut), "{error}");
}

fn put(topic: &str, partition: i32, headers: &[(String, String)], value: Option<&str>) {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let message = BaseRecord::<str, str>::to(topic).partition(partition).key("store/1");
    let message = if headers.is_empty() { message } else { message.headers(owned(&headers)) };
    let message = if let Some(value) = value { message.payload(value) } else { message };
    let producer = producer();
    producer.send(message).unwrap();
    producer.flush(Duration::from_secs(20)).unwrap();
}

fn owned(headers: &[(&str, &str)]) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(*value) }))
}

fn producer() -> BaseProducer {
    ClientConfig::new().set("bootstrap.servers", &scene::broker().address).create().unwrap()
}

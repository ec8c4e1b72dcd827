//! How fast the Kafka log appends and reads, each beside what the client library and Kafka's own tool reach on the same
//! broker in the same run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    unreachable_pub,
    dead_code,
    missing_docs,
    reason = "a benchmark prints, fails by panicking, and uses what it needs of the harness"
)]

#[path = "../../deploy/services/harness.rs"]
mod harness;

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use events::{LogId, Partition, Position};
use log::{
    Admitted, Claim, Cursor, Home, KafkaLog, KafkaOptions, KafkaTopic, Kind, Log as _, NewTopic, Record, Reign,
    WriterId,
};
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use uuid::Uuid;

use harness::Broker;

const HERE: Partition = Partition(0);
const WRITER: WriterId = WriterId(Uuid::from_u128(1));
const KEY: &str = "store/0b1c54f0-92ef-5d0c-8c0a-6f1d0a4f7c11";
const VALUE_BYTES: usize = 300;
const BATCH: u64 = 64;
const BATCHES: u64 = 6_000;
const SINGLES: usize = 3_000;
const WARM_UP: usize = 200;

fn main() {
    let broker = Broker::any();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(&broker));
}

async fn run(broker: &Broker) {
    let options = new_topic(broker, "log").await;
    let log = KafkaLog::open(options.clone()).await.unwrap();
    let (mut reign, mut cursor) = claim(&log).await;

    let ours = append_singles(&mut reign, &mut cursor).await;
    let theirs = send_singles(broker, new_topic(broker, "bare").await.address.topic());
    let (ours, theirs) = (p99(ours), p99(theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    line(
        "append, one record, p99",
        &format!("{ours:.2?}"),
        &format!("client library {theirs:.2?}"),
        ratio,
        ratio <= 3.0,
    );

    let started = Instant::now();
    for _ in 0..BATCHES {
        append(&mut reign, &mut cursor, BATCH).await;
    }
    let ours = rate(BATCHES * BATCH, started.elapsed());
    let theirs = performance_tool(broker, new_topic(broker, "tool").await.address.topic());
    let ratio = ours / theirs;
    line(
        "append, batches of 64",
        &per_second(ours),
        &format!("ProducerPerformance {}", per_second(theirs)),
        ratio,
        ratio >= 0.5,
    );

    let end = cursor.next;
    let started = Instant::now();
    let mut reading = Admitted::open(&*log, HERE, Cursor::default()).await.unwrap();
    while reading.cursor().next < end {
        reading.next(10_000).await.unwrap();
    }
    let ours = rate(end.0, started.elapsed());
    let theirs = read_bare(broker, options.address.topic(), end);
    let ratio = ours / theirs;
    line("read and admit", &per_second(ours), &format!("bare consumer {}", per_second(theirs)), ratio, ratio >= 0.5);

    let started = Instant::now();
    for position in 0..1_000 {
        log.read(HERE, Position(position * 37 % end.0)).await.unwrap();
    }
    println!("{:26} {:>14.2?} each", "read one record", started.elapsed() / 1_000);
}

async fn new_topic(broker: &Broker, name: &str) -> KafkaOptions {
    let name = format!("bench-{}-{name}", std::process::id());
    let address = format!("kafka://{}/{name}", broker.address).parse().unwrap();
    let options = KafkaOptions { allow_single_replica: true, ..KafkaOptions::at(address) };
    let new = NewTopic { flushed: false, ..NewTopic::on_one_broker(1) };
    KafkaTopic::new(options.clone()).create(new).await.unwrap();
    options
}

async fn claim(log: &Arc<KafkaLog>) -> (Reign, Cursor) {
    let mut handle = log.reign(HERE, WRITER).await.unwrap();
    let home = Home { log: LogId(Uuid::nil()), partitions: 1 };
    let claim = Record::claim(WRITER, &Claim { term: 1, home, sealed: false });
    let mut cursor = Cursor::default();
    cursor.admit(&claim).unwrap();
    handle.send(vec![claim]).await;
    (Reign::new(log.clone(), HERE, handle), cursor)
}

async fn append(reign: &mut Reign, cursor: &mut Cursor, records: u64) {
    let value = Bytes::from(vec![b'x'; VALUE_BYTES]);
    let event = |n| Record { kind: Kind::Event, writer: WRITER, n, key: KEY.to_owned(), value: value.clone() };
    let batch = (cursor.n + 1..=cursor.n + records).map(event).collect();
    let appended = reign.append(cursor.clone(), batch).await;
    assert!(!appended.over, "{appended:?}");
    *cursor = appended.cursor;
}

async fn append_singles(reign: &mut Reign, cursor: &mut Cursor) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..SINGLES + WARM_UP {
        let started = Instant::now();
        append(reign, cursor, 1).await;
        times.push(started.elapsed());
    }
    times.split_off(WARM_UP)
}

/// The client library's own producer, set up as ours: sends one record, waits for its report, sends the next.
struct Bare(Mutex<std::sync::mpsc::SyncSender<()>>);

impl ClientContext for Bare {}

impl ProducerContext for Bare {
    type DeliveryOpaque = ();

    fn delivery(&self, delivered: &DeliveryResult<'_>, (): ()) {
        assert!(delivered.is_ok());
        self.0.lock().unwrap().send(()).unwrap();
    }
}

fn send_singles(broker: &Broker, topic: &str) -> Vec<Duration> {
    let (reported, reports) = std::sync::mpsc::sync_channel(1);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &broker.address).set("enable.idempotence", "true").set("linger.ms", "0");
    let producer: ThreadedProducer<Bare> = config.create_with_context(Bare(Mutex::new(reported))).unwrap();
    let value = [b'x'; VALUE_BYTES];
    let mut times = Vec::new();
    for n in 0..SINGLES + WARM_UP {
        let started = Instant::now();
        let n = n.to_string();
        let header = |key, value| Header { key, value: Some(value) };
        let writer = WRITER.0.to_string();
        let headers = [header("kind", "event"), header("writer", &writer), header("n", &n)];
        let headers = headers.into_iter().fold(OwnedHeaders::new(), OwnedHeaders::insert);
        producer.send(BaseRecord::to(topic).partition(0).key(KEY).payload(&value[..]).headers(headers)).unwrap();
        reports.recv().unwrap();
        times.push(started.elapsed());
    }
    producer.flush(Duration::from_secs(10)).unwrap();
    times.split_off(WARM_UP)
}

/// Kafka's own tool on the same broker: records of the same size, acknowledged by all.
fn performance_tool(broker: &Broker, topic: &str) -> f64 {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/services/broker.sh");
    let jars = Command::new("sh").args([script, "classpath"]).output().unwrap();
    let records = (BATCHES * BATCH).to_string();
    let bootstrap = format!("bootstrap.servers={}", broker.address);
    let said = Command::new("java")
        .args(["-Xmx256m", "-cp", String::from_utf8(jars.stdout).unwrap().trim()])
        .args(["org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", &records])
        .args(["--record-size", &VALUE_BYTES.to_string(), "--throughput", "-1"])
        .args(["--producer-props", &bootstrap, "acks=all"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let last = said.lines().rfind(|line| line.contains("records/sec")).unwrap_or_else(|| panic!("{said}"));
    let before = last.split(" records/sec").next().unwrap_or_default();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

fn read_bare(broker: &Broker, topic: &str, end: Position) -> f64 {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &broker.address).set("group.id", "bare").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create().unwrap();
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
    let started = Instant::now();
    consumer.assign(&place).unwrap();
    let mut read = 0;
    while read < end.0 {
        if let Some(message) = consumer.poll(Duration::from_secs(10)) {
            message.unwrap();
            read += 1;
        }
    }
    rate(end.0, started.elapsed())
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

fn rate(records: u64, time: Duration) -> f64 {
    records as f64 / time.as_secs_f64()
}

fn per_second(rate: f64) -> String {
    format!("{rate:.0}/s")
}

fn line(what: &str, ours: &str, theirs: &str, ratio: f64, held: bool) {
    let verdict = if held { "held" } else { "NOT HELD" };
    println!("{what:26} {ours:>14}   {theirs:34} ratio {ratio:.2}   {verdict}");
}

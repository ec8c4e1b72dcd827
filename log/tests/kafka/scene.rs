//! One broker for the whole binary, and topics of its own for each test.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use events::Partition;
use log::{KafkaAddress, KafkaLog, KafkaOptions, KafkaTopic, NewTopic};

use tokio::sync::{Mutex, MutexGuard};

use crate::harness::Broker;

/// The partition that a test works on which needs one only.
pub const HERE: Partition = Partition(0);

/// How often a broker is asked for what it is about to show.
pub const ASKED_MAX: usize = 200;

/// The broker that tests share and nobody breaks.
pub fn broker() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(Broker::any)
}

/// A broker to kill and to pause, one test at a time. It runs.
pub async fn breakable() -> MutexGuard<'static, Broker> {
    static BROKER: OnceLock<Mutex<Broker>> = OnceLock::new();
    let broker = BROKER.get_or_init(|| Mutex::new(Broker::own())).lock().await;
    broker.own.as_ref().unwrap().repair();
    broker
}

/// Options for a topic of this name on a single broker.
pub fn options(address: &str, topic: &str) -> KafkaOptions {
    let address: KafkaAddress = format!("kafka://{address}/{topic}").parse().unwrap();
    KafkaOptions { allow_single_replica: true, ..KafkaOptions::at(address) }
}

/// A name that no topic has yet, also if the broker has served other runs.
pub fn new_name() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let started = std::process::id();
    format!("test-{started}-{}", MADE.fetch_add(1, Ordering::SeqCst))
}

/// A new topic on the shared broker.
pub async fn topic(partitions: u32) -> KafkaOptions {
    let options = options(&broker().address, &new_name());
    make(&options, partitions).await;
    options
}

/// Makes the topic. What is appended need not reach the disk: no test cuts the power.
pub async fn make(options: &KafkaOptions, partitions: u32) {
    let new = NewTopic { flushed: false, ..NewTopic::on_one_broker(partitions) };
    KafkaTopic::new(options.clone()).create(new).await.unwrap();
}

pub async fn open(options: &KafkaOptions) -> Arc<KafkaLog> {
    KafkaLog::open(options.clone()).await.unwrap()
}

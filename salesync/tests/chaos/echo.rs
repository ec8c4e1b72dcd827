//! Records that come once more: what a client library does that has lost count of what it sent (librdkafka issue 4953),
//! done on purpose, since it happens too seldom by itself.

use std::time::Duration;

use events::Partition;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Message as _, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::underneath::TOPIC;

/// How many of the last records come again.
const RECORDS: i64 = 6;
/// How long a broker that is well may take.
const WAIT: Duration = Duration::from_secs(10);

/// Sends the partition's last records again as they are: kind, writer and number with them. A broker that does not
/// answer in time is left alone.
pub(crate) fn resound(brokers: &str, partition: Partition) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", "echo").set("enable.auto.commit", "false");
    let last = last_records(&config.create().unwrap(), i32::try_from(partition.0).unwrap());
    let producer: BaseProducer = config.create().unwrap();
    for message in &last {
        let record = BaseRecord::<[u8], [u8]>::to(TOPIC).partition(message.partition());
        let record = record.headers(message.headers().unwrap().clone()).payload(message.payload().unwrap_or_default());
        let record = if let Some(key) = message.key() { record.key(key) } else { record };
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    let _in_time = producer.flush(WAIT);
}

fn last_records(consumer: &BaseConsumer, partition: i32) -> Vec<OwnedMessage> {
    let Ok((first, end)) = consumer.fetch_watermarks(TOPIC, partition, WAIT) else { return Vec::new() };
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(TOPIC, partition, Offset::Offset((end - RECORDS).max(first))).unwrap();
    consumer.assign(&place).unwrap();
    let polled = std::iter::from_fn(|| consumer.poll(WAIT)?.ok().as_ref().map(BorrowedMessage::detach));
    let mut records = Vec::new();
    for message in polled {
        let last = message.offset() + 1 >= end;
        records.push(message);
        if last {
            break;
        }
    }
    records
}

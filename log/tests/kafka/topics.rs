//! Topics that would lose records one day: each is refused by the name of its setting.

use std::time::Duration;

use events::{LogId, Position};
use log::{
    AppendError, Claim, CreateTopicError, Home, KafkaLog, KafkaOpenError, KafkaOptions, KafkaTopic, Log as _, NewTopic,
    Record, Report, TopicError, TopicFault, WriterId,
};
use rdkafka::admin::{
    self, AdminClient, AdminOptions, AlterConfig, NewPartitions, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use uuid::Uuid;

use crate::scene::{self, HERE};

const GOOD: [(&str, &str); 6] = [
    ("cleanup.policy", "delete"),
    ("retention.ms", "-1"),
    ("retention.bytes", "-1"),
    ("unclean.leader.election.enable", "false"),
    ("message.timestamp.type", "LogAppendTime"),
    ("min.insync.replicas", "1"),
];

#[tokio::test]
async fn each_setting_that_loses_records_is_refused_by_its_name() {
    let cases = [
        ("cleanup.policy", "compact"),
        ("cleanup.policy", "compact,delete"),
        ("retention.ms", "604800000"),
        ("retention.bytes", "1000000000"),
        ("unclean.leader.election.enable", "true"),
        ("message.timestamp.type", "CreateTime"),
        ("max.message.bytes", "1000000"),
        ("compression.type", "gzip"),
    ];
    for (setting, value) in cases {
        let options = made_with(&[(setting, value)]).await;
        let refused = refusal(&options).await.to_string();
        assert!(refused.contains(&format!("{setting} is {value}")) && refused.contains("must be"), "{refused}");
    }
}

#[tokio::test]
async fn a_topic_as_it_should_be_is_opened() {
    let options = made_with(&[]).await;
    KafkaLog::open(options).await.unwrap();
}

#[tokio::test]
async fn one_replica_is_refused_unless_it_is_allowed() {
    let options = KafkaOptions { allow_single_replica: false, ..made_with(&[]).await };
    let faults = KafkaTopic::new(options.clone()).faults().await.unwrap();
    let in_sync = TopicFault::MinInSyncReplicas { is: "1".to_owned(), must: 2 };
    assert_eq!(faults, [in_sync, TopicFault::Replication { partition: 0, is: 1, must: 3 }]);
    assert!(KafkaLog::open(options).await.is_err());
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_named() {
    let options = scene::options(&scene::broker().address, &scene::new_name());
    assert_eq!(refusal(&options).await, TopicFault::Missing { topic: options.address.topic().to_owned() });
}

#[tokio::test]
async fn a_topic_is_made_once_and_never_with_more_replicas_than_brokers() {
    let options = scene::options(&scene::broker().address, &scene::new_name());
    let topic = KafkaTopic::new(options.clone());
    let refused = topic.create(NewTopic { partitions: 1, ..NewTopic::default() }).await.unwrap_err();
    assert!(matches!(refused, CreateTopicError::Refused(_)), "{refused}");
    topic.create(NewTopic::on_one_broker(2)).await.unwrap();
    let twice = topic.create(NewTopic::on_one_broker(2)).await.unwrap_err();
    assert_eq!(twice, CreateTopicError::Exists(options.address.topic().to_owned()));
    topic.check().await.unwrap();
}

#[tokio::test]
async fn a_topic_with_another_number_of_partitions_than_the_log_was_begun_with_is_refused() {
    let options = scene::topic(2).await;
    let log = scene::open(&options).await;
    begin(&log, 7).await;
    drop(log);
    assert_eq!(refusal(&options).await, TopicFault::Partitions { is: 2, must: 7 });
}

#[tokio::test]
async fn partitions_that_are_added_while_the_log_is_open_stop_all_appending() {
    let options = scene::topic(2).await;
    let log = scene::open(&options).await;
    let new = NewPartitions::new(options.address.topic(), 3);
    client().create_partitions([&new], &AdminOptions::new()).await.unwrap().pop().unwrap().unwrap();
    let expected = TopicFault::Partitions { is: 3, must: 2 };
    // Until all brokers have heard of it, they show the old number.
    for _ in 0..scene::ASKED_MAX {
        if log.check().await.is_err() {
            break;
        }
    }
    assert_eq!(log.fault(), Some(expected));
    assert_eq!(log.room(), Err(AppendError::Unreachable));
}

#[tokio::test]
async fn a_setting_that_is_altered_while_the_log_is_open_stops_all_appending_until_it_is_put_right() {
    let options = made_with(&[]).await;
    let log = scene::open(&options).await;
    assert_eq!(log.room(), Ok(()));
    alter(&options, ("retention.ms", "1000000000")).await;
    let refused = log.check().await.unwrap_err();
    assert!(refused.to_string().contains("retention.ms is 1000000000 and must be -1"), "{refused}");
    assert_eq!(log.room(), Err(AppendError::Unreachable));
    alter(&options, ("retention.ms", "-1")).await;
    log.check().await.unwrap();
    assert_eq!((log.fault(), log.room()), (None, Ok(())));
}

#[tokio::test]
async fn a_log_whose_beginning_was_deleted_is_refused() {
    let options = scene::topic(2).await;
    let log = scene::open(&options).await;
    begin(&log, 2).await;
    let mut upto = TopicPartitionList::new();
    upto.add_partition_offset(options.address.topic(), 0, Offset::Offset(1)).unwrap();
    client().delete_records(&upto, &AdminOptions::new()).await.unwrap();
    assert_eq!(refusal(&options).await, TopicFault::Beginning { partition: 0, first: 1 });
}

/// Writes the first claim of a log of so many partitions.
async fn begin(log: &KafkaLog, partitions: u32) {
    let writer = WriterId(Uuid::from_u128(1));
    let claim = Claim { term: 1, home: Home { log: LogId(Uuid::nil()), partitions }, sealed: false };
    let mut reign = log.reign(HERE, writer).await.unwrap();
    assert_eq!(reign.send(vec![Record::claim(writer, &claim)]).await, [Report::At(Position(0))]);
}

async fn refusal(options: &KafkaOptions) -> TopicFault {
    match KafkaLog::open(options.clone()).await.map(|_| ()) {
        Err(KafkaOpenError::Topic(TopicError::Fault(fault))) => fault,
        other => panic!("it should have been refused for its topic: {other:?}"),
    }
}

async fn made_with(settings: &[(&str, &str)]) -> KafkaOptions {
    let options = scene::options(&scene::broker().address, &scene::new_name());
    let mut topic = admin::NewTopic::new(options.address.topic(), 1, TopicReplication::Fixed(1));
    for (name, value) in GOOD.iter().chain(settings) {
        topic = topic.set(name, value);
    }
    client().create_topics([&topic], &AdminOptions::new()).await.unwrap().pop().unwrap().unwrap();
    shown(&options).await;
    options
}

/// Waits until the broker shows the topic: it tells itself by and by.
async fn shown(options: &KafkaOptions) {
    let topic = KafkaTopic::new(options.clone());
    let missing = [TopicFault::Missing { topic: options.address.topic().to_owned() }];
    for _ in 0..scene::ASKED_MAX {
        if topic.faults().await.unwrap() != missing {
            return;
        }
    }
}

async fn alter(options: &KafkaOptions, (name, value): (&str, &str)) {
    let mut altered = AlterConfig::new(ResourceSpecifier::Topic(options.address.topic()));
    let kept = GOOD.into_iter().filter(|(kept, _)| *kept != name);
    for (name, value) in kept.chain([(name, value)]) {
        altered = altered.set(name, value);
    }
    client().alter_configs([&altered], &AdminOptions::new()).await.unwrap().pop().unwrap().unwrap();
}

fn client() -> AdminClient<DefaultClientContext> {
    let timeout = Duration::from_secs(20).as_millis().to_string();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &scene::broker().address).set("socket.timeout.ms", timeout);
    config.create().unwrap()
}

//! Three brokers: one may be lost, and with two of them gone nothing counts as appended.

use std::time::Duration;

use bytes::Bytes;
use events::Position;
use log::{
    AppendError, KafkaLog, KafkaOptions, KafkaTopic, Kind, Log as _, NewTopic, Record, ReignHandle, Report, WriterId,
};
use uuid::Uuid;

use crate::harness::Cluster;
use crate::scene::{self, HERE};

const WRITER: WriterId = WriterId(Uuid::from_u128(7));

/// The writer's own deadline is 4 s; with this much more an append that does not end has failed.
const ENDS: Duration = Duration::from_secs(6);

fn record(n: u64) -> Record {
    let (key, value) = ("store/1".to_owned(), Bytes::from(format!("event {n}")));
    Record { kind: Kind::Event, writer: WRITER, n, key, value }
}

/// What is reported of the first append that is reported at all, by one producer after another.
async fn landed(log: &KafkaLog, n: u64) -> (Box<dyn ReignHandle>, Position) {
    for _ in 0..scene::ASKED_MAX {
        let Ok(mut reign) = log.reign(HERE, WRITER).await else { continue };
        if let [Report::At(position)] = reign.send(vec![record(n)]).await[..] {
            return (reign, position);
        }
    }
    panic!("nothing lands though two of three brokers are there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_brokers_go_on_without_one_and_acknowledge_nothing_without_two() {
    let cluster = Cluster::own();
    let address = format!("kafka://{}/shop", cluster.address).parse().unwrap();
    let options = KafkaOptions::at(address);
    KafkaTopic::new(options.clone()).create(NewTopic { partitions: 1, ..NewTopic::default() }).await.unwrap();
    let log = KafkaLog::open(options.clone()).await.unwrap();
    let (mut reign, first) = landed(&log, 1).await;
    assert_eq!(first, Position(0));

    cluster.nodes[0].kill();
    if reign.send(vec![record(2)]).await != [Report::At(Position(1))] {
        // The killed one led, and the new leader was not there in time: another producer finds it.
        drop(reign);
        reign = landed(&log, 2).await.0;
    }
    let end = log.current_end(HERE).await.unwrap();
    assert!(log.read(HERE, Position(0)).await.unwrap() == Some(record(1)), "what was reported is there");

    cluster.nodes[1].kill();
    let sent = tokio::time::timeout(ENDS, reign.send(vec![record(3)])).await.unwrap();
    assert_eq!(sent, [Report::Unknown(AppendError::Unreachable)], "one of three is not enough");
    drop(reign);

    cluster.nodes[0].restart();
    let (_reign, position) = landed(&log, 4).await;
    assert!(position >= end, "nothing that was reported is gone");
    assert!(log.read(HERE, Position(0)).await.unwrap() == Some(record(1)));
}

//! The port's contract, held to on a real broker, with two clients that share nothing.

use async_trait::async_trait;
use log::conformance::{CASES, Candidate, Failure, Fixture, schedule};

use crate::scene;

struct Kafka {
    partitions: u32,
}

#[async_trait]
impl Candidate for Kafka {
    async fn fresh(&self) -> Result<Fixture, Failure> {
        let options = scene::topic(self.partitions).await;
        let (log, beside) = (scene::open(&options).await, scene::open(&options).await);
        Ok(Fixture { log, beside, settle: Box::new(|| {}) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kafka_keeps_the_contract() {
    let mut broken = Vec::new();
    for case in CASES {
        if let Err(failure) = case.run(&Kafka { partitions: 3 }).await {
            broken.push(format!("{}: {failure}", case.name));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kafka_holds_under_contention() {
    let (mut counted, mut void, mut reigns) = (0, 0, 0);
    for seed in 0..3 {
        let tally = schedule(&Kafka { partitions: 1 }, seed).await.unwrap_or_else(|failure| panic!("{failure}"));
        counted += tally.counted;
        void += tally.void;
        reigns += tally.reigns;
    }
    assert!(counted > 300 && void > 30 && reigns > 30, "{counted} counted, {void} void, {reigns} reigns");
}

//! Questions to the brokers that read no record: where a partition begins and ends, how many there are, who is where.

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{Partition, Position};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use tokio::sync::Semaphore;

use super::clients::{self, Quiet};
use super::topic::{TopicError, TopicFault};
use super::{ASK_TIMEOUT, KafkaOptions};
use crate::port::LogError;

/// How many questions are under way at once. Each holds a thread that may block.
const ASKED_AT_ONCE: usize = 8;

/// The pause before a partition whose leader moves is asked about again.
const MOVING_PAUSE: Duration = Duration::from_millis(20);

/// The client that asks.
pub(super) struct Asking {
    client: Option<Arc<BaseConsumer<Quiet>>>,
    topic: String,
    permits: Arc<Semaphore>,
}

/// What the brokers say of a topic's layout.
pub(super) struct Layout {
    /// How many replicas each partition has.
    pub(super) replicas: Vec<usize>,
    /// Whether each partition has a leader.
    pub(super) led: bool,
}

impl Layout {
    fn of(topic: &MetadataTopic) -> Self {
        let replicas = topic.partitions().iter().map(|partition| partition.replicas().len()).collect();
        let led = topic.partitions().iter().all(|partition| partition.leader() >= 0 && partition.error().is_none());
        Self { replicas, led }
    }
}

impl Asking {
    pub(super) fn new(options: &KafkaOptions) -> Result<Self, LogError> {
        let client = clients::made(clients::any(options).create_with_context(Quiet))?;
        let topic = options.address.topic().to_owned();
        Ok(Self { client: Some(Arc::new(client)), topic, permits: Arc::new(Semaphore::new(ASKED_AT_ONCE)) })
    }

    /// Where the partition begins and ends. While its leader moves, or is new, it is asked again.
    pub(super) async fn bounds(&self, partition: Partition) -> Result<(Position, Position), LogError> {
        let number = number(partition)?;
        let began = Instant::now();
        let (first, end) = loop {
            let asked = self.ask(move |client, topic| client.fetch_watermarks(topic, number, ASK_TIMEOUT)).await?;
            match asked {
                Ok(bounds) => break bounds,
                Err(error) if is_moving(&error) && began.elapsed() < ASK_TIMEOUT => {
                    tokio::time::sleep(MOVING_PAUSE).await;
                }
                Err(error) => return Err(LogError::Unavailable(error.to_string())),
            }
        };
        match (u64::try_from(first), u64::try_from(end)) {
            (Ok(first), Ok(end)) => Ok((Position(first), Position(end))),
            _ => Err(LogError::Unavailable("the broker does not know where the partition ends".to_owned())),
        }
    }

    /// Into how many partitions the topic is divided.
    pub(super) async fn partitions(&self) -> Result<u32, TopicError> {
        u32::try_from(self.layout().await?.replicas.len()).map_err(|error| TopicError::Unavailable(error.to_string()))
    }

    /// The topic's partitions and their replicas.
    pub(super) async fn layout(&self) -> Result<Layout, TopicError> {
        let asked = self.ask(|client, topic| {
            let metadata = client.fetch_metadata(Some(topic), ASK_TIMEOUT)?;
            let found = metadata.topics().iter().find(|found| found.name() == topic);
            Ok(found.filter(|found| found.error().is_none() && !found.partitions().is_empty()).map(Layout::of))
        });
        let asked = asked.await.map_err(|error| TopicError::Unavailable(error.to_string()))?;
        match asked.map_err(|error| TopicError::Unavailable(error.to_string()))? {
            Some(layout) => Ok(layout),
            None => Err(TopicFault::Missing { topic: self.topic.clone() }.into()),
        }
    }

    /// Asks on a thread that may block. Whoever goes away leaves the question to end by itself.
    async fn ask<T, Q>(&self, question: Q) -> Result<KafkaResult<T>, LogError>
    where
        T: Send + 'static,
        Q: FnOnce(&BaseConsumer<Quiet>, &str) -> KafkaResult<T> + Send + 'static,
    {
        let closed = || LogError::Unavailable("the log is being closed".to_owned());
        let client = self.client.clone().ok_or_else(closed)?;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let topic = self.topic.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            question(&client, &topic)
        });
        asked.await.map_err(|_| closed())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            clients::close(client);
        }
    }
}

/// Whether another broker is about to answer for the partition.
fn is_moving(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    let code = error.rdkafka_error_code();
    matches!(code, Some(Code::NotLeaderForPartition | Code::LeaderNotAvailable | Code::ReplicaNotAvailable))
}

/// The partition's number as the client library takes it.
pub(super) fn number(partition: Partition) -> Result<i32, LogError> {
    i32::try_from(partition.0).map_err(|_| LogError::Unavailable(format!("there is no partition {partition}")))
}

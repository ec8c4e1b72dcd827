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

/// The pause before a question is asked again.
const PASSING_PAUSE: Duration = Duration::from_millis(20);

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

    /// Where the partition begins and ends.
    pub(super) async fn bounds(&self, partition: Partition) -> Result<(Position, Position), LogError> {
        let number = number(partition)?;
        let (first, end) = self.ask(move |client, topic, left| client.fetch_watermarks(topic, number, left)).await?;
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
        let asked = self.ask(|client, topic, left| {
            let metadata = client.fetch_metadata(Some(topic), left)?;
            let found = metadata.topics().iter().find(|found| found.name() == topic);
            Ok(found.filter(|found| found.error().is_none() && !found.partitions().is_empty()).map(Layout::of))
        });
        match asked.await.map_err(|error| TopicError::Unavailable(error.to_string()))? {
            Some(layout) => Ok(layout),
            None => Err(TopicFault::Missing { topic: self.topic.clone() }.into()),
        }
    }

    /// Asks on a thread that may block, and again for as long as a leader moves or a connection is being replaced.
    /// Whoever goes away leaves the question to end by itself.
    async fn ask<T, Q>(&self, question: Q) -> Result<T, LogError>
    where
        T: Send + 'static,
        Q: Fn(&BaseConsumer<Quiet>, &str, Duration) -> KafkaResult<T> + Send + Sync + 'static,
    {
        let closed = || LogError::Unavailable("the log is being closed".to_owned());
        let client = self.client.clone().ok_or_else(closed)?;
        let permit = Arc::new(Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?);
        let (question, began) = (Arc::new(question), Instant::now());
        loop {
            let left = ASK_TIMEOUT.saturating_sub(began.elapsed());
            let (client, topic) = (Arc::clone(&client), self.topic.clone());
            let (question, permit) = (Arc::clone(&question), Arc::clone(&permit));
            let asked = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                question(&client, &topic, left)
            });
            match asked.await.map_err(|_| closed())? {
                Ok(answer) => return Ok(answer),
                Err(error) if is_passing(&error) && began.elapsed() < ASK_TIMEOUT => {
                    tokio::time::sleep(PASSING_PAUSE).await;
                }
                Err(error) => return Err(LogError::Unavailable(error.to_string())),
            }
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            clients::close(client);
        }
    }
}

/// Whether the same question is likely to be answered in a moment: another broker takes over, the library turns from
/// the address that it was given to the one that the broker names, or it has not heard yet of a topic that was just made.
pub(super) fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::ReplicaNotAvailable
                | Code::BrokerTransportFailure
                | Code::DestroyBroker
                | Code::UnknownPartition
        )
    )
}

/// Waits a moment before a question is asked again, on a thread that may block.
#[expect(clippy::disallowed_methods, reason = "the thread asks by calls that block, and has nothing else to do")]
pub(super) fn pause() {
    std::thread::sleep(PASSING_PAUSE);
}

/// The partition's number as the client library takes it.
pub(super) fn number(partition: Partition) -> Result<i32, LogError> {
    i32::try_from(partition.0).map_err(|_| LogError::Unavailable(format!("there is no partition {partition}")))
}

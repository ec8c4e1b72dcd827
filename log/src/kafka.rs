//! The log of a chain: one Kafka topic, appended by one idempotent producer per reign.
//!
//! ```text
//!   Reign::append ──in order──► a producer of its own ──acks=all──► topic ──► a consumer per reader ──► projectors
//!                                     │ delivery reports                │
//!                                     └► offset = position              └► watermarks ──► end (watch)
//! ```
//!
//! The broker is trusted with durability and with the order in which it shows records, and with nothing else: what it
//! was made to take twice, late or not at all is void by the reader's rule. Broker transactions are not used. Which
//! partition a key is on is computed here ([`partition_of`](crate::partition_of)), and the topic's settings are checked
//! at the start and every hour, because a wrong one loses records without an error.

mod address;
mod appending;
mod asking;
mod clients;
mod finding;
mod group;
mod reading;
mod security;
mod topic;
mod watching;
mod wire;

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use events::{Partition, Position};
use tokio::sync::watch;

pub use self::address::{AddressError, KafkaAddress};
use self::appending::KafkaReign;
use self::asking::Asking;
use self::finding::Finders;
pub use self::group::{Group, GroupError, GroupOptions, NotConfirmed};

use self::reading::KafkaReader;
pub use self::security::{KafkaLogin, KafkaMechanism, KafkaSecret, KafkaSecurity, KafkaTls, SecurityError};
pub use self::topic::{CreateTopicError, KafkaTopic, NewTopic, TopicError, TopicFault};
use crate::port::{AppendError, Log, LogError, Reader, ReignHandle};
use crate::record::{Home, Record, WriterId};

/// How long the client library goes on trying to deliver a record, in milliseconds, unless told otherwise.
const MESSAGE_TIMEOUT_MS: u32 = 60_000;

/// Where the log is, how to get at it, and what is demanded of its topic.
#[derive(Debug, Clone)]
pub struct KafkaOptions {
    /// The brokers and the topic.
    pub address: KafkaAddress,
    /// TLS and SASL.
    pub security: KafkaSecurity,
    /// How long a record is tried to be delivered, in milliseconds; the writer waits for a few seconds of it only.
    pub message_timeout_ms: u32,
    /// Whether a topic with one replica will do: then a disk that fails takes the log with it.
    pub allow_single_replica: bool,
}

impl KafkaOptions {
    /// The log at this address, without TLS and log-in, on at least three replicas.
    pub fn at(address: KafkaAddress) -> Self {
        let security = KafkaSecurity::default();
        Self { address, security, message_timeout_ms: MESSAGE_TIMEOUT_MS, allow_single_replica: false }
    }
}

/// A log that is a Kafka topic.
pub struct KafkaLog {
    shared: Arc<Shared>,
    finders: Arc<Finders>,
}

/// What readers, reigns and the log itself share.
struct Shared {
    options: KafkaOptions,
    asking: Asking,
    ends: Vec<watch::Sender<Position>>,
    home: OnceLock<Home>,
    /// What is wrong with the topic since it was last looked at.
    fault: RwLock<Option<TopicFault>>,
}

/// The log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum KafkaOpenError {
    /// TLS or SASL cannot be had as asked for.
    #[error(transparent)]
    Security(#[from] SecurityError),
    /// The topic is not there, or not as it must be.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl KafkaOpenError {
    /// Whether asking again later may help: the brokers could not be asked, and said nothing of the topic.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Topic(TopicError::Unavailable(_)) => true,
            Self::Log(error) => error.is_transient(),
            Self::Topic(_) | Self::Security(_) => false,
        }
    }
}

impl KafkaLog {
    /// Opens the log, after checking its topic; from then on the topic is checked every hour.
    pub async fn open(options: KafkaOptions) -> Result<Arc<Self>, KafkaOpenError> {
        options.security.check()?;
        let asking = Asking::new(&options)?;
        let partitions = asking.partitions().await?;
        let ends = (0..partitions).map(|_| watch::Sender::new(Position(0))).collect();
        let finders = Arc::new(Finders::new(&options));
        let (home, fault) = (OnceLock::new(), RwLock::new(None));
        let log = Arc::new(Self { shared: Arc::new(Shared { options, asking, ends, home, fault }), finders });
        log.check().await?;
        watching::start(&log);
        Ok(log)
    }

    /// Checks the topic: every setting that would lose records or stop the log one day, the number of its partitions
    /// against the one that the log was begun with, and that nothing has been deleted at its beginning.
    pub async fn check(&self) -> Result<(), TopicError> {
        let checked = watching::check(self).await;
        let fault = match &checked {
            Err(TopicError::Fault(fault)) => Some(fault.clone()),
            // Nobody could say: what was known last still holds.
            Err(TopicError::Unavailable(_) | TopicError::NoLog(_)) => return checked,
            Ok(()) => None,
        };
        *self.shared.fault.write().unwrap_or_else(PoisonError::into_inner) = fault;
        checked
    }

    /// What was wrong with the topic when it was last checked. While there is something, nothing is appended.
    pub fn fault(&self) -> Option<TopicFault> {
        self.shared.fault.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the log is.
    pub fn address(&self) -> &KafkaAddress {
        &self.shared.options.address
    }
}

#[async_trait]
impl Log for KafkaLog {
    fn partitions(&self) -> u32 {
        u32::try_from(self.shared.ends.len()).unwrap_or(u32::MAX)
    }

    fn end(&self, partition: Partition) -> watch::Receiver<Position> {
        match self.shared.end(partition) {
            Some(end) => end.subscribe(),
            // A partition that is not there has no records, now or ever.
            None => watch::Sender::new(Position(0)).subscribe(),
        }
    }

    async fn current_end(&self, partition: Partition) -> Result<Position, LogError> {
        let (_, end) = self.shared.asking.bounds(partition).await?;
        self.shared.raise_end(partition, end);
        Ok(end)
    }

    async fn read(&self, partition: Partition, position: Position) -> Result<Option<Record>, LogError> {
        let known = self.shared.end(partition).is_some_and(|end| position < *end.borrow());
        if !known && position >= self.current_end(partition).await? {
            return Ok(None);
        }
        self.finders.record(partition, position).await.map(Some)
    }

    async fn reader(&self, partition: Partition, from: Position) -> Result<Box<dyn Reader>, LogError> {
        Ok(Box::new(KafkaReader::open(Arc::clone(&self.shared), partition, from)?))
    }

    async fn reign(&self, partition: Partition, _: WriterId) -> Result<Box<dyn ReignHandle>, LogError> {
        Ok(Box::new(KafkaReign::begin(Arc::clone(&self.shared), partition).await?))
    }

    fn staleness(&self) -> Duration {
        self.shared.staleness()
    }

    fn room(&self) -> Result<(), AppendError> {
        // A full broker says so by refusing an append; a topic that loses records says nothing.
        if self.fault().is_some() { Err(AppendError::Unreachable) } else { Ok(()) }
    }
}

/// A client blocks while it is closed, so that is done away from the runtime.
impl Drop for KafkaLog {
    fn drop(&mut self) {
        self.finders.close();
    }
}

impl Shared {
    fn end(&self, partition: Partition) -> Option<&watch::Sender<Position>> {
        self.ends.get(partition.0 as usize)
    }

    /// A leader that was cut off takes itself for one until it hears of its successor.
    fn staleness(&self) -> Duration {
        if self.options.allow_single_replica { Duration::ZERO } else { STALE_LEADER }
    }

    fn raise_end(&self, partition: Partition, end: Position) {
        let Some(known) = self.end(partition) else { return };
        known.send_if_modified(|known| {
            let raised = end > *known;
            *known = end.max(*known);
            raised
        });
    }
}

/// How long a deposed leader may answer as if it led once it is reached again: some seconds are seen, and more on a busy
/// machine.
const STALE_LEADER: Duration = Duration::from_secs(30);

/// How long a question to the brokers may take. The client library goes on trying to connect for as long.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

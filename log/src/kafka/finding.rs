//! Reading one record here and there: a few consumers that are told a place, give one record, and let go of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use events::{Partition, Position};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::Semaphore;

use super::clients::{self, Quiet};
use super::reading::{self, Stop};
use super::{ASK_TIMEOUT, KafkaOptions, asking};
use crate::port::LogError;
use crate::record::Record;

/// How many records are looked for at once. Each holds a thread that may block.
const FOUND_AT_ONCE: usize = 4;

/// How long a consumer is polled before the deadline is looked at again.
const POLL: Duration = Duration::from_millis(100);

/// The consumers that nobody uses just now.
pub(super) struct Finders {
    options: KafkaOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<BaseConsumer<Quiet>>>,
}

impl Finders {
    pub(super) fn new(options: &KafkaOptions) -> Self {
        let permits = Arc::new(Semaphore::new(FOUND_AT_ONCE));
        Self { options: options.clone(), permits, idle: Mutex::default() }
    }

    /// The record at a position that is in the log.
    pub(super) async fn record(self: &Arc<Self>, partition: Partition, at: Position) -> Result<Record, LogError> {
        let closed = || LogError::Unavailable("the log is being closed".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let finders = Arc::clone(self);
        let found = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            finders.find(partition, at)
        });
        found.await.map_err(|_| closed())?
    }

    /// Closes what is idle.
    pub(super) fn close(&self) {
        self.permits.close();
        clients::close(std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner)));
    }

    /// A consumer that failed is closed and not used again.
    fn find(&self, partition: Partition, at: Position) -> Result<Record, LogError> {
        let taken = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let consumer = match taken {
            Some(consumer) => consumer,
            None => clients::made(clients::finding(&self.options).create_with_context(Quiet))?,
        };
        let unavailable = |error: KafkaError| LogError::Unavailable(error.to_string());
        let mut place = TopicPartitionList::new();
        let (topic, number) = (self.options.address.topic(), asking::number(partition)?);
        place.add_partition_offset(topic, number, Offset::Offset(at.0 as i64)).map_err(unavailable)?;
        consumer.assign(&place).map_err(unavailable)?;
        let record = first(&consumer, at)?;
        consumer.unassign().map_err(unavailable)?;
        if !self.permits.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(consumer);
        }
        Ok(record)
    }
}

/// The first record that comes. It is there, so what does not come in time cannot be read now.
fn first(consumer: &BaseConsumer<Quiet>, at: Position) -> Result<Record, LogError> {
    let asked = Instant::now();
    while asked.elapsed() < ASK_TIMEOUT {
        let Some(polled) = consumer.poll(POLL) else { continue };
        match reading::take(polled, at, &mut BytesMut::new()) {
            Ok(Some(stored)) => return Ok(stored.record),
            Ok(None) => {}
            Err(Stop::Because(error)) => return Err(error),
            Err(Stop::OutOfRange) => break,
        }
    }
    Err(LogError::Unavailable(format!("the record at {at} did not come")))
}

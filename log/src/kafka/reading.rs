//! Reading a partition on: a consumer of its own, polled on a thread of its own, and a bounded queue of batches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::BytesMut;
use events::{Partition, Position};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use super::clients::{self, Quiet};
use super::{ASK_TIMEOUT, Shared, asking, wire};
use crate::cursor::CursorError;
use crate::port::{LogError, Reader};
use crate::record::Stored;

/// How many records one batch has at most.
const BATCH_RECORDS_MAX: usize = 4_096;

/// After how many bytes a batch is full.
const BATCH_BYTES: usize = 1024 * 1024;

/// How many batches wait for whoever reads.
const BATCHES_MAX: usize = 4;

/// After how long without a message the thread looks whether anybody still reads.
const POLL: Duration = Duration::from_millis(100);

/// How long records that are known to be there may take to come before the log counts as not to be read now.
const STALL: Duration = Duration::from_secs(10);

type Batch = Result<Vec<Stored>, LogError>;

/// Takes what the thread has read.
pub(super) struct KafkaReader {
    batches: mpsc::Receiver<Batch>,
    ahead: std::vec::IntoIter<Stored>,
    failed: Option<LogError>,
}

impl KafkaReader {
    pub(super) fn open(shared: Arc<Shared>, partition: Partition, from: Position) -> Result<Self, LogError> {
        let number = asking::number(partition)?;
        let consumer = clients::made(clients::tailing(&shared.options).create_with_context(Quiet))?;
        let (batches, received) = mpsc::channel(BATCHES_MAX);
        let tail = Tail { shared, consumer, partition, number, next: from, values: BytesMut::new() };
        let thread = std::thread::Builder::new().name(format!("kafka-read-{partition}"));
        let no_thread = |error: std::io::Error| LogError::Unavailable(error.to_string());
        thread.spawn(move || tail.run(&batches)).map_err(no_thread)?;
        Ok(Self { batches: received, ahead: Vec::new().into_iter(), failed: None })
    }
}

#[async_trait]
impl Reader for KafkaReader {
    async fn next(&mut self, max: usize) -> Result<Vec<Stored>, LogError> {
        if self.ahead.as_slice().is_empty() {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            let ended = || LogError::Unavailable("this reader has ended; open another".to_owned());
            self.ahead = self.batches.recv().await.ok_or_else(ended)??.into_iter();
        }
        let max = max.max(1);
        if self.ahead.as_slice().len() > max {
            return Ok(self.ahead.by_ref().take(max).collect());
        }
        let mut records: Vec<Stored> = std::mem::take(&mut self.ahead).collect();
        self.gather(&mut records, max);
        Ok(records)
    }
}

impl KafkaReader {
    /// What else has come meanwhile: whoever reads seldom gets it together, and not in the pieces in which it came.
    fn gather(&mut self, records: &mut Vec<Stored>, max: usize) {
        while records.len() < max && self.failed.is_none() {
            match self.batches.try_recv() {
                Ok(Ok(more)) => {
                    self.ahead = more.into_iter();
                    records.extend(self.ahead.by_ref().take(max - records.len()));
                }
                // It stands behind the good records, and is told when they are read.
                Ok(Err(error)) => self.failed = Some(error),
                Err(_) => return,
            }
        }
    }
}

/// What the thread works with. It owns the consumer, and closes it when nobody reads any more.
struct Tail {
    shared: Arc<Shared>,
    consumer: BaseConsumer<Quiet>,
    partition: Partition,
    number: i32,
    next: Position,
    /// The values of the records read last share this.
    values: BytesMut,
}

impl Tail {
    fn run(mut self, batches: &mpsc::Sender<Batch>) {
        if let Err(error) = self.assign() {
            // Whoever reads may have gone meanwhile.
            let _gone = batches.blocking_send(Err(error));
            return;
        }
        let mut heard = Instant::now();
        while !batches.is_closed() {
            let (records, error) = self.gather();
            if !records.is_empty() {
                self.shared.raise_end(self.partition, self.next);
                if batches.blocking_send(Ok(records)).is_err() {
                    return;
                }
                heard = Instant::now();
            }
            if !self.lacks_some() {
                heard = Instant::now();
            }
            let error = error.or_else(|| self.stalled_since(heard));
            if let Some(error) = error {
                let _gone = batches.blocking_send(Err(error));
                return;
            }
        }
    }

    fn assign(&self) -> Result<(), LogError> {
        let unavailable = |error: KafkaError| LogError::Unavailable(error.to_string());
        let mut place = TopicPartitionList::new();
        let offset = Offset::Offset(self.next.0 as i64);
        place.add_partition_offset(self.shared.options.address.topic(), self.number, offset).map_err(unavailable)?;
        self.consumer.assign(&place).map_err(unavailable)
    }

    /// What there is, up to a batch; after [`POLL`] possibly nothing. An error stands behind the good records.
    fn gather(&mut self) -> (Vec<Stored>, Option<LogError>) {
        let (mut records, mut bytes, mut wait) = (Vec::new(), 0, POLL);
        while records.len() < BATCH_RECORDS_MAX && bytes < BATCH_BYTES {
            let Some(polled) = self.consumer.poll(wait) else { break };
            match take(polled, self.next, &mut self.values) {
                Ok(Some(stored)) => {
                    bytes += stored.record.size();
                    self.next = stored.position.next();
                    records.push(stored);
                }
                Ok(None) => {}
                Err(Stop::Because(error)) => return (records, Some(error)),
                Err(Stop::OutOfRange) => return (records, Some(self.out_of_range())),
            }
            wait = Duration::ZERO;
        }
        (records, None)
    }

    /// The place is not in the log, or no more with what stood before it: the library notices a log that was cut and
    /// has grown again.
    fn out_of_range(&self) -> LogError {
        let topic = self.shared.options.address.topic();
        let (first, end) = match self.consumer.fetch_watermarks(topic, self.number, ASK_TIMEOUT) {
            Ok((first, end)) => (Position(first.unsigned_abs()), Position(end.unsigned_abs())),
            Err(error) => return LogError::Unavailable(error.to_string()),
        };
        let next = self.next;
        if next < first {
            return LogError::Gap { expected: next, found: first };
        }
        if !self.shared.staleness().is_zero() {
            // Opening anew finds out who is right, the broker that says so or the one that was read from.
            return LogError::Unavailable(format!(
                "a broker says that the log ends at {end}, or is another, and {next} had been read"
            ));
        }
        let replaced = Position(next.0.saturating_sub(1));
        let cut = if end < next { CursorError::Cut { end, next } } else { CursorError::Replaced { at: replaced } };
        cut.into()
    }

    /// Whether records are known to be there that have not come.
    fn lacks_some(&self) -> bool {
        self.shared.end(self.partition).is_some_and(|end| *end.borrow() > self.next)
    }

    fn stalled_since(&self, heard: Instant) -> Option<LogError> {
        let stalled = self.lacks_some() && heard.elapsed() > STALL;
        stalled.then(|| LogError::Unavailable(format!("nothing came for {} s", STALL.as_secs())))
    }
}

/// Why reading cannot go on.
pub(super) enum Stop {
    /// The place is before the log's beginning or behind its end, or the log was cut before it.
    OutOfRange,
    /// Anything else.
    Because(LogError),
}

/// The record that was polled, if one was. What the library lives through by itself is none.
pub(super) fn take(
    polled: KafkaResult<BorrowedMessage<'_>>,
    expected: Position,
    values: &mut BytesMut,
) -> Result<Option<Stored>, Stop> {
    let message = match polled {
        Ok(message) => message,
        Err(error) => return refusal(&error).map_or(Ok(None), Err),
    };
    let position = Position(message.offset().unsigned_abs());
    if position != expected {
        return Err(Stop::Because(LogError::Gap { expected, found: position }));
    }
    match wire::record(&message, values) {
        Ok(record) => Ok(Some(Stored { position, record })),
        Err(source) => Err(Stop::Because(LogError::Unreadable { at: position, source })),
    }
}

/// Whether an error is one that waiting does not cure.
fn refusal(error: &KafkaError) -> Option<Stop> {
    use RDKafkaErrorCode as Code;
    match error {
        KafkaError::MessageConsumption(Code::AutoOffsetReset | Code::OffsetOutOfRange) => Some(Stop::OutOfRange),
        KafkaError::MessageConsumption(
            Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed,
        )
        | KafkaError::MessageConsumptionFatal(_) => Some(Stop::Because(LogError::Unavailable(error.to_string()))),
        KafkaError::MessageConsumption(Code::BadMessage | Code::InvalidMessage) => {
            Some(Stop::Because(LogError::Damaged(error.to_string())))
        }
        _ => None,
    }
}

//! One producer for one reign: sends in order, and reports what the broker said of each record.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use events::{Partition, Position};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use tokio::sync::oneshot;

use super::clients::{self, Quiet};
use super::{ASK_TIMEOUT, Shared, asking, wire};
use crate::port::{AppendError, LogError, ReignHandle, Report};
use crate::record::Record;

/// How long an append is waited for, in seconds. What was handed over by then may still land.
const DEADLINE_SECONDS: u64 = 4;

const UNKNOWN: Report = Report::Unknown(AppendError::Unreachable);

/// The means of one reign to append.
pub(super) struct KafkaReign {
    shared: Arc<Shared>,
    partition: Partition,
    /// The partition as the client library takes it.
    number: i32,
    producer: Option<ThreadedProducer<Deliveries>>,
    deliveries: Arc<Batch>,
    /// How many records were handed over, which numbers them for their reports.
    sent: usize,
    /// Set once an outcome is unknown: whatever is sent after that may land before what was sent earlier.
    over: bool,
}

impl KafkaReign {
    /// Makes the producer and waits until it has a connection: the claim is then a matter of milliseconds.
    pub(super) async fn begin(shared: Arc<Shared>, partition: Partition) -> Result<Self, LogError> {
        let begun = tokio::task::spawn_blocking(move || Self::connect(shared, partition));
        begun.await.map_err(|_| LogError::Unavailable("the log is being closed".to_owned()))?
    }

    fn connect(shared: Arc<Shared>, partition: Partition) -> Result<Self, LogError> {
        let number = asking::number(partition)?;
        let deliveries = Arc::new(Batch::default());
        let context = Deliveries { batch: Arc::clone(&deliveries) };
        let producer: ThreadedProducer<_> =
            clients::made(clients::producing(&shared.options).create_with_context(context))?;
        if let Err(error) = warm_up(&producer, shared.options.address.topic()) {
            clients::close(producer);
            return Err(LogError::Unavailable(error.to_string()));
        }
        Ok(Self { shared, partition, number, producer: Some(producer), deliveries, sent: 0, over: false })
    }

    /// Hands the records over in order. The first that is refused, and all behind it, are never sent: they would
    /// otherwise stand before it.
    fn hand_over(&self, batch: &[Record]) -> usize {
        let Some(producer) = &self.producer else { return 0 };
        let topic = self.shared.options.address.topic();
        for (index, record) in batch.iter().enumerate() {
            let message = BaseRecord::with_opaque_to(topic, self.sent + index)
                .partition(self.number)
                .headers(wire::headers(record))
                .payload(record.value.as_ref());
            let message = if record.key.is_empty() { message } else { message.key(record.key.as_bytes()) };
            if let Err((error, _)) = producer.send(message) {
                tracing::warn!(partition = self.partition.0, error = %error, "the Kafka client takes no more records");
                return index;
            }
        }
        batch.len()
    }
}

#[async_trait]
impl ReignHandle for KafkaReign {
    async fn send(&mut self, batch: Vec<Record>) -> Vec<Report> {
        if self.over || batch.is_empty() {
            return vec![UNKNOWN; batch.len()];
        }
        let started = Instant::now();
        let reported = self.deliveries.expect(self.sent, batch.len());
        let handed_over = self.hand_over(&batch);
        self.deliveries.give_up_from(self.sent + handed_over);
        // Whether all is reported or the deadline has come: what is known by then is what is told.
        let _in_time = tokio::time::timeout(Duration::from_secs(DEADLINE_SECONDS), reported).await;
        let reports = self.deliveries.take();
        self.sent += batch.len();
        self.over = reports.iter().any(|report| matches!(report, Report::Unknown(_)));
        let last = reports.iter().filter_map(|report| if let Report::At(at) = report { Some(*at) } else { None }).max();
        if let Some(last) = last {
            self.shared.raise_end(self.partition, last.next());
        }
        tell_metrics(&reports, self.over, started.elapsed());
        reports
    }
}

/// The library gives up what it has not sent and waits for its threads: away from the runtime.
impl Drop for KafkaReign {
    fn drop(&mut self) {
        if let Some(producer) = self.producer.take() {
            clients::close(producer);
        }
    }
}

/// Asks for the topic's leaders, first by the address that was given, then by the leader's own: the library drops the
/// one connection for the other, and the second answer makes it ask for the producer's id at once. By itself it would
/// look every 500 ms whether it can.
fn warm_up(producer: &ThreadedProducer<Deliveries>, topic: &str) -> KafkaResult<()> {
    let (mut answers, began) = (0, Instant::now());
    while answers < 2 {
        let left = ASK_TIMEOUT.saturating_sub(began.elapsed());
        match producer.client().fetch_metadata(Some(topic), left) {
            Ok(_) => answers += 1,
            Err(error) if asking::is_passing(&error) && began.elapsed() < ASK_TIMEOUT => asking::pause(),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn tell_metrics(reports: &[Report], failed: bool, time: Duration) {
    metrics::histogram!("salesync_log_commit_seconds").record(time.as_secs_f64());
    if failed {
        metrics::counter!("salesync_log_failed_commits_total").increment(1);
    }
    let landed = reports.iter().filter(|report| matches!(report, Report::At(_))).count();
    metrics::counter!("salesync_log_appended_records_total").increment(landed as u64);
}

/// Where the library's thread puts what the broker said.
struct Deliveries {
    batch: Arc<Batch>,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        Quiet.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Quiet.error(error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, delivered: &DeliveryResult<'_>, number: usize) {
        let report = match delivered {
            // Persisted without saying where, as after a duplicate that the broker recognised: not known.
            Ok(message) => u64::try_from(message.offset()).map_or(UNKNOWN, |at| Report::At(Position(at))),
            Err((error, _)) => {
                tracing::warn!(error = %error, "a record was not delivered, or nobody knows");
                UNKNOWN
            }
        };
        self.batch.report(number, report);
    }
}

/// The one batch under way.
#[derive(Default)]
struct Batch(Mutex<Expected>);

#[derive(Default)]
struct Expected {
    /// The number of the batch's first record.
    first: usize,
    reports: Vec<Option<Report>>,
    missing: usize,
    all_reported: Option<oneshot::Sender<()>>,
}

impl Batch {
    /// Begins a batch: these records are reported on, earlier ones no more.
    fn expect(&self, first: usize, records: usize) -> oneshot::Receiver<()> {
        let (all_reported, reported) = oneshot::channel();
        let reports = vec![None; records];
        *self.lock() = Expected { first, reports, missing: records, all_reported: Some(all_reported) };
        reported
    }

    fn report(&self, number: usize, report: Report) {
        let mut expected = self.lock();
        let index = number.checked_sub(expected.first);
        if let Some(place @ None) = index.and_then(|index| expected.reports.get_mut(index)) {
            *place = Some(report);
            expected.missing -= 1;
            expected.tell();
        }
    }

    /// The records from this number on are not under way.
    fn give_up_from(&self, number: usize) {
        let mut expected = self.lock();
        let handed_over = number - expected.first;
        let never_sent = expected.reports.iter_mut().skip(handed_over).filter(|report| report.is_none());
        let never_sent = never_sent.map(|report| *report = Some(UNKNOWN)).count();
        expected.missing -= never_sent;
        expected.tell();
    }

    /// Ends the batch with what is known of it.
    fn take(&self) -> Vec<Report> {
        let reports = std::mem::take(&mut self.lock().reports);
        reports.into_iter().map(|report| report.unwrap_or(UNKNOWN)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Expected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Expected {
    fn tell(&mut self) {
        if self.missing == 0
            && let Some(all_reported) = self.all_reported.take()
        {
            // Whoever waited may have gone, with the outcome unknown.
            let _gone = all_reported.send(());
        }
    }
}

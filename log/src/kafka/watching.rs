//! Looking after the topic of an open log: at the start, and every hour.

use std::sync::{Arc, Weak};
use std::time::Duration;

use events::{Partition, Position};

use super::KafkaLog;
use super::topic::{KafkaTopic, TopicError, TopicFault};
use crate::cursor::Cursor;
use crate::port::{Log as _, LogError};
use crate::reading::Admitted;
use crate::record::Home;

/// How long until the topic is looked at again, in seconds.
const INTERVAL_SECONDS: u64 = 60 * 60;

/// How many records may stand before the first claim that counts. Only what was never a log has more.
const HOME_RECORDS_MAX: u64 = 10_000;

/// How many of them are read at once.
const HOME_READ_RECORDS: usize = 16;

/// The partition whose first counted claim names the log.
const FIRST: Partition = Partition(0);

/// Checks the topic every hour for as long as the log is open.
pub(super) fn start(log: &Arc<KafkaLog>) {
    let log = Arc::downgrade(log);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(INTERVAL_SECONDS)).await;
            let Some(log) = Weak::upgrade(&log) else { return };
            match log.check().await {
                Ok(()) => {}
                Err(error @ TopicError::Unavailable(_)) => {
                    tracing::warn!(error = %error, "the topic cannot be checked");
                }
                Err(error) => {
                    tracing::error!(error = %error, "the topic is not as it must be: nothing is appended");
                }
            }
            metrics::gauge!("salesync_log_topic_faults").set(f64::from(u8::from(log.fault().is_some())));
        }
    });
}

/// What [`KafkaLog::check`] checks.
pub(super) async fn check(log: &KafkaLog) -> Result<(), TopicError> {
    let topic = KafkaTopic::new(log.shared.options.clone());
    topic.check().await?;
    let is = log.shared.asking.partitions().await?;
    if is != log.partitions() {
        return Err(TopicFault::Partitions { is, must: log.partitions() }.into());
    }
    for partition in 0..is {
        let (first, end) = log.shared.asking.bounds(Partition(partition)).await.map_err(unread)?;
        log.shared.raise_end(Partition(partition), end);
        if first > Position(0) {
            return Err(TopicFault::Beginning { partition, first: first.0 }.into());
        }
    }
    match home(log).await.map_err(unread)? {
        Some(home) if home.partitions != is => Err(TopicFault::Partitions { is, must: home.partitions }.into()),
        _ => Ok(()),
    }
}

/// The log that partition 0's first counted claim names, once there is one.
async fn home(log: &KafkaLog) -> Result<Option<Home>, LogError> {
    if let Some(home) = log.shared.home.get() {
        return Ok(Some(*home));
    }
    let end = log.current_end(FIRST).await?;
    if end == Position(0) {
        return Ok(None);
    }
    let mut reading = Admitted::open(log, FIRST, Cursor::default()).await?;
    while reading.cursor().home.is_none() && reading.cursor().next < end && reading.cursor().next.0 < HOME_RECORDS_MAX {
        reading.next(HOME_READ_RECORDS).await?;
    }
    Ok(reading.cursor().home.map(|home| *log.shared.home.get_or_init(|| home)))
}

fn unread(error: LogError) -> TopicError {
    if error.is_transient() { TopicError::Unavailable(error.to_string()) } else { TopicError::NoLog(error) }
}

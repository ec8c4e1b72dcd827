//! Reading what counts: a reader and its cursor, which go together.

use std::time::{Duration, Instant};

use events::{Partition, Position};

use crate::cursor::{Cursor, CursorError};
use crate::port::{Log, LogError, Reader};
use crate::record::{Kind, Record, Stored};

/// The pause before a log that is said to be shorter than it was is asked again.
const STALE_PAUSE: Duration = Duration::from_millis(500);

/// Reads the counted records of a partition from a stored place on.
pub struct Admitted {
    reader: Box<dyn Reader>,
    cursor: Cursor,
    /// What stands behind the records given last.
    ahead: Option<LogError>,
}

impl Admitted {
    /// Opens at the cursor, after checking that the log there is the one that the cursor was made on.
    pub async fn open(log: &dyn Log, partition: Partition, cursor: Cursor) -> Result<Self, LogError> {
        if let (Some(last), Some(at)) = (cursor.last, cursor.next.0.checked_sub(1).map(Position))
            && read_before(log, partition, at).await?.digest() != last
        {
            return Err(CursorError::Replaced { at }.into());
        }
        Ok(Self { reader: log.reader(partition, cursor.next).await?, cursor, ahead: None })
    }

    /// The place reached.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Reads up to `max` records, waiting for at least one, and gives those that count: possibly none. Cancel-safe. An
    /// error behind good records comes with the next call, so that `cursor` has reached the place that it speaks of.
    pub async fn next(&mut self, max: usize) -> Result<Vec<Stored>, LogError> {
        if let Some(error) = self.ahead.take() {
            return Err(error);
        }
        let mut records = self.reader.next(max).await?;
        if let Some((good, error)) = first_unfit(&records, self.cursor.next) {
            if good == 0 {
                return Err(error);
            }
            records.truncate(good);
            self.ahead = Some(error);
        }
        let (at, read) = (self.cursor.next, records.len());
        let counted = self.cursor.admit_all(records).map_err(|source| LogError::Unreadable { at, source })?;
        let void = read - counted.len();
        if void > 0 {
            metrics::counter!("salesync_log_void_records_read_total").increment(void as u64);
        }
        Ok(counted)
    }
}

/// The record at a place that was read before. That the log ends before it is believed when it has been said for longer
/// than a copy may be behind.
async fn read_before(log: &dyn Log, partition: Partition, at: Position) -> Result<Record, LogError> {
    let began = Instant::now();
    loop {
        if let Some(record) = log.read(partition, at).await? {
            return Ok(record);
        }
        let end = log.current_end(partition).await?;
        if began.elapsed() >= log.staleness() {
            return Err(CursorError::Cut { end, next: at.next() }.into());
        }
        tracing::warn!(%partition, %end, read_before = %at, "the log is said to end before what was read of it, asking again");
        tokio::time::sleep(STALE_PAUSE).await;
    }
}

/// Where a record is out of place, or is a claim that cannot be read.
fn first_unfit(records: &[Stored], from: Position) -> Option<(usize, LogError)> {
    records.iter().zip(from.0..).enumerate().find_map(|(index, (stored, expected))| {
        let (expected, found) = (Position(expected), stored.position);
        if found != expected {
            return Some((index, LogError::Gap { expected, found }));
        }
        let unreadable = |source| (index, LogError::Unreadable { at: found, source });
        (stored.record.kind == Kind::Claim).then(|| stored.record.as_claim().err().map(unreadable)).flatten()
    })
}

//! Reading what counts: a reader and its cursor, which go together.

use events::{Partition, Position};

use crate::cursor::{Cursor, CursorError};
use crate::port::{Log, LogError, Reader};
use crate::record::{Kind, Stored};

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
        if let (Some(last), Some(at)) = (cursor.last, cursor.next.0.checked_sub(1).map(Position)) {
            match log.read(partition, at).await? {
                None => {
                    let end = log.current_end(partition).await?;
                    return Err(CursorError::Cut { end, next: cursor.next }.into());
                }
                Some(record) if record.digest() != last => return Err(CursorError::Replaced { at }.into()),
                Some(_) => {}
            }
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

//! Reading what counts: a reader and its cursor, which go together.

use events::Partition;

use crate::cursor::{Cursor, CursorError};
use crate::port::{Log, LogError, Reader};
use crate::record::Stored;

/// Reads the counted records of a partition from a stored place on.
pub struct Admitted {
    reader: Box<dyn Reader>,
    cursor: Cursor,
}

impl Admitted {
    /// Opens at the cursor, after checking that the log there is the one that the cursor was made on.
    pub async fn open(log: &dyn Log, partition: Partition, cursor: Cursor) -> Result<Self, LogError> {
        if let (Some(last), Some(at)) = (cursor.last, cursor.next.0.checked_sub(1).map(events::Position)) {
            match log.read(partition, at).await? {
                None => {
                    let end = log.current_end(partition).await?;
                    return Err(CursorError::Cut { end, next: cursor.next }.into());
                }
                Some(record) if record.digest() != last => return Err(CursorError::Replaced { at }.into()),
                Some(_) => {}
            }
        }
        Ok(Self { reader: log.reader(partition, cursor.next).await?, cursor })
    }

    /// The place reached.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Reads up to `max` records, waiting for at least one, and gives those that count: possibly none. Cancel-safe.
    pub async fn next(&mut self, max: usize) -> Result<Vec<Stored>, LogError> {
        let records = self.reader.next(max).await?;
        let mut expected = self.cursor.next;
        for stored in &records {
            if stored.position != expected {
                return Err(LogError::Gap { expected, found: stored.position });
            }
            expected = expected.next();
        }
        let at = self.cursor.next;
        self.cursor.admit_all(records).map_err(|source| LogError::Unreadable { at, source })
    }
}

//! The log's own identity: its first claim on partition 0 makes it, and every other claim repeats it.

use events::Partition;

use crate::cursor::Cursor;
use crate::port::{Log, LogError};
use crate::reading::Admitted;
use crate::record::Home;

/// Records read at a time; the first claim is nearly always the first record.
const READ_RECORDS: usize = 64;

/// Reads which log this is; `None` while nobody has claimed partition 0.
pub async fn home(log: &dyn Log) -> Result<Option<Home>, LogError> {
    let first = Partition(0);
    let end = log.current_end(first).await?;
    if end.0 == 0 {
        return Ok(None);
    }
    let mut reader = Admitted::open(log, first, Cursor::default()).await?;
    while reader.cursor().home.is_none() && reader.cursor().next < end {
        reader.next(READ_RECORDS).await?;
    }
    Ok(reader.cursor().home)
}

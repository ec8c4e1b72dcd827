//! Opening the file: its format, its settings, and what must be done before anything of it is believed.

use std::fs::File;

use events::Position;
use rusqlite::{Connection, OpenFlags};

use super::failure::Failure;
use super::{SqliteOptions, reading};

/// The one table, in one B-tree: a key of (partition, position) without rowid appended a quarter slower. A position is
/// inserted explicitly: its being the key is what makes an append a compare-and-set.
const SCHEMA: &str = "
    CREATE TABLE records (
        position INTEGER PRIMARY KEY, -- 0, 1, 2 … without gaps
        kind     TEXT    NOT NULL,    -- claim, event, answers
        writer   BLOB    NOT NULL,    -- the reign's uuid, 16 bytes
        n        INTEGER NOT NULL,    -- 0 in the claim, then 1, 2, 3 …
        key      TEXT    NOT NULL,    -- an event's subject, else empty
        value    BLOB    NOT NULL,    -- the claim, event or answers: JSON in UTF-8
        crc      INTEGER NOT NULL     -- CRC-32 of all of the above: the disk may alter what SQLite cannot tell
    ) STRICT;
    PRAGMA user_version = 1;";

/// The version of [`SCHEMA`], in the file's `user_version`.
const FORMAT: i64 = 1;

/// How far the write-ahead log grows before it is copied into the file, in bytes.
const CHECKPOINT_BYTES: u32 = 16 * 1024 * 1024;

/// The size of a page of a new file, in bytes. With 750-byte records in batches of 1,024, 8 KiB pages append a sixth
/// faster than 4 KiB pages and read twice as fast; larger ones make a small commit slower.
const PAGE_BYTES: u32 = 8192;

/// What the appending connection keeps in memory, in KiB.
const APPENDING_CACHE_KIB: u32 = 4 * 1024;

/// What each reading connection keeps in memory, in KiB.
const READING_CACHE_KIB: u32 = 1024;

/// How many of the newest records are read when the log is opened: about a second's work.
const CHECKED_RECORDS: u64 = 1_000_000;

/// The log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no log to read.
    #[error("there is no log at {0}")]
    Missing(std::path::PathBuf),
    /// The file was written by another version of this program, or is not a log.
    #[error("the log has format {found}, this program reads format {FORMAT}")]
    Format {
        /// What stands in the file.
        found: i64,
    },
    /// The file system does not allow what a write-ahead log needs.
    #[error("the log's file system allows no write-ahead log: the journal mode is {0}")]
    NoWriteAheadLog(String),
    /// Another process holds the file, so that its write-ahead log cannot be completed.
    #[error("another process holds the log's file")]
    Held,
    /// The file is damaged. Restore it from a backup.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// The file cannot be read or written.
    #[error("the log's file cannot be opened: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// The thread that appends cannot be started, or the folder cannot be synced.
    #[error("the log cannot be opened: {0}")]
    Io(#[from] std::io::Error),
}

/// Opens the file and tells where the log ends. Nothing is read before the checkpoint is complete: what a COMMIT wrote
/// whose fsync failed is visible in the operating system's page cache though the disk never got it, and a power cut
/// would take all that was appended behind it. A completed checkpoint has written it again, and waited for the disk.
pub(super) fn connect(options: &SqliteOptions) -> Result<(Connection, Position), OpenError> {
    let connection = if options.read_only { reading_connection(options)? } else { appending_connection(options)? };
    let end = end(&connection)?;
    Ok((connection, end))
}

/// One more connection that reads.
pub(super) fn reading_connection(options: &SqliteOptions) -> Result<Connection, OpenError> {
    if !options.path.exists() {
        return Err(OpenError::Missing(options.path.clone()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&options.path, flags)?;
    connection.busy_timeout(options.busy_timeout())?;
    connection.execute_batch(&format!("PRAGMA cache_size = -{READING_CACHE_KIB}; PRAGMA query_only = ON;"))?;
    match format(&connection)? {
        FORMAT => Ok(connection),
        found => Err(OpenError::Format { found }),
    }
}

/// The position that the next record gets.
pub(super) fn end(connection: &Connection) -> Result<Position, rusqlite::Error> {
    let mut newest = connection.prepare_cached("SELECT max(position) FROM records")?;
    let newest: Option<i64> = newest.query_row([], |row| row.get(0))?;
    Ok(newest.map_or(Position(0), |newest| Position(newest.unsigned_abs() + 1)))
}

/// Reads the newest records, so that a broken page is found at once and not under load. Reading checks more than
/// SQLite's `quick_check` does (positions, kinds, and each record's CRC) at the same speed. In a log so long that
/// this would hold up every start, the older records are checked by whoever reads them.
pub(super) fn check(connection: &Connection, end: Position) -> Result<(), OpenError> {
    let mut next = Position(end.0.saturating_sub(CHECKED_RECORDS));
    while next < end {
        let records = reading::records(connection, next, reading::READ_RECORDS_MAX);
        next = match records.map_err(|error| OpenError::Damaged(error.to_string()))?.last() {
            Some(last) => last.position.next(),
            None => return Err(OpenError::Damaged(format!("it ends at {next}, and at {end}"))),
        };
    }
    Ok(())
}

fn appending_connection(options: &SqliteOptions) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&options.path, flags)?;
    connection.busy_timeout(options.busy_timeout())?;
    connection.execute_batch(&format!(
        "PRAGMA page_size = {PAGE_BYTES};
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA wal_autocheckpoint = {};
         PRAGMA cache_size = -{APPENDING_CACHE_KIB};",
        CHECKPOINT_BYTES / PAGE_BYTES
    ))?;
    let new = match format(&connection)? {
        FORMAT => false,
        0 if is_empty(&connection)? => true,
        found => return Err(OpenError::Format { found }),
    };
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::NoWriteAheadLog(mode));
    }
    complete_checkpoint(&connection)?;
    if new {
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} COMMIT;"))?;
        // The new file's name must outlive a power cut as its content does.
        File::open(options.folder())?.sync_all()?;
    }
    Ok(connection)
}

fn complete_checkpoint(connection: &Connection) -> Result<(), OpenError> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(OpenError::Held) }
}

fn format(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Whether there is nothing in the file yet, not even somebody else's.
fn is_empty(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match Failure::of(&error) {
            Failure::Damaged => Self::Damaged(error.to_string()),
            Failure::Contended => Self::Held,
            Failure::Full | Failure::Broken => Self::Sqlite(error),
        }
    }
}

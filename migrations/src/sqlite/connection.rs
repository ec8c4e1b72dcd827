//! Connections: one reading, one writing the live generation, one filling a generation that is not live yet.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// How long a connection waits for another one's lock.
const BUSY_MS: u64 = 5_000;
/// A reader's page cache; there are at most [`crate::views::READERS`] of them.
const READER_CACHE_KIB: i64 = 4_096;
/// The live writer's page cache.
const WRITER_CACHE_KIB: i64 = 16_384;
/// The page cache of a generation being built.
const BUILDER_CACHE_KIB: i64 = 65_536;
/// The size of a page; rows of orders are long, and a larger page holds more of them in one node.
const PAGE_BYTES: i64 = 8_192;
/// After so many pages of WAL the engine moves them into the file: 16 MiB.
const CHECKPOINT_PAGES: i64 = 2_048;
/// The WAL file is cut back to this after it has grown beyond.
const WAL_LIMIT_BYTES: i64 = 67_108_864;
/// Prepared statements kept per connection; every statement of the views fits.
const STATEMENTS: usize = 192;

pub(crate) fn reader(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&connection, READER_CACHE_KIB)?;
    Ok(connection)
}

/// Opens the live generation for writing. A power cut may take its last transactions, rows and checkpoint together.
pub(crate) fn writer(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&connection, WRITER_CACHE_KIB)?;
    make_live(&connection)?;
    Ok(connection)
}

/// Makes the file of a generation that nobody else sees yet: no journal, nothing synced. A crash leaves a file that is
/// thrown away.
pub(crate) fn builder(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    prepare(&connection, BUILDER_CACHE_KIB)?;
    connection.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    Ok(connection)
}

/// Readers and a writer beside each other from now on.
pub(crate) fn make_live(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update_and_check(None, "locking_mode", "NORMAL", |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", WAL_LIMIT_BYTES, |_| Ok(()))?;
    Ok(())
}

/// Reads every page once and says what is wrong with the file, if anything.
pub(crate) fn damage(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((verdict != "ok").then_some(verdict))
}

fn prepare(connection: &Connection, cache_kib: i64) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

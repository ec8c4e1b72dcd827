//! Reading the file: short transactions on few connections, none held while waiting.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use events::Position;
use rusqlite::{Connection, OptionalExtension as _, Row};
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use super::{Shared, SqliteOptions, connecting, failure};
use crate::port::{LogError, Reader};
use crate::record::{Kind, Record, Stored, WriterId};

/// How many records one transaction reads at most: a longer one would keep the write-ahead log from being reset.
pub(super) const READ_RECORDS_MAX: usize = 4_096;

/// After how many bytes a transaction stops reading. What fits a processor's cache is read faster than more, and is
/// given back to an allocator that still has it.
const READ_BYTES: usize = 512 * 1024;

/// For how many records room is made at once.
const READ_RECORDS: usize = 512;

/// The values of one read share allocations of this size, in bytes: who keeps one value keeps as much.
const CHUNK_BYTES: usize = 32 * 1024;

/// How many threads read at once.
const READS_AT_ONCE: usize = 8;

/// How often a process that only reads asks whether there is more, in milliseconds: nothing tells it.
const POLL_MS: u64 = 200;

/// The reading connections, all of which can be closed at a stroke.
pub(super) struct Readers {
    options: SqliteOptions,
    permits: Arc<Semaphore>,
    gate: RwLock<Gate>,
}

enum Gate {
    Open(Mutex<Vec<Connection>>),
    Shut,
}

impl Readers {
    pub(super) fn new(options: SqliteOptions) -> Self {
        let gate = RwLock::new(Gate::Open(Mutex::default()));
        Self { options, permits: Arc::new(Semaphore::new(READS_AT_ONCE)), gate }
    }

    /// Closes every connection, after those at work have ended. Reading is refused until [`Self::open`].
    pub(super) fn shut(&self) {
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = Gate::Shut;
    }

    /// Allows reading again, on new connections.
    pub(super) fn open(&self) {
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = Gate::Open(Mutex::default());
    }

    /// Keeps a connection for the next read.
    pub(super) fn give_back(&self, connection: Connection) {
        if let Gate::Open(idle) = &*self.gate.read().unwrap_or_else(PoisonError::into_inner) {
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    pub(super) async fn end(self: &Arc<Self>) -> Result<Position, LogError> {
        self.with(|connection| connecting::end(connection).map_err(|error| failure::reading(&error))).await
    }

    pub(super) async fn record(self: &Arc<Self>, position: Position) -> Result<Option<Record>, LogError> {
        self.with(move |connection| record(connection, position)).await
    }

    async fn records(self: &Arc<Self>, from: Position, max: usize) -> Result<Vec<Stored>, LogError> {
        self.with(move |connection| records(connection, from, max)).await
    }

    /// Does short work on one of the connections, on a thread that may block. If the caller goes away, the work is
    /// done all the same and the connection comes back.
    async fn with<T, W>(self: &Arc<Self>, work: W) -> Result<T, LogError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, LogError> + Send + 'static,
    {
        let closed = || LogError::Unavailable("the log is being closed".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let readers = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.blocking(work)
        });
        done.await.map_err(|_| closed())?
    }

    fn blocking<T>(&self, work: impl FnOnce(&Connection) -> Result<T, LogError>) -> Result<T, LogError> {
        let gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let Gate::Open(idle) = &*gate else {
            return Err(LogError::Unavailable("its storage failed and is being reopened".to_owned()));
        };
        let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match taken {
            Some(connection) => connection,
            None => connecting::reading_connection(&self.options).map_err(|e| LogError::Unavailable(e.to_string()))?,
        };
        let result = work(&connection);
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result
    }
}

/// Reads on from a place; at the end it waits for the appending thread's word, or asks now and then.
pub(super) struct SqliteReader {
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    end: watch::Receiver<Position>,
    next: Position,
}

impl SqliteReader {
    pub(super) fn new(shared: Arc<Shared>, readers: Arc<Readers>, next: Position) -> Self {
        let end = shared.end.subscribe();
        Self { shared, readers, end, next }
    }

    async fn wait(&mut self) -> Result<(), LogError> {
        if self.shared.options.read_only {
            tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
            return Ok(());
        }
        self.end.changed().await.map_err(|_| LogError::Unavailable("the log is closed".to_owned()))
    }
}

#[async_trait]
impl Reader for SqliteReader {
    async fn next(&mut self, max: usize) -> Result<Vec<Stored>, LogError> {
        loop {
            let known = *self.end.borrow_and_update();
            if known > self.next || self.shared.options.read_only {
                let mut records = self.shared.recent.from(self.next, max.min(READ_RECORDS));
                if records.is_empty() {
                    records = self.readers.records(self.next, max).await?;
                }
                if let Some(last) = records.last() {
                    self.next = last.position.next();
                    self.shared.raise_end(self.next);
                    return Ok(records);
                }
            }
            self.wait().await?;
        }
    }
}

/// What stands beside a record so that a change made by the disk is noticed.
pub(super) fn crc(position: Position, record: &Record) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&position.0.to_be_bytes());
    crc.update(record.kind.name().as_bytes());
    crc.update(record.writer.0.as_bytes());
    crc.update(&record.n.to_be_bytes());
    crc.update(record.key.as_bytes());
    crc.update(&record.value);
    crc.finalize()
}

/// The records from a position on, up to a limit. An error behind good records is left for the next read.
pub(super) fn records(connection: &Connection, from: Position, max: usize) -> Result<Vec<Stored>, LogError> {
    let max = max.clamp(1, READ_RECORDS_MAX);
    let sql = "SELECT position, kind, writer, n, key, value, crc FROM records
               WHERE position >= ?1 ORDER BY position LIMIT ?2";
    let mut statement = connection.prepare_cached(sql).map_err(|error| failure::reading(&error))?;
    let mut rows = statement.query([from.0 as i64, max as i64]).map_err(|error| failure::reading(&error))?;
    let (mut found, mut bytes, mut values) =
        (Vec::with_capacity(max.min(READ_RECORDS)), 0, BytesMut::with_capacity(CHUNK_BYTES));
    while bytes < READ_BYTES {
        let expected = Position(from.0 + found.len() as u64);
        let next = match rows.next() {
            Ok(None) => break,
            Ok(Some(row)) => stored(row, expected, &mut values),
            Err(error) => Err(failure::reading(&error)),
        };
        match next {
            Ok(stored) => {
                bytes += stored.record.size();
                found.push(stored);
            }
            Err(_) if !found.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn record(connection: &Connection, position: Position) -> Result<Option<Record>, LogError> {
    let sql = "SELECT position, kind, writer, n, key, value, crc FROM records WHERE position = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(|error| failure::reading(&error))?;
    let found =
        statement.query_row([position.0 as i64], |row| Ok(stored(row, position, &mut BytesMut::new()))).optional();
    match found.map_err(|error| failure::reading(&error))? {
        Some(stored) => Ok(Some(stored?.record)),
        None => Ok(None),
    }
}

fn stored(row: &Row<'_>, expected: Position, values: &mut BytesMut) -> Result<Stored, LogError> {
    let malformed = |error: rusqlite::Error| damaged(expected, &error.to_string());
    let position = Position(row.get::<_, i64>(0).map_err(malformed)?.unsigned_abs());
    if position != expected {
        return Err(LogError::Gap { expected, found: position });
    }
    let kind = row.get_ref(1).and_then(|kind| Ok(kind.as_str()?)).map_err(malformed)?;
    let kind = Kind::of_name(kind).map_err(|source| LogError::Unreadable { at: position, source })?;
    let writer = row.get_ref(2).and_then(|writer| Ok(writer.as_blob()?)).map_err(malformed)?;
    let writer = Uuid::from_slice(writer).map_err(|error| damaged(expected, &error.to_string()))?;
    let n = row.get::<_, i64>(3).map_err(malformed)?.unsigned_abs();
    let key = row.get(4).map_err(malformed)?;
    let value = row.get_ref(5).and_then(|value| Ok(value.as_blob()?)).map_err(malformed)?;
    if values.capacity() < value.len() {
        *values = BytesMut::with_capacity(CHUNK_BYTES.max(value.len()));
    }
    values.extend_from_slice(value);
    let record = Record { kind, writer: WriterId(writer), n, key, value: values.split().freeze() };
    if row.get::<_, u32>(6).map_err(malformed)? != crc(position, &record) {
        return Err(damaged(expected, "its checksum does not fit"));
    }
    Ok(Stored { position, record })
}

fn damaged(at: Position, how: &str) -> LogError {
    tracing::error!(position = at.0, how, "the log is damaged: a record cannot be read");
    LogError::Damaged(format!("the record at {at}: {how}"))
}

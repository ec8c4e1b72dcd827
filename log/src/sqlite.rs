//! The log of a single process: one SQLite file, one table, appended by one thread of its own.
//!
//! ```text
//!   Reign::append ──order──► appending thread ──COMMIT (WAL, fsync)──► records ──► end (watch) ──► readers
//!                                  │ an I/O error
//!                                  └► close every connection, reopen, complete a checkpoint, go on
//! ```
//!
//! A partition's writer is elected in the log like everywhere else, so a second process that appends to the same file
//! by mistake costs a reign and corrupts nothing: positions are inserted explicitly, and the primary key is the
//! compare-and-set.

mod appending;
mod connecting;
mod failure;
mod health;
mod reading;
mod recent;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use events::{Partition, Position};
use rusqlite::Connection;
use tokio::sync::watch;

use self::appending::{Appender, Order, SqliteReign};
pub use self::connecting::OpenError;
use self::health::Condition;
pub use self::health::Health;
use self::reading::{Readers, SqliteReader};
use self::recent::Recent;
use crate::port::{AppendError, Log, LogError, Reader, ReignHandle};
use crate::record::{Record, WriterId};

/// Below this much free space nothing more is appended, in bytes.
pub const ROOM_MIN_BYTES: u64 = 64 * 1024 * 1024;

/// How many appends may wait for the thread. One per partition waits in ordinary life.
const ORDERS_MAX: usize = 16;

/// Where the log lies and how it is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file. Its folder must exist.
    pub path: PathBuf,
    /// For reading beside the process that appends: nothing is created, nothing can be appended.
    pub read_only: bool,
    /// How long a statement waits for a lock that another process holds, in milliseconds.
    pub busy_timeout_ms: u32,
}

impl SqliteOptions {
    /// To append to the log in this file, which is created if there is none.
    pub fn appending(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), read_only: false, busy_timeout_ms: 5_000 }
    }

    /// To read the log in this file beside the process that appends to it.
    pub fn reading(path: impl Into<PathBuf>) -> Self {
        Self { read_only: true, ..Self::appending(path) }
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    fn busy_timeout(&self) -> Duration {
        Duration::from_millis(self.busy_timeout_ms.into())
    }
}

/// A log in one SQLite file. It has exactly one partition.
pub struct SqliteLog {
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    appending: Option<Appending>,
}

/// What the appending thread and everybody else share.
struct Shared {
    options: SqliteOptions,
    end: watch::Sender<Position>,
    recent: Recent,
    condition: Condition,
}

struct Appending {
    orders: SyncSender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteLog {
    /// Opens the log. Who is going to append first completes a checkpoint (so that nothing is read that the disk never
    /// got) and checks the newest records.
    pub fn open(options: SqliteOptions) -> Result<Arc<Self>, OpenError> {
        let (connection, end) = connecting::connect(&options)?;
        Self::start(options, connection, end)
    }

    fn start(options: SqliteOptions, connection: Connection, end: Position) -> Result<Arc<Self>, OpenError> {
        let readers = Arc::new(Readers::new(options.clone()));
        let shared = Arc::new(Shared {
            options,
            end: watch::Sender::new(end),
            recent: Recent::default(),
            condition: Condition::up(),
        });
        let appending = if shared.options.read_only {
            readers.give_back(connection);
            None
        } else {
            connecting::check(&connection, end)?;
            Some(Appender::start(Arc::clone(&shared), Arc::clone(&readers), connection)?)
        };
        Ok(Arc::new(Self { shared, readers, appending }))
    }

    /// Whether it can be appended to and read, for readiness.
    pub fn health(&self) -> Health {
        self.shared.condition.health()
    }

    /// [`Self::health`], and each change of it.
    pub fn watch_health(&self) -> watch::Receiver<Health> {
        self.shared.condition.watch()
    }
}

#[async_trait]
impl Log for SqliteLog {
    fn partitions(&self) -> u32 {
        1
    }

    fn end(&self, _: Partition) -> watch::Receiver<Position> {
        self.shared.end.subscribe()
    }

    async fn current_end(&self, _: Partition) -> Result<Position, LogError> {
        let end = self.readers.end().await?;
        self.shared.raise_end(end);
        Ok(end)
    }

    async fn read(&self, _: Partition, position: Position) -> Result<Option<Record>, LogError> {
        self.readers.record(position).await
    }

    async fn reader(&self, _: Partition, from: Position) -> Result<Box<dyn Reader>, LogError> {
        Ok(Box::new(SqliteReader::new(Arc::clone(&self.shared), Arc::clone(&self.readers), from)))
    }

    async fn reign(&self, _: Partition, _: WriterId) -> Result<Box<dyn ReignHandle>, LogError> {
        let Some(appending) = &self.appending else {
            return Err(LogError::Unavailable("it was opened for reading alone".to_owned()));
        };
        Ok(Box::new(SqliteReign::new(appending.orders.clone(), Arc::clone(&self.shared))))
    }

    fn room(&self) -> Result<(), AppendError> {
        if let Health::Down { why, .. } = self.shared.condition.health() {
            return Err(why);
        }
        match fs4::available_space(self.shared.options.folder()) {
            Ok(free) if free >= ROOM_MIN_BYTES => Ok(()),
            Ok(_) => Err(AppendError::NoRoom),
            Err(_) => Err(AppendError::Unreachable),
        }
    }
}

/// Waits until the thread has closed the file, so that whoever opens it next finds it checkpointed.
impl Drop for SqliteLog {
    fn drop(&mut self) {
        let Some(appending) = &mut self.appending else { return };
        // Closed first: the last connection to close removes the write-ahead log, and the thread's may write.
        self.readers.shut();
        let told = appending.orders.send(Order::Stop);
        if let (Ok(()), Some(thread)) = (told, appending.thread.take()) {
            // A thread that panicked has closed its connection by unwinding; there is nothing more to do for it.
            let _ended = thread.join();
        }
    }
}

impl Shared {
    fn raise_end(&self, end: Position) {
        self.end.send_if_modified(|known| {
            let raised = end > *known;
            *known = end.max(*known);
            raised
        });
    }
}

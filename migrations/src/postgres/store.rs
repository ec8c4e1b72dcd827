//! The read models in a database: what a process keeps of them while it is connected.

use std::sync::atomic::{AtomicI64, Ordering};

use deadpool_postgres::Pool;
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;

use super::connecting::{Purpose, connect, pool};
use super::options::PostgresOptions;
use super::pointer::{self, Pointer};
use super::sweeping;
use crate::error::ViewsError;

/// A database of read models, connected.
pub(crate) struct Store {
    pub(super) options: PostgresOptions,
    pub(super) readers: Pool,
    /// The runtime on which it was connected: there runs what no caller waits for.
    pub(super) home: Handle,
    read_only: bool,
    generations: watch::Sender<Uuid>,
    /// How often the pointer had been flipped when it was last seen.
    flips: AtomicI64,
}

impl Store {
    pub(crate) async fn connect(options: PostgresOptions) -> Result<Self, ViewsError> {
        let client = connect(&options, Purpose::Writing).await?;
        let pointer = pointer::ready(&client).await?;
        let store = Self::new(options, pointer, false)?;
        // Leftovers of a rebuild that a crash cut short. What cannot be removed now can be another time.
        if let Err(error) = sweeping::sweep(&store).await {
            tracing::warn!(%error, "old generations of the read models stay until somebody connects the next time");
        }
        Ok(store)
    }

    pub(crate) async fn connect_read_only(options: PostgresOptions) -> Result<Self, ViewsError> {
        let client = connect(&options, Purpose::Reading).await?;
        let pointer = pointer::now(&client).await?;
        Self::new(options, pointer, true)
    }

    pub(crate) fn generations(&self) -> watch::Receiver<Uuid> {
        self.generations.subscribe()
    }

    /// Takes note of the pointer, unless a later one was seen.
    pub(super) fn saw(&self, pointer: Pointer) {
        self.generations.send_if_modified(|live| {
            let news = pointer.flips > self.flips.load(Ordering::Relaxed);
            if news {
                self.flips.store(pointer.flips, Ordering::Relaxed);
                *live = pointer.generation;
            }
            news
        });
    }

    pub(super) fn may_write(&self) -> Result<(), ViewsError> {
        if self.read_only { Err(ViewsError::ReadOnly) } else { Ok(()) }
    }

    fn new(options: PostgresOptions, pointer: Pointer, read_only: bool) -> Result<Self, ViewsError> {
        let readers = pool(&options)?;
        let generations = watch::Sender::new(pointer.generation);
        Ok(Self {
            options,
            readers,
            home: Handle::current(),
            read_only,
            generations,
            flips: AtomicI64::new(pointer.flips),
        })
    }
}

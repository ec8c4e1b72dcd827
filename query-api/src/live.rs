//! What happens in a store as it happens: one tail per partition, which feeds every client that listens.
//!
//! ```text
//!   log ──Admitted──► tail ──by store──► a bounded queue per client ──► server-sent events
//!                                                ▲
//!   Last-Event-ID ──catching up, at most 8 at once┘ from the record behind it up to where the tail stood
//! ```
//!
//! Nothing personal is sent. A client whose queue is full is let go, with the position from which it may go on.

mod catching_up;
mod client;
mod event;
mod tail;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::{Partition, StoreId};
use log::{Cursor, Log, LogError};
use migrations::Views;
use tokio::sync::{OnceCell, Semaphore, mpsc};

pub(crate) use self::client::Client;
use self::event::LiveEvent;

/// Clients that may listen at once.
pub const LIVE_CLIENTS: usize = 4_096;
/// Events that wait for one client; one that takes no more is let go.
pub const LIVE_QUEUE_EVENTS: usize = 256;
/// How far back a client may go on from, in records of the partition.
pub const LIVE_BACK_RECORDS: u64 = 100_000;
/// Clients that are brought up to date at once.
pub const LIVE_CATCH_UPS: usize = 8;

/// The live events of every partition.
pub(crate) struct Live {
    log: Arc<dyn Log>,
    views: Views,
    partitions: Vec<Feed>,
    clients: AtomicUsize,
    catch_ups: Arc<Semaphore>,
    closed: AtomicBool,
}

/// One partition's.
#[derive(Default)]
struct Feed {
    begun: OnceCell<()>,
    listening: Mutex<Listening>,
}

/// Who listens on a partition, and up to where they were fed.
#[derive(Default)]
struct Listening {
    /// Everything before this place was given to whoever listened then.
    cursor: Cursor,
    stores: HashMap<StoreId, Vec<mpsc::Sender<Arc<LiveEvent>>>>,
}

/// Why nobody can listen now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// As many clients listen as may.
    #[error("{LIVE_CLIENTS} clients listen already")]
    Full,
    /// The process is stopping.
    #[error("the process is stopping")]
    Closed,
    /// The log or the views cannot be read.
    #[error("the tail cannot begin: {0}")]
    Unreadable(String),
}

/// A place among the clients, given back when it is dropped.
pub(crate) struct Seat(Arc<Live>);

/// What a new client has: its queue, and the place from which that is complete.
pub(crate) struct Listener {
    queue: mpsc::Receiver<Arc<LiveEvent>>,
    joined: Cursor,
    _seat: Seat,
}

impl Live {
    pub(crate) fn new(log: Arc<dyn Log>, views: Views) -> Self {
        let partitions = (0..log.partitions()).map(|_| Feed::default()).collect();
        let catch_ups = Arc::new(Semaphore::new(LIVE_CATCH_UPS));
        Self { log, views, partitions, clients: AtomicUsize::new(0), catch_ups, closed: AtomicBool::new(false) }
    }

    /// Begins to listen to a store; everything behind `joined` will be in the queue.
    pub(crate) async fn listen(
        self: &Arc<Self>,
        partition: Partition,
        store: StoreId,
    ) -> Result<Listener, ListenError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(ListenError::Closed);
        }
        if self.clients.fetch_add(1, Ordering::AcqRel) >= LIVE_CLIENTS {
            self.clients.fetch_sub(1, Ordering::AcqRel);
            return Err(ListenError::Full);
        }
        let seat = Seat(Arc::clone(self));
        metrics::gauge!("salesync_live_clients").increment(1.0);
        let feed = self.feed(partition)?;
        feed.begun.get_or_try_init(|| tail::begin(self, partition)).await?;
        let (sender, queue) = mpsc::channel(LIVE_QUEUE_EVENTS);
        let mut listening = feed.listening();
        listening.stores.entry(store).or_default().push(sender);
        Ok(Listener { queue, joined: listening.cursor.clone(), _seat: seat })
    }

    /// Lets every client go, for the end of the process.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for feed in &self.partitions {
            feed.listening().stores.clear();
        }
    }

    fn feed(&self, partition: Partition) -> Result<&Feed, ListenError> {
        let unknown = || ListenError::Unreadable(format!("there is no partition {partition}"));
        self.partitions.get(partition.0 as usize).ok_or_else(unknown)
    }
}

impl Feed {
    fn listening(&self) -> MutexGuard<'_, Listening> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("salesync_live_clients").decrement(1.0);
    }
}

impl From<LogError> for ListenError {
    fn from(error: LogError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

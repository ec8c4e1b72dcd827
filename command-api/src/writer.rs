//! The writer as its process sees it: a cheap handle to send commands by, and the task that owns the partition.

mod driver;
mod owning;
mod parting;

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::Partition;
use log::Log;
use tokio::sync::{mpsc, oneshot, watch};
use web::Ids;

use crate::membership::{Alone, Membership};
use crate::request::{NotApplied, Reply, Request};
use crate::snapshots::Snapshots;

/// Commands that wait for the writer in its queue; more are refused. While it starts it holds as many again.
pub const QUEUE_COMMANDS: usize = 8_192;
/// How long a command waits for a place in the queue, and in it for the writer to serve.
pub const QUEUE_WAIT: Duration = Duration::from_secs(5);

/// What a writer is made of.
#[derive(Clone)]
pub struct WriterOptions {
    /// The log.
    pub log: Arc<dyn Log>,
    /// The partition.
    pub partition: Partition,
    /// Where reigns get their ids.
    pub ids: Arc<dyn Ids>,
    /// Where snapshots are kept, if anywhere.
    pub snapshots: Option<Arc<dyn Snapshots>>,
    /// Whether a lock already says that nobody else writes, but for a move's seal, which is looked for; else an append is made
    /// to know it.
    pub locked: bool,
    /// After how many records a snapshot is written.
    pub snapshot_every_records: u64,
}

/// What the writer is doing, for readiness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriterStatus {
    /// The partition is another process's.
    Elsewhere,
    /// Folding or claiming.
    Starting,
    /// Serving; the log it serves.
    Serving(log::Home),
    /// Stopped in order.
    Stopped,
    /// Stopped for good, and why.
    Halted(String),
}

impl WriterStatus {
    /// The log that is served, once it is.
    pub fn home(&self) -> Option<log::Home> {
        if let Self::Serving(home) = self { Some(*home) } else { None }
    }
}

/// The handle.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Submission>,
    status: watch::Receiver<WriterStatus>,
}

/// The task; [`WriterTask::run`] it.
pub struct WriterTask {
    options: WriterOptions,
    queue: mpsc::Receiver<Submission>,
    status: watch::Sender<WriterStatus>,
}

type Waiter = oneshot::Sender<Reply>;

struct Submission {
    request: Box<Request>,
    waiter: Waiter,
    since: Instant,
}

impl Writer {
    /// The handle and the task of a partition's writer.
    pub fn new(options: WriterOptions) -> (Self, WriterTask) {
        let (sender, queue) = mpsc::channel(QUEUE_COMMANDS);
        let (status, watch) = watch::channel(WriterStatus::Starting);
        (Self { queue: sender, status: watch }, WriterTask { options, queue, status })
    }

    /// Sends a command and waits for the writer's word. Whoever stops waiting changes nothing: the command may still
    /// be decided, and a retry with its key gets the answer.
    pub async fn submit(&self, request: Request) -> Reply {
        match self.enqueue(request).await {
            Ok(reply) => reply.await.unwrap_or(Reply::Unknown(log::AppendError::Unreachable)),
            Err(refused) => Reply::NotApplied(refused),
        }
    }

    /// Sends a command and gives back what its reply will come by: commands are decided in the order of sending.
    pub async fn enqueue(&self, request: Request) -> Result<oneshot::Receiver<Reply>, NotApplied> {
        let (waiter, reply) = oneshot::channel();
        let submission = Submission { request: Box::new(request), waiter, since: Instant::now() };
        let submission = match self.queue.try_send(submission) {
            Ok(()) => return Ok(reply),
            Err(mpsc::error::TrySendError::Full(submission) | mpsc::error::TrySendError::Closed(submission)) => {
                submission
            }
        };
        match self.queue.send_timeout(submission, QUEUE_WAIT).await {
            Ok(()) => Ok(reply),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(NotApplied::Busy),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(NotApplied::Stopping),
        }
    }

    /// What the writer is doing now. One whose task has died is halted, whatever it said last.
    pub fn condition(&self) -> WriterStatus {
        let (last, gone) = (self.status.borrow().clone(), self.status.has_changed().is_err());
        match last {
            WriterStatus::Elsewhere | WriterStatus::Starting | WriterStatus::Serving(_) if gone => {
                WriterStatus::Halted("its task has died".to_owned())
            }
            last => last,
        }
    }

    /// Tells what the writer is doing, as it changes.
    pub fn status(&self) -> watch::Receiver<WriterStatus> {
        self.status.clone()
    }
}

impl WriterTask {
    /// Owns the partition and serves until `stop` turns true, then drains: what was taken is decided and answered.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let alone = Arc::new(Alone::of(self.options.log.partitions()));
        self.run_while_assigned(alone, stop).await;
    }

    /// Owns the partition and serves while it is assigned to this process, and hands it over when it is not any more,
    /// until `stop` turns true.
    pub async fn run_while_assigned(self, membership: Arc<dyn Membership>, stop: watch::Receiver<bool>) {
        driver::Driver::new(self, membership, stop).run().await;
    }
}

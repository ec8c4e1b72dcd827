//! The driver: performs the effects of the shard, and gives it what comes of them.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::Position;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use log::{AppendError, Appended, Cursor, Record, Reign};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use super::owning::OwnError;
use super::parting::{Phase, saved, told};
use super::{QUEUE_COMMANDS, QUEUE_WAIT, Submission, Waiter, WriterOptions, WriterStatus, WriterTask};
use crate::fold::{Content, Fold};
use crate::membership::{Assigned, Membership};
use crate::request::{NotApplied, Reply};
use crate::shard::limits::BATCH_RECORDS;
use crate::shard::{Effect, Halt, Input, Shard};
use crate::snapshots;

/// How often waiters are looked through for those who have waited long enough.
const TICK: Duration = Duration::from_millis(250);

type Appending = Pin<Box<dyn Future<Output = (Reign, Appended)> + Send>>;

/// A writer at work.
pub(super) struct Driver {
    pub(super) options: WriterOptions,
    pub(super) membership: Arc<dyn Membership>,
    pub(super) assigned: watch::Receiver<Assigned>,
    pub(super) shard: Shard<Waiter>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) halted: Option<Halt>,
    pub(super) snapshot_at: Position,
    /// When something was last read or written that counts.
    pub(super) progressed: Instant,
    pub(super) phase: Phase,
    pub(super) status: watch::Sender<WriterStatus>,
    pub(super) queue: mpsc::Receiver<Submission>,
    pub(super) held: VecDeque<Submission>,
    pub(super) snapshot: Option<tokio::task::JoinHandle<()>>,
    effects: Vec<Effect<Waiter>>,
    append: Option<(Cursor, Vec<Record>)>,
    fetch: Vec<(u64, Position)>,
    abdicated: bool,
}

/// How serving ended.
enum End {
    /// The reign is over, or never began.
    Abdicated,
    /// The partition is not this process's any more, and everybody has been answered.
    Parted,
    /// The process is stopping, and everybody has been answered.
    Drained,
    Halted(String),
}

/// Waits until the process is told to stop; for ever, if nobody can tell it.
pub(super) async fn stopping(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Driver {
    pub(super) fn new(task: WriterTask, membership: Arc<dyn Membership>, stop: watch::Receiver<bool>) -> Self {
        let WriterTask { options, queue, status } = task;
        let shard = Shard::new(options.partition, !options.locked);
        Self {
            assigned: membership.assigned(),
            options,
            membership,
            shard,
            stop,
            halted: None,
            snapshot_at: Position(0),
            progressed: Instant::now(),
            phase: Phase::Open,
            status,
            queue,
            held: VecDeque::new(),
            effects: Vec::new(),
            append: None,
            fetch: Vec::new(),
            abdicated: false,
            snapshot: None,
        }
    }

    /// Owns and serves, whenever the partition is assigned to this process, until that stops or the log needs an
    /// operator.
    pub(super) async fn run(mut self) {
        let status = loop {
            if !self.until_assigned().await {
                break WriterStatus::Stopped;
            }
            self.status.send_replace(WriterStatus::Starting);
            match self.reign().await {
                End::Abdicated if self.is_assigned() => {
                    warn!(partition = self.options.partition.0, "the reign is over, folding anew");
                }
                End::Abdicated | End::Parted => self.let_go(),
                End::Drained => break WriterStatus::Stopped,
                End::Halted(why) => {
                    error!(partition = self.options.partition.0, error = %why, "the writer has stopped for good");
                    self.status.send_replace(WriterStatus::Halted(why));
                    if !self.stay_halted().await {
                        break self.status.borrow().clone();
                    }
                }
            }
        };
        self.status.send_replace(status);
        self.queue.close();
        self.dismiss(if self.options.locked { NotApplied::Stopping } else { NotApplied::Elsewhere });
        self.join_snapshot().await;
        self.membership.let_go(self.options.partition);
    }

    async fn reign(&mut self) -> End {
        self.abdicated = false;
        let reign = match self.own().await {
            Ok(reign) => reign,
            Err(OwnError::Stopping) => return End::Drained,
            Err(OwnError::Unassigned) => return End::Abdicated,
            Err(error) => return End::Halted(error.to_string()),
        };
        if let Some(home) = self.shard.cursor().home {
            self.status.send_replace(WriterStatus::Serving(home));
        }
        self.serve(reign).await
    }

    async fn serve(&mut self, reign: Reign) -> End {
        let (mut resting, mut appending): (Option<Reign>, Option<Appending>) = (Some(reign), None);
        let mut fetches = FuturesUnordered::new();
        let mut tick = tokio::time::interval(TICK);
        let mut arrived = Vec::with_capacity(BATCH_RECORDS);
        let partition = self.options.partition;
        self.phase = Phase::Open;
        loop {
            self.admit_held();
            if let Some(mut reign) = resting.take_if(|_| self.append.is_some())
                && let Some((cursor, records)) = self.append.take()
            {
                appending = Some(Box::pin(async move {
                    let appended = reign.append(cursor, records).await;
                    (reign, appended)
                }));
            }
            for (ticket, at) in self.fetch.drain(..) {
                fetches.push(fetch(self.options.clone(), ticket, at));
            }
            if let Some(end) = self.ended(appending.is_none()).await {
                return end;
            }
            tokio::select! {
                (reign, appended) = some(&mut appending) => {
                    (resting, appending) = (Some(reign), None);
                    self.step(Input::Appended(appended));
                    self.progressed = Instant::now();
                    self.snapshot_if_due();
                }
                Some((ticket, content)) = fetches.next() => {
                    self.step(Input::Fetched(ticket, content));
                    self.step(Input::Flush);
                }
                taken = self.queue.recv_many(&mut arrived, BATCH_RECORDS),
                    if self.phase != Phase::Draining && self.held.is_empty() =>
                {
                    self.take(taken, &mut arrived);
                }
                _ = tick.tick() => {
                    self.step(Input::Tick);
                    if appending.is_none() && self.append.is_none() && self.is_deposed().await {
                        self.step(Input::Deposed);
                    }
                }
                () = told(&mut self.stop, &mut self.assigned, partition), if self.phase == Phase::Open => self.part(),
                () = saved(&mut self.snapshot, self.phase) => self.close_door(),
            }
        }
    }

    /// Whether somebody else has written where a lock says that nobody does: a move seals the partition from outside. Where
    /// there is no lock, an append tells.
    async fn is_deposed(&self) -> bool {
        let end = async { self.options.log.current_end(self.options.partition).await.ok() };
        self.options.locked && end.await.is_some_and(|end| end > self.shard.cursor().next)
    }

    /// Whether serving is over, and how.
    async fn ended(&mut self, resting: bool) -> Option<End> {
        if let Some(halt) = self.halted.take() {
            return Some(End::Halted(halt.to_string()));
        }
        if self.abdicated {
            return Some(End::Abdicated);
        }
        let leaving = matches!(self.phase, Phase::Draining | Phase::Closing);
        if !leaving || !self.held.is_empty() || !self.shard.is_idle() || !resting {
            return None;
        }
        if self.phase == Phase::Draining {
            self.snapshot_now().await;
        }
        Some(if self.phase == Phase::Draining || *self.stop.borrow() { End::Drained } else { End::Parted })
    }

    /// Takes what has come. Behind a closed door nothing is taken any more: the next owner is to be asked.
    fn take(&mut self, taken: usize, arrived: &mut Vec<Submission>) {
        match self.phase {
            // Nobody holds a handle any more.
            _ if taken == 0 => self.phase = Phase::Draining,
            Phase::Closing => refuse(arrived.drain(..), NotApplied::Elsewhere),
            _ => self.held.extend(arrived.drain(..)),
        }
    }

    /// Gives the shard what has gathered, as far as it has room, and sends the batch if nothing is under way.
    fn admit_held(&mut self) {
        if self.held.is_empty() || !self.shard.has_room() {
            return;
        }
        if let Err(refusal) = self.options.log.room() {
            let why = match refusal {
                AppendError::NoRoom => NotApplied::NoRoom,
                AppendError::Unreachable => NotApplied::NotServing,
            };
            let held = std::mem::take(&mut self.held);
            refuse(held, why);
            return;
        }
        while self.shard.has_room() {
            let Some(submission) = self.held.pop_front() else { break };
            self.step(Input::Arrive(submission.request, submission.waiter));
        }
        self.step(Input::Flush);
    }

    /// Takes commands from the queue while nobody serves, and tells those who have waited long enough.
    pub(super) fn hold(&mut self) {
        while self.held.len() < QUEUE_COMMANDS {
            let Ok(submission) = self.queue.try_recv() else { break };
            self.held.push_back(submission);
        }
        while self.held.front().is_some_and(|first| first.since.elapsed() >= QUEUE_WAIT) {
            if let Some(late) = self.held.pop_front() {
                tell(late.waiter, Reply::NotApplied(NotApplied::NotServing));
            }
        }
    }

    pub(super) fn hold_rest(&mut self) {
        while let Ok(submission) = self.queue.try_recv() {
            self.held.push_back(submission);
        }
    }

    /// One step of the shard, and its effects as far as they can be performed at once.
    pub(super) fn step(&mut self, input: Input<Waiter>) {
        let mut effects = std::mem::take(&mut self.effects);
        self.shard.step(Instant::now(), input, &mut effects);
        self.perform(&mut effects);
        self.effects = effects;
    }

    fn perform(&mut self, effects: &mut Vec<Effect<Waiter>>) {
        for effect in effects.drain(..) {
            match effect {
                Effect::Append(cursor, records) => self.append = Some((cursor, records)),
                Effect::Fetch(ticket, at) => self.fetch.push((ticket, at)),
                Effect::Reply(waiters, reply) => waiters.into_iter().for_each(|waiter| tell(waiter, reply.clone())),
                Effect::Snapshot(fold) => self.snapshot = self.save(fold),
                Effect::Abdicate => self.abdicated = true,
                Effect::Halt(halt) => self.halted = Some(halt),
            }
        }
    }

    fn snapshot_if_due(&mut self) {
        let behind = self.shard.cursor().next.0.saturating_sub(self.snapshot_at.0);
        let idle = self.snapshot.as_ref().is_none_or(tokio::task::JoinHandle::is_finished);
        if behind >= self.options.snapshot_every_records && idle && self.options.snapshots.is_some() {
            self.snapshot_at = self.shard.cursor().next;
            self.step(Input::SnapshotDue);
        }
    }

    async fn snapshot_now(&mut self) {
        if self.options.snapshots.is_none() || self.shard.cursor().next == self.snapshot_at {
            return;
        }
        self.join_snapshot().await;
        self.step(Input::SnapshotDue);
        self.join_snapshot().await;
    }

    pub(super) async fn join_snapshot(&mut self) {
        if let Some(task) = self.snapshot.take()
            && task.await.is_err()
        {
            warn!("writing a snapshot did not finish");
        }
    }

    fn save(&self, fold: Box<Fold>) -> Option<tokio::task::JoinHandle<()>> {
        let (store, partition) = (self.options.snapshots.clone()?, self.options.partition);
        Some(tokio::spawn(async move {
            let position = fold.cursor.next.0;
            let encoded = tokio::task::spawn_blocking(move || snapshots::encode(&fold)).await;
            let Ok(Ok(bytes)) = encoded else {
                error!(partition = partition.0, "the snapshot cannot be encoded");
                return;
            };
            let size = bytes.len();
            match store.save(partition, bytes).await {
                Ok(()) => info!(partition = partition.0, position, size_bytes = size, "snapshot written"),
                Err(error) => warn!(partition = partition.0, error = %error, "the snapshot cannot be written"),
            }
        }))
    }

    /// Tells everybody who still waits: what was handed to the log is unknown, the rest was not applied.
    pub(super) fn dismiss(&mut self, why: NotApplied) {
        self.hold_rest();
        let held = std::mem::take(&mut self.held);
        refuse(held, why);
        let mut effects = Vec::new();
        self.shard.dismiss(why, &mut effects);
        self.perform(&mut effects);
        self.append = None;
        self.fetch.clear();
    }
}

/// Tells each of them why nothing will come of it here.
pub(super) fn refuse(refused: impl IntoIterator<Item = Submission>, why: NotApplied) {
    refused.into_iter().for_each(|submission| tell(submission.waiter, Reply::NotApplied(why)));
}

/// Whoever has stopped waiting changes nothing.
fn tell(waiter: Waiter, reply: Reply) {
    let _gone = waiter.send(reply);
}

async fn some(appending: &mut Option<Appending>) -> (Reign, Appended) {
    match appending {
        Some(appending) => appending.await,
        None => std::future::pending().await,
    }
}

async fn fetch(options: WriterOptions, ticket: u64, at: Position) -> (u64, Option<Content>) {
    let (partition, record) = (options.partition, options.log.read(options.partition, at).await);
    let content = match record {
        Ok(record) => record.map(|record| Content::of(&log::Stored { position: at, record })).transpose(),
        Err(error) => {
            warn!(%partition, position = %at, %error, "a record cannot be read back now");
            return (ticket, None);
        }
    };
    if let Err(error) = &content {
        warn!(%partition, position = %at, %error, "a record that was read before cannot be decoded");
    }
    (ticket, content.ok().flatten())
}

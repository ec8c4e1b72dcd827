//! The projector of one partition: tails the log, folds what has gathered, writes it, says how far it is.
//!
//! ```text
//!   log ──Admitted──► decode ──► fold per view ──► one transaction ──► sessions hook ──► progress (watch)
//!                                                   checkpoint + rows
//! ```
//!
//! It runs on a thread of its own, since writing SQLite blocks. Views that stand at the same position share one
//! decoding and one transaction; the one furthest behind goes first until it has caught up. When another generation
//! goes live, in this process or another, it goes on there, from the checkpoints that it finds.

mod handle;
mod lane;
mod progress;

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{Partition, StoreId};
use log::{Admitted, Log, LogError, Stored};
use migrations::{Views, ViewsError, Writer};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

pub use self::handle::Handle;
use self::lane::Lane;
pub use self::progress::{Progress, Stopped};
use crate::applying::{ApplyError, Part, announce, apply};
use crate::checkpoint;
use crate::decoding::session_changed;
use crate::fold::fold;

/// How many records are folded into one transaction at most.
pub(crate) const BATCH_RECORDS: u64 = 10_000;
/// The first wait after a failure; it doubles up to the last.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_LAST: Duration = Duration::from_secs(5);
/// How long nothing is announced while nothing happens; who hears nothing for a second takes nobody to be there.
const ANNOUNCE_IDLE: Duration = Duration::from_millis(300);
/// How long a database that is shared is left alone after a small batch. What comes meanwhile is one transaction: a busy
/// chain spends more on each of them than on what is in it. What comes to a partition at rest is seen at once.
const BREATH: Duration = Duration::from_millis(40);
/// How often a projector looks whether a view that has stopped is to leave out the event it stands at.
const SKIPS_EVERY: Duration = Duration::from_secs(2);
/// Threads that the log's reads of one worker may block.
const BLOCKING_THREADS: usize = 2;

/// Told, after the commit and before the progress is, of which stores something changed that decides on a session.
pub type SessionsChanged = Arc<dyn Fn(&[StoreId]) + Send + Sync>;

/// Starts the projector of a partition on a thread of its own.
pub fn start(
    log: Arc<dyn Log>,
    partition: Partition,
    views: Views,
    sessions_changed: SessionsChanged,
) -> std::io::Result<Handle> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(BLOCKING_THREADS).build()?;
    let (stopping, stop) = mpsc::channel(1);
    let (progress, seen) = watch::channel(Progress::unknown(partition, views.live_generation()));
    let handle = Handle::new(Arc::clone(&log), views.clone(), stopping, seen);
    let worker = Worker {
        log,
        partition,
        generations: views.generations(),
        views,
        sessions_changed,
        progress,
        writer: None,
        reader: None,
        lanes: Vec::new(),
        wait: BACKOFF_FIRST,
        breath: None,
        skips_due: None,
        stop,
    };
    let name = format!("projector-{partition}");
    std::thread::Builder::new().name(name).spawn(move || runtime.block_on(worker.run()))?;
    Ok(handle)
}

struct Worker {
    log: Arc<dyn Log>,
    partition: Partition,
    views: Views,
    /// Wakes when another generation goes live.
    generations: watch::Receiver<Uuid>,
    sessions_changed: SessionsChanged,
    progress: watch::Sender<Progress>,
    writer: Option<Writer>,
    reader: Option<Admitted>,
    lanes: Vec<Lane>,
    wait: Duration,
    /// Until when a database shared with others is left alone.
    breath: Option<tokio::time::Instant>,
    /// When it is looked again what a stopped view is to leave out; none while all run.
    skips_due: Option<tokio::time::Instant>,
    /// Whether to stop: somebody says so, or nobody holds a handle any more. Last, so that it is dropped last: who waits
    /// for its end finds every file closed.
    stop: mpsc::Receiver<()>,
}

/// Why a turn came to nothing.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Log(#[from] LogError),
}

/// What to do after a turn.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

impl Worker {
    async fn run(mut self) {
        loop {
            match self.turn().await {
                Ok(Next::GoOn) => self.wait = BACKOFF_FIRST,
                Ok(Next::Stop) => break,
                Err(trouble) => {
                    if self.recover(trouble).await == Next::Stop {
                        break;
                    }
                }
            }
        }
        tracing::info!(partition = %self.partition, position = %self.progress.borrow().next, "projector stopped");
    }

    /// One batch, one word that nothing is new, another generation, or a look at what is to be left out.
    async fn turn(&mut self) -> Result<Next, Trouble> {
        self.prepare().await?;
        let batch = lane::next_batch(&self.lanes);
        if let Some((at, _)) = &batch
            && self.reader.as_ref().is_none_or(|reader| reader.cursor() != at)
        {
            self.reader = Some(Admitted::open(self.log.as_ref(), self.partition, at.clone()).await?);
        }
        let shared = self.views.is_shared();
        let records = tokio::select! {
            biased;
            _ = self.stop.recv() => return Ok(Next::Stop),
            () = due(self.skips_due) => return Ok(Next::GoOn),
            Ok(()) = self.generations.changed() => {
                self.writer = None;
                return Ok(Next::GoOn);
            }
            records = next_records(self.breath, self.reader.as_mut(), batch.as_ref()) => records?,
            () = tokio::time::sleep(ANNOUNCE_IDLE), if shared => {
                self.announce().await?;
                return Ok(Next::GoOn);
            }
        };
        let Some(((at, _), reader)) = batch.zip(self.reader.as_ref()) else { return Ok(Next::GoOn) };
        let behind = reader.cursor().clone();
        self.project(&at, &behind, &records).await?;
        let catches_up = records.len() as u64 >= BATCH_RECORDS / 2;
        self.breath = (shared && !catches_up).then(|| tokio::time::Instant::now() + BREATH);
        Ok(Next::GoOn)
    }

    async fn announce(&mut self) -> Result<(), Trouble> {
        let next = self.progress.borrow().next;
        if let Some(writer) = &mut self.writer {
            announce(writer, self.partition, next).await.map_err(ApplyError::from)?;
        }
        Ok(())
    }

    /// Opens the live generation and reads its checkpoints, unless that is done and no stopped view has to be looked after.
    async fn prepare(&mut self) -> Result<(), Trouble> {
        let now = tokio::time::Instant::now();
        if self.writer.is_some() && self.skips_due.is_none_or(|due| now < due) {
            return Ok(());
        }
        let replaced = self.generations.has_changed().unwrap_or(true);
        self.generations.mark_unchanged();
        let mut writer = match self.writer.take().filter(|_| !replaced) {
            Some(writer) => writer,
            None => self.views.writer().await.map_err(ApplyError::from)?,
        };
        let checkpoints = checkpoint::load_or_begin(&mut writer, self.partition).await.map_err(ApplyError::from)?;
        let same_rows = writer.generation() == self.progress.borrow().generation;
        self.lanes = lane::resumed(checkpoints, if same_rows { &self.lanes } else { &[] });
        (self.writer, self.skips_due) = (Some(writer), None);
        self.publish();
        Ok(())
    }

    /// Folds a batch into the views that stand at `at` and writes it.
    async fn project(&mut self, at: &log::Cursor, behind: &log::Cursor, records: &[Stored]) -> Result<(), Trouble> {
        let started = Instant::now();
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let mut others = lane::lowest(self.lanes.iter().filter(|lane| !lane.stands_at(at)));
        let mut group: Vec<&mut Lane> = self.lanes.iter_mut().filter(|lane| lane.stands_at(at)).collect();
        let views = group.iter().map(|lane| (lane.checkpoint.view, &lane.checkpoint.skips));
        let (mut sessions, mut events) = (Vec::new(), 0);
        let folded = fold(views, records, |decoded| {
            events += decoded.len();
            sessions.extend(decoded.iter().filter_map(session_changed));
        });
        let (mut parts, mut applied) = (Vec::new(), Vec::new());
        for (lane, folded) in group.iter_mut().zip(folded) {
            match folded {
                Ok(changes) => {
                    parts.push(Part { view: lane.checkpoint.view, old: at.clone(), changes });
                    applied.push(lane);
                }
                Err(poison) => {
                    lane.fail(behind, Some(poison.position), &poison.reason);
                    others = lane::lowest(std::iter::once(&**lane)).into_iter().chain(others).min();
                }
            }
        }
        let outcomes = apply(writer, self.partition, behind, &parts, others).await?;
        let mut stores_applied = false;
        for (lane, outcome) in applied.into_iter().zip(outcomes) {
            match outcome {
                Ok(()) => {
                    lane.advance(behind);
                    stores_applied |= lane.checkpoint.view.name == "stores";
                }
                Err(refused) => lane.fail(behind, None, &refused.to_string()),
            }
        }
        if stores_applied && !sessions.is_empty() {
            (self.sessions_changed)(&sessions);
        }
        self.publish();
        progress::measure(self.partition, events, started.elapsed(), &self.lanes);
        Ok(())
    }

    fn publish(&mut self) {
        let stopped = self.lanes.iter().any(|lane| lane.stopped.is_some());
        let due = || tokio::time::Instant::now() + SKIPS_EVERY;
        self.skips_due = if stopped { self.skips_due.or_else(|| Some(due())) } else { None };
        let generation = self.writer.as_ref().map_or_else(|| self.views.live_generation(), Writer::generation);
        self.progress.send_replace(Progress::of(self.partition, generation, &self.lanes));
    }

    /// Waits after a failure that time may heal; stops what no waiting heals.
    async fn recover(&mut self, trouble: Trouble) -> Next {
        (self.writer, self.reader) = (None, None);
        if matches!(trouble, Trouble::Apply(ApplyError::Views(ViewsError::Superseded))) {
            return Next::GoOn;
        }
        match &trouble {
            Trouble::Apply(ApplyError::Lost(projection)) => {
                tracing::warn!(partition = %self.partition, projection, "another projector was faster");
            }
            Trouble::Log(error) if !error.is_transient() => {
                lane::stop_lowest(&mut self.lanes, &error.to_string());
                self.publish();
                return Next::GoOn;
            }
            Trouble::Apply(ApplyError::Views(error @ ViewsError::Damaged(_))) => {
                lane::stop_all(&mut self.lanes, &error.to_string());
                self.publish();
            }
            transient if self.wait == BACKOFF_FIRST => {
                tracing::warn!(partition = %self.partition, error = %transient, "projector waits and tries again");
            }
            _ => {}
        }
        let stop = tokio::time::timeout(self.wait, self.stop.recv()).await;
        self.wait = (self.wait * 2).min(BACKOFF_LAST);
        if stop.is_ok() { Next::Stop } else { Next::GoOn }
    }
}

async fn due(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Reads on, not before this instant; for ever if no view runs.
async fn next_records(
    not_before: Option<tokio::time::Instant>,
    reader: Option<&mut Admitted>,
    batch: Option<&(log::Cursor, u64)>,
) -> Result<Vec<Stored>, LogError> {
    if let Some(not_before) = not_before {
        tokio::time::sleep_until(not_before).await;
    }
    match reader.zip(batch) {
        Some((reader, (_, limit))) => reader.next(usize::try_from(*limit).unwrap_or(1)).await,
        None => std::future::pending().await,
    }
}

//! A data folder at work: its log, the writer on it, the projector behind it. `serve` puts HTTP before this, `demo`
//! a café's history.

use std::sync::Arc;

use anyhow::Context as _;
use command_api::{Alone, WriterOptions, Writers};
use events::{Partition, Position};
use log::{Log, SqliteLog, SqliteOptions};
use migrations::Views;
use projectors::Handle;
use query_api::SessionTable;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use web::{Clock, Freshness, Ids};

use crate::folder::Held;
use crate::freshness::OwnProgress;
use crate::snapshots::SnapshotFiles;

/// The one partition of a data folder.
pub const PARTITION: Partition = Partition(0);
/// After how many records the writer's state is written down, so that a start reads no more than these.
const SNAPSHOT_EVERY_RECORDS: u64 = 200_000;

/// A data folder at work.
pub struct Shop {
    /// The truth.
    pub log: Arc<SqliteLog>,
    /// The read models.
    pub views: Views,
    /// What writes them.
    pub projector: Handle,
    /// What decides.
    pub writers: Writers,
    /// Which tokens were revoked.
    pub sessions: Arc<SessionTable>,
    /// How far the read models are.
    pub freshness: Arc<dyn Freshness>,
    /// The end that the log had at start: queries are ready once the views have passed it.
    pub end_at_start: Position,
    stop: watch::Sender<bool>,
    writing: JoinHandle<()>,
}

impl Shop {
    /// Opens the folder's files and sets writer and projector to work. To be called within a runtime.
    pub async fn open(folder: &Held, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> anyhow::Result<Self> {
        let log = SqliteLog::open(SqliteOptions::appending(folder.log())).context("the log cannot be opened")?;
        let port: Arc<dyn Log> = log.clone();
        let end_at_start = port.current_end(PARTITION).await.context("the log cannot be read")?;
        let known = log::home(log.as_ref()).await.context("the log cannot be read")?.map(|home| home.log);
        let views = Views::open(&folder.views()).context("the read models cannot be opened")?;
        // Asked first: a claim on a log that was cut would stand where something else had been read.
        projectors::resumable(log.as_ref(), PARTITION, &views)
            .await
            .context("the read models do not go on from the log")?;
        let sessions = Arc::new(SessionTable::new(views.clone(), Arc::clone(&clock), vec![end_at_start]));
        let table = Arc::clone(&sessions);
        let changed = Arc::new(move |stores: &[events::StoreId]| table.invalidate(stores));
        let projector = projectors::start(Arc::clone(&port), PARTITION, views.clone(), changed)
            .context("the projector cannot be started")?;
        let options = WriterOptions {
            log: port,
            partition: PARTITION,
            ids,
            snapshots: Some(Arc::new(SnapshotFiles::in_folder(&folder.snapshots())?)),
            locked: true,
            snapshot_every_records: SNAPSHOT_EVERY_RECORDS,
        };
        let (writers, task) = Writers::new(&options, Arc::new(Alone::of(1)));
        let (end, serving) = (Log::end(log.as_ref(), PARTITION), writers.statuses().swap_remove(0));
        let freshness: Arc<dyn Freshness> = Arc::new(OwnProgress::new(projector.progress(), end, known, serving));
        let (stop, stopping) = watch::channel(false);
        let writing = tokio::spawn(task.run(stopping));
        Ok(Self { log, views, projector, writers, sessions, freshness, end_at_start, stop, writing })
    }

    /// Lets the writer answer what it has taken, then the projector finish its batch.
    pub async fn close(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        self.writing.await.context("the writer ended badly")?;
        self.projector.stop().await;
        Ok(())
    }
}

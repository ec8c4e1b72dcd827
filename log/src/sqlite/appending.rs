//! The thread that appends: one transaction per batch, and what it does when the storage fails.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use events::Position;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::connecting::{self, OpenError};
use super::failure::Failure;
use super::health::Health;
use super::reading::{self, Readers};
use super::{Appending, ORDERS_MAX, Shared};
use crate::port::{AppendError, ReignHandle, Report};
use crate::record::Record;

/// How long an append is waited for, in seconds. What was handed over by then may still land.
const DEADLINE_SECONDS: u64 = 10;

/// The pause after the first attempt to reopen that failed, in milliseconds; it doubles from one to the next.
const REOPEN_PAUSE_MIN_MS: u64 = 100;

/// The longest pause between attempts to reopen, in milliseconds.
const REOPEN_PAUSE_MAX_MS: u64 = 5_000;

/// What the thread is told.
pub(super) enum Order {
    /// Append these.
    Append { batch: Vec<Record>, reports: oneshot::Sender<Vec<Report>> },
    /// Close the file and end.
    Stop,
}

/// The means of one reign to append.
pub(super) struct SqliteReign {
    orders: SyncSender<Order>,
    shared: Arc<Shared>,
}

impl SqliteReign {
    pub(super) fn new(orders: SyncSender<Order>, shared: Arc<Shared>) -> Self {
        Self { orders, shared }
    }
}

#[async_trait]
impl ReignHandle for SqliteReign {
    async fn send(&mut self, batch: Vec<Record>) -> Vec<Report> {
        let records = batch.len();
        let unknown = |why| vec![Report::Unknown(why); records];
        if let Health::Down { why, .. } = self.shared.condition.health() {
            return unknown(why);
        }
        let (reports, reported) = oneshot::channel();
        if self.orders.try_send(Order::Append { batch, reports }).is_err() {
            return unknown(AppendError::Unreachable);
        }
        match tokio::time::timeout(Duration::from_secs(DEADLINE_SECONDS), reported).await {
            Ok(Ok(reports)) => reports,
            Ok(Err(_)) | Err(_) => unknown(AppendError::Unreachable),
        }
    }
}

/// What the thread works with.
pub(super) struct Appender {
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    /// None while the storage has failed and is not reopened yet.
    connection: Option<Connection>,
    end: Position,
}

/// The thread was told to end.
struct Stopped;

impl Appender {
    /// Starts the thread with the connection that it appends by.
    pub(super) fn start(
        shared: Arc<Shared>,
        readers: Arc<Readers>,
        connection: Connection,
    ) -> Result<Appending, OpenError> {
        let (orders, received) = sync_channel(ORDERS_MAX);
        let end = *shared.end.borrow();
        let appender = Self { shared, readers, connection: Some(connection), end };
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || appender.run(&received))?;
        Ok(Appending { orders, thread: Some(thread) })
    }

    fn run(mut self, orders: &Receiver<Order>) {
        while let Ok(Order::Append { batch, reports }) = orders.recv() {
            // Whoever sent it was told that its outcome is unknown, and waits no more: it may as well never land.
            if reports.is_closed() {
                continue;
            }
            let (first, records) = (self.end, batch.len());
            let Err(failure) = self.append(batch) else {
                tell(reports, (first.0..self.end.0).map(|at| Report::At(Position(at))).collect());
                continue;
            };
            self.shared.recent.clear();
            if failure != Failure::Contended {
                self.shared.condition.fell(failure.append_error());
            }
            tell(reports, vec![Report::Unknown(failure.append_error()); records]);
            if self.recover(failure, orders).is_err() {
                return;
            }
        }
    }

    fn append(&mut self, batch: Vec<Record>) -> Result<(), Failure> {
        let connection = self.connection.as_mut().ok_or(Failure::Broken)?;
        let started = Instant::now();
        commit(connection, self.end, &batch).map_err(|error| {
            let failure = Failure::of(&error);
            metrics::counter!("salesync_log_failed_commits_total").increment(1);
            tracing::error!(position = self.end.0, error = %error, failure = ?failure, "an append to the log failed");
            failure
        })?;
        let (first, records) = (self.end, batch.len() as u64);
        self.end = Position(first.0 + records);
        self.shared.recent.keep(first, batch);
        self.shared.raise_end(self.end);
        metrics::histogram!("salesync_log_commit_seconds").record(started.elapsed().as_secs_f64());
        metrics::counter!("salesync_log_appended_records_total").increment(records);
        Ok(())
    }

    /// Brings the log back, however long it takes. Unless another process was the cause, nobody may go on with what
    /// is in a page cache: every connection is closed before the file is opened again.
    fn recover(&mut self, failure: Failure, orders: &Receiver<Order>) -> Result<(), Stopped> {
        if failure == Failure::Contended && self.catch_up().is_ok() {
            return Ok(());
        }
        self.shared.condition.fell(failure.append_error());
        self.readers.shut();
        self.connection = None;
        let mut pause = Duration::from_millis(REOPEN_PAUSE_MIN_MS);
        while let Err(error) = self.reopen() {
            tracing::warn!(error = %error, pause_ms = pause.as_millis(), "the log cannot be reopened yet");
            refuse_for(pause, failure.append_error(), orders)?;
            pause = (pause * 2).min(Duration::from_millis(REOPEN_PAUSE_MAX_MS));
        }
        self.readers.open();
        self.shared.condition.rose();
        tracing::info!(position = self.end.0, "the log is reopened");
        Ok(())
    }

    /// Another process has appended: the next batch goes behind what it wrote.
    fn catch_up(&mut self) -> Result<(), rusqlite::Error> {
        if let Some(connection) = &self.connection {
            self.end = connecting::end(connection)?;
            self.shared.raise_end(self.end);
        }
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), OpenError> {
        let (connection, end) = connecting::connect(&self.shared.options)?;
        if end < self.end {
            return Err(OpenError::Damaged(format!("it ends at {end}, but {} had been reached", self.end)));
        }
        self.connection = Some(connection);
        self.end = end;
        self.shared.raise_end(end);
        Ok(())
    }
}

fn commit(connection: &mut Connection, first: Position, batch: &[Record]) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let sql = "INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let mut insert = transaction.prepare_cached(sql)?;
        for (position, record) in (first.0..).zip(batch) {
            let Record { kind, writer, n, key, value } = record;
            let crc = reading::crc(Position(position), record);
            let (position, n) = (position as i64, *n as i64);
            insert.execute(params![position, kind.name(), writer.0.as_bytes(), n, key, value.as_ref(), crc])?;
        }
    }
    transaction.commit()
}

/// Waits before the next attempt, and refuses what is ordered meanwhile.
fn refuse_for(pause: Duration, why: AppendError, orders: &Receiver<Order>) -> Result<(), Stopped> {
    let until = Instant::now() + pause;
    loop {
        match orders.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Order::Append { batch, reports }) => tell(reports, vec![Report::Unknown(why); batch.len()]),
            Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return Err(Stopped),
            Err(RecvTimeoutError::Timeout) => return Ok(()),
        }
    }
}

fn tell(waiting: oneshot::Sender<Vec<Report>>, reports: Vec<Report>) {
    // Whoever waited may have gone at its deadline, with the outcome unknown.
    let _gone = waiting.send(reports);
}

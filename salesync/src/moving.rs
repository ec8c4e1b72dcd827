//! `salesync move`: a history is carried from one log to another, event by event with its id, and answer by answer.
//!
//! ```text
//!   survey ──► copy while the source serves ──► seal every source partition ──► copy the tail ──► compare ──► done
//!     │ the target has nothing of these stores,        │ from here on nothing counts in the source
//!     └ or what an interrupted move left there         └ given up before it, the source is untouched
//! ```
//!
//! Nothing in a body holds a position, and no id is made from one, so what is copied means the same where it comes to
//! stand. The same command finishes what was interrupted: whatever stands in the target already is left out.

mod comparing;
mod copying;
mod surveying;
#[cfg(test)]
mod tests;
mod writing;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use events::{LogId, Partition};
use indicatif::ProgressBar;
use log::{
    Admitted, Claim, Cursor, KafkaAddress, KafkaLog, Log, Record, Report, SqliteLog, SqliteOptions, Stored, WriterId,
};
use web::Ids;

use self::copying::Copying;
use crate::ambient::SystemIds;
use crate::cli::{Move, Shared};
use crate::folder::{Folder, Held};
use crate::{places, terminal};

/// With fewer records than this left, the source is sealed.
const TAIL_RECORDS: u64 = 5_000;
/// How often one runs after a source that grows, before it is sealed however much is left.
const CATCHING_UP: usize = 20;
/// How long what is known to be in a log may take to come.
const READ_WAIT: Duration = Duration::from_mins(1);
/// How often a seal is tried: the source's own writer may claim in between.
const SEAL_TRIES: u32 = 20;
/// How long a seal waits for its position.
const SEAL_WAIT: Duration = Duration::from_secs(5);
/// Records read at a time.
const READ_RECORDS: usize = 4_096;

/// One end of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A data folder.
    Folder(PathBuf),
    /// A chain's log.
    Kafka(KafkaAddress),
}

/// What was carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    /// Stores.
    pub stores: usize,
    /// Events.
    pub events: u64,
    /// Answers that were recorded without an event.
    pub answers: u64,
}

impl std::str::FromStr for End {
    type Err = log::AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("kafka:") { text.parse().map(Self::Kafka) } else { Ok(Self::Folder(PathBuf::from(text))) }
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Kafka(address) => address.fmt(f),
        }
    }
}

/// Carries the history over, and says when the target may be opened.
pub async fn run(shared: &Shared, options: &Move) -> anyhow::Result<()> {
    ensure!(options.from != options.to, "a move goes from one log to another: --from and --to are the same");
    let (target, _held) = open_target(shared, &options.to).await?;
    let source = open_source(shared, &options.from).await?;
    let bar = terminal::bar(0, "records copied")?;
    let copying = prepare(&source, target, bar.clone()).await?;
    let sealing = || async { open_for_seal(shared, &options.from).await };
    let carried = carry(&source, copying, sealing).await?;
    bar.finish_and_clear();
    terminal::line(&format!(
        "{} stores, {} events and {} answers are in {}, and both ends were compared",
        carried.stores, carried.events, carried.answers, options.to
    ))?;
    terminal::line(&format!(
        "{} is sealed: nothing is taken there any more. {} may be opened",
        options.from, options.to
    ))?;
    if let End::Folder(folder) = &options.from {
        terminal::line(&format!(
            "so that nobody has to log in anew, give the target the token secret in {}",
            Folder::at(folder).token_secret().display()
        ))?;
    }
    Ok(())
}

/// Looks at both ends and refuses a target that has these stores from elsewhere.
async fn prepare(source: &Arc<dyn Log>, target: Arc<dyn Log>, bar: ProgressBar) -> anyhow::Result<Copying> {
    let there = surveying::survey(target.as_ref()).await.context("the target cannot be read")?;
    let here = surveying::survey(source.as_ref()).await.context("the source cannot be read")?;
    if let Some(store) = there.foreign_to(&here) {
        bail!(
            "the target has a history of store {store} that is not this one's: a store is moved to where it never was"
        );
    }
    Ok(Copying::new(target, there, bar))
}

/// Copies, seals, copies the rest, compares. `sealing` opens the source for the one record that is written there.
async fn carry<F, O>(source: &Arc<dyn Log>, mut copying: Copying, sealing: F) -> anyhow::Result<Carried>
where
    F: FnOnce() -> O,
    O: Future<Output = anyhow::Result<Arc<dyn Log>>>,
{
    for _ in 0..CATCHING_UP {
        copying.copy(source).await?;
        if copying.left(source).await? <= TAIL_RECORDS {
            break;
        }
    }
    let writable = sealing().await?;
    for partition in (0..source.partitions()).map(Partition) {
        seal(&writable, partition, copying.cursor(partition)).await?;
    }
    copying.copy_to_the_seal(source).await?;
    copying.flush().await?;
    comparing::compare(source.as_ref(), copying.target()).await
}

/// Reads on, with an end to the waiting: for what is known to be there and does not come.
async fn read_on(reader: &mut Admitted, max: usize) -> anyhow::Result<Vec<Stored>> {
    let read = tokio::time::timeout(READ_WAIT, reader.next(max)).await;
    let sentence = || format!("nothing came for {} s: is every broker there?", READ_WAIT.as_secs());
    read.with_context(sentence)?.context("the log cannot be read")
}

/// Ends the source's partition for good, unless that is done. It is known up to the cursor: who read it whole for each try
/// would be behind its writer each time.
async fn seal(log: &Arc<dyn Log>, partition: Partition, mut cursor: Cursor) -> anyhow::Result<()> {
    for _ in 0..SEAL_TRIES {
        cursor = read_to_end(log.as_ref(), partition, cursor).await?;
        if cursor.sealed {
            return Ok(());
        }
        let writer = WriterId(SystemIds.uuid());
        let home = match cursor.home {
            Some(home) => home,
            None => log::home(log.as_ref())
                .await?
                .unwrap_or(log::Home { log: LogId(SystemIds.uuid()), partitions: log.partitions() }),
        };
        let claim = Claim { term: cursor.term + 1, home, sealed: true };
        let mut handle = log.reign(partition, writer).await?;
        let sent = tokio::time::timeout(SEAL_WAIT, handle.send(vec![Record::claim(writer, &claim)])).await;
        if matches!(sent.as_deref(), Ok([Report::At(_)])) {
            continue;
        }
        tracing::warn!(partition = partition.0, "it is not known whether the partition is sealed, looking again");
    }
    let cursor = read_to_end(log.as_ref(), partition, cursor).await?;
    ensure!(
        cursor.sealed,
        "partition {partition} of the source cannot be sealed: its writer claims it again and again"
    );
    Ok(())
}

async fn read_to_end(log: &dyn Log, partition: Partition, from: Cursor) -> anyhow::Result<Cursor> {
    let end = log.current_end(partition).await?;
    let mut reader = Admitted::open(log, partition, from).await?;
    while reader.cursor().next < end {
        read_on(&mut reader, READ_RECORDS).await?;
    }
    Ok(reader.cursor().clone())
}

async fn open_source(shared: &Shared, end: &End) -> anyhow::Result<Arc<dyn Log>> {
    match end {
        End::Folder(folder) => {
            let folder = Folder::at(folder).existing()?;
            let log = SqliteLog::open(SqliteOptions::reading(folder.log())).context("the source cannot be opened")?;
            Ok(log)
        }
        End::Kafka(address) => open_kafka(shared, address).await,
    }
}

/// The source for appending, beside whoever serves it: who wins is decided in the log.
async fn open_for_seal(shared: &Shared, end: &End) -> anyhow::Result<Arc<dyn Log>> {
    match end {
        End::Folder(folder) => {
            let path = Folder::at(folder).log();
            let log = SqliteLog::open(SqliteOptions::appending(path)).context("the source cannot be sealed")?;
            Ok(log)
        }
        End::Kafka(address) => open_kafka(shared, address).await,
    }
}

async fn open_target(shared: &Shared, end: &End) -> anyhow::Result<(Arc<dyn Log>, Option<Held>)> {
    match end {
        End::Folder(folder) => {
            let held = Folder::at(folder).hold()?;
            let log = SqliteLog::open(SqliteOptions::appending(held.log())).context("the target cannot be opened")?;
            Ok((log, Some(held)))
        }
        End::Kafka(address) => Ok((open_kafka(shared, address).await?, None)),
    }
}

async fn open_kafka(shared: &Shared, address: &KafkaAddress) -> anyhow::Result<Arc<dyn Log>> {
    let log = KafkaLog::open(places::kafka(shared, address.clone())?)
        .await
        .with_context(|| format!("{address} cannot be opened"))?;
    Ok(log)
}

//! `salesync log`: the counted events as JSON lines, each the `CloudEvents` record with its partition and position.

use std::io::{BufWriter, ErrorKind, Write};
use std::sync::Arc;

use anyhow::Context as _;
use events::{Partition, Position, StoreId, Subject};
use log::{Admitted, Cursor, Kind, Log, LogError, Stored};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::cli;
use crate::places::Places;

/// Records read at a time.
const READ_RECORDS: usize = 4_096;
/// Reads that wait to be written while several partitions are followed.
const READS_WAITING: usize = 16;

/// Writes the events; with `--follow` until Ctrl-C.
pub async fn run(places: &Places, options: &cli::Log) -> anyhow::Result<()> {
    let log = places.read_log().await?;
    let store = options.store.as_deref().map(store);
    let export = Export { from: Position(options.from), store, personal: options.personal };
    let written = tokio::select! {
        written = export.run(&log, options.follow) => written,
        stopped = tokio::signal::ctrl_c() => stopped.context("Ctrl-C cannot be heard"),
    };
    match written {
        // Whoever reads the lines has had enough.
        Err(error) if closed(&error) => Ok(()),
        other => other,
    }
}

struct Export {
    from: Position,
    store: Option<String>,
    personal: bool,
}

type Read = (Partition, Vec<Stored>);

impl Export {
    /// What there is, partition after partition; then, if it is followed, what comes on all of them.
    async fn run(&self, log: &Arc<dyn Log>, follow: bool) -> anyhow::Result<()> {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut readers = Vec::new();
        for partition in self.partitions(log.partitions()) {
            // Which records count is known only to who has read them all, so it begins at the beginning.
            let mut reader = Admitted::open(log.as_ref(), partition, Cursor::default()).await?;
            let end = log.current_end(partition).await?;
            while reader.cursor().next < end {
                let counted = reader.next(READ_RECORDS).await?;
                self.write_all(&mut out, partition, &counted)?;
            }
            readers.push((partition, reader));
        }
        out.flush()?;
        if follow { self.follow(&mut out, readers).await } else { Ok(()) }
    }

    async fn follow(&self, out: &mut impl Write, readers: Vec<(Partition, Admitted)>) -> anyhow::Result<()> {
        let (reads, mut read) = mpsc::channel(READS_WAITING);
        let mut following = JoinSet::new();
        for (partition, reader) in readers {
            following.spawn(tail(partition, reader, reads.clone()));
        }
        drop(reads);
        while let Some(next) = read.recv().await {
            let (partition, counted) = next?;
            self.write_all(out, partition, &counted)?;
            out.flush()?;
        }
        Ok(())
    }

    /// The partition of the store that is asked for, or all of them.
    fn partitions(&self, all: u32) -> Vec<Partition> {
        match &self.store {
            Some(store) => vec![log::partition_of(store, all)],
            None => (0..all).map(Partition).collect(),
        }
    }

    fn write_all(&self, out: &mut impl Write, partition: Partition, counted: &[Stored]) -> anyhow::Result<()> {
        counted.iter().filter(|stored| self.wants(stored)).try_for_each(|stored| self.write(out, partition, stored))
    }

    fn wants(&self, stored: &Stored) -> bool {
        stored.record.kind == Kind::Event
            && stored.position >= self.from
            && self.store.as_ref().is_none_or(|store| *store == stored.record.key)
    }

    fn write(&self, out: &mut impl Write, partition: Partition, stored: &Stored) -> anyhow::Result<()> {
        let mut event: Value = serde_json::from_slice(&stored.record.value)
            .with_context(|| format!("the event at {} is not JSON", stored.position))?;
        if let (false, Some(data)) = (self.personal, event.get_mut("data").and_then(Value::as_object_mut)) {
            data.remove("personal");
        }
        event["partition"] = partition.0.into();
        event["position"] = stored.position.0.into();
        serde_json::to_writer(&mut *out, &event)?;
        Ok(out.write_all(b"\n")?)
    }
}

/// Reads on until nobody takes it any more, or the log cannot be read.
async fn tail(partition: Partition, mut reader: Admitted, reads: mpsc::Sender<Result<Read, LogError>>) {
    loop {
        let counted = reader.next(READ_RECORDS).await.map(|counted| (partition, counted));
        let over = counted.is_err();
        if reads.send(counted).await.is_err() || over {
            return;
        }
    }
}

/// The partition key of the store that is meant: by its id, or by its username.
fn store(text: &str) -> String {
    let id = Uuid::try_parse(text).map_or_else(|_| StoreId::of_username(text), StoreId);
    Subject::Store(id).to_string()
}

fn closed(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let json = error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    io.or(json) == Some(ErrorKind::BrokenPipe)
}

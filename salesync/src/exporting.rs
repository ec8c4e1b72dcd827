//! `salesync log`: the counted events as JSON lines, each the `CloudEvents` record with its partition and position.

use std::io::{BufWriter, ErrorKind, Write};

use anyhow::Context as _;
use events::{Position, StoreId, Subject};
use log::{Admitted, Cursor, Kind, Log as _, SqliteLog, SqliteOptions, Stored};
use serde_json::Value;
use uuid::Uuid;

use crate::cli;
use crate::folder::Folder;
use crate::shop::PARTITION;

/// Records read at a time.
const READ_RECORDS: usize = 4_096;

/// Writes the events; with `--follow` until Ctrl-C.
pub async fn run(folder: Folder, options: &cli::Log) -> anyhow::Result<()> {
    let folder = folder.existing()?;
    let log = SqliteLog::open(SqliteOptions::reading(folder.log())).context("the log cannot be opened")?;
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

impl Export {
    async fn run(&self, log: &SqliteLog, follow: bool) -> anyhow::Result<()> {
        // Which records count is known only to who has read them all, so it begins at the beginning.
        let mut reader = Admitted::open(log, PARTITION, Cursor::default()).await?;
        let end = log.current_end(PARTITION).await?;
        let mut out = BufWriter::new(std::io::stdout().lock());
        while follow || reader.cursor().next < end {
            let counted = reader.next(READ_RECORDS).await?;
            for stored in counted.iter().filter(|stored| self.wants(stored)) {
                self.write(&mut out, stored)?;
            }
            if follow {
                out.flush()?;
            }
        }
        Ok(out.flush()?)
    }

    fn wants(&self, stored: &Stored) -> bool {
        stored.record.kind == Kind::Event
            && stored.position >= self.from
            && self.store.as_ref().is_none_or(|store| *store == stored.record.key)
    }

    fn write(&self, out: &mut impl Write, stored: &Stored) -> anyhow::Result<()> {
        let mut event: Value = serde_json::from_slice(&stored.record.value)
            .with_context(|| format!("the event at {} is not JSON", stored.position))?;
        if let (false, Some(data)) = (self.personal, event.get_mut("data").and_then(Value::as_object_mut)) {
            data.remove("personal");
        }
        event["partition"] = PARTITION.0.into();
        event["position"] = stored.position.0.into();
        serde_json::to_writer(&mut *out, &event)?;
        Ok(out.write_all(b"\n")?)
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

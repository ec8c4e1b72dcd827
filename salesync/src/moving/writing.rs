//! Appending to one partition of the target, under a claim of the move's own.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use events::{LogId, Partition};
use log::{Admitted, Claim, Cursor, Home, Kind, Log, Outcome, Record, Reign, Report, WriterId};
use web::Ids as _;

use crate::ambient::SystemIds;

/// Records read at a time.
const READ_RECORDS: usize = 4_096;

/// A reign over a partition of the target.
pub(super) struct Writing {
    partition: Partition,
    reign: Reign,
    cursor: Cursor,
    writer: WriterId,
    gathered: Vec<Record>,
}

impl Writing {
    /// Claims the partition.
    pub(super) async fn begin(log: &Arc<dyn Log>, partition: Partition) -> anyhow::Result<Self> {
        let home = home(log).await?;
        Self::claim(log, partition, home).await
    }

    async fn claim(log: &Arc<dyn Log>, partition: Partition, home: Home) -> anyhow::Result<Self> {
        let mut reader = Admitted::open(log.as_ref(), partition, Cursor::default()).await?;
        read_to(&mut reader, log.current_end(partition).await?.0).await?;
        ensure!(
            !reader.cursor().sealed,
            "partition {partition} of the target is sealed: it was moved elsewhere itself"
        );
        let writer = WriterId(SystemIds.uuid());
        let claim = Claim { term: reader.cursor().term + 1, home: reader.cursor().home.unwrap_or(home), sealed: false };
        let mut handle = log.reign(partition, writer).await?;
        let sent = handle.send(vec![Record::claim(writer, &claim)]).await;
        let Some(Report::At(at)) = sent.first().copied() else {
            bail!("the target gave no answer; the same command goes on from here");
        };
        read_to(&mut reader, at.0 + 1).await?;
        ensure!(
            reader.cursor().writer == Some(writer),
            "somebody writes to the target: stop the instances there first"
        );
        let reign = Reign::new(Arc::clone(log), partition, handle);
        Ok(Self { partition, reign, cursor: reader.cursor().clone(), writer, gathered: Vec::new() })
    }

    /// Takes a record for the next append.
    pub(super) fn push(&mut self, kind: Kind, key: String, value: Bytes) {
        let n = self.cursor.n + 1 + self.gathered.len() as u64;
        self.gathered.push(Record { kind, writer: self.writer, n, key, value });
    }

    /// Appends what was taken; it must count, all of it.
    pub(super) async fn flush(&mut self) -> anyhow::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let appended = self.reign.append(self.cursor.clone(), std::mem::take(&mut self.gathered)).await;
        if let Some(cut) = appended.cut {
            return Err(cut).context("the target");
        }
        let counts = appended.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Counted(_)));
        ensure!(
            counts && !appended.over,
            "partition {} of the target did not take everything: does somebody write there? The same command goes on from here",
            self.partition
        );
        self.cursor = appended.cursor;
        Ok(())
    }
}

/// The target's own identity, which a claim on its partition 0 makes if nobody has.
async fn home(log: &Arc<dyn Log>) -> anyhow::Result<Home> {
    if let Some(home) = log::home(log.as_ref()).await? {
        return Ok(home);
    }
    let fresh = Home { log: LogId(SystemIds.uuid()), partitions: log.partitions() };
    let first = Box::pin(Writing::claim(log, Partition(0), fresh)).await?;
    first.cursor.home.context("a claim on partition 0 names the log")
}

async fn read_to(reader: &mut Admitted, end: u64) -> anyhow::Result<()> {
    while reader.cursor().next.0 < end {
        let left = usize::try_from(end - reader.cursor().next.0).unwrap_or(READ_RECORDS);
        reader.next(left.min(READ_RECORDS)).await?;
    }
    Ok(())
}

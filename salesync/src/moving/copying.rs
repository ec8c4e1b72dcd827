//! Copying what counts: each store's records in their order, to the partition that they belong on over there.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use command_api::fold::{Content, Recorded};
use events::{Partition, StoreId};
use indicatif::ProgressBar;
use log::{Admitted, Cursor, Kind, Log, Stored};

use super::read_on;
use super::surveying::{Survey, answer_mark};
use super::writing::Writing;

/// Records read at a time; of each partition over there at most so many are appended at once.
const READ_RECORDS: usize = 512;

/// A copy under way.
pub(super) struct Copying {
    target: Arc<dyn Log>,
    /// What stands in the target.
    there: Survey,
    /// Up to where each partition of the source is copied.
    cursors: BTreeMap<Partition, Cursor>,
    writing: BTreeMap<Partition, Writing>,
    bar: ProgressBar,
}

impl Copying {
    pub(super) fn new(target: Arc<dyn Log>, there: Survey, bar: ProgressBar) -> Self {
        Self { target, there, cursors: BTreeMap::new(), writing: BTreeMap::new(), bar }
    }

    pub(super) fn target(&self) -> &dyn Log {
        self.target.as_ref()
    }

    /// Copies from where it had come to up to the source's present end.
    pub(super) async fn copy(&mut self, source: &Arc<dyn Log>) -> anyhow::Result<()> {
        for partition in (0..source.partitions()).map(Partition) {
            let end = source.current_end(partition).await.context("the source cannot be read")?;
            self.copy_while(source, partition, |cursor| cursor.next < end).await?;
        }
        Ok(())
    }

    /// Copies what is left of a source that is sealed: up to each seal, for an end that a broker tells may be an old one.
    pub(super) async fn copy_to_the_seal(&mut self, source: &Arc<dyn Log>) -> anyhow::Result<()> {
        for partition in (0..source.partitions()).map(Partition) {
            // A file's reader hears of what another process appended when the end is asked for.
            source.current_end(partition).await.context("the source cannot be read")?;
            self.copy_while(source, partition, |cursor| !cursor.sealed).await?;
        }
        Ok(())
    }

    /// Up to where a partition of the source is copied.
    pub(super) fn cursor(&self, partition: Partition) -> Cursor {
        self.cursors.get(&partition).cloned().unwrap_or_default()
    }

    async fn copy_while(
        &mut self,
        source: &Arc<dyn Log>,
        partition: Partition,
        goes_on: impl Fn(&Cursor) -> bool,
    ) -> anyhow::Result<()> {
        let mut reader = Admitted::open(source.as_ref(), partition, self.cursor(partition)).await?;
        while goes_on(reader.cursor()) {
            let before = reader.cursor().next;
            let counted = read_on(&mut reader, READ_RECORDS).await?;
            for stored in &counted {
                self.carry(stored).await?;
            }
            self.flush().await?;
            self.bar.inc(reader.cursor().next.0 - before.0);
            self.cursors.insert(partition, reader.cursor().clone());
        }
        Ok(())
    }

    /// How many records of the source are not copied yet.
    pub(super) async fn left(&self, source: &Arc<dyn Log>) -> anyhow::Result<u64> {
        let mut left = 0;
        for partition in (0..source.partitions()).map(Partition) {
            left += source.current_end(partition).await?.0.saturating_sub(self.cursor(partition).next.0);
        }
        Ok(left)
    }

    /// Appends what gathered.
    pub(super) async fn flush(&mut self) -> anyhow::Result<()> {
        for writing in self.writing.values_mut() {
            writing.flush().await?;
        }
        Ok(())
    }

    async fn carry(&mut self, stored: &Stored) -> anyhow::Result<()> {
        match Content::of(stored)? {
            Content::Claim => Ok(()),
            Content::Event(event) => {
                let (store, mark) = (event.subject.store(), event.id.0.into_bytes());
                if self.there.has(store, &mark) {
                    return Ok(());
                }
                self.there.add(store, mark);
                let (key, value) = (stored.record.key.clone(), stored.record.value.clone());
                self.writing(store).await?.push(Kind::Event, key, value);
                Ok(())
            }
            Content::Answers(all) => self.carry_answers(all).await,
        }
    }

    /// The entries of one `answers` record may belong on several partitions over there.
    async fn carry_answers(&mut self, all: Vec<Recorded>) -> anyhow::Result<()> {
        let mut by_partition: BTreeMap<Partition, Vec<Recorded>> = BTreeMap::new();
        for one in all {
            let mark = answer_mark(&one.key);
            if !self.there.has(one.subject, &mark) {
                self.there.add(one.subject, mark);
                by_partition.entry(self.partition_of(one.subject)).or_default().push(one);
            }
        }
        for entries in by_partition.into_values() {
            let Some(store) = entries.first().map(|one| one.subject) else { continue };
            let value = serde_json::to_vec(&entries)?;
            self.writing(store).await?.push(Kind::Answers, String::new(), value.into());
        }
        Ok(())
    }

    fn partition_of(&self, store: StoreId) -> Partition {
        log::partition_of_store(store, self.target.partitions())
    }

    async fn writing(&mut self, store: StoreId) -> anyhow::Result<&mut Writing> {
        let partition = self.partition_of(store);
        if !self.writing.contains_key(&partition) {
            let writing = Writing::begin(&self.target, partition).await?;
            self.writing.insert(partition, writing);
        }
        self.writing.get_mut(&partition).context("a partition of the target")
    }
}

//! What a log holds of each store, by the ids and keys that a copy keeps.

use std::collections::{BTreeMap, HashSet};

use command_api::fold::Content;
use events::{Digest, Partition, StoreId};
use log::{Admitted, Cursor, Log};

/// Records read at a time.
const READ_RECORDS: usize = 4_096;

/// What stands in a log, as 16 bytes for each event and each answer.
#[derive(Default)]
pub(super) struct Survey {
    stores: BTreeMap<StoreId, HashSet<[u8; 16]>>,
}

/// Reads a whole log.
pub(super) async fn survey(log: &dyn Log) -> anyhow::Result<Survey> {
    let mut survey = Survey::default();
    for partition in (0..log.partitions()).map(Partition) {
        let end = log.current_end(partition).await?;
        let mut reader = Admitted::open(log, partition, Cursor::default()).await?;
        while reader.cursor().next < end {
            for stored in reader.next(READ_RECORDS).await? {
                survey.note(&Content::of(&stored)?);
            }
        }
    }
    Ok(survey)
}

impl Survey {
    fn note(&mut self, content: &Content) {
        match content {
            Content::Claim => {}
            Content::Event(event) => self.add(event.subject.store(), event.id.0.into_bytes()),
            Content::Answers(all) => all.iter().for_each(|one| self.add(one.subject, answer_mark(&one.key))),
        }
    }

    /// Takes note of what stands there now.
    pub(super) fn add(&mut self, store: StoreId, mark: [u8; 16]) {
        self.stores.entry(store).or_default().insert(mark);
    }

    /// Whether it stands there.
    pub(super) fn has(&self, store: StoreId, mark: &[u8; 16]) -> bool {
        self.stores.get(&store).is_some_and(|marks| marks.contains(mark))
    }

    /// A store of both that has something here which is not in the other.
    pub(super) fn foreign_to(&self, other: &Self) -> Option<StoreId> {
        let of_both = self.stores.iter().filter_map(|(store, marks)| Some((store, marks, other.stores.get(store)?)));
        let mut foreign = of_both.filter(|(_, marks, others)| !marks.is_subset(others));
        foreign.next().map(|(store, ..)| *store)
    }
}

/// What stands for the answer to a key; no event's id is one but by a collision of 128 bits.
pub(super) fn answer_mark(key: &str) -> [u8; 16] {
    Digest::of(&[b"answer", key.as_bytes()]).0
}

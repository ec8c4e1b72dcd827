//! The log as it stands: every record of every partition, which of them count, and what they say of each key.

use std::collections::HashMap;

use events::{Envelope, Partition, Position, StoreId};
use log::{Cursor, Kind, Log, Record, Stored};
use serde::Deserialize;

/// All records of the log, partition by partition, in the order in which they are read.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) partitions: Vec<Vec<Stored>>,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) partition: Partition,
    pub(crate) position: Position,
}

/// A record that carries the answer to somebody's key.
#[derive(Debug, Clone)]
pub(crate) struct Carrier {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// What the answer is made from.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Event(Box<Envelope>),
    Answer { status: u16, body: String },
}

/// One entry of an `answers` record, as its reader sees it.
#[derive(Deserialize)]
struct Entry {
    subject: StoreId,
    key: String,
    status: u16,
    body: String,
}

/// Which record carries what, by store and key.
pub(crate) type Carriers = HashMap<(StoreId, String), Vec<Carrier>>;

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.partition, self.position)
    }
}

impl Ledger {
    /// Reads the whole log, beside the server or without one.
    pub(crate) async fn read(log: &dyn Log) -> Self {
        let mut partitions = Vec::new();
        for partition in (0..log.partitions()).map(Partition) {
            let end = log.current_end(partition).await.unwrap();
            let mut reader = log.reader(partition, Position(0)).await.unwrap();
            let mut records = Vec::new();
            while (records.len() as u64) < end.0 {
                records.extend(reader.next(10_000).await.unwrap());
            }
            partitions.push(records);
        }
        Self { partitions }
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> u64 {
        self.partitions.iter().map(|records| records.len() as u64).sum()
    }

    /// The end of each partition.
    pub(crate) fn ends(&self) -> Vec<u64> {
        self.partitions.iter().map(|records| records.len() as u64).collect()
    }

    /// The records of each partition that count, by the one rule that every reader has.
    pub(crate) fn counted(&self) -> Vec<Vec<(Place, &Record)>> {
        self.each_judged(true)
    }

    /// The records of each partition that do not.
    pub(crate) fn void(&self) -> Vec<Vec<(Place, &Record)>> {
        self.each_judged(false)
    }

    fn each_judged(&self, counts: bool) -> Vec<Vec<(Place, &Record)>> {
        (0..).zip(&self.partitions).map(|(number, records)| judged(Partition(number), records, counts)).collect()
    }

    /// The counted claims of all partitions.
    pub(crate) fn reigns(&self) -> u64 {
        let counted = self.counted().into_iter().flatten();
        counted.filter(|(_, record)| record.kind == Kind::Claim).count() as u64
    }

    /// The counted events, partition by partition.
    pub(crate) fn events(&self) -> Vec<(Place, Envelope)> {
        let events = self.counted().into_iter().flatten().filter(|(_, record)| record.kind == Kind::Event);
        events.map(|(place, record)| (place, Envelope::decode(&record.value).unwrap())).collect()
    }

    /// Every key that the log has an answer to.
    pub(crate) fn carriers(&self) -> Carriers {
        let mut carriers = Carriers::new();
        for (place, event) in self.events() {
            if let Some(key) = event.idempotency_key.clone() {
                let content = Content::Event(Box::new(event.clone()));
                carriers.entry((event.subject.store(), key)).or_default().push(Carrier { place, content });
            }
        }
        for (place, record) in self.counted().into_iter().flatten().filter(|(_, record)| record.kind == Kind::Answers) {
            let entries: Vec<Entry> = serde_json::from_slice(&record.value).unwrap();
            for Entry { subject, key, status, body } in entries {
                let content = Content::Answer { status, body };
                carriers.entry((subject, key)).or_default().push(Carrier { place, content });
            }
        }
        carriers
    }
}

/// The records of a partition that count, or those that do not.
fn judged(partition: Partition, records: &[Stored], counts: bool) -> Vec<(Place, &Record)> {
    let mut cursor = Cursor::default();
    let judged = records.iter().filter(|stored| cursor.admit(&stored.record).unwrap() == counts);
    judged.map(|stored| (Place { partition, position: stored.position }, &stored.record)).collect()
}

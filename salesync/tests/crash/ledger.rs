//! The log as it stands in the file: every record, which of them count, and what they say of each key.

use std::collections::HashMap;
use std::path::Path;

use events::{Envelope, Partition, Position, StoreId};
use log::{Cursor, Kind, Log as _, SqliteLog, SqliteOptions, Stored};
use serde::Deserialize;

/// All records of the log, in the order in which they are read.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) records: Vec<Stored>,
}

/// A record that carries the answer to somebody's key.
#[derive(Debug, Clone)]
pub(crate) struct Carrier {
    pub(crate) position: Position,
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

impl Ledger {
    /// Reads the whole log, beside the server or without one.
    pub(crate) async fn read(data: &Path) -> Self {
        let log = SqliteLog::open(SqliteOptions::reading(data.join("log.db"))).unwrap();
        let end = log.current_end(Partition(0)).await.unwrap();
        let mut reader = log.reader(Partition(0), Position(0)).await.unwrap();
        let mut records = Vec::new();
        while (records.len() as u64) < end.0 {
            records.extend(reader.next(10_000).await.unwrap());
        }
        Self { records }
    }

    /// The records that count, by the one rule that every reader has.
    pub(crate) fn counted(&self) -> Vec<&Stored> {
        let mut cursor = Cursor::default();
        self.records.iter().filter(|stored| cursor.admit(&stored.record).unwrap()).collect()
    }

    /// The counted events.
    pub(crate) fn events(&self) -> Vec<(Position, Envelope)> {
        let events = self.counted().into_iter().filter(|stored| stored.record.kind == Kind::Event);
        events.map(|stored| (stored.position, Envelope::decode(&stored.record.value).unwrap())).collect()
    }

    /// Every key that the log has an answer to.
    pub(crate) fn carriers(&self) -> Carriers {
        let mut carriers = Carriers::new();
        for (position, event) in self.events() {
            if let Some(key) = event.idempotency_key.clone() {
                let content = Content::Event(Box::new(event.clone()));
                carriers.entry((event.subject.store(), key)).or_default().push(Carrier { position, content });
            }
        }
        for stored in self.counted().into_iter().filter(|stored| stored.record.kind == Kind::Answers) {
            let entries: Vec<Entry> = serde_json::from_slice(&stored.record.value).unwrap();
            for Entry { subject, key, status, body } in entries {
                let content = Content::Answer { status, body };
                carriers.entry((subject, key)).or_default().push(Carrier { position: stored.position, content });
            }
        }
        carriers
    }
}

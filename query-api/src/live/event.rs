//! An event as live clients get it: what happened, where it stands, and nothing of the personal object.

use axum::response::sse;
use events::{Partition, Position, Stamp};
use log::{Home, Stored};
use serde_json::{Value, json};

/// One event, encoded once for everybody.
pub(crate) struct LiveEvent {
    pub(super) position: Position,
    stamp: String,
    name: String,
    data: String,
}

impl LiveEvent {
    /// The event of a counted record; `None` for a value that cannot be read, which the writer will complain of.
    pub(super) fn of(stored: &Stored, home: Home, partition: Partition) -> Option<Self> {
        let mut value: Value = serde_json::from_slice(&stored.record.value).ok()?;
        let name = value["type"].as_str()?.to_owned();
        let mut happened = value["data"].take();
        if let Some(members) = happened.as_object_mut() {
            members.remove("personal");
        }
        let data = json!({
            "id": value["id"], "type": name, "revision": value["revision"], "time": value["time"],
            "recordedtime": value["recordedtime"], "data": happened,
        });
        let position = stored.position;
        Some(Self { position, stamp: stamp(home, partition, position), name, data: data.to_string() })
    }

    /// Its form on the wire.
    pub(super) fn sent(&self) -> sse::Event {
        sse::Event::default().id(&self.stamp).event(&self.name).data(&self.data)
    }
}

/// A position as clients carry it.
pub(super) fn stamp(home: Home, partition: Partition, position: Position) -> String {
    Stamp { log: home.log.short(), partition, position }.to_string()
}

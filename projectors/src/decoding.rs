//! From records to events: the costly step between the log and a fold, done on every core.

use events::{DecodeError, Envelope, Position, StoreId};
use log::{Kind, Stored};
use rayon::prelude::*;

/// Fewer records than this are decoded where they are: handing them to other threads would cost more.
const ALONE_RECORDS: usize = 256;

/// An event in its place.
pub(crate) struct Decoded {
    pub(crate) position: Position,
    /// The event, or why it cannot be read: a sentence without anything of its contents.
    pub(crate) event: Result<Envelope, String>,
}

/// The events among the records that count.
pub(crate) fn decode(records: &[Stored]) -> Vec<Decoded> {
    if records.len() < ALONE_RECORDS {
        return records.iter().filter_map(decode_one).collect();
    }
    records.par_iter().with_min_len(ALONE_RECORDS / 4).filter_map(decode_one).collect()
}

/// The store about whose sessions the event says something new.
pub(crate) fn session_changed(event: &Decoded) -> Option<StoreId> {
    use events::Event::{PasswordChanged, StoreClosed, StoreRegistered};
    let event = event.event.as_ref().ok()?;
    matches!(event.data, StoreRegistered(_) | PasswordChanged(_) | StoreClosed(_)).then(|| event.subject.store())
}

fn decode_one(stored: &Stored) -> Option<Decoded> {
    (stored.record.kind == Kind::Event).then(|| Decoded {
        position: stored.position,
        event: Envelope::decode(&stored.record.value).map_err(|error| described(&error)),
    })
}

/// A parser's own words may quote what it read, which may be personal.
fn described(error: &DecodeError) -> String {
    match error {
        DecodeError::Malformed(json) => {
            format!("its value is not an event of this form (line {}, column {})", json.line(), json.column())
        }
        DecodeError::Unknown { .. } => error.to_string(),
    }
}

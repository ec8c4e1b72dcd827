//! The writer's memory: what the counted records of a partition add up to.

use std::collections::HashMap;

use domain::{EvolveError, StoreState};
use events::{DecodeError, Digest, Envelope, Position, StoreId};
use log::{Cursor, Kind, Stored};
use serde::{Deserialize, Serialize};

use crate::receipts::{Receipts, Slot};
use crate::request::{Answer, Key};

/// Everything the writer knows, and the place in the log up to which it knows it. While it serves, `stores` is ahead
/// of the cursor by what is staged; that falls with the reign, and then the whole of this is folded anew.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Fold {
    /// Up to where.
    pub cursor: Cursor,
    /// Every store of the partition.
    pub stores: HashMap<StoreId, StoreState>,
    /// Where the answers to clients' keys stand.
    pub receipts: Receipts,
}

/// One entry of an `answers` record: what a client was told without an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recorded {
    /// The store.
    pub subject: StoreId,
    /// The client's key.
    pub key: String,
    /// The request's digest.
    pub digest: Digest,
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte.
    pub body: String,
}

/// A counted record that cannot be folded. The writer stops there.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The value cannot be read.
    #[error("at {at}: {source}")]
    Decode {
        /// Where.
        at: Position,
        /// Why.
        source: DecodeError,
    },
    /// The event does not follow from those before it.
    #[error("at {at}: {source}")]
    Evolve {
        /// Where.
        at: Position,
        /// Why.
        source: EvolveError,
    },
}

/// What one counted record says, decoded.
#[derive(Debug)]
pub enum Content {
    /// A claim.
    Claim,
    /// An event.
    Event(Box<Envelope>),
    /// Answers.
    Answers(Vec<Recorded>),
}

impl Content {
    /// Reads a record.
    pub fn of(stored: &Stored) -> Result<Self, FoldError> {
        let at = stored.position;
        match stored.record.kind {
            Kind::Claim => Ok(Self::Claim),
            Kind::Event => Envelope::decode(&stored.record.value)
                .map(|event| Self::Event(Box::new(event)))
                .map_err(|source| FoldError::Decode { at, source }),
            Kind::Answers => serde_json::from_slice(&stored.record.value)
                .map(Self::Answers)
                .map_err(|e| FoldError::Decode { at, source: e.into() }),
        }
    }

    /// The answer that the record carries for this key, with the digest of the request it was given to.
    pub fn answer_to(&self, store: StoreId, key: &str) -> Option<(Digest, Answer)> {
        match self {
            Self::Claim => None,
            Self::Event(event) => {
                let same = event.subject.store() == store && event.idempotency_key.as_deref() == Some(key);
                same.then(|| (event.digest.unwrap_or(Digest([0; 16])), crate::answers::of_event(event)))
            }
            Self::Answers(all) => all
                .iter()
                .find(|recorded| recorded.subject == store && recorded.key == key)
                .map(|recorded| (recorded.digest, recorded.answer())),
        }
    }
}

impl Recorded {
    /// The entry for an answer.
    pub fn new(store: StoreId, key: &Key, answer: &Answer) -> Self {
        Self {
            subject: store,
            key: key.text.clone(),
            digest: key.digest,
            status: answer.status,
            body: String::from_utf8_lossy(&answer.body).into_owned(),
        }
    }

    /// The answer.
    pub fn answer(&self) -> Answer {
        Answer { status: self.status, body: self.body.clone().into() }
    }
}

impl Fold {
    /// Folds one counted record.
    pub fn apply(&mut self, at: Position, content: &Content) -> Result<(), FoldError> {
        match content {
            Content::Claim => {}
            Content::Event(event) => {
                let store = event.subject.store();
                let state = self.stores.entry(store).or_default();
                state.evolve(event, at).map_err(|source| FoldError::Evolve { at, source })?;
                if let Some(key) = &event.idempotency_key {
                    self.receipts.insert(Slot::of(store, key), at);
                }
            }
            Content::Answers(all) => {
                for recorded in all {
                    self.receipts.insert(Slot::of(recorded.subject, &recorded.key), at);
                }
            }
        }
        Ok(())
    }
}

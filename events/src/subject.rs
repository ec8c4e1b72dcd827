//! What an event is about, which is also its partition key.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::ids::StoreId;

/// What an event is about. Everything of one subject is on one partition, decided by one writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// `store/{id}`.
    Store(StoreId),
}

/// Not a subject that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a subject is store/ and a uuid")]
pub struct SubjectError;

impl Subject {
    /// The store, where the subject is one.
    pub fn store(self) -> StoreId {
        let Self::Store(store) = self;
        store
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Store(store) = self;
        write!(f, "store/{store}")
    }
}

impl std::str::FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = text.strip_prefix("store/").ok_or(SubjectError)?;
        Uuid::try_parse(id).map(|id| Self::Store(StoreId(id))).map_err(|_| SubjectError)
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self::Store(store) = self;
        let mut text = *b"store/________-____-____-____-____________";
        store.0.hyphenated().encode_lower(&mut text[6..]);
        serializer.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

//! Records: what a partition is a sequence of.

use bytes::Bytes;
use events::{LogId, Position};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// One attempt to be a partition's writer: a fresh uuid for each, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WriterId(pub Uuid);

/// What a record is. A kind that is not one of these stops the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Somebody takes the partition: see [`Claim`].
    Claim,
    /// Something happened: the value is one event.
    Event,
    /// What was answered without an event: receipts of rejections, and the read barrier of a batch.
    Answers,
}

/// The log that a claim was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Home {
    /// The log's uuid, made by the first counted claim on partition 0.
    pub log: LogId,
    /// Into how many partitions the log is divided; never altered.
    pub partitions: u32,
}

/// The value of a claim record, as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// One more than the term of the claim in force, so a claim that arrives late is void.
    pub term: u64,
    /// The log it was made for.
    pub home: Home,
    /// After a counted claim that seals, nothing counts any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sealed: bool,
}

/// A record as its writer sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// The reign that sent it.
    pub writer: WriterId,
    /// 0 in the claim, then 1, 2, 3 … in the order of sending.
    pub n: u64,
    /// The partition key: an event's subject, empty otherwise.
    pub key: String,
    /// A [`Claim`], an event or the answers, as JSON.
    pub value: Bytes,
}

/// A record in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The place.
    pub position: Position,
    /// The record.
    pub record: Record,
}

/// 16 bytes of SHA-256 over everything a record says; never over the broker's time.
pub type RecordDigest = events::Digest;

/// A record that this program cannot take for one. The reader stops there.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A kind that this version does not know.
    #[error("unknown record kind {0:?}: written by a newer version of this program?")]
    UnknownKind(String),
    /// A claim whose value is not one.
    #[error("the value of a claim record is not a claim: {0}")]
    BadClaim(#[from] serde_json::Error),
    /// A header that is missing, out of order or not what it should be.
    #[error("the header {0:?} of the record is missing or malformed: not written by this program?")]
    Header(&'static str),
    /// More headers than a record has, or fewer.
    #[error("the record has {0} headers and not kind, writer, n alone: not written by this program?")]
    HeaderCount(usize),
    /// A key that is no text.
    #[error("the key of the record is no text")]
    BadKey,
    /// No value at all, as a compacted topic has them.
    #[error("the record has no value")]
    NoValue,
}

impl Kind {
    /// The kind's name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Event => "event",
            Self::Answers => "answers",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Result<Self, RecordError> {
        match name {
            "claim" => Ok(Self::Claim),
            "event" => Ok(Self::Event),
            "answers" => Ok(Self::Answers),
            other => Err(RecordError::UnknownKind(other.to_owned())),
        }
    }
}

impl Record {
    /// The claim record that opens a reign.
    pub fn claim(writer: WriterId, claim: &Claim) -> Self {
        let value = serde_json::to_vec(claim).unwrap_or_default();
        Self { kind: Kind::Claim, writer, n: 0, key: String::new(), value: value.into() }
    }

    /// What the claim record claims.
    pub fn as_claim(&self) -> Result<Claim, RecordError> {
        Ok(serde_json::from_slice(&self.value)?)
    }

    /// The record's digest.
    pub fn digest(&self) -> RecordDigest {
        let mut hash = Sha256::new();
        hash.update(self.kind.name().as_bytes());
        hash.update(self.writer.0.as_bytes());
        hash.update(self.n.to_be_bytes());
        hash.update((self.key.len() as u64).to_be_bytes());
        hash.update(self.key.as_bytes());
        hash.update(&self.value);
        let full: [u8; 32] = hash.finalize().into();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        events::Digest(short)
    }

    /// The bytes that the record takes, for limits.
    pub fn size(&self) -> usize {
        self.key.len() + self.value.len() + 64
    }
}

//! The envelope: one event as a CloudEvents 1.0 record in its JSON format, so that any tool for either reads the log.
//!
//! Partition, position, writer and `n` are not in it: they belong to the record that carries it.

mod canonical;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::digest::Digest;
use crate::event::Event;
use crate::ids::EventId;
use crate::subject::Subject;
use crate::timestamp;

/// The version of CloudEvents that every value declares.
pub const SPEC_VERSION: &str = "1.0";
/// The `source` of every event. A store's history may move to another log, so no installation is named.
pub const SOURCE: &str = "salesync";

/// Who asked for what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// Somebody who signed up.
    Guest,
    /// The store's own token.
    Store,
    /// A load script without a token, on the one store the operator opened for it.
    Demonstration,
    /// The generator of demo data.
    Demo,
    /// A consequence of an earlier event: a reactor.
    Reactor,
}

/// An event with everything known about it but its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The command's id, which its event takes over.
    pub id: EventId,
    /// What the event is about; also its partition key.
    pub subject: Subject,
    /// 1, 2, 3 … per subject, without gaps.
    pub revision: u64,
    /// When it occurred, to the microsecond.
    pub time: DateTime<Utc>,
    /// When the writer decided it, to the microsecond.
    pub recorded_time: DateTime<Utc>,
    /// Who asked for it.
    pub actor: Actor,
    /// The client's `Idempotency-Key`, where it sent one.
    pub idempotency_key: Option<String>,
    /// The request's digest, where it came with a key.
    pub digest: Option<Digest>,
    /// The event that this one follows from, where one is known.
    pub causation_id: Option<Uuid>,
    /// What happened.
    pub data: Event,
}

/// A value in the log that this program cannot read. The reader stops there; nothing is skipped.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON, or not of the envelope's or the event's shape.
    #[error("the value is not an event of this form: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A type that this version does not know, or a newer version of one that it does.
    #[error("unknown event {name} version {schema}: written by a newer version of this program?")]
    Unknown {
        /// The type.
        name: String,
        /// The type's version.
        schema: u32,
    },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Decoded<'a> {
    id: EventId,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    schema: u32,
    subject: Subject,
    revision: u64,
    #[serde(with = "timestamp")]
    time: DateTime<Utc>,
    #[serde(with = "timestamp")]
    recordedtime: DateTime<Utc>,
    actor: Actor,
    #[serde(default)]
    idempotencykey: Option<String>,
    #[serde(default)]
    digest: Option<Digest>,
    #[serde(default)]
    causationid: Option<Uuid>,
    #[serde(borrow, deserialize_with = "raw")]
    data: &'a str,
}

fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'de str, D::Error> {
    <&RawValue>::deserialize(deserializer).map(RawValue::get)
}

impl Envelope {
    /// The value of the log record, the same bytes for the same event.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = Vec::with_capacity(768);
        canonical::write(self, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a record's value, lifting older versions of an event to the present one.
    pub fn decode(value: &[u8]) -> Result<Self, DecodeError> {
        let canonical = simdutf8::basic::from_utf8(value).ok().and_then(canonical::read);
        if let Some(Ok(envelope)) = canonical.map(Self::lift) {
            return Ok(envelope);
        }
        Self::lift(serde_json::from_slice(value)?)
    }

    /// The type of the event in a record's value, at a fraction of what decoding costs; `None` where only decoding tells.
    pub fn type_of(value: &[u8]) -> Option<&str> {
        std::str::from_utf8(value).ok().and_then(canonical::type_of)
    }

    fn lift(decoded: Decoded<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: decoded.id,
            subject: decoded.subject,
            revision: decoded.revision,
            time: decoded.time,
            recorded_time: decoded.recordedtime,
            actor: decoded.actor,
            idempotency_key: decoded.idempotencykey,
            digest: decoded.digest,
            causation_id: decoded.causationid,
            data: Event::decode(&decoded.r#type, decoded.schema, decoded.data)?,
        })
    }

    /// The instant as an event keeps it: to the microsecond.
    pub fn instant(at: DateTime<Utc>) -> DateTime<Utc> {
        timestamp::truncate(at)
    }
}

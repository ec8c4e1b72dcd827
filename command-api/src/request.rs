//! What the edge asks the writer, and what the writer says.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::Command;
use events::{Actor, Digest, Envelope, EventId, Stamp, StoreId};
use log::AppendError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A command on its way to the writer.
#[derive(Debug, Clone)]
pub struct Request {
    /// The command's id; its event takes it over.
    pub id: EventId,
    /// The store whose writer decides.
    pub store: StoreId,
    /// The client's key, where it sent one.
    pub key: Option<Key>,
    /// On what authority.
    pub authority: Authority,
    /// Who asks.
    pub actor: Actor,
    /// When it was received.
    pub at: DateTime<Utc>,
    /// What is asked.
    pub command: Command,
}

/// An `Idempotency-Key` with the digest of the request it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key as sent.
    pub text: String,
    /// What tells a retry from another request under the same key.
    pub digest: Digest,
}

/// On what authority a command is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// An open route: sign-up.
    Open,
    /// A token whose signature and expiry the edge has checked; whether it is revoked, the writer knows.
    Token {
        /// The token's id.
        jti: Uuid,
        /// How often the password had been changed when it was minted.
        cv: u32,
    },
    /// The demonstration store, for a load script without a token.
    Demonstration,
    /// A consequence of what happened: no client can ask on this.
    Reactor,
}

/// A status and a body, byte-equal each time the same command is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON, a problem from 400 on.
    pub body: Bytes,
}

/// What the writer says.
#[derive(Debug, Clone)]
pub enum Reply {
    /// The answer, which a record carries or which changes nothing.
    Answered(Answered),
    /// The token is revoked. Recorded nowhere.
    Unauthorized,
    /// The key belongs to another request. Recorded nowhere.
    KeyReused,
    /// Definitely nothing happened.
    NotApplied(NotApplied),
    /// It may have happened; a retry with the same key will tell.
    Unknown(AppendError),
}

/// An answer with what the edge needs to deliver it.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Where the record stands that carries it.
    pub stamp: Option<Stamp>,
    /// The event, where there is one.
    pub event: Option<Arc<Envelope>>,
    /// Whether it was recorded by an earlier attempt: then a secret sent with this one is yet to be verified.
    pub replayed: bool,
}

/// Why definitely nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotApplied {
    /// More commands wait than the queue holds.
    #[error("the queue of commands is full")]
    Busy,
    /// No reign is in force here yet.
    #[error("the writer is not serving yet")]
    NotServing,
    /// The partition is another process's to write, or on its way to one.
    #[error("the writer of this store is in another process")]
    Elsewhere,
    /// The process is going down.
    #[error("the writer is stopping")]
    Stopping,
    /// The log's storage is nearly full.
    #[error("the log's storage is full")]
    NoRoom,
    /// Another writer has taken over.
    #[error("another writer has taken over")]
    Deposed,
    /// This command made the program panic; nothing of it was kept.
    #[error("the command could not be handled")]
    Panicked,
    /// The event would be larger than a record may be.
    #[error("the event would be too large")]
    TooLarge,
    /// The writer stopped for good until an operator looks at the log.
    #[error("the log needs an operator")]
    Halted,
}

//! The truth: an append-only log in partitions, behind one port.
//!
//! ```text
//!   writer ──Reign::append──►  0 1 2 3 4 5 6 …  ──Reader::next──►  projectors, exports, the next writer
//!                              │ │
//!                              │ └ event, answers: count if they are the next of the claim in force
//!                              └── claim: counts if its term is the next
//! ```
//!
//! What counts of a reign is **a prefix of what its writer sent, once and in order**, whatever the network and the
//! storage below do. One function says so, [`Cursor::admit`]; the writer, every projection, every export and the
//! checker use that one. [`conformance`] is the port's contract as a suite that every provider passes.
//!
//! What is absent: nothing here knows an event's meaning, and nothing trusts a membership service for safety.

pub mod conformance;
mod cursor;
mod homing;
mod kafka;
mod memory;
mod partitioning;
mod port;
mod reading;
mod record;
mod reign;
mod sqlite;

pub use cursor::{Cursor, CursorError};
pub use homing::home;
pub use kafka::{
    AddressError, CreateTopicError, Group, GroupError, GroupOptions, KafkaAddress, KafkaLog, KafkaLogin,
    KafkaMechanism, KafkaOpenError, KafkaOptions, KafkaSecret, KafkaSecurity, KafkaTls, KafkaTopic, NewTopic,
    NotConfirmed, SecurityError, TopicError, TopicFault,
};
pub use memory::{Fault, Hostility, MemoryLog};
pub use partitioning::{partition_of, partition_of_store};
pub use port::{AppendError, Log, LogError, Reader, ReignHandle, Report};
pub use reading::Admitted;
pub use record::{Claim, Home, Kind, Record, RecordDigest, RecordError, Stored, WriterId};
pub use reign::{Appended, Outcome, Reign};
pub use sqlite::{Health, OpenError, ROOM_MIN_BYTES, SqliteLog, SqliteOptions};

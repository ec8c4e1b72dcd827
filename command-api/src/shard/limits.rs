//! The limits of what a writer appends and remembers. Those of its queue stand in `writer.rs`, those of what clients send in
//! `routes/limits.rs`.

use std::time::Duration;

/// Records in one append.
pub const BATCH_RECORDS: usize = 1_024;
/// Bytes of events in one append, or one record.
pub const BATCH_BYTES: usize = 512 * 1024;
/// Bytes of one `answers` record; what is more goes into the next one of the batch.
pub const ANSWERS_BYTES: usize = 256 * 1024;
/// Bytes of one event's value.
pub const RECORD_BYTES: usize = 900 * 1024;
/// Bytes of one recorded answer's body.
pub const RECORDED_ANSWER_BYTES: usize = 4 * 1024;
/// Commands that wait for a record to be read back.
pub const PARKED_COMMANDS: usize = 1_024;
/// How long a command that is to be decided again waits for somebody who may.
pub const AGAIN_WAIT: Duration = Duration::from_secs(5);
/// How long a client waits for an unknown outcome to become known.
pub const UNKNOWN_WAIT: Duration = Duration::from_secs(2);

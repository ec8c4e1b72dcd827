//! What SQLite's errors mean for a log.

use rusqlite::ErrorCode;

use crate::port::{AppendError, LogError};

/// What to do after an append that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// Another process has appended, or holds the lock: nothing is wrong with the file.
    Contended,
    /// The storage is full.
    Full,
    /// The file is damaged.
    Damaged,
    /// An I/O error or anything else: nothing is known of what the disk has.
    Broken,
}

impl Failure {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Contended
            }
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            _ => Self::Broken,
        }
    }

    pub(super) fn append_error(self) -> AppendError {
        match self {
            Self::Full => AppendError::NoRoom,
            Self::Contended | Self::Damaged | Self::Broken => AppendError::Unreachable,
        }
    }
}

/// What a reader is told. A damaged page is loud: an operator must know, and it is not asked for again.
pub(super) fn reading(error: &rusqlite::Error) -> LogError {
    match Failure::of(error) {
        Failure::Damaged => {
            tracing::error!(error = %error, "the log is damaged: a page of its file cannot be read");
            LogError::Damaged(error.to_string())
        }
        Failure::Contended | Failure::Full | Failure::Broken => LogError::Unavailable(error.to_string()),
    }
}

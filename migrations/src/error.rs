//! What can go wrong with the read models, by what the caller should do about it.

/// A read or a write of the read models failed.
#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    /// The storage is full, busy or gave an I/O error; asking again later may help.
    #[error("the read models cannot be used now: {0}")]
    Unavailable(String),
    /// The engine refused the statement: a constraint, a type, a sum out of range. Asking again gives the same.
    #[error("the read models refused a statement: {0}")]
    Refused(String),
    /// The storage says that it is damaged. It is found and folded anew at the next start, or by a rebuild.
    #[error("the read models are damaged: {0}")]
    Damaged(String),
    /// A row is not of the shape that its reader expects.
    #[error("column {column} of the row is not of kind {expected}")]
    Shape {
        /// The column, from 0.
        column: usize,
        /// What was asked for.
        expected: &'static str,
    },
    /// Another generation is live by now: drop the writer and take another.
    #[error("another generation of the read models is live by now")]
    Superseded,
    /// There are no read models there yet.
    #[error("there are no read models here yet: they are made when the server first starts")]
    Absent,
    /// Opened read-only.
    #[error("the read models are open for reading only")]
    ReadOnly,
}

/// A new generation was not put in the live one's place; the live one is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The new generation has not applied all that the live one has.
    #[error("{projection} of the new generation stands at {new} on partition {partition}, the live one at {live}")]
    Behind {
        /// The projection.
        projection: String,
        /// The partition.
        partition: u32,
        /// The new generation's next position; −1 if it has none.
        new: i64,
        /// The live generation's.
        live: i64,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Views(#[from] ViewsError),
}

impl ViewsError {
    /// Whether the same call may succeed later without anybody's help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    pub(crate) fn io(what: &str, error: &std::io::Error) -> Self {
        Self::Unavailable(format!("{what}: {error}"))
    }
}

impl From<rusqlite::Error> for ViewsError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged(text),
            Some(
                Code::DiskFull
                | Code::SystemIoFailure
                | Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::OutOfMemory
                | Code::CannotOpen
                | Code::ReadOnly
                | Code::FileLockingProtocolFailed
                | Code::SchemaChanged
                | Code::PermissionDenied,
            ) => Self::Unavailable(text),
            _ => Self::Refused(text),
        }
    }
}

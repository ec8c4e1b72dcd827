//! Why a question could not be answered, and what the client is told: the one place where the two meet.

use std::time::Duration;

use migrations::ViewsError;
use web::{Outcome, Problem, ProblemType};

/// When to ask again for what is not visible yet.
const NOT_YET_VISIBLE_RETRY_SECONDS: u64 = 1;

/// An answer could not be read. Nothing was changed by asking; asking again is always safe.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The views could not be read.
    #[error(transparent)]
    Views(#[from] ViewsError),
    /// The answer has no form in JSON.
    #[error("an answer could not be encoded: {0}")]
    Encode(#[from] serde_json::Error),
    /// The thread that read it was stopped.
    #[error("reading an answer was stopped: {0}")]
    Stopped(#[from] tokio::task::JoinError),
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        tracing::error!(%error, "a query could not read the views");
        Self::unavailable(Outcome::NotApplied)
    }
}

/// The views have not come to the position, or the store, that the client knows of already.
pub(crate) fn not_yet_visible() -> Problem {
    Problem::new(ProblemType::NotYetVisible).retry_after(Duration::from_secs(NOT_YET_VISIBLE_RETRY_SECONDS))
}

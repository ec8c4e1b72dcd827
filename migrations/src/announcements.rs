//! Word of new positions from the processes that project to those that answer.

use uuid::Uuid;

use crate::error::ViewsError;
use crate::postgres::listening::Listening;

/// A partition's views have come to a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement {
    /// The generation in which they have.
    pub generation: Uuid,
    /// The partition.
    pub partition: u32,
    /// Everything before this position is committed.
    pub next: i64,
}

/// Hears what is announced from now on. What was announced before, or while nobody listened, is lost: the checkpoints
/// tell it.
pub struct Announcements {
    heard: Option<Listening>,
}

impl Announcements {
    pub(crate) fn of(listening: Listening) -> Self {
        Self { heard: Some(listening) }
    }

    /// Nobody but this process writes these read models, and it need not tell itself.
    pub(crate) fn never() -> Self {
        Self { heard: None }
    }

    /// The next announcement; on SQLite there is never one. After an error nothing more is heard: listen anew.
    /// Cancel-safe.
    pub async fn next(&mut self) -> Result<Announcement, ViewsError> {
        match &mut self.heard {
            Some(listening) => listening.next().await,
            None => std::future::pending().await,
        }
    }
}

//! Whether the log can be used now: what readiness and `room` ask.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::port::AppendError;

/// Whether the log can be appended to and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Up,
    /// The storage failed; it is tried again until it works.
    Down {
        /// Since when.
        since: Instant,
        /// What is said of appends meanwhile.
        why: AppendError,
    },
}

#[derive(Default)]
pub(super) struct Condition {
    down: Mutex<Option<(Instant, AppendError)>>,
}

impl Condition {
    pub(super) fn health(&self) -> Health {
        let down = *self.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.map_or(Health::Up, |(since, why)| Health::Down { since, why })
    }

    /// Marks the log down. It stays down since the first time.
    pub(super) fn fell(&self, why: AppendError) {
        let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        let since = down.map_or_else(Instant::now, |(since, _)| since);
        *down = Some((since, why));
    }

    pub(super) fn rose(&self) {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

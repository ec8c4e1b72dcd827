//! Whether the log can be used now: what readiness and `room` ask.

use std::time::Instant;

use tokio::sync::watch;

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

pub(super) struct Condition(watch::Sender<Health>);

impl Condition {
    pub(super) fn up() -> Self {
        Self(watch::Sender::new(Health::Up))
    }

    pub(super) fn health(&self) -> Health {
        *self.0.borrow()
    }

    pub(super) fn watch(&self) -> watch::Receiver<Health> {
        self.0.subscribe()
    }

    /// Marks the log down. It stays down since the first time.
    pub(super) fn fell(&self, why: AppendError) {
        self.0.send_modify(|health| {
            let since = if let Health::Down { since, .. } = *health { since } else { Instant::now() };
            *health = Health::Down { since, why };
        });
    }

    pub(super) fn rose(&self) {
        self.0.send_replace(Health::Up);
    }
}

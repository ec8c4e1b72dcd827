//! Where answers came from: one counter each.

use std::sync::OnceLock;

use metrics::Counter;

/// Where an answer came from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// The memory alone.
    Memory,
    /// The memory, after the store's own position was read.
    Confirmed,
    /// The views.
    Views,
}

/// The counters, each looked up at its first use and kept.
#[derive(Default)]
pub(crate) struct Meters([OnceLock<Counter>; 3]);

impl Meters {
    /// Counts an answer.
    pub(crate) fn count(&self, source: Source) {
        let label = match source {
            Source::Memory => "memory",
            Source::Confirmed => "confirmed",
            Source::Views => "views",
        };
        let counter = || metrics::counter!("salesync_query_answers_total", "source" => label);
        self.0[source as usize].get_or_init(counter).increment(1);
    }
}

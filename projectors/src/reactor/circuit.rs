//! A circuit per service: after a few failures in a row nobody asks it for a while, then one asks.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 3;
/// How long it stays open first; each next time twice as long.
const OPEN_FIRST: Duration = Duration::from_secs(2);
/// How long it stays open at most.
const OPEN_LAST: Duration = Duration::from_secs(30);

/// A service's circuit.
#[derive(Debug, Default)]
pub(crate) struct Circuit(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    opened: Option<(Instant, Duration)>,
    probing: bool,
}

impl Circuit {
    /// When to ask; `None` is now. Whoever is let through an open circuit is the only one until he reports.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, pause) = state.opened?;
        let left = (since + pause).saturating_duration_since(now);
        if left.is_zero() && !state.probing {
            state.probing = true;
            return None;
        }
        Some(left.max(OPEN_FIRST / 4))
    }

    /// Whoever was let through did not ask after all.
    pub(crate) fn stood_back(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).probing = false;
    }

    /// The service answered, be it with a refusal.
    pub(crate) fn answered(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// The service could not be reached.
    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        state.probing = false;
        if state.failures >= FAILURES {
            let pause = state.opened.map_or(OPEN_FIRST, |(_, pause)| (pause * 2).min(OPEN_LAST));
            state.opened = Some((now, pause));
        }
    }

    /// Whether it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).opened.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_open_it_and_then_one_asks_at_a_time() {
        let (circuit, now) = (Circuit::default(), Instant::now());
        circuit.failed(now);
        circuit.failed(now);
        assert_eq!(circuit.wait(now), None);
        circuit.failed(now);
        assert!(circuit.is_open() && circuit.wait(now).is_some());
        let later = now + OPEN_FIRST;
        assert_eq!(circuit.wait(later), None);
        assert!(circuit.wait(later).is_some(), "one asks, the others wait for what he finds");
        circuit.failed(later);
        assert!(circuit.wait(later + OPEN_FIRST).is_some(), "twice as long");
        assert_eq!(circuit.wait(later + OPEN_FIRST * 2), None);
        circuit.answered();
        assert!(!circuit.is_open() && circuit.wait(later).is_none());
    }
}

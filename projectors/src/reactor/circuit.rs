//! A circuit per service: after a few failures in a row nobody asks it for a while, then one asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 3;
/// How long it stays open first; each next time twice as long.
const OPEN_FIRST: Duration = Duration::from_secs(2);
/// How long it stays open at most.
const OPEN_LAST: Duration = Duration::from_secs(30);

/// The circuits of both services, as one process knows them. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Circuits {
    pub(crate) advice: Arc<Circuit>,
    pub(crate) message: Arc<Circuit>,
}

/// A service's circuit.
#[derive(Debug, Default)]
pub(crate) struct Circuit(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    opened: Option<(Instant, Duration)>,
    probing: bool,
}

/// Leave to ask a service once; whoever drops it without having reported did not ask after all.
#[derive(Debug)]
pub(crate) struct Asking(Arc<Circuit>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.stood_back();
    }
}

impl Circuit {
    /// Leave to ask, or how long to wait for it.
    pub(crate) fn ask(self: &Arc<Self>, now: Instant) -> Result<Asking, Duration> {
        match self.wait(now) {
            Some(wait) => Err(wait),
            None => Ok(Asking(Arc::clone(self))),
        }
    }

    /// When to ask; `None` is now. Whoever is let through an open circuit is the only one until he reports.
    fn wait(&self, now: Instant) -> Option<Duration> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, pause) = state.opened?;
        let left = (since + pause).saturating_duration_since(now);
        if left.is_zero() && !state.probing {
            state.probing = true;
            return None;
        }
        Some(left.max(OPEN_FIRST / 4))
    }

    fn stood_back(&self) {
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
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn three_failures_open_it_and_then_one_asks_at_a_time() {
        let (circuit, now) = (Arc::new(Circuit::default()), Instant::now());
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
        let much_later = later + OPEN_FIRST * 2;
        drop(circuit.ask(much_later).unwrap());
        let asking = circuit.ask(much_later).unwrap();
        assert!(circuit.ask(much_later).is_err(), "who let go without asking leaves it to the next");
        circuit.answered();
        drop(asking);
        assert!(!circuit.is_open() && circuit.wait(later).is_none());
    }
}

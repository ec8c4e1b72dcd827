//! What the clients and the test share: where the server is, how far the load is, and one clock for all.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::harness::PATIENCE;
use crate::history::Outcome;

/// The one place where clients and test meet.
#[derive(Default)]
pub(crate) struct Door {
    state: Mutex<State>,
    changed: Condvar,
}

/// How far the load is.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    /// Requests whose last byte was sent.
    pub(crate) requests: u64,
    /// Answers that came.
    pub(crate) answers: u64,
    /// Attempts that were told that nobody knows, or told nothing.
    pub(crate) unknown: u64,
    /// Attempts that were told that nothing happened.
    pub(crate) not_applied: u64,
}

#[derive(Default)]
struct State {
    address: Option<SocketAddr>,
    finished: bool,
    ticks: u64,
    tally: Tally,
}

impl Door {
    /// The server is here from now on.
    pub(crate) fn open(&self, address: SocketAddr) {
        self.change(|state| state.address = Some(address));
    }

    /// The server is gone; clients wait for the next one.
    pub(crate) fn shut(&self) {
        self.change(|state| state.address = None);
    }

    /// No new commands; what is open is asked until it is answered.
    pub(crate) fn finish(&self) {
        self.change(|state| state.finished = true);
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.state().finished
    }

    /// The next tick of the clock.
    pub(crate) fn tick(&self) -> u64 {
        let mut state = self.state();
        state.ticks += 1;
        state.ticks
    }

    /// Where the server is, once it is somewhere.
    pub(crate) fn address(&self) -> SocketAddr {
        self.wait("a server", |state| state.address)
    }

    /// Waits until the server is elsewhere than there, but not for long: it may as well still be there.
    pub(crate) fn pause(&self, known: SocketAddr) {
        let state = self.state();
        let same = |state: &mut State| state.address == Some(known);
        drop(self.changed.wait_timeout_while(state, Duration::from_millis(10), same));
    }

    pub(crate) fn tally(&self) -> Tally {
        self.state().tally
    }

    /// Waits until the load is so far.
    pub(crate) fn await_tally(&self, what: &str, far: impl Fn(&Tally) -> bool) {
        self.wait(what, |state| far(&state.tally).then_some(()));
    }

    pub(crate) fn sent(&self) {
        self.change(|state| state.tally.requests += 1);
    }

    pub(crate) fn ended(&self, outcome: &Outcome) {
        self.change(|state| match outcome {
            Outcome::Answered(_) => state.tally.answers += 1,
            Outcome::NotApplied(_) => state.tally.not_applied += 1,
            Outcome::Unknown(_) | Outcome::Lost { .. } => state.tally.unknown += 1,
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    fn wait<T>(&self, what: &str, ready: impl Fn(&State) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.state();
        loop {
            if let Some(found) = ready(&state) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for {what}: {:?}", state.tally);
            state = self.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

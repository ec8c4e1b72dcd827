//! What the clients and the test share: where the servers are, how far the load is, and one clock for all.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::harness::PATIENCE;
use crate::history::Outcome;

/// The one place where clients and test meet.
#[derive(Default)]
pub(crate) struct Door {
    pub(crate) manners: Manners,
    state: Mutex<State>,
    changed: Condvar,
}

/// How patient the clients are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    /// How long an answer is waited for before the same is asked again.
    pub(crate) answer: Duration,
    /// How long a command is asked for before the run has failed.
    pub(crate) command: Duration,
    /// Every second till waits for an answer no longer than that, and not for the views.
    pub(crate) hurried: Option<Duration>,
}

/// How far the load is.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    /// Requests whose last byte was sent.
    pub(crate) requests: u64,
    /// Answers that came.
    pub(crate) answers: u64,
    /// Those of them that say that it was done.
    pub(crate) accepted: u64,
    /// Attempts that were told that nobody knows, or told nothing.
    pub(crate) unknown: u64,
    /// Attempts that were told that nothing happened.
    pub(crate) not_applied: u64,
}

#[derive(Default)]
struct State {
    /// In the order of the servers; none where one is gone.
    addresses: Vec<Option<SocketAddr>>,
    ticks: u64,
    tally: Tally,
}

impl Default for Manners {
    fn default() -> Self {
        Self { answer: PATIENCE, command: PATIENCE, hurried: None }
    }
}

impl Manners {
    /// How long this till waits for an answer, and whether it is in a hurry.
    pub(crate) fn of(&self, session: usize) -> (Duration, bool) {
        match self.hurried {
            Some(wait) if session % 2 == 1 => (wait, true),
            _ => (self.answer, false),
        }
    }
}

impl Door {
    /// For clients with these manners; nobody serves yet.
    pub(crate) fn with(manners: Manners) -> Self {
        Self { manners, ..Self::default() }
    }

    /// The one server is here from now on.
    pub(crate) fn open(&self, address: SocketAddr) {
        self.change(|state| state.addresses = vec![Some(address)]);
    }

    /// The one server is gone; clients wait for the next one.
    pub(crate) fn shut(&self) {
        self.change(|state| state.addresses.clear());
    }

    /// Where one of several servers is from now on, or that it is gone.
    pub(crate) fn place(&self, server: usize, address: Option<SocketAddr>) {
        self.change(|state| {
            let servers = state.addresses.len().max(server + 1);
            state.addresses.resize(servers, None);
            state.addresses[server] = address;
        });
    }

    /// The next tick of the clock.
    pub(crate) fn tick(&self) -> u64 {
        let mut state = self.state();
        state.ticks += 1;
        state.ticks
    }

    /// Where a server is, once one is somewhere; of several, whose turn it is.
    pub(crate) fn address(&self, turn: usize) -> SocketAddr {
        self.wait("a server", |state| {
            let there: Vec<SocketAddr> = state.addresses.iter().flatten().copied().collect();
            there.get(turn.checked_rem(there.len())?).copied()
        })
    }

    /// Waits until the server is elsewhere than there, but not for long: it may as well still be there.
    pub(crate) fn pause(&self, known: SocketAddr) {
        let state = self.state();
        let same = |state: &mut State| state.addresses.contains(&Some(known));
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
            Outcome::Answered(answer) => {
                state.tally.answers += 1;
                state.tally.accepted += u64::from(answer.status < 300);
            }
            Outcome::NotApplied(_) => state.tally.not_applied += 1,
            Outcome::Unknown(_) | Outcome::Lost { .. } => state.tally.unknown += 1,
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    fn wait<T>(&self, what: &str, ready: impl Fn(&State) -> Option<T>) -> T {
        let deadline = Instant::now() + self.manners.command;
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

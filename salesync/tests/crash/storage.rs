//! The log's disk fails under the real program: an fsync that fails, a disk that is full or nearly so.

use crate::checker;
use crate::door::{Door, Tally};
use crate::history::{History, Outcome};
use crate::load::Load;
use crate::scene::{Scene, ledger};
use crate::shim::Faults;

const TILLS: usize = 6;

/// A shop under load whose disk does as it is told.
struct Trouble {
    faults: Faults,
    scene: Scene,
    load: Load,
}

/// The ticks between which a fault was played.
#[derive(Clone, Copy)]
struct Window {
    from: u64,
    until: u64,
}

impl Trouble {
    fn begin(seed: u64) -> Self {
        let faults = Faults::none();
        let environment = faults.environment();
        let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let scene = Scene::with(2, &environment);
        let load = scene.load(TILLS, seed);
        let trouble = Self { faults, scene, load };
        trouble.goes_on();
        trouble
    }

    fn door(&self) -> &Door {
        &self.load.door
    }

    /// Waits until every till has been served again.
    fn goes_on(&self) {
        let answers = self.door().tally().answers;
        self.door().await_tally("answers", |tally| tally.answers > answers + 50);
    }

    /// Plays a fault for so long, which is told the tally at its beginning. Queries are answered all the while.
    fn while_failing(&self, fault: &str, number: &str, so_long: impl FnOnce(Tally)) -> Window {
        let fired = self.faults.fired();
        self.faults.begin(fault, number);
        let from = self.door().tick();
        so_long(self.door().tally());
        let till = self.scene.store(0);
        till.get("/orders/unpaids").is(200);
        till.get("/sales/").is(200);
        let until = self.door().tick();
        self.faults.end(fault);
        assert!(self.faults.fired() > fired, "the fault was never played");
        Window { from, until }
    }

    /// The rest of the load, and whether anything is wrong.
    fn checked(self) -> History {
        let history = self.load.finish();
        let evidence = self.scene.evidence(history);
        checker::check(&evidence).assert_sound();
        evidence.history
    }
}

impl Window {
    /// What became of the attempts that ended in the window.
    fn outcomes(self, history: &History) -> Vec<&Outcome> {
        let attempts = history.iter().flat_map(|command| &command.attempts);
        let within = attempts.filter(|attempt| attempt.ended > self.from && attempt.ended < self.until);
        within.map(|attempt| &attempt.outcome).collect()
    }

    /// The keys that were answered for the first time by an attempt that lies in the window.
    fn answered(self, history: &History) -> Vec<&str> {
        let first = history.iter().filter_map(|command| Some((command, command.answers().next()?.0)));
        let within = first.filter(|(_, attempt)| attempt.began > self.from && attempt.ended < self.until);
        within.map(|(command, _)| command.key.as_str()).collect()
    }
}

#[test]
fn while_fsync_fails_nothing_is_promised_and_afterwards_a_retry_tells() {
    let trouble = Trouble::begin(2);
    let window = trouble.while_failing("fsync-fails", "", |before| {
        // Those under way are unknown; what comes then is held for a while and refused.
        trouble.door().await_tally("unknown outcomes", |now| now.unknown > before.unknown);
        trouble.door().await_tally("refusals", |now| now.not_applied > before.not_applied);
        let ready = trouble.scene.server.guest().get("/health/ready").is(503);
        assert_eq!(ready["log"], "down", "{ready}");
    });
    trouble.goes_on();
    let history = trouble.checked();
    assert_eq!(window.answered(&history), [""; 0], "promised while no fsync succeeded");
    let outcomes = window.outcomes(&history);
    assert!(outcomes.contains(&&Outcome::Unknown(503)), "{outcomes:?}");
    let of_a_failing_disk =
        |outcome: &&Outcome| matches!(outcome, Outcome::Unknown(503) | Outcome::NotApplied(503) | Outcome::Answered(_));
    assert!(outcomes.iter().all(of_a_failing_disk), "{outcomes:?}");
}

#[test]
fn a_commit_whose_fsync_failed_once_is_resolved_even_if_the_program_is_killed_on_top() {
    let mut trouble = Trouble::begin(3);
    for round in 1..=6 {
        let fired = trouble.faults.fired();
        // Every second round ends the process, and with it the count of what failed.
        trouble.faults.begin("fsync-fails", if round % 2 == 0 { "2" } else { "1" });
        trouble.door().await_tally("a failed fsync", |_| trouble.faults.fired() > fired);
        if round % 2 == 0 {
            trouble.scene.server.kill();
            trouble.load.door.shut();
            trouble.faults.end("fsync-fails");
            trouble.scene.restart(&trouble.load.door);
        } else {
            trouble.goes_on();
            trouble.faults.end("fsync-fails");
        }
        trouble.goes_on();
    }
    let history = trouble.checked();
    assert!(history.iter().any(crate::history::Command::was_unknown), "nothing was ever unknown");
}

#[test]
fn a_disk_that_is_full_at_commit_is_said_to_be_full_and_the_outcome_unknown() {
    let trouble = Trouble::begin(4);
    let window = trouble.while_failing("disk-full", "", |before| {
        trouble.door().await_tally("unknown outcomes", |now| now.unknown > before.unknown);
    });
    trouble.goes_on();
    let history = trouble.checked();
    assert_eq!(window.answered(&history), [""; 0], "promised while nothing could be written");
    let outcomes = window.outcomes(&history);
    assert!(outcomes.contains(&&Outcome::Unknown(507)), "{outcomes:?}");
}

#[test]
fn with_too_little_room_left_every_command_is_refused_and_nothing_is_written() {
    let trouble = Trouble::begin(5);
    let read = || ledger(trouble.scene.server.data()).len();
    let mut ends = Vec::new();
    let window = trouble.while_failing("free-bytes", "60000000", |before| {
        // Once every till has been refused, nothing is under way any more.
        for refused in [4 * TILLS as u64, 100] {
            trouble.door().await_tally("refusals", |now| now.not_applied > before.not_applied + refused);
            ends.push(read());
        }
    });
    trouble.goes_on();
    assert_eq!(ends[0], ends[1], "something was written");
    let history = trouble.checked();
    assert_eq!(window.answered(&history), [""; 0]);
    let outcomes = window.outcomes(&history);
    let refused = outcomes.iter().filter(|outcome| ***outcome == Outcome::NotApplied(507)).count();
    let otherwise =
        outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::NotApplied(507) | Outcome::Answered(_)));
    assert!(refused > 50 && otherwise.count() == 0, "{outcomes:?}");
}

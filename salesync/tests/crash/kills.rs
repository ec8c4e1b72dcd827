//! kill -9 of the real program at random moments under load.
//!
//! What this shows is that a process may end anywhere. A power cut takes more: what was written and not yet fsynced.
//! No test can take that from the operating system's cache without owning the machine; what stands for it is that
//! every COMMIT waits for its fsync (`storage` lets that fail) and that a start completes a checkpoint first.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::door::Door;
use crate::history::Outcome;
use crate::scene::Scene;

/// How often the program is killed if nothing else is said.
const KILLS: u64 = 20;
/// Tills and the stores that they work on.
const TILLS: usize = 8;
const STORES: usize = 3;

/// When the program is killed.
#[derive(Debug)]
enum Moment {
    /// As soon as so many more requests have been sent: the last one of them has no answer.
    AfterRequests(u64),
    /// As soon as so many more answers have come.
    AfterAnswers(u64),
    /// At any time within the load.
    Within(Duration),
    /// While it starts: in order to be started it was stopped in order, so that it begins from a snapshot, or killed.
    WhileStarting { stopped_in_order: bool, after: Duration },
}

#[test]
fn killed_at_any_moment_it_loses_nothing_and_doubles_nothing() {
    let kills = kills_wanted();
    let mut chance = ChaCha8Rng::seed_from_u64(kills);
    let mut scene = Scene::new(STORES);
    let load = scene.load(TILLS, 1);
    let door = std::sync::Arc::clone(&load.door);
    for _ in 0..kills {
        let moment = Moment::any(&mut chance);
        strike(&mut scene, &door, &moment);
        scene.restart(&door);
        // Each run serves somebody before it is killed, so that every kill falls on a till at work.
        let answers = door.tally().answers;
        door.await_tally("answers after a kill", |tally| tally.answers > answers + TILLS as u64);
    }
    let history = load.finish();
    let evidence = scene.evidence(history);
    crate::checker::check(&evidence).assert_sound_and_asked();

    let outcomes = |is: fn(&Outcome) -> bool| {
        let attempts = evidence.history.iter().flat_map(|command| &command.attempts);
        attempts.filter(|attempt| is(&attempt.outcome)).count() as u64
    };
    let acked = outcomes(|outcome| matches!(outcome, Outcome::Answered(answer) if answer.status < 300));
    let rejected = outcomes(|outcome| matches!(outcome, Outcome::Answered(answer) if answer.status >= 400));
    let lost = outcomes(|outcome| matches!(outcome, Outcome::Lost { .. }));
    let reigns = evidence.ledger.reigns();
    say(&format!("{kills} kills, {reigns} reigns: {acked} accepted, {rejected} rejected, {lost} without an answer"));
    assert!(acked >= 20 * kills && rejected >= 2 * kills && lost >= kills, "the run was nearly empty");
    assert!(reigns > kills, "a start that served somebody has claimed");
}

impl Moment {
    fn any(chance: &mut ChaCha8Rng) -> Self {
        match chance.random_range(0..10) {
            0..3 => Self::AfterRequests(chance.random_range(1..300)),
            3..5 => Self::AfterAnswers(chance.random_range(1..300)),
            5..7 => Self::Within(Duration::from_micros(chance.random_range(1..200_000))),
            _ => Self::WhileStarting {
                stopped_in_order: chance.random_range(0..2) == 0,
                after: Duration::from_micros(chance.random_range(1..120_000)),
            },
        }
    }
}

/// Kills the program; it is gone afterwards.
fn strike(scene: &mut Scene, door: &Door, moment: &Moment) {
    let before = door.tally();
    match *moment {
        Moment::AfterRequests(more) => {
            door.await_tally("requests", |tally| tally.requests >= before.requests + more);
        }
        Moment::AfterAnswers(more) => {
            door.await_tally("answers", |tally| tally.answers >= before.answers + more);
        }
        Moment::Within(after) => wait_within_the_load(after),
        Moment::WhileStarting { stopped_in_order: true, .. } => {
            assert!(scene.server.stop().success());
        }
        Moment::WhileStarting { .. } => {}
    }
    if !matches!(moment, Moment::WhileStarting { stopped_in_order: true, .. }) {
        scene.server.kill();
    }
    door.shut();
    if let Moment::WhileStarting { after, .. } = *moment {
        kill_while_starting(scene, after);
    }
}

/// A moment that nothing in the program or in its clients decides.
fn wait_within_the_load(moment: Duration) {
    let (_kept, nothing) = sync_channel::<()>(0);
    assert_eq!(nothing.recv_timeout(moment), Err(RecvTimeoutError::Timeout));
}

/// Starts the program, and kills it after so long or as soon as it serves.
fn kill_while_starting(scene: &Scene, after: Duration) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_salesync"))
        .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json", "--data"])
        .arg(scene.server.data())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (serves, serving) = sync_channel(1);
    let listening = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok).filter(|line| line.contains("\"serving\"")) {
            drop(serves.try_send(line));
        }
    });
    let until = Instant::now() + after;
    // A start that has failed by itself would have closed the channel.
    let waited = serving.recv_timeout(until.saturating_duration_since(Instant::now()));
    assert_ne!(waited, Err(RecvTimeoutError::Disconnected), "it could not start");
    child.kill().unwrap();
    child.wait().unwrap();
    listening.join().unwrap();
}

#[expect(clippy::disallowed_methods, reason = "how long this test runs is no setting of the program")]
fn kills_wanted() -> u64 {
    std::env::var("SALESYNC_TEST_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number of kills"))
}

#[expect(clippy::print_stdout, reason = "whoever runs the crash test by hand reads this")]
fn say(line: &str) {
    println!("{line}");
}

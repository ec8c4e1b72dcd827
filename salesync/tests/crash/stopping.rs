//! SIGTERM under load: what was taken is answered, the rest ends cleanly, and the process says that all is well.

use crate::checker;
use crate::history::Outcome;
use crate::scene::{Scene, ledger};

/// Where a run ended: the clients' clock and the log's end.
struct Stop {
    tick: u64,
    end: u64,
}

#[test]
fn told_to_stop_under_load_it_answers_what_it_took_and_ends_well() {
    let mut scene = Scene::new(2);
    let load = scene.load(8, 7);
    let mut stops = Vec::new();
    for _ in 0..4 {
        let answers = load.door.tally().answers;
        load.door.await_tally("answers", |tally| tally.answers > answers + 150);
        assert!(scene.server.stop().success(), "{}", scene.server.log());
        load.door.shut();
        let end = ledger(scene.server.data()).len();
        stops.push(Stop { tick: load.door.tick(), end });
        scene.restart(&load.door);
    }
    let history = load.finish();
    let evidence = scene.evidence(history);
    checker::check(&evidence).assert_sound();

    for command in &evidence.history {
        let (first, answer) = command.answers().next().unwrap();
        for attempt in &command.attempts {
            match attempt.outcome {
                Outcome::Answered(_) | Outcome::NotApplied(503) => {}
                Outcome::Lost { partial: false } => {
                    let stop = stops.iter().find(|stop| stop.tick > attempt.began);
                    let stop = stop.unwrap_or_else(|| panic!("lost without a stop: {command:?}"));
                    // Sent twice at once, it may be answered to the one and cut off for the other.
                    let told = first.began < stop.tick || answer.stamp.unwrap().position.0 >= stop.end;
                    assert!(told, "decided before the stop, and nobody told: {command:?}");
                }
                _ => panic!("neither an answer nor a clean end: {command:?}"),
            }
        }
    }
}

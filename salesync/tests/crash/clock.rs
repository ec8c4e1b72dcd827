//! The wall clock jumps under the real program: it dates what happens, and nothing else hangs on it.

use std::collections::BTreeSet;

use crate::checker;
use crate::scene::Scene;
use crate::shim::Faults;

/// Seconds of a day.
const DAY: i64 = 86_400;

#[test]
fn a_clock_that_jumps_back_and_forth_changes_no_order_no_answer_and_no_sum() {
    let faults = Faults::none();
    let environment = faults.environment();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut scene = Scene::with(2, &environment);
    let load = scene.load(6, 6);
    for (round, days) in [0, 3, 1, -2, 7, 0].into_iter().enumerate() {
        faults.begin("clock-offset", &(days * DAY).to_string());
        let answers = load.door.tally().answers;
        load.door.await_tally("answers on another day", |tally| tally.answers > answers + 150);
        if round % 2 == 1 {
            // A start on another day than the one on which the log ends.
            scene.server.kill();
            load.door.shut();
            scene.restart(&load.door);
        }
    }
    let history = load.finish();
    let evidence = scene.evidence(history);
    checker::check(&evidence).assert_sound();

    let events = evidence.ledger.events();
    let back = events.windows(2).filter(|pair| pair[1].1.recorded_time < pair[0].1.recorded_time).count();
    let days: BTreeSet<_> = events.iter().filter_map(|(_, event)| event.data.books_on()).collect();
    assert!(back >= 3 && days.len() >= 4, "the clock hardly jumped: {back} times back, {days:?}");
}

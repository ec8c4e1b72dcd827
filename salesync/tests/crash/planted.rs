//! The checker finds what it is for: a run is recorded, one fault is planted in the record, and it is named.

use bytes::Bytes;
use events::{Envelope, Event, EventId};
use log::{Kind, Stored};

use crate::checker::keys::{BYTES, DOUBLED, GHOSTS, LOST, OPEN, TRUE};
use crate::checker::money::{ANSWERED, FIGURES, LEGAL, LINES};
use crate::checker::order::{BEFORE, POSITIONS, REVISIONS, SESSIONS, TERMS};
use crate::checker::{self, Evidence, VIEWS};
use crate::history::{Command, Outcome};
use crate::scene::{Scene, settled_views, verified};

/// A run with a kill in it, and the scene that it was played in.
fn recorded() -> (Scene, Evidence) {
    let mut scene = Scene::new(2);
    let load = scene.load(4, 10);
    for _ in 0..2 {
        let answers = load.door.tally().answers;
        load.door.await_tally("answers", |tally| tally.answers > answers + 200);
        scene.server.kill();
        load.door.shut();
        scene.restart(&load.door);
    }
    let history = load.finish();
    let evidence = scene.evidence(history);
    checker::check(&evidence).assert_sound_and_asked();
    (scene, evidence)
}

/// Plants a fault in a copy of the record, and says what the checker finds broken.
fn planted(evidence: &Evidence, fault: impl FnOnce(&mut Evidence)) -> Vec<&'static str> {
    let mut evidence = evidence.clone();
    fault(&mut evidence);
    checker::check(&evidence).broken()
}

/// An accepted order of the record that was answered so often.
fn order(evidence: &mut Evidence, answers: usize) -> &mut Command {
    let accepted = |command: &&mut Command| {
        command.path == "/orders/" && command.said()["order_id"].is_number() && command.answers().count() >= answers
    };
    evidence.history.iter_mut().find(accepted).unwrap()
}

/// Writes another record behind the last, in the reign that is in force there.
fn forge(evidence: &mut Evidence, value: Vec<u8>, kind: Kind) {
    let last = evidence.ledger.partitions[0].last().unwrap().clone();
    let mut forged = Stored { position: last.position.next(), ..last };
    (forged.record.kind, forged.record.n, forged.record.value) = (kind, forged.record.n + 1, Bytes::from(value));
    evidence.ledger.partitions[0].push(forged);
}

/// The last event that is one of these.
fn event(evidence: &Evidence, is: impl Fn(&Event) -> bool) -> Envelope {
    evidence.ledger.events().into_iter().map(|(_, event)| event).rfind(|event| is(&event.data)).unwrap()
}

/// Forges the next event of a store, with everything else as it is given.
fn forge_event(evidence: &mut Evidence, mut event: Envelope, key: &str) {
    let of_store = |known: &Envelope| known.subject == event.subject;
    let revision = evidence.ledger.events().into_iter().map(|(_, known)| known).filter(of_store).count() as u64;
    (event.revision, event.id) = (revision + 1, EventId(uuid::Uuid::from_u128(u128::from(revision))));
    event.idempotency_key = Some(key.to_owned());
    let value = event.encode().unwrap();
    forge(evidence, value, Kind::Event);
}

#[test]
fn every_fault_that_is_planted_in_a_record_is_found() {
    let (mut scene, evidence) = recorded();
    of_keys(&evidence);
    of_answers(&evidence);
    of_the_log(&evidence);
    of_money(&evidence);
    of_views(&mut scene, &evidence);
}

fn of_keys(evidence: &Evidence) {
    let lost = planted(evidence, |evidence| {
        let mut acked = order(evidence, 1).clone();
        acked.key = "acknowledged, and not in the log".to_owned();
        evidence.history.push(acked);
    });
    assert_eq!(lost, [LOST]);
    let refused = planted(evidence, |evidence| {
        let all = &mut order(evidence, 1).attempts;
        all.iter_mut().for_each(|attempt| attempt.outcome = Outcome::NotApplied(503));
    });
    assert_eq!(refused, [GHOSTS]);
    let unasked = planted(evidence, |evidence| {
        let key = order(evidence, 1).key.clone();
        evidence.history.retain(|command| command.key != key);
    });
    assert_eq!(unasked, [GHOSTS]);
    let open = planted(evidence, |evidence| {
        let all = &mut order(evidence, 1).attempts;
        all.iter_mut().for_each(|attempt| attempt.outcome = Outcome::Lost { partial: false });
    });
    assert_eq!(open, [OPEN]);
    let doubled = planted(evidence, |evidence| {
        let again = event(evidence, |event| matches!(event, Event::OrderPlaced(_)));
        let key = again.idempotency_key.clone().unwrap();
        forge_event(evidence, again, &key);
    });
    assert!(doubled.contains(&DOUBLED), "{doubled:?}");
}

fn of_answers(evidence: &Evidence) {
    let altered = planted(evidence, |evidence| {
        let attempts = order(evidence, 2).attempts.iter_mut();
        let mut answers = attempts.filter(|attempt| matches!(attempt.outcome, Outcome::Answered(_)));
        let Some(Outcome::Answered(answer)) = answers.next_back().map(|attempt| &mut attempt.outcome) else { panic!() };
        answer.body.push(' ');
    });
    assert_eq!(altered, [BYTES]);
    let untrue = planted(evidence, |evidence| {
        for attempt in &mut order(evidence, 1).attempts {
            let Outcome::Answered(answer) = &mut attempt.outcome else { continue };
            answer.body = answer.body.replace("order_id\":", "order_id\":1");
        }
    });
    assert_eq!(untrue, [TRUE]);
    let misplaced = planted(evidence, |evidence| {
        for attempt in &mut order(evidence, 1).attempts {
            let Outcome::Answered(answer) = &mut attempt.outcome else { continue };
            let stamp = answer.stamp.as_mut().unwrap();
            stamp.position = stamp.position.next();
        }
    });
    assert_eq!(misplaced, [TRUE]);
}

fn of_the_log(evidence: &Evidence) {
    let gap = planted(evidence, |evidence| {
        evidence.ledger.partitions[0].iter_mut().skip(20).for_each(|stored| stored.position = stored.position.next());
    });
    assert!(gap.contains(&POSITIONS), "{gap:?}");
    let cut = planted(evidence, |evidence| evidence.ledger.partitions[0].truncate(50));
    assert!(cut.contains(&LOST) && cut.contains(&VIEWS), "{cut:?}");
    let revised = planted(evidence, |evidence| {
        let mut skipping = event(evidence, |event| matches!(event, Event::OrderPlaced(_)));
        (skipping.revision, skipping.id) = (skipping.revision + 1_000, EventId(uuid::Uuid::nil()));
        let value = skipping.encode().unwrap();
        forge(evidence, value, Kind::Event);
    });
    assert!(revised.contains(&REVISIONS), "{revised:?}");
    let reign_again = planted(evidence, |evidence| {
        let records = &mut evidence.ledger.partitions[0];
        let claims: Vec<_> = records.iter().filter(|stored| stored.record.kind == Kind::Claim).collect();
        let (first, second) = (claims[0].record.writer, claims[1].record.writer);
        records.iter_mut().filter(|stored| stored.record.writer == second).for_each(|s| s.record.writer = first);
    });
    assert_eq!(reign_again, [TERMS]);
    let late = planted(evidence, |evidence| {
        let attempts = &mut order(evidence, 1).attempts;
        for (tick, attempt) in (u64::MAX / 2..).zip(attempts) {
            (attempt.began, attempt.ended) = (tick, tick);
        }
    });
    assert_eq!(late, [BEFORE, SESSIONS]);
}

fn of_money(evidence: &Evidence) {
    let figures = planted(evidence, |evidence| {
        evidence.volumes.values_mut().next().unwrap().profit += 1;
    });
    assert_eq!(figures, [FIGURES]);
    let told = planted(evidence, |evidence| {
        let store = order(evidence, 1).store;
        let day = evidence.volumes.iter_mut().find(|((of, _), _)| *of == store).unwrap().1;
        day.sales_volume += 500;
    });
    assert_eq!(told, [FIGURES, ANSWERED]);
    let voided_twice = planted(evidence, |evidence| {
        let void = event(evidence, |event| matches!(event, Event::SaleVoided(_)));
        forge_event(evidence, void, "a second void");
    });
    assert!(voided_twice.contains(&LEGAL) && voided_twice.contains(&FIGURES), "{voided_twice:?}");
    let lines = planted(evidence, |evidence| {
        let mut sale = event(evidence, |event| matches!(event, Event::OrderPlaced(_)));
        let Event::OrderPlaced(order) = &mut sale.data else { panic!() };
        order.lines[0].quantity += 1;
        forge_event(evidence, sale, "a line too long");
    });
    assert!(lines.contains(&LINES), "{lines:?}");
}

fn of_views(scene: &mut Scene, evidence: &Evidence) {
    let behind = planted(evidence, |evidence| evidence.views.reached[0].2 -= 1);
    assert_eq!(behind, [VIEWS]);
    assert!(scene.server.stop().success());
    let file = settled_views(scene.server.data());
    let tampering = [
        ("UPDATE days SET sales_volume = sales_volume + 1", "sales_volume"),
        ("DELETE FROM sales WHERE sale_id = 1", "sales"),
        ("UPDATE sales SET voided_at = 1 WHERE sale_id = 2", "voided_at"),
    ];
    for (statement, named) in tampering {
        let backup = std::fs::read(&file).unwrap();
        let tamperer = rusqlite::Connection::open(&file).unwrap();
        assert!(tamperer.execute(statement, []).unwrap() > 0);
        tamperer.close().unwrap();
        let views = verified(scene.server.data());
        assert!(views.differences.iter().any(|difference| difference.contains(named)), "{named}: {views:?}");
        let found = planted(evidence, |evidence| evidence.views.differences = views.differences);
        assert_eq!(found, [VIEWS]);
        std::fs::write(&file, backup).unwrap();
    }
}

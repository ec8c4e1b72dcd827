//! The projector at work: restarted, raced, poisoned, faced with another log.

use std::sync::Arc;

use events::{Envelope, Event, Money, Partition, Position};
use log::{Cursor, Log, MemoryLog};
use projectors::SkipError;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::cafe::Cafe;
use crate::history::{History, PARTITION};
use crate::on_both_engines;
use crate::place::Place;
use crate::till::{Till, start};

on_both_engines!(
    a_projector_that_is_restarted_after_every_batch_comes_to_the_same_rows,
    a_projector_that_is_stopped_in_the_middle_loses_and_doubles_nothing,
    of_two_projectors_on_one_partition_each_event_is_applied_by_one,
    records_that_do_not_count_move_the_position_and_nothing_else,
    whose_sessions_changed_is_told_before_the_progress,
    an_event_that_one_view_cannot_apply_stops_that_view_alone,
    a_stopped_view_stays_stopped_over_a_restart_and_goes_on_where_an_operator_says_so,
    a_sale_that_is_there_already_stops_its_view_at_the_very_event_however_events_gather,
    an_event_that_nobody_can_read_stops_every_view_and_is_not_quoted,
    a_log_that_was_cut_or_replaced_stops_every_view_and_names_both_positions,
    the_views_of_many_stores_do_not_mix,
    a_projector_nobody_holds_any_more_stops,
);

/// The rows that the same history comes to in one go.
async fn in_one_go(events: &[Envelope], place: &Place) -> Vec<String> {
    let mut history = History::begin(Arc::new(MemoryLog::new(1))).await;
    let last = history.append(events).await;
    let till = Till::over(history, place.another().await).await;
    till.shown(last).await;
    till.dump().await
}

async fn a_projector_that_is_restarted_after_every_batch_comes_to_the_same_rows(place: Place) {
    let events = Cafe::busy("restarted", 1, 400);
    let mut till = Till::open(place).await;
    for batch in events.chunks(17) {
        till.happened(batch).await;
        till.stop().await;
        assert!(!till.projector.is_running());
        till.start();
    }
    till.shown(Position(events.len() as u64)).await;
    assert_eq!(till.dump().await, in_one_go(&events, &till.place).await);
    assert!(till.verify().await.is_equal());
}

async fn a_projector_that_is_stopped_in_the_middle_loses_and_doubles_nothing(place: Place) {
    let events = Cafe::busy("interrupted", 2, 3_000);
    let mut till = Till::open(place).await;
    for batch in events.chunks(211) {
        till.history.append(batch).await;
        till.stop().await;
        till.start();
    }
    till.shown(Position(events.len() as u64)).await;
    assert_eq!(till.dump().await, in_one_go(&events, &till.place).await);
}

async fn of_two_projectors_on_one_partition_each_event_is_applied_by_one(place: Place) {
    let events = Cafe::busy("raced", 3, 1_500);
    let mut till = Till::open(place).await;
    let second = start(&till.log, &till.views, &till.sessions);
    for batch in events.chunks(5) {
        till.history.append(batch).await;
    }
    let last = Position(events.len() as u64);
    till.shown(last).await;
    second.progress().wait_for(|progress| progress.shows(last)).await.unwrap();
    assert!(till.projector.is_running() && second.is_running());
    assert_eq!(till.dump().await, in_one_go(&events, &till.place).await);
}

async fn records_that_do_not_count_move_the_position_and_nothing_else(place: Place) {
    let mut till = Till::open(place).await;
    let (mut cafe, events) = Cafe::open("void");
    till.happened(&events).await;
    let rows = till.numbers("SELECT COUNT(*) FROM orders").await;
    till.history.append_void(&cafe.place_order(1, &[(1, 1)])).await;
    let answers = till.history.append_answers().await;
    till.shown(answers).await;
    assert_eq!(till.numbers("SELECT COUNT(*) FROM orders").await, rows);
    let counted = till.numbers("SELECT DISTINCT next, counted FROM checkpoints").await;
    assert_eq!(counted, [[answers.0 as i64 + 1, events.len() as i64]]);
}

async fn whose_sessions_changed_is_told_before_the_progress(place: Place) {
    let mut till = Till::open(place).await;
    let (mut cafe, mut events) = Cafe::open("sessions");
    till.happened(&[events.remove(0)]).await;
    assert_eq!(*till.sessions.lock().unwrap(), [cafe.store]);
    till.happened(&events).await;
    assert_eq!(*till.sessions.lock().unwrap(), [cafe.store]);
    till.happened(&[cafe.change_password(), cafe.place_order(1, &[(1, 1)]), cafe.close()]).await;
    assert_eq!(*till.sessions.lock().unwrap(), [cafe.store, cafe.store, cafe.store]);
}

/// A sale whose line leaves the range of 64 bits: of no concern but to the days.
fn poisoned(cafe: &mut Cafe) -> Envelope {
    let mut sale = cafe.pay(1, "card", false);
    let Event::SaleCompleted(data) = &mut sale.data else { panic!("a payment is a sale") };
    data.lines[0].unit_price = Money(i64::MAX);
    sale
}

async fn an_event_that_one_view_cannot_apply_stops_that_view_alone(place: Place) {
    let mut till = Till::open(place).await;
    let (mut cafe, mut events) = Cafe::open("poisoned");
    events.push(cafe.place_order(2, &[(1, 1)]));
    events.push(cafe.pay(2, "card", false));
    events.push(cafe.place_order(1, &[(1, 2)]));
    let poison = Position(events.len() as u64 + 1);
    events.push(poisoned(&mut cafe));
    events.push(cafe.place_order(3, &[(1, 1)]));
    events.push(cafe.pay(3, "card", false));
    till.happened(&events).await;
    let progress = till.projector.progress().borrow().clone();
    assert_eq!(progress.stopped.len(), 1);
    let stopped = progress.stopped("days").unwrap();
    assert_eq!(stopped.position, poison);
    assert!(stopped.reason.contains("64 bits"), "{}", stopped.reason);
    assert_eq!(till.numbers("SELECT COUNT(*) FROM sales").await, [[3]]);
    assert_eq!(till.numbers("SELECT sales FROM days").await, [[1]]);
    assert!(till.verify().await.is_equal());
    till.happened(&[cafe.place_order(4, &[(1, 1)])]).await;
    assert_eq!(till.numbers("SELECT table_no FROM tabs").await, [[4]]);
}

async fn a_stopped_view_stays_stopped_over_a_restart_and_goes_on_where_an_operator_says_so(place: Place) {
    let mut till = Till::open(place).await;
    let (mut cafe, mut events) = Cafe::open("skipped");
    events.push(cafe.place_order(1, &[(1, 2)]));
    let poison = Position(events.len() as u64 + 1);
    events.push(poisoned(&mut cafe));
    events.push(cafe.place_order(3, &[(1, 1)]));
    let last = till.happened(&events).await;
    till.stop().await;
    till.start();
    till.shown(last).await;
    let mut progress = till.projector.progress();
    progress.wait_for(|progress| progress.stopped("days").is_some()).await.unwrap();
    let skip = |projection, position| till.projector.skip((projection, PARTITION), position);
    let elsewhere = skip("days", Position(1)).await;
    assert!(matches!(elsewhere, Err(SkipError::StandsElsewhere { stands, .. }) if stands == poison));
    assert!(matches!(skip("sales", poison).await, Err(SkipError::StandsElsewhere { .. })));
    assert!(matches!(skip("sales", last.next()).await, Err(SkipError::Applicable { .. })));
    assert!(matches!(skip("weeks", poison).await, Err(SkipError::NoProjection(_))));
    let nowhere = till.projector.skip(("days", Partition(1)), poison).await;
    assert!(matches!(nowhere, Err(SkipError::NoPartition { partitions: 1, .. })));
    skip("days", poison).await.unwrap();
    progress.wait_for(|progress| progress.stopped.is_empty() && progress.shows(last)).await.unwrap();
    till.happened(&[cafe.pay(3, "card", false)]).await;
    assert_eq!(till.numbers("SELECT sales_volume, sales FROM days").await, [[4_500, 1]]);
    assert_eq!(till.numbers("SELECT position FROM skips").await, [[poison.0 as i64]]);
    assert!(till.verify().await.is_equal());
    till.projector.rebuild(Uuid::from_u128(7), |_| ()).await.unwrap();
    assert_eq!(till.numbers("SELECT sales_volume, sales FROM days").await, [[4_500, 1]]);
    assert!(till.verify().await.is_equal());
}

/// Forty events of a till, and once more the last of them, a sale.
fn with_a_sale_twice() -> (Vec<Envelope>, Vec<Envelope>) {
    let (mut cafe, mut events) = Cafe::open("refused");
    for _ in 0..20 {
        events.push(cafe.place_order(2, &[(1, 1)]));
        events.push(cafe.pay(2, "card", false));
    }
    let mut behind = vec![cafe.place_order(9, &[(1, 1)]), events.last().unwrap().clone()];
    behind.extend((0..20).map(|table| cafe.place_order(table, &[(1, 1)])));
    (events, behind)
}

async fn a_sale_that_is_there_already_stops_its_view_at_the_very_event_however_events_gather(place: Place) {
    let (before, behind) = with_a_sale_twice();
    let twice = Position(before.len() as u64 + 2);
    let mut at_once = Till::open(place.another().await).await;
    let mut apart = Till::open(place).await;
    apart.happened(&before).await;
    apart.happened(&behind).await;
    at_once.happened(&[before, behind].concat()).await;
    for till in [&apart, &at_once] {
        let progress = till.projector.progress().borrow().clone();
        assert_eq!(progress.stopped("sales").unwrap().position, twice);
        assert_eq!(till.numbers("SELECT COUNT(*) FROM sales").await, [[20]]);
        assert_eq!(till.numbers("SELECT COUNT(*) FROM tabs").await, [[20]]);
    }
    assert_eq!(apart.dump().await, at_once.dump().await);
    apart.projector.skip(("sales", PARTITION), twice).await.unwrap();
    let mut progress = apart.projector.progress();
    progress.wait_for(|progress| progress.stopped("sales").is_none()).await.unwrap();
    assert_eq!(apart.numbers("SELECT COUNT(*) FROM sales").await, [[20]]);
}

async fn an_event_that_nobody_can_read_stops_every_view_and_is_not_quoted(place: Place) {
    let mut till = Till::open(place).await;
    let (_, events) = Cafe::open("unreadable");
    let before = till.happened(&events).await;
    till.history.append_nonsense(r#"{"specversion":"1.0","type":"TableFlipped","id":"김온도 01012345678"}"#).await;
    let mut progress = till.projector.progress();
    let stopped =
        progress.wait_for(|progress| progress.stopped.len() == projectors::views::VIEWS.len()).await.unwrap().clone();
    assert!(stopped.stopped.iter().all(|stopped| stopped.position == before.next()));
    assert!(stopped.stopped.iter().all(|stopped| !stopped.reason.contains("010")), "{:?}", stopped.stopped);
    assert_eq!(stopped.next, before.next());
    assert!(till.projector.is_running());
}

async fn a_log_that_was_cut_or_replaced_stops_every_view_and_names_both_positions(place: Place) {
    let mut till = Till::open(place).await;
    let events = Cafe::busy("restored", 4, 60);
    let last = till.happened(&events).await;
    let before = till.dump().await;
    till.stop().await;
    for kept in [20, events.len()] {
        let shorter: Arc<dyn Log> = Arc::new(MemoryLog::new(1));
        let mut history = History::resume(Arc::clone(&shorter), Cursor::default(), Uuid::from_u128(9)).await;
        history.append(&events[..kept]).await;
        let projector = start(&shorter, &till.views, &till.sessions);
        let mut progress = projector.progress();
        let stopped = progress
            .wait_for(|progress| progress.stopped.len() == projectors::views::VIEWS.len())
            .await
            .unwrap()
            .stopped
            .clone();
        let reason = &stopped[0].reason;
        if kept == 20 {
            assert!(reason.contains("ends at 21") && reason.contains(&last.next().to_string()), "{reason}");
        } else {
            assert!(reason.contains(&format!("record at {last}")), "{reason}");
        }
        projector.stop().await;
        assert_eq!(till.dump().await, before);
    }
}

async fn the_views_of_many_stores_do_not_mix(place: Place) {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut cafes: Vec<Cafe> = (0..7).map(|store| Cafe::new(&format!("store{store}"))).collect();
    let mut till = Till::open(place).await;
    for _ in 0..30 {
        let mut batch = Vec::new();
        for _ in 0..100 {
            let store = rng.random_range(0..cafes.len());
            batch.extend(cafes[store].step(&mut rng));
        }
        till.happened(&batch).await;
    }
    let report = till.verify().await;
    assert!(report.is_equal(), "{:?}", report.differences);
    assert_eq!(till.numbers("SELECT COUNT(*) FROM stores").await, [[7]]);
    assert!(report.views.iter().all(|view| view.next == till.log.end(PARTITION).borrow().0));
}

async fn a_projector_nobody_holds_any_more_stops(place: Place) {
    let till = Till::open(place).await;
    let progress = till.projector.progress();
    drop(till);
    let mut progress = progress;
    while progress.changed().await.is_ok() {}
}

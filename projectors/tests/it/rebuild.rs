//! Rebuilding all rows from the log beside the live ones.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use events::{Event, Money, Position};
use projectors::{RebuildError, RebuildProgress};
use uuid::Uuid;

use crate::cafe::Cafe;
use crate::history::PARTITION;
use crate::on_both_engines;
use crate::place::Place;
use crate::till::Till;

on_both_engines!(
    a_rebuild_comes_to_the_same_rows_under_a_new_generation,
    a_rebuild_without_a_projector_reaches_the_end_of_the_log,
    a_rebuild_under_load_loses_and_doubles_nothing,
    the_figures_in_which_the_old_rows_differed_are_reported_and_mended,
    a_rebuild_that_meets_an_event_it_cannot_apply_leaves_the_live_rows_alone,
    one_rebuild_at_a_time_and_its_progress_is_told,
    a_rebuild_of_an_empty_log_is_an_empty_generation,
);

const NEW: Uuid = Uuid::from_u128(77);

async fn a_rebuild_comes_to_the_same_rows_under_a_new_generation(place: Place) {
    let mut till = Till::open(place).await;
    let events = Cafe::busy("rebuild", 1, 2_000);
    let last = till.happened(&events).await;
    let (rows, replaced) = (till.dump().await, till.views.live_generation());
    let report = till.projector.rebuild(NEW, |_| ()).await.unwrap();
    assert_eq!(
        (report.generation, report.replaced, &report.next[..]),
        (NEW, replaced, &[(PARTITION, last.next())][..])
    );
    assert_eq!(report.events, events.len() as u64);
    assert!(report.differences.is_empty() && report.not_compared.is_empty(), "{report:?}");
    assert_eq!(till.dump().await, rows);
    assert_eq!(till.projector.progress().borrow().generation, NEW);
    till.place.only_the_live_one_is_left(&till.views).await;
    let indexes = match till.place {
        Place::Folder(_) => "SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name",
        Place::Database(_) => {
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'g_0000000000000000000000000000004d' \
             AND indexname NOT LIKE '%_pkey' ORDER BY indexname"
        }
    };
    assert_eq!(
        till.texts(indexes).await,
        ["items_by_category", "messages_by_date", "messages_by_revision", "orders_by_date"]
    );
}

async fn a_rebuild_without_a_projector_reaches_the_end_of_the_log(place: Place) {
    let mut till = Till::open(place).await;
    let events = Cafe::busy("rebuild", 2, 1_000);
    let (before, after) = events.split_at(600);
    till.happened(before).await;
    till.stop().await;
    let last = till.history.append(after).await;
    let rebuilding = projectors::rebuild(Arc::clone(&till.log), till.views.clone(), NEW, |_| ());
    assert_eq!(rebuilding.await.unwrap().next, [(PARTITION, last.next())]);
    assert!(till.verify().await.is_equal());
    till.start();
    till.shown(last).await;
    assert_eq!(till.projector.progress().borrow().generation, NEW);
}

async fn a_rebuild_under_load_loses_and_doubles_nothing(place: Place) {
    let mut till = Till::open(place).await;
    let events = Cafe::busy("rebuild", 3, 12_000);
    let (before, during) = events.split_at(4_000);
    till.happened(before).await;
    let projector = till.projector.clone();
    let rebuilding = tokio::spawn(async move { projector.rebuild(NEW, |_| ()).await });
    let mut progress = till.projector.progress();
    for batch in during.chunks(25) {
        let position = till.history.append(batch).await;
        progress.wait_for(|progress| progress.shows(position)).await.unwrap();
    }
    let report = rebuilding.await.unwrap().unwrap();
    assert!(report.differences.is_empty(), "{:?}", report.differences);
    till.shown(Position(events.len() as u64)).await;
    let verified = till.verify().await;
    assert!(verified.is_equal(), "{:?}", verified.differences);
    assert_eq!(verified.generation, NEW);
    assert!(verified.views.iter().all(|view| view.events == events.len() as u64));
}

async fn the_figures_in_which_the_old_rows_differed_are_reported_and_mended(place: Place) {
    let mut till = Till::open(place).await;
    let events = Cafe::busy("rebuild", 4, 500);
    till.happened(&events).await;
    let rows = till.dump().await;
    till.tamper("UPDATE days SET sales_volume = sales_volume + 1").await;
    till.tamper("DELETE FROM sales WHERE sale_id = 1").await;
    let report = till.projector.rebuild(NEW, |_| ()).await.unwrap();
    let figures: Vec<&str> = report.differences.iter().map(|difference| difference.figure).collect();
    assert!(figures.contains(&"days' volume") && figures.contains(&"sales"), "{figures:?}");
    let sales = report.differences.iter().find(|difference| difference.figure == "sales").unwrap();
    assert_eq!(sales.expected, sales.found + 1);
    assert_eq!(till.dump().await, rows);
}

async fn a_rebuild_that_meets_an_event_it_cannot_apply_leaves_the_live_rows_alone(place: Place) {
    let mut till = Till::open(place).await;
    let (mut cafe, mut events) = Cafe::open("rebuilt");
    events.push(cafe.place_order(1, &[(1, 2)]));
    let poison = Position(events.len() as u64 + 1);
    let mut sale = cafe.pay(1, "card", false);
    let Event::SaleCompleted(data) = &mut sale.data else { panic!("a payment is a sale") };
    data.lines[0].unit_price = Money(i64::MAX);
    events.extend([sale, cafe.place_order(1, &[(1, 2)])]);
    till.happened(&events).await;
    let (rows, generation) = (till.dump().await, till.views.live_generation());
    let refused = till.projector.rebuild(NEW, |_| ()).await.map(drop);
    let Err(RebuildError::Poison { projection: "days", poison: found }) = refused else { panic!("{refused:?}") };
    assert_eq!(found.position, poison);
    assert_eq!(till.dump().await, rows);
    assert_eq!(till.views.live_generation(), generation);
    till.place.only_the_live_one_is_left(&till.views).await;
}

async fn one_rebuild_at_a_time_and_its_progress_is_told(place: Place) {
    let mut till = Till::open(place).await;
    till.happened(&Cafe::busy("rebuild", 6, 3_000)).await;
    let (told, last) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(None)));
    let on_progress = {
        let (told, last) = (Arc::clone(&told), Arc::clone(&last));
        move |progress: RebuildProgress| {
            told.fetch_add(1, Ordering::Relaxed);
            *last.lock().unwrap() = Some(progress);
        }
    };
    let (first, second) =
        tokio::join!(till.projector.rebuild(NEW, on_progress), till.projector.rebuild(Uuid::nil(), |_| ()));
    first.unwrap();
    assert!(matches!(second, Err(RebuildError::Running)));
    assert!(told.load(Ordering::Relaxed) > 0);
    let last = last.lock().unwrap().unwrap();
    assert_eq!(last.records, last.records_total);
    assert!(last.events > 0 && last.events < last.records);
}

async fn a_rebuild_of_an_empty_log_is_an_empty_generation(place: Place) {
    let till = Till::open(place).await;
    let report = till.projector.rebuild(NEW, |_| ()).await.unwrap();
    assert_eq!(report.events, 0);
    assert!(till.verify().await.is_equal());
}

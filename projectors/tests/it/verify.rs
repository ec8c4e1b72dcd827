//! Verification: equal rows pass, and whatever was tampered with is named.

use std::sync::Arc;

use log::{Log, MemoryLog};
use projectors::{Difference, VerifyError, verify};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use crate::cafe::Cafe;
use crate::history::{History, PARTITION};
use crate::on_both_engines;
use crate::place::Place;
use crate::till::Till;

on_both_engines!(
    a_changed_figure_is_named_with_what_it_should_be,
    a_change_in_any_table_is_found,
    a_missing_row_and_one_too_many_are_named,
    nobodys_data_stands_in_a_report,
    a_checkpoint_that_contradicts_itself_or_the_log_is_found,
    of_many_differences_a_hundred_are_named_and_all_are_counted,
    another_process_verifies_beside_a_projector_at_work,
    views_of_a_longer_log_are_refused_with_both_positions,
);

async fn settled(place: Place) -> Till {
    let mut till = Till::open(place).await;
    let (mut cafe, mut events) = Cafe::open("verified");
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..40 {
        let cart = cafe.cart(&mut rng);
        events.extend([cafe.place_order(8, &cart), cafe.pay(8, "card", false)]);
    }
    events.extend([cafe.place_order(7, &[(1, 2)]), cafe.void(1, false), cafe.change_password()]);
    till.happened(&events).await;
    till
}

/// What verification says after one statement behind everybody's back.
async fn tampered(place: Place, sql: &'static str) -> Vec<Difference> {
    let till = settled(place).await;
    let before = till.verify().await;
    assert!(before.is_equal() && before.rows >= 100, "{before:?}");
    till.tamper(sql).await;
    let report = till.verify().await;
    assert!(!report.is_equal());
    assert_eq!(report.differences_total, report.differences.len() as u64);
    report.differences
}

async fn a_changed_figure_is_named_with_what_it_should_be(place: Place) {
    let found = tampered(place, "UPDATE sales SET total = 1 WHERE sale_id = 7").await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].table, found[0].column.as_str(), found[0].found.as_str()), ("sales", "total", "1"));
    assert!(found[0].key.ends_with(" 7"), "{}", found[0].key);
}

async fn a_change_in_any_table_is_found(place: Place) {
    for (table, sql) in [
        ("stores", "UPDATE stores SET closed = NOT closed"),
        ("categories", "UPDATE categories SET name = 'x'"),
        ("items", "UPDATE items SET cost = NULL WHERE item_id = 1"),
        ("tabs", "UPDATE tabs SET orders = 2"),
        ("tab_lines", "UPDATE tab_lines SET quantity = quantity + 1"),
        ("orders", "UPDATE orders SET lines = '[]' WHERE order_id = 3"),
        ("open_orders", "DELETE FROM open_orders"),
        ("sales", "UPDATE sales SET voided_at = NULL WHERE sale_id = 1"),
        ("days", "UPDATE days SET late = late + 1"),
        ("day_items", "UPDATE day_items SET named_at = 1 WHERE item_id = 1"),
        ("day_payments", "UPDATE day_payments SET payment_type = 'x'"),
        ("positions", "UPDATE positions SET position = 1 WHERE projection = 'days'"),
    ] {
        let found = tampered(place.another().await, sql).await;
        assert!(found.iter().all(|difference| difference.table == table), "{table}: {found:?}");
    }
}

async fn a_missing_row_and_one_too_many_are_named(place: Place) {
    let found = tampered(place.another().await, "DELETE FROM orders WHERE order_id = 12").await;
    assert_eq!(
        (found[0].column.as_str(), found[0].expected.as_str(), found[0].found.as_str()),
        ("row", "there", "missing")
    );
    let found = tampered(place, "INSERT INTO categories SELECT store_id, 99, 'x' FROM categories").await;
    assert_eq!(
        (found[0].column.as_str(), found[0].expected.as_str(), found[0].found.as_str()),
        ("row", "missing", "there")
    );
}

async fn nobodys_data_stands_in_a_report(place: Place) {
    let found = tampered(place, "UPDATE stores SET phone = '01099999999', owner_name = 'x', password_hash = 'y'").await;
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|difference| difference.expected == "(personal)" && difference.found == "(personal)"));
}

async fn a_checkpoint_that_contradicts_itself_or_the_log_is_found(place: Place) {
    let till = settled(place.another().await).await;
    till.tamper("UPDATE checkpoints SET counted = counted - 1 WHERE projection = 'sales'").await;
    let refused = verify(till.log.as_ref(), &till.views, |_, _| ()).await;
    assert!(matches!(refused, Err(VerifyError::Views(_))), "{refused:?}");
    let till = settled(place).await;
    till.tamper(
        "UPDATE checkpoints SET counted = counted - 1, \
         cursor = REPLACE(cursor, '\"counted\":' || counted, '\"counted\":' || (counted - 1)) WHERE projection = 'sales'",
    )
    .await;
    let report = till.verify().await;
    assert_eq!((report.differences[0].table, report.differences[0].column.as_str()), ("checkpoints", "counted"));
}

async fn of_many_differences_a_hundred_are_named_and_all_are_counted(place: Place) {
    let mut till = Till::open(place).await;
    till.happened(&Cafe::busy("verify", 3, 2_000)).await;
    till.tamper("UPDATE orders SET total = total + 1").await;
    let report = till.verify().await;
    let orders = till.numbers("SELECT COUNT(*) FROM orders").await[0][0];
    assert_eq!(report.differences_total, orders.cast_unsigned());
    assert_eq!(report.differences.len(), 100);
}

async fn another_process_verifies_beside_a_projector_at_work(place: Place) {
    let mut till = Till::open(place).await;
    let events = Cafe::busy("verify", 4, 6_000);
    let (before, during) = events.split_at(1_000);
    till.happened(before).await;
    let beside = till.place.open_read_only().await.unwrap();
    let log = Arc::clone(&till.log);
    let verifying = tokio::spawn(async move {
        let mut verified = 0;
        for _ in 0..5 {
            let report = verify(log.as_ref(), &beside, |_, _| ()).await.unwrap();
            assert!(report.is_equal(), "{:?}", report.differences);
            verified = report.views[0].events;
        }
        verified
    });
    for batch in during.chunks(20) {
        till.happened(batch).await;
    }
    assert!(verifying.await.unwrap() >= 1_000);
}

async fn views_of_a_longer_log_are_refused_with_both_positions(place: Place) {
    let till = settled(place).await;
    let shorter: Arc<dyn Log> = Arc::new(MemoryLog::new(1));
    let mut history = History::begin(Arc::clone(&shorter)).await;
    history.append(&Cafe::busy("verify", 5, 10)).await;
    let refused = verify(shorter.as_ref(), &till.views, |_, _| ()).await;
    let text = refused.err().unwrap().to_string();
    assert!(text.contains(&till.log.end(PARTITION).borrow().to_string()), "{text}");
}

//! What holds on either engine.

use chrono::{DateTime, NaiveDate, Utc};
use migrations::{SwitchError, Value, ViewsError};
use uuid::Uuid;

use crate::on_both_engines;
use crate::place::Place;
use crate::steps::{CATEGORIES, CATEGORY, add_category, built, categories, checkpoint, refused, row, switch};

on_both_engines!(
    every_kind_of_value_reads_back_what_was_written,
    a_snapshot_stays_at_its_moment,
    a_mark_undoes_what_came_after_it_and_nothing_else,
    a_dropped_transaction_leaves_nothing,
    a_sum_out_of_range_is_refused_not_rounded,
    many_rows_at_once_are_those_of_one_after_the_other,
    a_row_that_is_refused_among_many_refuses_them_all,
    a_switch_shows_the_new_generation_and_removes_the_old_with_its_last_reader,
    what_was_written_after_the_filling_is_in_the_new_generation,
    a_generation_that_is_behind_on_a_partition_does_not_go_live,
    while_the_live_generation_is_held_nothing_is_written_to_it,
    who_still_writes_the_old_generation_is_told_so,
    a_build_that_was_given_up_leaves_nothing,
    who_opens_again_finds_what_was_there,
    another_process_reads_beside_the_writer_and_follows_a_switch,
    the_ninth_snapshot_waits_for_one_of_eight,
    a_snapshot_that_failed_or_was_dropped_in_mid_question_is_replaced,
);

async fn every_kind_of_value_reads_back_what_was_written(place: Place) {
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    let store = Uuid::from_u128(7);
    let at = DateTime::<Utc>::from_timestamp_micros(1_795_000_000_123_456).unwrap();
    let date: NaiveDate = "2026-11-20".parse().unwrap();
    let mut tx = writer.begin().await.unwrap();
    let sale = "INSERT INTO sales (store_id, sale_id, table_no, total, cost, stated_total, payment_type, sold_at, \
                business_date, voided_at) VALUES ($1, $2, 8, $3, 0, $4, $5, $6, $7, NULL)";
    let params: [Value; 7] =
        [store.into(), 1.into(), 11_000.into(), None::<i64>.into(), "현금".into(), at.into(), date.into()];
    assert_eq!(tx.execute(sale, &params).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let mut snapshot = views.snapshot().await.unwrap();
    let sql = "SELECT store_id, total, stated_total, payment_type, sold_at, business_date, voided_at, 1 FROM sales \
               WHERE store_id = $1";
    let row = snapshot.fetch_optional(sql, &[store.into()]).await.unwrap().unwrap();
    assert_eq!((row.uuid(0).unwrap(), row.int(1).unwrap(), row.opt_int(2).unwrap()), (store, 11_000, None));
    assert_eq!((row.text(3).unwrap(), row.time(4).unwrap(), row.date(5).unwrap()), ("현금", at, date));
    assert_eq!((row.opt_time(6).unwrap(), row.bool(7).unwrap()), (None, true));
    assert!(matches!(row.int(3), Err(ViewsError::Shape { column: 3, .. })));
    assert!(row.text(99).is_err());
}

async fn a_snapshot_stays_at_its_moment(place: Place) {
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    add_category(&mut writer, 1).await;
    let mut snapshot = views.snapshot().await.unwrap();
    add_category(&mut writer, 2).await;
    assert_eq!(snapshot.fetch(CATEGORIES, &[]).await.unwrap().len(), 1);
    drop(snapshot);
    assert_eq!(categories(&views).await, [1, 2]);
}

async fn a_mark_undoes_what_came_after_it_and_nothing_else(place: Place) {
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    let mut tx = writer.begin().await.unwrap();
    tx.savepoint().await.unwrap();
    tx.execute(CATEGORY, &row(1)).await.unwrap();
    tx.release().await.unwrap();
    tx.savepoint().await.unwrap();
    tx.execute(CATEGORY, &row(2)).await.unwrap();
    assert!(matches!(tx.execute(CATEGORY, &row(1)).await, Err(ViewsError::Refused(_))));
    tx.rollback_to().await.unwrap();
    tx.savepoint().await.unwrap();
    tx.execute(CATEGORY, &row(3)).await.unwrap();
    tx.release().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(categories(&views).await, [1, 3]);
}

async fn a_dropped_transaction_leaves_nothing(place: Place) {
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    let mut tx = writer.begin().await.unwrap();
    tx.execute_many(CATEGORY, (1..=3).map(row)).await.unwrap();
    drop(tx);
    assert_eq!(categories(&views).await, Vec::<i64>::new());
    add_category(&mut writer, 1).await;
    assert_eq!(categories(&views).await, [1]);
}

async fn a_sum_out_of_range_is_refused_not_rounded(place: Place) {
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    let sql = "INSERT INTO items (store_id, item_id, category_id, name, price) VALUES ($1, 1, 1, 'i', $2) \
               ON CONFLICT (store_id, item_id) DO UPDATE SET price = items.price + excluded.price";
    let mut tx = writer.begin().await.unwrap();
    tx.execute(sql, &[Uuid::nil().into(), i64::MAX.into()]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(refused(&mut writer, sql, &[Uuid::nil().into(), 1.into()]).await, ViewsError::Refused(_)));
    assert!(matches!(refused(&mut writer, sql, &[Uuid::nil().into()]).await, ViewsError::Refused(_)));
    let prices = views.snapshot().await.unwrap().fetch("SELECT price FROM items", &[]).await.unwrap();
    assert_eq!(prices[0].int(0).unwrap(), i64::MAX);
}

/// More rows than one statement takes, by every kind of statement.
async fn many_rows_at_once_are_those_of_one_after_the_other(place: Place) {
    const ROWS: i64 = 20_000;
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    let add = "INSERT INTO tabs (store_id, table_no, tab, order_id, opened_at, orders, total) \
               VALUES ($1, $2, 1, 1, $3, 0, $4) \
               ON CONFLICT (store_id, table_no, tab) DO UPDATE SET total = tabs.total + excluded.total";
    let revise = "UPDATE tabs SET order_id = $1, total = total + 1 WHERE store_id = $2 AND table_no = $3";
    let remove = "DELETE FROM tabs WHERE store_id = $1 AND table_no = $2";
    let nested = "DELETE FROM tabs WHERE store_id = $1 AND table_no IN \
                  (SELECT table_no FROM tabs WHERE store_id = $1 AND table_no = $2 AND total > $3)";
    let store: Value = Uuid::from_u128(3).into();
    let at: Value = DateTime::<Utc>::from_timestamp_micros(1).unwrap().into();
    let adding = |table: i64| vec![store.clone(), table.into(), at.clone(), (table * 2).into()];
    let mut tx = writer.begin().await.unwrap();
    assert_eq!(tx.execute_many(add, (1..=ROWS).map(adding)).await.unwrap(), ROWS.cast_unsigned());
    assert_eq!(tx.execute_many(add, (1..=2).map(adding)).await.unwrap(), 2);
    let revising = |table: i64| vec![7.into(), store.clone(), table.into()];
    assert_eq!(tx.execute_many(revise, (1..=10).map(revising)).await.unwrap(), 10);
    let removing = |table: i64| vec![store.clone(), table.into()];
    assert_eq!(tx.execute_many(remove, (5..=ROWS + 5).map(removing)).await.unwrap(), ROWS.cast_unsigned() - 4);
    let conditional = |table: i64| vec![store.clone(), table.into(), 8.into()];
    assert_eq!(tx.execute_many(nested, (1..=4).map(conditional)).await.unwrap(), 2);
    assert_eq!(tx.execute_many(remove, std::iter::empty::<Vec<Value>>()).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let rows = "SELECT table_no, order_id, total FROM tabs ORDER BY table_no";
    let rows = views.snapshot().await.unwrap().fetch(rows, &[]).await.unwrap();
    let rows: Vec<[i64; 3]> = rows.iter().map(|row| [0, 1, 2].map(|column| row.int(column).unwrap())).collect();
    assert_eq!(rows, [[1, 7, 5], [3, 7, 7]]);
}

async fn a_row_that_is_refused_among_many_refuses_them_all(place: Place) {
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    add_category(&mut writer, 2).await;
    let mut tx = writer.begin().await.unwrap();
    tx.savepoint().await.unwrap();
    assert!(matches!(tx.execute_many(CATEGORY, (1..=3).map(row)).await, Err(ViewsError::Refused(_))));
    tx.rollback_to().await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = writer.begin().await.unwrap();
    let short = (5..=7).map(|id: i64| vec![Uuid::nil().into(), id.into()]);
    assert!(matches!(tx.execute_many(CATEGORY, short).await, Err(ViewsError::Refused(_))));
    drop(tx);
    assert_eq!(categories(&views).await, [2]);
}

async fn a_switch_shows_the_new_generation_and_removes_the_old_with_its_last_reader(place: Place) {
    let views = place.open().await;
    let mut live = views.writer().await.unwrap();
    add_category(&mut live, 1).await;
    drop(live);
    let old = views.live_generation();
    let new = built(&views, 2, 5).await;
    let mut reading = views.snapshot().await.unwrap();
    switch(&views, new).await;
    assert_eq!(views.live_generation(), Uuid::from_u128(2));
    assert_eq!(categories(&views).await, [5]);
    assert_eq!(reading.generation(), old);
    assert_eq!(reading.fetch(CATEGORIES, &[]).await.unwrap().len(), 1);
    assert_eq!(place.generations(&views).await, 2);
    drop(reading);
    place.only_the_live_one_is_left(&views).await;
    let mut switched = views.writer().await.unwrap();
    assert_eq!(switched.generation(), Uuid::from_u128(2));
    add_category(&mut switched, 6).await;
    drop((views, switched));
    assert_eq!(categories(&place.open().await).await, [5, 6]);
}

async fn what_was_written_after_the_filling_is_in_the_new_generation(place: Place) {
    let views = place.open().await;
    let mut new = built(&views, 2, 5).await;
    add_category(&mut new, 6).await;
    let mut tx = new.begin().await.unwrap();
    tx.savepoint().await.unwrap();
    tx.execute(CATEGORY, &row(7)).await.unwrap();
    tx.rollback_to().await.unwrap();
    tx.commit().await.unwrap();
    let hold = views.hold().await.unwrap();
    add_category(&mut new, 8).await;
    views.switch(new, hold).await.unwrap();
    drop(views);
    assert_eq!(categories(&place.open().await).await, [5, 6, 8]);
}

async fn a_generation_that_is_behind_on_a_partition_does_not_go_live(place: Place) {
    let views = place.open().await;
    let before = views.live_generation();
    let mut live = views.writer().await.unwrap();
    checkpoint(&mut live, 0, 10).await;
    checkpoint(&mut live, 3, 10).await;
    let mut new = views.build(Uuid::from_u128(2)).await.unwrap();
    checkpoint(&mut new, 0, 11).await;
    checkpoint(&mut new, 3, 9).await;
    new.finish().await.unwrap();
    let hold = views.hold().await.unwrap();
    let standing: Vec<_> = hold.standing().iter().map(|at| (at.projection.as_str(), at.partition, at.next)).collect();
    assert_eq!(standing, [("sales", 0, 10), ("sales", 3, 10)]);
    let refused = views.switch(new, hold).await.err().unwrap();
    assert!(matches!(refused, SwitchError::Behind { partition: 3, new: 9, live: 10, .. }), "{refused}");
    assert_eq!(views.live_generation(), before);
    checkpoint(&mut live, 0, 11).await;
    let new = views.build(Uuid::from_u128(3)).await.unwrap();
    let hold = views.hold().await.unwrap();
    let refused = views.switch(new, hold).await.err().unwrap();
    assert!(matches!(refused, SwitchError::Behind { partition: 0, new: -1, live: 11, .. }), "{refused}");
    place.only_the_live_one_is_left(&views).await;
}

async fn while_the_live_generation_is_held_nothing_is_written_to_it(place: Place) {
    let views = place.open().await;
    let mut live = views.writer().await.unwrap();
    add_category(&mut live, 1).await;
    let hold = views.hold().await.unwrap();
    // Each engine waits in its own way: SQLite's connection on its thread, PostgreSQL's in the server.
    let runtime = tokio::runtime::Handle::current();
    let writing = std::thread::spawn(move || runtime.block_on(async move { add_category(&mut live, 2).await }));
    assert_eq!(categories(&views).await, [1]);
    drop(hold);
    tokio::task::spawn_blocking(move || writing.join().unwrap()).await.unwrap();
    assert_eq!(categories(&views).await, [1, 2]);
}

async fn who_still_writes_the_old_generation_is_told_so(place: Place) {
    let views = place.open().await;
    let mut generations = views.generations();
    let mut other = views.writer().await.unwrap();
    checkpoint(&mut other, 0, 3).await;
    let mut new = views.build(Uuid::from_u128(2)).await.unwrap();
    checkpoint(&mut new, 0, 3).await;
    new.finish().await.unwrap();
    switch(&views, new).await;
    assert!(generations.has_changed().unwrap());
    assert_eq!(*generations.borrow_and_update(), Uuid::from_u128(2));
    assert!(matches!(other.begin().await.err(), Some(ViewsError::Superseded)));
    let mut writer = views.writer().await.unwrap();
    assert_eq!(writer.generation(), Uuid::from_u128(2));
    checkpoint(&mut writer, 0, 4).await;
}

async fn a_build_that_was_given_up_leaves_nothing(place: Place) {
    let views = place.open().await;
    let mut new = views.build(Uuid::from_u128(2)).await.unwrap();
    add_category(&mut new, 1).await;
    assert_eq!(place.generations(&views).await, 2);
    drop(new);
    place.only_the_live_one_is_left(&views).await;
    assert_eq!(categories(&views).await, Vec::<i64>::new());
}

async fn who_opens_again_finds_what_was_there(place: Place) {
    let views = place.open().await;
    let generation = views.live_generation();
    let mut writer = views.writer().await.unwrap();
    add_category(&mut writer, 1).await;
    drop((views, writer));
    let views = place.open().await;
    assert_eq!((views.live_generation(), categories(&views).await), (generation, vec![1]));
}

async fn another_process_reads_beside_the_writer_and_follows_a_switch(place: Place) {
    assert!(matches!(place.open_read_only().await.err(), Some(ViewsError::Absent)));
    let views = place.open().await;
    let mut live = views.writer().await.unwrap();
    add_category(&mut live, 1).await;
    drop(live);
    let beside = place.open_read_only().await.unwrap();
    assert_eq!(categories(&beside).await, [1]);
    assert!(matches!(beside.writer().await.err(), Some(ViewsError::ReadOnly)));
    assert!(matches!(beside.build(Uuid::nil()).await.err(), Some(ViewsError::ReadOnly)));
    assert!(matches!(beside.hold().await.err(), Some(ViewsError::ReadOnly)));
    switch(&views, built(&views, 2, 2).await).await;
    assert_eq!(categories(&beside).await, [2]);
    assert_eq!(beside.live_generation(), Uuid::from_u128(2));
    drop(views);
    assert_eq!(categories(&beside).await, [2]);
    assert_eq!(categories(&place.open_read_only().await.unwrap()).await, [2]);
}

async fn the_ninth_snapshot_waits_for_one_of_eight(place: Place) {
    let views = place.open().await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(views.snapshot().await.unwrap());
    }
    let mut ninth = Box::pin(views.snapshot());
    assert!(futures::poll!(&mut ninth).is_pending());
    held.pop();
    assert_eq!(ninth.await.unwrap().generation(), views.live_generation());
}

async fn a_snapshot_that_failed_or_was_dropped_in_mid_question_is_replaced(place: Place) {
    let views = place.open().await;
    for _ in 0..12 {
        let mut snapshot = views.snapshot().await.unwrap();
        assert!(snapshot.fetch("SELECT no_such_column FROM sales", &[]).await.is_err());
        drop(snapshot);
        let mut snapshot = views.snapshot().await.unwrap();
        let mut asked = Box::pin(snapshot.fetch(CATEGORIES, &[]));
        let _ = futures::poll!(&mut asked);
        drop(asked);
    }
    assert_eq!(categories(&views).await, Vec::<i64>::new());
}

#[test]
fn what_is_printed_of_a_row_shows_nobodys_data() {
    assert_eq!(format!("{:?}", Value::from("01012345678")), "Text");
}

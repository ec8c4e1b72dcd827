//! The read models as their two users see them: who writes a generation, who reads one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use migrations::{SwitchError, Value, Views, ViewsError, Writer};
use tempfile::TempDir;
use uuid::Uuid;

const CATEGORY: &str = "INSERT INTO categories (store_id, category_id, name) VALUES ($1, $2, $3)";
const CATEGORIES: &str = "SELECT category_id FROM categories ORDER BY category_id";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let views = folder.path().join("views");
    (folder, views)
}

async fn add_category(writer: &mut Writer, id: i64) {
    let mut tx = writer.begin().await.unwrap();
    tx.execute(CATEGORY, &[Uuid::from_u128(1).into(), id.into(), "커피".into()]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn checkpoint(writer: &mut Writer, next: i64) {
    let mut tx = writer.begin().await.unwrap();
    let sql = "INSERT INTO checkpoints (projection, partition, next, cursor, counted) VALUES ('sales', 0, $1, '{}', 0) \
               ON CONFLICT (projection, partition) DO UPDATE SET next = excluded.next";
    tx.execute(sql, &[next.into()]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn categories(views: &Views) -> Vec<i64> {
    let rows = views.snapshot().await.unwrap().fetch(CATEGORIES, &[]).await.unwrap();
    rows.iter().map(|row| row.int(0).unwrap()).collect()
}

fn generations_in(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    files.filter(|file| file.path().extension().is_some_and(|ext| ext == "db")).count()
}

#[tokio::test]
async fn every_kind_of_value_reads_back_what_was_written() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let mut writer = views.writer().unwrap();
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

#[tokio::test]
async fn a_snapshot_stays_at_its_moment() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let mut writer = views.writer().unwrap();
    add_category(&mut writer, 1).await;
    let mut snapshot = views.snapshot().await.unwrap();
    add_category(&mut writer, 2).await;
    assert_eq!(snapshot.fetch(CATEGORIES, &[]).await.unwrap().len(), 1);
    drop(snapshot);
    assert_eq!(categories(&views).await, [1, 2]);
}

#[tokio::test]
async fn a_mark_undoes_what_came_after_it_and_nothing_else() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let mut writer = views.writer().unwrap();
    let row = |id: i64| [Uuid::nil().into(), id.into(), "c".into()];
    let mut tx = writer.begin().await.unwrap();
    tx.savepoint().await.unwrap();
    tx.execute(CATEGORY, &row(1)).await.unwrap();
    tx.release().await.unwrap();
    tx.savepoint().await.unwrap();
    tx.execute(CATEGORY, &row(2)).await.unwrap();
    assert!(matches!(tx.execute(CATEGORY, &row(1)).await, Err(ViewsError::Refused(_))));
    tx.rollback_to().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(categories(&views).await, [1]);
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let mut writer = views.writer().unwrap();
    let mut tx = writer.begin().await.unwrap();
    tx.execute_many(CATEGORY, (1..=3).map(|id: i64| vec![Uuid::nil().into(), id.into(), "c".into()])).await.unwrap();
    drop(tx);
    assert_eq!(categories(&views).await, Vec::<i64>::new());
    add_category(&mut writer, 1).await;
}

#[tokio::test]
async fn a_sum_out_of_range_is_refused_not_rounded() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let mut writer = views.writer().unwrap();
    let mut tx = writer.begin().await.unwrap();
    let sql = "INSERT INTO items (store_id, item_id, category_id, name, price) VALUES ($1, 1, 1, 'i', $2) \
               ON CONFLICT (store_id, item_id) DO UPDATE SET price = items.price + excluded.price";
    tx.execute(sql, &[Uuid::nil().into(), i64::MAX.into()]).await.unwrap();
    assert!(matches!(tx.execute(sql, &[Uuid::nil().into(), 1.into()]).await, Err(ViewsError::Refused(_))));
    assert!(matches!(tx.execute(sql, &[Uuid::nil().into()]).await, Err(ViewsError::Refused(_))));
}

#[tokio::test]
async fn a_switch_shows_the_new_generation_and_removes_the_old_with_its_last_reader() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let mut live = views.writer().unwrap();
    add_category(&mut live, 1).await;
    let old = views.live_generation();
    let mut new = views.build(Uuid::from_u128(2)).unwrap();
    add_category(&mut new, 5).await;
    new.finish_indexes().await.unwrap();
    let mut reading = views.snapshot().await.unwrap();
    let mut switched = views.switch(new, live).await.unwrap();
    assert_eq!((views.live_generation(), switched.generation()), (Uuid::from_u128(2), Uuid::from_u128(2)));
    assert_eq!(categories(&views).await, [5]);
    assert_eq!(reading.generation(), old);
    assert_eq!(reading.fetch(CATEGORIES, &[]).await.unwrap().len(), 1);
    assert_eq!(generations_in(&folder), 2);
    drop(reading);
    assert_eq!(generations_in(&folder), 1);
    add_category(&mut switched, 6).await;
    drop((views, switched));
    assert_eq!(categories(&Views::open(&folder).unwrap()).await, [5, 6]);
}

#[tokio::test]
async fn a_generation_that_is_behind_does_not_go_live() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let before = views.live_generation();
    let mut live = views.writer().unwrap();
    checkpoint(&mut live, 10).await;
    let mut new = views.build(Uuid::from_u128(2)).unwrap();
    checkpoint(&mut new, 9).await;
    let refused = views.switch(new, live).await.err().unwrap();
    assert!(matches!(refused, SwitchError::Behind { new: 9, live: 10, .. }), "{refused}");
    assert_eq!(views.live_generation(), before);
    assert_eq!(generations_in(&folder), 1);
    checkpoint(&mut views.writer().unwrap(), 11).await;
}

#[tokio::test]
async fn who_still_writes_the_old_generation_finds_its_checkpoint_gone() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let (live, mut other) = (views.writer().unwrap(), views.writer().unwrap());
    checkpoint(&mut other, 3).await;
    let mut new = views.build(Uuid::from_u128(2)).unwrap();
    checkpoint(&mut new, 3).await;
    views.switch(new, live).await.unwrap();
    let mut tx = other.begin().await.unwrap();
    assert_eq!(tx.execute("UPDATE checkpoints SET next = 4 WHERE next = 3", &[]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_build_that_was_given_up_leaves_no_file() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let mut new = views.build(Uuid::from_u128(2)).unwrap();
    add_category(&mut new, 1).await;
    assert_eq!(generations_in(&folder), 2);
    drop(new);
    assert_eq!(generations_in(&folder), 1);
}

#[tokio::test]
async fn leftovers_of_a_crash_are_removed_at_the_next_start() {
    let (_kept, folder) = folder();
    drop(Views::open(&folder).unwrap());
    let leftover = folder.join(format!("{}.db", Uuid::from_u128(9)));
    std::fs::write(&leftover, "half a file").unwrap();
    drop(Views::open(&folder).unwrap());
    assert!(!leftover.exists());
}

#[tokio::test]
async fn a_damaged_generation_is_found_at_start_and_folded_anew() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let damaged = views.live_generation();
    let mut writer = views.writer().unwrap();
    for id in 0..2_000 {
        add_category(&mut writer, id).await;
    }
    drop((views, writer));
    let file = folder.join(format!("{damaged}.db"));
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0xA5);
    std::fs::write(&file, bytes).unwrap();
    let views = Views::open(&folder).unwrap();
    assert_ne!(views.live_generation(), damaged);
    assert_eq!(categories(&views).await, Vec::<i64>::new());
    assert_eq!(generations_in(&folder), 1);
}

#[tokio::test]
async fn a_missing_file_is_folded_anew_under_another_id() {
    let (_kept, folder) = folder();
    let first = Views::open(&folder).unwrap().live_generation();
    std::fs::remove_file(folder.join(format!("{first}.db"))).unwrap();
    assert_ne!(Views::open(&folder).unwrap().live_generation(), first);
}

#[tokio::test]
async fn another_process_reads_beside_the_writer_and_follows_a_switch() {
    let (_kept, folder) = folder();
    assert!(matches!(Views::open_read_only(&folder), Err(ViewsError::Absent)));
    let views = Views::open(&folder).unwrap();
    let mut live = views.writer().unwrap();
    add_category(&mut live, 1).await;
    let beside = Views::open_read_only(&folder).unwrap();
    assert_eq!(categories(&beside).await, [1]);
    assert!(matches!(beside.writer(), Err(ViewsError::ReadOnly)));
    let mut new = views.build(Uuid::from_u128(2)).unwrap();
    add_category(&mut new, 2).await;
    let switched = views.switch(new, live).await.unwrap();
    assert_eq!(categories(&beside).await, [2]);
    drop((views, switched));
    assert_eq!(categories(&beside).await, [2]);
    assert_eq!(categories(&Views::open_read_only(&folder).unwrap()).await, [2]);
}

#[tokio::test]
async fn the_ninth_snapshot_waits_for_one_of_eight() {
    let (_kept, folder) = folder();
    let views = Views::open(&folder).unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(views.snapshot().await.unwrap());
    }
    let mut ninth = tokio::spawn({
        let views = views.clone();
        async move { views.snapshot().await.map(|snapshot| snapshot.generation()) }
    });
    tokio::task::yield_now().await;
    assert!(futures_are_pending(&mut ninth).await);
    held.pop();
    assert_eq!(ninth.await.unwrap().unwrap(), views.live_generation());
}

async fn futures_are_pending<T>(task: &mut tokio::task::JoinHandle<T>) -> bool {
    tokio::select! { biased; _ = task => false, () = tokio::task::yield_now() => true }
}

#[test]
fn what_is_printed_of_a_row_shows_nobodys_data() {
    assert_eq!(format!("{:?}", Value::from("01012345678")), "Text");
}

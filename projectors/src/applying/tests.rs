//! The transaction of a batch: once, by one, and without the part that is refused.

use events::{Partition, Position};
use log::Cursor;
use migrations::{Views, ViewsError, Writer};

use super::{ApplyError, Part, apply};
use crate::checkpoint::load_or_begin;
use crate::projection::Change;
use crate::views;

const PARTITION: Partition = Partition(0);
const ADD: &str = "INSERT INTO categories (store_id, category_id, name) VALUES ($1, $2, 'c')";

async fn opened() -> (tempfile::TempDir, Views, Writer) {
    let folder = tempfile::tempdir().unwrap();
    let views = Views::open(&folder.path().join("views")).unwrap();
    let mut writer = views.writer().await.unwrap();
    load_or_begin(&mut writer, PARTITION).await.unwrap();
    (folder, views, writer)
}

fn part(view: &str, old: u64, category: i64) -> Part {
    let row = vec![uuid::Uuid::nil().into(), category.into()];
    let changes = vec![Change { sql: ADD, rows: vec![row] }];
    Part { view: views::named(view).unwrap(), old: at(old), changes }
}

fn at(next: u64) -> Cursor {
    Cursor { next: Position(next), ..Cursor::default() }
}

async fn numbers(views: &Views, sql: &'static str) -> Vec<i64> {
    let rows = views.snapshot().await.unwrap().fetch(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.int(0).unwrap()).collect()
}

const CATEGORIES: &str = "SELECT category_id FROM categories ORDER BY category_id";
const NEXTS: &str = "SELECT next FROM checkpoints WHERE projection IN ('catalogue', 'stores') ORDER BY projection";

#[tokio::test]
async fn what_was_applied_once_is_not_applied_again() {
    let (_folder, views, mut writer) = opened().await;
    apply(&mut writer, PARTITION, &at(10), &[part("catalogue", 0, 1)], None).await.unwrap();
    let again = apply(&mut writer, PARTITION, &at(10), &[part("catalogue", 0, 2)], None).await;
    assert!(matches!(again, Err(ApplyError::Lost("catalogue"))));
    assert_eq!(numbers(&views, CATEGORIES).await, [1]);
    apply(&mut writer, PARTITION, &at(11), &[part("catalogue", 10, 2)], None).await.unwrap();
    assert_eq!(numbers(&views, CATEGORIES).await, [1, 2]);
}

#[tokio::test]
async fn who_comes_second_leaves_nothing_of_any_part() {
    let (_folder, views, mut writer) = opened().await;
    apply(&mut writer, PARTITION, &at(5), &[part("catalogue", 0, 1)], None).await.unwrap();
    let parts = [part("stores", 0, 7), part("catalogue", 0, 8)];
    assert!(matches!(apply(&mut writer, PARTITION, &at(9), &parts, None).await, Err(ApplyError::Lost("catalogue"))));
    assert_eq!(numbers(&views, CATEGORIES).await, [1]);
    assert_eq!(numbers(&views, NEXTS).await, [5, 0]);
}

#[tokio::test]
async fn a_refused_part_is_left_out_and_its_checkpoint_stays() {
    let (_folder, views, mut writer) = opened().await;
    let parts = [part("catalogue", 0, 1), part("stores", 0, 1)];
    let outcomes = apply(&mut writer, PARTITION, &at(5), &parts, None).await.unwrap();
    assert!(matches!(outcomes[..], [Ok(()), Err(ViewsError::Refused(_))]), "{outcomes:?}");
    assert_eq!(numbers(&views, CATEGORIES).await, [1]);
    assert_eq!(numbers(&views, NEXTS).await, [5, 0]);
}

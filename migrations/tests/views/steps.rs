//! What the tests do with read models, in a line each.

use migrations::{Value, Views, ViewsError, Writer};
use uuid::Uuid;

pub const CATEGORY: &str = "INSERT INTO categories (store_id, category_id, name) VALUES ($1, $2, $3)";
pub const CATEGORIES: &str = "SELECT category_id FROM categories ORDER BY category_id";

pub fn row(id: i64) -> [Value; 3] {
    [Uuid::from_u128(1).into(), id.into(), "커피".into()]
}

pub async fn add_category(writer: &mut Writer, id: i64) {
    let mut tx = writer.begin().await.unwrap();
    tx.execute(CATEGORY, &row(id)).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn checkpoint(writer: &mut Writer, partition: i64, next: i64) {
    let mut tx = writer.begin().await.unwrap();
    let sql = "INSERT INTO checkpoints (projection, partition, next, cursor, counted) VALUES ('sales', $1, $2, '{}', 0) \
               ON CONFLICT (projection, partition) DO UPDATE SET next = excluded.next";
    tx.execute(sql, &[partition.into(), next.into()]).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn categories(views: &Views) -> Vec<i64> {
    let rows = views.snapshot().await.unwrap().fetch(CATEGORIES, &[]).await.unwrap();
    rows.iter().map(|row| row.int(0).unwrap()).collect()
}

/// Builds a generation with a category in it, ready to go live.
pub async fn built(views: &Views, id: u128, category: i64) -> Writer {
    let mut new = views.build(Uuid::from_u128(id)).await.unwrap();
    add_category(&mut new, category).await;
    new.finish().await.unwrap();
    new
}

pub async fn switch(views: &Views, new: Writer) {
    let hold = views.hold().await.unwrap();
    views.switch(new, hold).await.unwrap();
}

pub async fn refused(writer: &mut Writer, sql: &'static str, params: &[Value]) -> ViewsError {
    let mut tx = writer.begin().await.unwrap();
    tx.execute(sql, params).await.unwrap_err()
}

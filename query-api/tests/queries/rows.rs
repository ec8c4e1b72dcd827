//! The rows of the views, in the words of the trade.

use chrono::{DateTime, NaiveDate, Utc};
use events::StoreId;
use migrations::Value;
use uuid::Uuid;

use crate::fixture::Statement;

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn store(store: StoreId, username: &str, hash: &str) -> Statement {
    let sql = "INSERT INTO stores (store_id, username, owner_name, phone, store_name, address, store_type, \
         password_hash, currency, time_zone, day_begins, language, cv, keeps, closed, registered_at) \
         VALUES ($1, $2, '홍길동', '01012345678', '한빛카페', '서울시 중구', '일반음식점', $3, 'KRW', 'Asia/Seoul', \
         '00:00:00', 'ko', 0, NULL, $4, $5)";
    let at = DateTime::<Utc>::UNIX_EPOCH;
    (sql, vec![store.0.into(), username.into(), hash.into(), false.into(), at.into()])
}

pub(crate) fn password_changed(store: StoreId, cv: i64, keeps: Option<Uuid>) -> Statement {
    ("UPDATE stores SET cv = $1, keeps = $2 WHERE store_id = $3", vec![cv.into(), keeps.into(), store.0.into()])
}

pub(crate) fn closed(store: StoreId) -> Statement {
    ("UPDATE stores SET closed = $1 WHERE store_id = $2", vec![true.into(), store.0.into()])
}

pub(crate) fn category(store: StoreId, id: i64, name: &str) -> Statement {
    let sql = "INSERT INTO categories (store_id, category_id, name) VALUES ($1, $2, $3)";
    (sql, vec![store.0.into(), id.into(), name.into()])
}

pub(crate) fn item(store: StoreId, (id, category): (i64, i64), name: &str, price: i64, cost: Option<i64>) -> Statement {
    let sql = "INSERT INTO items (store_id, item_id, category_id, name, price, cost) VALUES ($1, $2, $3, $4, $5, $6)";
    (sql, vec![store.0.into(), id.into(), category.into(), name.into(), price.into(), cost.into()])
}

pub(crate) fn tab(store: StoreId, table: i64, order: i64, opened_at: &str, total: i64) -> Statement {
    let sql = "INSERT INTO tabs (store_id, table_no, tab, order_id, opened_at, orders, total) \
         VALUES ($1, $2, 1, $3, $4, 1, $5)";
    (sql, vec![store.0.into(), table.into(), order.into(), at(opened_at).into(), total.into()])
}

pub(crate) fn tab_line(store: StoreId, table: i64, item: i64, name: &str, quantity: i64, ordinal: i64) -> Statement {
    let sql = "INSERT INTO tab_lines (store_id, table_no, tab, item_id, name, quantity, ordinal) \
         VALUES ($1, $2, 1, $3, $4, $5, $6)";
    (sql, vec![store.0.into(), table.into(), item.into(), name.into(), quantity.into(), ordinal.into()])
}

pub(crate) fn order(store: StoreId, id: i64, table: i64, placed_at: &str, on: &str, lines: &str) -> Statement {
    let sql = "INSERT INTO orders (store_id, order_id, table_no, tab, placed_at, business_date, total, lines) \
         VALUES ($1, $2, $3, 1, $4, $5, 5000, $6)";
    (sql, vec![store.0.into(), id.into(), table.into(), at(placed_at).into(), date(on).into(), lines.into()])
}

pub(crate) struct SaleRow {
    pub(crate) id: i64,
    pub(crate) total: i64,
    pub(crate) stated: Option<i64>,
    pub(crate) payment: &'static str,
    pub(crate) sold_at: &'static str,
    pub(crate) voided_at: Option<&'static str>,
}

pub(crate) fn sale(store: StoreId, sale: &SaleRow) -> Statement {
    let sql = "INSERT INTO sales (store_id, sale_id, table_no, total, cost, stated_total, payment_type, sold_at, \
         business_date, voided_at) VALUES ($1, $2, 3, $3, 0, $4, $5, $6, $7, $8)";
    let sold_at = at(sale.sold_at);
    let params: Vec<Value> = vec![
        store.0.into(),
        sale.id.into(),
        sale.total.into(),
        sale.stated.into(),
        sale.payment.into(),
        sold_at.into(),
        sold_at.date_naive().into(),
        sale.voided_at.map(at).into(),
    ];
    (sql, params)
}

/// Sums of a day: volume, cost, voided, corrections, late, units without cost.
pub(crate) fn day(store: StoreId, on: &str, sums: [i64; 6]) -> Statement {
    let sql = "INSERT INTO days (store_id, business_date, sales_volume, cost, voided, corrections, late, cost_missing, \
         sales) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)";
    let mut params: Vec<Value> = vec![store.0.into(), date(on).into()];
    params.extend(sums.map(Value::from));
    (sql, params)
}

/// Sums of an item on a day: the revision of its name, quantity, volume, cost, units without cost.
pub(crate) fn day_item(store: StoreId, on: &str, item: i64, name: &str, sums: [i64; 5]) -> Statement {
    let sql = "INSERT INTO day_items (store_id, business_date, item_id, name, named_at, quantity, sales_volume, cost, \
         cost_missing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let mut params: Vec<Value> = vec![store.0.into(), date(on).into(), item.into(), name.into()];
    params.extend(sums.map(Value::from));
    (sql, params)
}

pub(crate) fn day_payment(store: StoreId, on: &str, payment: &str, volume: i64, sales: i64) -> Statement {
    let sql = "INSERT INTO day_payments (store_id, business_date, payment_type, sales_volume, sales) \
         VALUES ($1, $2, $3, $4, $5)";
    (sql, vec![store.0.into(), date(on).into(), payment.into(), volume.into(), sales.into()])
}

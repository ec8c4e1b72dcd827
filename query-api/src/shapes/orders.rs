//! Open tables and past orders as the clients read them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Every table with something on it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenTables {
    /// One entry per table, the longest open first.
    pub orders: Vec<OpenTable>,
    /// The store.
    pub store_id: Uuid,
}

/// What is on an open table: all its orders as one.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenTable {
    /// The oldest order on it.
    pub order_id: i64,
    /// When that order was placed, on the store's clocks.
    #[schema(example = "2026-11-20T19:06:34+09:00")]
    pub order_date: String,
    /// The table.
    pub table_no: i64,
    /// What all of it comes to, in minor units.
    pub total_price: i64,
    /// What is on it, one line per item, in the order of first appearance.
    pub carts: Vec<CartLine>,
}

/// What is on one table, possibly nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct TableCart {
    /// The oldest order on it; `null` if there is none.
    pub order_id: Option<i64>,
    /// When that order was placed, on the store's clocks; `null` if there is none.
    #[schema(example = "2026-11-20T19:06:34+09:00")]
    pub order_date: Option<String>,
    /// The table.
    pub table_no: i64,
    /// What all of it comes to, in minor units.
    pub total_price: i64,
    /// What is on it, one line per item, in the order of first appearance.
    pub carts: Vec<CartLine>,
}

/// So many of one item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    /// The item.
    pub item_id: i64,
    /// Its name when it was ordered.
    #[serde(alias = "name")]
    pub item_name: String,
    /// How many.
    pub quantity: i64,
}

/// One order that was not cancelled, paid or not.
#[derive(Debug, Serialize, ToSchema)]
pub struct Order {
    /// Its number.
    pub order_id: i64,
    /// When it was placed, on the store's clocks.
    #[schema(example = "2026-11-20T19:06:34+09:00")]
    pub order_date: String,
    /// The table.
    pub table_no: i64,
    /// What it comes to, in minor units.
    pub total_price: i64,
    /// What was ordered.
    pub carts: Vec<CartLine>,
}

/// The orders of a day, as the document shows them; they are sent entry by entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayOrders {
    /// The business date.
    pub date: NaiveDate,
    /// Oldest first.
    pub orders: Vec<Order>,
}

/// The orders of a period, as the document shows them; they are sent entry by entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodOrders {
    /// The first business date.
    pub start_date: NaiveDate,
    /// The last business date.
    pub end_date: NaiveDate,
    /// Oldest first.
    pub orders: Vec<Order>,
}

//! What is on the tables: orders go on a table's tab, the tab is revised or cancelled.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::date;
use crate::ids::{OrderId, TabNo, TableNo};
use crate::line::Line;
use crate::money::Money;
use crate::timestamp;

/// An order was placed and went on the table's tab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// Its number.
    pub order_id: OrderId,
    /// The table.
    pub table_no: TableNo,
    /// The tab it went on; a tab begins with its first order.
    pub tab: TabNo,
    /// The business date on which it was placed.
    #[serde(with = "date")]
    pub business_date: NaiveDate,
    /// What was ordered, at the prices and costs of that moment.
    pub lines: Vec<Line>,
    /// The lines' price side.
    pub total: Money,
}

/// A table's whole cart was replaced: one order, the oldest, remains on the tab with these lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CartUpdated {
    /// The table.
    pub table_no: TableNo,
    /// Its tab.
    pub tab: TabNo,
    /// The order that remains.
    pub order_id: OrderId,
    /// When that order was placed.
    #[serde(with = "timestamp")]
    pub placed_at: DateTime<Utc>,
    /// The business date on which that order was placed.
    #[serde(with = "date")]
    pub business_date: NaiveDate,
    /// How many orders were on the tab before.
    pub orders: u64,
    /// Everything that is on the tab from now on, oldest first.
    pub lines: Vec<Line>,
    /// The lines' price side.
    pub total: Money,
}

/// A tab was cancelled with everything on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TabCancelled {
    /// The table.
    pub table_no: TableNo,
    /// Its tab.
    pub tab: TabNo,
    /// How many orders were on it.
    pub orders: u64,
    /// The first of them, at most [`TabCancelled::NAMED`], oldest first: what the client is answered.
    pub first_orders: Vec<OrderId>,
}

impl TabCancelled {
    /// How many orders the event names.
    pub const NAMED: usize = 1_000;
}

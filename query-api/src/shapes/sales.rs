//! Sales as the clients read them.

use serde::Serialize;
use utoipa::ToSchema;

/// One sale, voided or not.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sale {
    /// Its number.
    pub id: i64,
    /// What was booked, in minor units.
    pub total_price: i64,
    /// When it was paid, on the store's clocks.
    #[schema(example = "2026-11-20T19:06:34+09:00")]
    pub sale_date: String,
    /// `card`, `cash`, or as the terminal sent it.
    pub payment_type: String,
    /// The table.
    pub table_no: i64,
    /// What the terminal said the total was, where it said something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated_total_price: Option<i64>,
    /// When it was voided, on the store's clocks; `null` if it was not.
    pub voided_at: Option<String>,
}

/// All sales, as the document shows them; they are sent entry by entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllSales {
    /// Oldest first.
    pub sales: Vec<Sale>,
}

//! Money: a tab is paid and becomes a sale, a sale is voided.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::date;
use crate::envelope::DecodeError;
use crate::ids::{SaleId, TabNo, TableNo};
use crate::line::{Amounts, Line};
use crate::money::Money;
use crate::text::PaymentType;

/// A tab was paid: every order on it is closed by this one sale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaleCompleted {
    /// Its number.
    pub sale_id: SaleId,
    /// The table.
    pub table_no: TableNo,
    /// The tab that was paid.
    pub tab: TabNo,
    /// How many orders were on it.
    pub orders: u64,
    /// The business date that it is booked on.
    #[serde(with = "date")]
    pub business_date: NaiveDate,
    /// The settled date that it belongs to, where it came too late to be booked there.
    #[serde(default, with = "date::optional", skip_serializing_if = "Option::is_none")]
    pub sold_on: Option<NaiveDate>,
    /// Whether it was recorded after the date that it is booked on had ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// How it was paid.
    pub payment_type: PaymentType,
    /// What the terminal said the total was, where it said something else than the server's total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_total: Option<Money>,
    /// What was sold, merged, oldest first.
    pub lines: Vec<Line>,
    /// What the lines add up to, price side and cost side.
    pub total: Amounts,
}

/// A sale was voided: its lines are booked once more with negative quantities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaleVoided {
    /// The sale.
    pub sale_id: SaleId,
    /// The business date of the sale.
    #[serde(with = "date")]
    pub sold_on: NaiveDate,
    /// The business date that the void is booked on: the sale's while that day is unsettled.
    #[serde(with = "date")]
    pub business_date: NaiveDate,
    /// Whether it was recorded after that date had ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// How the sale was paid, and so how it is paid back.
    pub payment_type: PaymentType,
    /// The sale's lines with negative quantities.
    pub lines: Vec<Line>,
    /// What they add up to: negative.
    pub total: Amounts,
}

impl SaleCompleted {
    /// The first version knew no settled dates: what it wrote is what the second writes of a sale that belongs to the
    /// date it is booked on.
    pub(super) fn upcast(schema: u32, data: &str) -> Result<Self, DecodeError> {
        match schema {
            1 | 2 => Ok(serde_json::from_str(data)?),
            _ => Err(DecodeError::Unknown { name: "SaleCompleted".to_owned(), schema }),
        }
    }
}

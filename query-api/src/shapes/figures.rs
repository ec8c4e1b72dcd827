//! Figures of days and periods as the clients read them. All amounts are in minor units.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::is_false;

/// What stands beside a figure because it was not booked the plain way.
#[derive(Debug, Default, Clone, Copy, Serialize, ToSchema)]
pub struct Restated {
    /// Lines of sales of that date that were voided: negative.
    pub voided: i64,
    /// Lines that belong to a settled date and were booked on this one.
    pub corrections: i64,
    /// Lines recorded after the date had ended.
    pub late: i64,
}

/// Sales by one way of paying.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentFigures {
    /// `card`, `cash`, or as the terminal sent it.
    pub payment_type: String,
    /// What was sold that way, voids subtracted.
    pub sales_volume: i64,
    /// How many sales, voids subtracted.
    pub sales: i64,
}

/// What a day sold.
#[derive(Debug, Serialize, ToSchema)]
pub struct DaySales {
    /// The sum of all lines booked on the day.
    pub sales_volume: i64,
    /// The business date.
    pub date: NaiveDate,
    /// What stands beside the sum.
    #[serde(flatten)]
    pub restated: Restated,
    /// The sum by way of paying.
    pub payments: Vec<PaymentFigures>,
}

/// What a period sold.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodSales {
    /// The sum of all lines booked in the period.
    pub sales_volume: i64,
    /// The first business date.
    pub start_date: NaiveDate,
    /// The last business date.
    pub end_date: NaiveDate,
    /// What stands beside the sum.
    #[serde(flatten)]
    pub restated: Restated,
    /// The sum by way of paying.
    pub payments: Vec<PaymentFigures>,
}

/// What a period sold, by item.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemSales {
    /// The first business date.
    pub start_date: NaiveDate,
    /// The last business date.
    pub end_date: NaiveDate,
    /// The sum of all lines booked in the period, which is the sum over the items.
    pub sales_volume: i64,
    /// What stands beside the sum.
    #[serde(flatten)]
    pub restated: Restated,
    /// One entry per item, in the order of their numbers.
    pub items: Vec<ItemFigures>,
}

/// What one item sold in a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemFigures {
    /// Its number.
    pub item_id: i64,
    /// The name on its last line in the period.
    pub name: String,
    /// How many, voids subtracted.
    pub quantity: i64,
    /// What they sold for.
    pub sales_volume: i64,
    /// That less what they cost.
    pub profit: i64,
    /// There only, as `true`, where lines had no cost, which counts as 0.
    #[serde(skip_serializing_if = "is_false")]
    pub cost_missing: bool,
}

/// Figures of every day of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct Volumes {
    /// The first business date.
    pub start_date: NaiveDate,
    /// The last business date.
    pub end_date: NaiveDate,
    /// One entry per day, those without sales too.
    pub total: Vec<DayFigures>,
}

/// Figures of one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayFigures {
    /// The business date.
    pub date: NaiveDate,
    /// The sum of all lines booked on it.
    pub sales_volume: i64,
    /// That less what they cost.
    pub profit: i64,
    /// What stands beside the sums.
    #[serde(flatten)]
    pub restated: Restated,
    /// There only, as `true`, where lines had no cost, which counts as 0.
    #[serde(skip_serializing_if = "is_false")]
    pub cost_missing: bool,
}

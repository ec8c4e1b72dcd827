//! The bodies of the read side, field by field as the clients know them; between the views' rows and the wire.

mod advice;
mod catalogue;
mod figures;
mod orders;
mod sales;
mod settlements;
mod stores;

pub use advice::{AdviceText, AdviceVerdict, Figure, FindingShown};
pub use catalogue::{
    Categories, Category, CategoryCosts, CategoryItems, CostedItem, Costs, Item, Menu, MenuItem, OneItem,
};
pub use figures::{DayFigures, DaySales, ItemFigures, ItemSales, PaymentFigures, PeriodSales, Restated, Volumes};
pub use orders::{CartLine, DayOrders, OpenTable, OpenTables, Order, PeriodOrders, TableCart};
pub use sales::{AllSales, Sale};
pub use settlements::{Message, Messages, Settled, Settlement, Settlements};
pub use stores::{LoggedIn, OwnStore, StoreDetails};

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

/// What every answer that succeeded begins with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Success<T> {
    /// `success`.
    #[schema(example = "success")]
    pub result: &'static str,
    /// A sentence for people.
    pub message: &'static str,
    /// The answer itself.
    #[serde(flatten)]
    pub body: T,
}

/// An answer of the two questions that can be answered with no: `failed` is no error there.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verdict {
    /// `success` or `failed`.
    #[schema(example = "success")]
    pub result: &'static str,
    /// A sentence that the client shows as it is.
    pub message: &'static str,
}

/// An answer that succeeded, as the bytes of its JSON.
pub(crate) fn success<T: Serialize>(message: &'static str, body: T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Success { result: "success", message, body })
}

/// An instant as the store's own clocks show it: RFC 3339 to the second, with the store's offset.
pub(crate) fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_instant_is_shown_with_the_stores_offset() {
        let at = "2026-11-20T10:06:34.987654Z".parse().unwrap();
        assert_eq!(local(at, chrono_tz::Asia::Seoul), "2026-11-20T19:06:34+09:00");
        assert_eq!(local(at, chrono_tz::UTC), "2026-11-20T10:06:34+00:00");
        assert_eq!(local(at, chrono_tz::America::New_York), "2026-11-20T05:06:34-05:00");
    }
}

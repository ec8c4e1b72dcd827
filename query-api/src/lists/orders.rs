//! The orders of a range of days, by date and number.

use chrono_tz::Tz;
use events::StoreId;
use migrations::{Row, Snapshot};
use web::DateRange;

use super::{LIST_ROWS, List};
use crate::failure::ReadError;
use crate::views::orders::{self, After};

/// The orders of one store that were placed in a range of days and not cancelled.
pub(crate) struct OrderList {
    store: StoreId,
    range: DateRange,
    after: After,
    last: i64,
}

impl OrderList {
    /// The list of the store for the range.
    pub(crate) fn of(store: StoreId, range: DateRange) -> Self {
        Self { store, range, after: After { date: range.start, order_id: 0 }, last: 0 }
    }
}

impl List for OrderList {
    const PROJECTION: &'static str = orders::NAME;

    async fn begin(&mut self, snapshot: &mut Snapshot) -> Result<(), ReadError> {
        self.last = orders::last(snapshot, self.store).await?;
        Ok(())
    }

    async fn page(&mut self, snapshot: &mut Snapshot) -> Result<Vec<Row>, ReadError> {
        Ok(orders::page(snapshot, self.store, self.after, (self.range.end, self.last), LIST_ROWS as i64).await?)
    }

    fn entry(&mut self, row: &Row, zone: Tz, json: &mut Vec<u8>) -> Result<(), ReadError> {
        let (order, after) = orders::order(row, zone)?;
        self.after = after;
        Ok(serde_json::to_writer(json, &order)?)
    }
}

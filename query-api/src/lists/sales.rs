//! All sales of a store, by number.

use chrono_tz::Tz;
use events::StoreId;
use migrations::{Row, Snapshot};

use super::{LIST_ROWS, List};
use crate::failure::ReadError;
use crate::views::sales;

/// The sales of one store.
pub(crate) struct SaleList {
    store: StoreId,
    after: i64,
    last: i64,
}

impl SaleList {
    /// The list of the store.
    pub(crate) fn of(store: StoreId) -> Self {
        Self { store, after: 0, last: 0 }
    }
}

impl List for SaleList {
    const PROJECTION: &'static str = sales::NAME;

    async fn begin(&mut self, snapshot: &mut Snapshot) -> Result<(), ReadError> {
        self.last = sales::last(snapshot, self.store).await?;
        Ok(())
    }

    async fn page(&mut self, snapshot: &mut Snapshot) -> Result<Vec<Row>, ReadError> {
        Ok(sales::page(snapshot, self.store, (self.after, self.last), LIST_ROWS as i64).await?)
    }

    fn entry(&mut self, row: &Row, zone: Tz, json: &mut Vec<u8>) -> Result<(), ReadError> {
        let sale = sales::sale(row, zone)?;
        self.after = sale.id;
        Ok(serde_json::to_writer(json, &sale)?)
    }
}

//! The `orders` view: every order that was not cancelled, by the date on which it was placed.

use chrono::NaiveDate;
use chrono_tz::Tz;
use events::StoreId;
use migrations::{Row, Snapshot, ViewsError};

use crate::shapes::{CartLine, Order, local};

/// The projection's name.
pub(crate) const NAME: &str = "orders";

const LAST: &str = "SELECT MAX(order_id) FROM orders WHERE store_id = $1";
const PAGE: &str = "SELECT order_id, placed_at, table_no, total, lines, business_date FROM orders \
     WHERE store_id = $1 AND (business_date, order_id) > ($2, $3) AND business_date <= $4 AND order_id <= $5 \
     ORDER BY business_date, order_id LIMIT $6";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LAST, PAGE];

/// The place in a list of orders that has been read up to here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After {
    /// The date of the last order read.
    pub date: NaiveDate,
    /// Its number; 0 stands before every order of the date.
    pub order_id: i64,
}

/// The highest number of an order in the view; 0 if there is none.
pub(crate) async fn last(snapshot: &mut Snapshot, store: StoreId) -> Result<i64, ViewsError> {
    let row = snapshot.fetch_optional(LAST, &[store.0.into()]).await?;
    Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0))
}

/// The next rows of the list: oldest date first, then by number, up to a date and to a number.
pub(crate) async fn page(
    snapshot: &mut Snapshot,
    store: StoreId,
    after: After,
    (end, last): (NaiveDate, i64),
    rows: i64,
) -> Result<Vec<Row>, ViewsError> {
    let params = [store.0.into(), after.date.into(), after.order_id.into(), end.into(), last.into(), rows.into()];
    snapshot.fetch(PAGE, &params).await
}

/// The order in a row of [`page`], and the place behind it.
pub(crate) fn order(row: &Row, zone: Tz) -> Result<(Order, After), ViewsError> {
    let order_id = row.int(0)?;
    let carts: Vec<CartLine> = serde_json::from_str(row.text(4)?)
        .map_err(|_| ViewsError::Shape { column: 4, expected: "an order's lines" })?;
    let order = Order {
        order_id,
        order_date: local(row.time(1)?, zone),
        table_no: row.int(2)?,
        total_price: row.int(3)?,
        carts,
    };
    Ok((order, After { date: row.date(5)?, order_id }))
}

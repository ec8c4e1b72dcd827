//! The `sales` view: every sale, voided or not.

use chrono_tz::Tz;
use events::StoreId;
use migrations::{Row, Snapshot, ViewsError};

use crate::shapes::{Sale, local};

/// The projection's name.
pub(crate) const NAME: &str = "sales";

const LAST: &str = "SELECT MAX(sale_id) FROM sales WHERE store_id = $1";
const PAGE: &str = "SELECT sale_id, total, sold_at, payment_type, table_no, stated_total, voided_at FROM sales \
     WHERE store_id = $1 AND sale_id > $2 AND sale_id <= $3 ORDER BY sale_id LIMIT $4";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LAST, PAGE];

/// The highest number of a sale in the view; 0 if there is none.
pub(crate) async fn last(snapshot: &mut Snapshot, store: StoreId) -> Result<i64, ViewsError> {
    let row = snapshot.fetch_optional(LAST, &[store.0.into()]).await?;
    Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0))
}

/// The next rows of the list, by number, up to a number.
pub(crate) async fn page(
    snapshot: &mut Snapshot,
    store: StoreId,
    (after, last): (i64, i64),
    rows: i64,
) -> Result<Vec<Row>, ViewsError> {
    snapshot.fetch(PAGE, &[store.0.into(), after.into(), last.into(), rows.into()]).await
}

/// The sale in a row of [`page`].
pub(crate) fn sale(row: &Row, zone: Tz) -> Result<Sale, ViewsError> {
    Ok(Sale {
        id: row.int(0)?,
        total_price: row.int(1)?,
        sale_date: local(row.time(2)?, zone),
        payment_type: row.text(3)?.to_owned(),
        table_no: row.int(4)?,
        stated_total_price: row.opt_int(5)?,
        voided_at: row.opt_time(6)?.map(|at| local(at, zone)),
    })
}

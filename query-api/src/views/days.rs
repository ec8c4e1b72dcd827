//! The `days` view: what was booked on each business date, in all, by item and by way of paying.

use events::{Money, Overflow, StoreId};
use migrations::{Row, Snapshot, Value, ViewsError};
use web::DateRange;

use crate::shapes::{DayFigures, ItemFigures, PaymentFigures, Restated};

/// The projection's name.
pub(crate) const NAME: &str = "days";

const DAYS: &str = "SELECT business_date, sales_volume, cost, voided, corrections, late, cost_missing FROM days \
     WHERE store_id = $1 AND business_date BETWEEN $2 AND $3 ORDER BY business_date";
const TOTAL: &str = "SELECT CAST(COALESCE(SUM(sales_volume), 0) AS BIGINT), CAST(COALESCE(SUM(voided), 0) AS BIGINT), \
     CAST(COALESCE(SUM(corrections), 0) AS BIGINT), CAST(COALESCE(SUM(late), 0) AS BIGINT) FROM days \
     WHERE store_id = $1 AND business_date BETWEEN $2 AND $3";
const PAYMENTS: &str = "SELECT payment_type, CAST(SUM(sales_volume) AS BIGINT), CAST(SUM(sales) AS BIGINT) \
     FROM day_payments WHERE store_id = $1 AND business_date BETWEEN $2 AND $3 \
     GROUP BY payment_type ORDER BY payment_type";
const ITEMS: &str = "SELECT item_id, CAST(SUM(quantity) AS BIGINT), CAST(SUM(sales_volume) AS BIGINT), \
     CAST(SUM(cost) AS BIGINT), CAST(SUM(cost_missing) AS BIGINT) \
     FROM day_items WHERE store_id = $1 AND business_date BETWEEN $2 AND $3 GROUP BY item_id ORDER BY item_id";
const NAMES: &str = "SELECT d.item_id, d.name FROM day_items d JOIN ( \
         SELECT item_id, MAX(named_at) AS named_at FROM day_items \
         WHERE store_id = $1 AND business_date BETWEEN $2 AND $3 GROUP BY item_id \
     ) l ON l.item_id = d.item_id AND l.named_at = d.named_at \
     WHERE d.store_id = $1 AND d.business_date BETWEEN $2 AND $3 ORDER BY d.item_id";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[DAYS, TOTAL, PAYMENTS, ITEMS, NAMES];

/// What a range of days sold, and what stands beside the sum.
pub(crate) struct Total {
    /// The sum of all lines booked.
    pub sales_volume: i64,
    /// What stands beside it.
    pub restated: Restated,
}

/// The figures of every day of the range, those without a row as zeros.
pub(crate) async fn days(
    snapshot: &mut Snapshot,
    store: StoreId,
    range: DateRange,
) -> Result<Vec<DayFigures>, ViewsError> {
    let rows = snapshot.fetch(DAYS, &within(store, range)).await?;
    let mut booked = rows.iter().map(day).collect::<Result<Vec<_>, _>>()?.into_iter().peekable();
    let idle =
        |date| DayFigures { date, sales_volume: 0, profit: 0, restated: Restated::default(), cost_missing: false };
    Ok(range
        .start
        .iter_days()
        .take_while(|date| *date <= range.end)
        .map(|date| booked.next_if(|day| day.date == date).unwrap_or_else(|| idle(date)))
        .collect())
}

/// The sums over the range.
pub(crate) async fn total(snapshot: &mut Snapshot, store: StoreId, range: DateRange) -> Result<Total, ViewsError> {
    let Some(row) = snapshot.fetch_optional(TOTAL, &within(store, range)).await? else {
        return Ok(Total { sales_volume: 0, restated: Restated::default() });
    };
    Ok(Total { sales_volume: row.int(0)?, restated: restated(&row, 1)? })
}

/// The sums over the range by way of paying.
pub(crate) async fn payments(
    snapshot: &mut Snapshot,
    store: StoreId,
    range: DateRange,
) -> Result<Vec<PaymentFigures>, ViewsError> {
    let rows = snapshot.fetch(PAYMENTS, &within(store, range)).await?;
    let payment = |row: &Row| {
        Ok(PaymentFigures { payment_type: row.text(0)?.to_owned(), sales_volume: row.int(1)?, sales: row.int(2)? })
    };
    rows.iter().map(payment).collect()
}

/// The sums over the range by item, in the order of the items, each with the name on its last line.
pub(crate) async fn items(
    snapshot: &mut Snapshot,
    store: StoreId,
    range: DateRange,
) -> Result<Vec<ItemFigures>, ViewsError> {
    let sums = snapshot.fetch(ITEMS, &within(store, range)).await?;
    let names = snapshot.fetch(NAMES, &within(store, range)).await?;
    // Two rows of an item never share `named_at`, a revision that booked one date; so names match sums one to one.
    sums.iter().zip(&names).map(|(sum, name)| item(sum, name)).collect()
}

fn within(store: StoreId, range: DateRange) -> [Value; 3] {
    [store.0.into(), range.start.into(), range.end.into()]
}

fn day(row: &Row) -> Result<DayFigures, ViewsError> {
    let sales_volume = row.int(1)?;
    Ok(DayFigures {
        date: row.date(0)?,
        sales_volume,
        profit: profit(sales_volume, row.int(2)?)?,
        restated: restated(row, 3)?,
        cost_missing: row.int(6)? != 0,
    })
}

fn item(sum: &Row, name: &Row) -> Result<ItemFigures, ViewsError> {
    let item_id = sum.int(0)?;
    if name.int(0)? != item_id {
        return Err(ViewsError::Shape { column: 0, expected: "the name of the same item" });
    }
    let sales_volume = sum.int(2)?;
    Ok(ItemFigures {
        item_id,
        name: name.text(1)?.to_owned(),
        quantity: sum.int(1)?,
        sales_volume,
        profit: profit(sales_volume, sum.int(3)?)?,
        cost_missing: sum.int(4)? != 0,
    })
}

fn restated(row: &Row, from: usize) -> Result<Restated, ViewsError> {
    Ok(Restated { voided: row.int(from)?, corrections: row.int(from + 1)?, late: row.int(from + 2)? })
}

fn profit(sales_volume: i64, cost: i64) -> Result<i64, ViewsError> {
    let difference = Money(sales_volume).minus(Money(cost));
    difference.map(|profit| profit.0).map_err(|Overflow| ViewsError::Refused(Overflow.to_string()))
}

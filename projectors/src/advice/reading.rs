//! Reading the table of figures from the views: all of it in one snapshot, behind the event that asked for it.

use chrono::{Days, NaiveDate, Timelike as _};
use chrono_tz::Tz;
use events::{Currency, EffectFailure, Language, Partition, Position, StoreId};
use migrations::{Row, Snapshot, Value, Views, ViewsError};

use super::figures::{DayFacts, Facts, Figures, ItemFacts};
use crate::reactor::EffectError;

/// Sales read at a time.
const PAGE_ROWS: i64 = 2_000;
/// Sales looked at for the pattern of hours at most; of a period with more, the first ones.
const SALES: i64 = 1_000_000;
/// How much later than its date a sale may be recorded, so that dates and numbers of sales run almost in step.
const RECORDED_LATE_DAYS: u64 = 8;

const PLACES: &str = "SELECT projection, next FROM checkpoints WHERE partition = $1";
const STORE: &str = "SELECT time_zone, currency, store_type FROM stores WHERE store_id = $1";
const DAYS: &str = "SELECT business_date, sales_volume, cost, voided, sales FROM days \
    WHERE store_id = $1 AND business_date BETWEEN $2 AND $3 ORDER BY business_date";
const ITEMS: &str = "SELECT item_id, business_date, name, named_at, quantity, sales_volume, cost, cost_missing \
    FROM day_items WHERE store_id = $1 AND business_date BETWEEN $2 AND $3 ORDER BY item_id, named_at";
const PAYMENTS: &str = "SELECT payment_type, CAST(SUM(sales_volume) AS BIGINT) FROM day_payments \
    WHERE store_id = $1 AND business_date BETWEEN $2 AND $3 GROUP BY payment_type ORDER BY payment_type";
const LAST_SALE: &str = "SELECT MAX(sale_id) FROM sales WHERE store_id = $1";
const SALE: &str = "SELECT business_date FROM sales WHERE store_id = $1 AND sale_id = $2";
const SALES_PAGE: &str = "SELECT sale_id, business_date, sold_at, total, voided_at FROM sales \
    WHERE store_id = $1 AND sale_id > $2 ORDER BY sale_id LIMIT $3";

/// Of what advice is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) store: StoreId,
    pub(crate) start: NaiveDate,
    pub(crate) end: NaiveDate,
    pub(crate) language: Language,
    /// The position of the event that asks: the views must be beyond it.
    pub(crate) behind: Position,
}

/// The table of figures.
pub(crate) async fn figures(views: &Views, partition: Partition, asked: Asked) -> Result<Figures, EffectError> {
    let mut snapshot = views.snapshot().await.map_err(|error| unreadable(&error))?;
    if !are_beyond(&mut snapshot, partition, asked.behind).await.map_err(|error| unreadable(&error))? {
        return Err(EffectError::NotYet);
    }
    // Many rows may be read: on a thread that may be kept busy.
    let runtime = tokio::runtime::Handle::current();
    let reading = move || runtime.block_on(read(&mut snapshot, asked));
    let table = tokio::task::spawn_blocking(reading)
        .await
        .map_err(|_| EffectError::Transient)?
        .map_err(|error| unreadable(&error))?;
    match table {
        Some(table) if table.value("sales") > 0 || table.value("net_sales") != 0 => Ok(table),
        _ => Err(EffectError::Permanent(EffectFailure::NothingSold)),
    }
}

/// Views that cannot be read now may be later; what asks them is asked again.
fn unreadable(error: &ViewsError) -> EffectError {
    tracing::warn!(%error, "the figures for advice cannot be read");
    EffectError::NotYet
}

/// Whether every view that the table is made of stands beyond the position, all at the same place.
async fn are_beyond(snapshot: &mut Snapshot, partition: Partition, behind: Position) -> Result<bool, ViewsError> {
    let rows = snapshot.fetch(PLACES, &[partition.0.into()]).await?;
    let mut places = Vec::new();
    for row in &rows {
        if matches!(row.text(0)?, "stores" | "days" | "sales") {
            places.push(row.int(1)?.cast_unsigned());
        }
    }
    places.sort_unstable();
    places.dedup();
    Ok(places.len() == 1 && places[0] > behind.0)
}

async fn read(snapshot: &mut Snapshot, asked: Asked) -> Result<Option<Figures>, ViewsError> {
    let Asked { store, start, end, language, .. } = asked;
    let Some(row) = snapshot.fetch_optional(STORE, &[store.0.into()]).await? else { return Ok(None) };
    let zone: Tz = row.text(0)?.parse().map_err(|_| ViewsError::Shape { column: 0, expected: "a time zone" })?;
    let currency: Currency =
        row.text(1)?.parse().map_err(|_| ViewsError::Shape { column: 1, expected: "a currency" })?;
    let trade = row.text(2)?.to_owned();
    let length = (end - start).num_days() + 1;
    let before = start.checked_sub_days(Days::new(length.unsigned_abs())).unwrap_or(start);
    let mut facts = Facts::default();
    for row in snapshot.fetch(DAYS, &[store.0.into(), before.into(), end.into()]).await? {
        let day = DayFacts { net: row.int(1)?, cost: row.int(2)?, voided: row.int(3)?, sales: row.int(4)? };
        facts.days.insert(row.date(0)?, day);
    }
    let period: [Value; 3] = [store.0.into(), start.into(), end.into()];
    for row in snapshot.fetch(ITEMS, &period).await? {
        add_item(&mut facts, &row)?;
    }
    for row in snapshot.fetch(PAYMENTS, &period).await? {
        facts.payments.insert(row.text(0)?.to_owned(), row.int(1)?);
    }
    add_hours(snapshot, &mut facts, (store, start, end), zone).await?;
    Ok(Some(Figures::of(&facts, (start, end), (language, currency, trade))))
}

/// Rows of an item come in the order of its names, so the last one stays.
fn add_item(facts: &mut Facts, row: &Row) -> Result<(), ViewsError> {
    let item: &mut ItemFacts = facts.items.entry(row.int(0)?).or_default();
    row.text(2)?.clone_into(&mut item.name);
    item.quantity = item.quantity.saturating_add(row.int(4)?);
    item.net = item.net.saturating_add(row.int(5)?);
    item.cost = item.cost.saturating_add(row.int(6)?);
    item.cost_missing = item.cost_missing.saturating_add(row.int(7)?);
    Ok(())
}

/// Counts the period's sales by hour, reading no more of the store's sales than those recorded around it.
async fn add_hours(
    snapshot: &mut Snapshot,
    facts: &mut Facts,
    (store, start, end): (StoreId, NaiveDate, NaiveDate),
    zone: Tz,
) -> Result<(), ViewsError> {
    let from = start.checked_sub_days(Days::new(RECORDED_LATE_DAYS)).unwrap_or(start);
    let until = end.checked_add_days(Days::new(RECORDED_LATE_DAYS)).unwrap_or(end);
    let mut last = first_sale_from(snapshot, store, from).await?;
    let stop = last.saturating_add(SALES);
    while last < stop {
        let rows = snapshot.fetch(SALES_PAGE, &[store.0.into(), last.into(), PAGE_ROWS.into()]).await?;
        for row in &rows {
            let date = row.date(1)?;
            if date > until {
                return Ok(());
            }
            if (start..=end).contains(&date) && row.opt_time(4)?.is_none() {
                let hour = row.time(2)?.with_timezone(&zone).hour() as usize;
                if let Some((sales, net)) = facts.hours.get_mut(hour) {
                    (*sales, *net) = (*sales + 1, net.saturating_add(row.int(3)?));
                }
            }
            last = row.int(0)?;
        }
        if (rows.len() as i64) < PAGE_ROWS {
            return Ok(());
        }
    }
    Ok(())
}

/// The number behind which sales of the date and later stand: by halves, since numbers and dates run almost in step.
async fn first_sale_from(snapshot: &mut Snapshot, store: StoreId, date: NaiveDate) -> Result<i64, ViewsError> {
    let row = snapshot.fetch_optional(LAST_SALE, &[store.0.into()]).await?;
    let (mut low, mut high) = (0_i64, row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0));
    while low < high {
        let middle = low + (high - low) / 2 + 1;
        let row = snapshot.fetch_optional(SALE, &[store.0.into(), middle.into()]).await?;
        let earlier = row.map(|row| row.date(0)).transpose()?.is_some_and(|sold_on| sold_on < date);
        (low, high) = if earlier { (middle, high) } else { (low, middle - 1) };
    }
    Ok(low)
}

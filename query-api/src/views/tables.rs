//! The `tables` view: what is on the open tables.

use chrono_tz::Tz;
use events::{StoreId, TableNo};
use migrations::{Row, Snapshot, ViewsError};

use crate::shapes::{CartLine, OpenTable, OpenTables, TableCart, local};

/// The projection's name.
pub(crate) const NAME: &str = "tables";

const TABS: &str = "SELECT table_no, tab, order_id, opened_at, total FROM tabs WHERE store_id = $1 ORDER BY order_id";
const LINES: &str = "SELECT table_no, tab, item_id, name, quantity FROM tab_lines WHERE store_id = $1 \
     ORDER BY table_no, tab, ordinal";
const TAB: &str = "SELECT tab, order_id, opened_at, total FROM tabs WHERE store_id = $1 AND table_no = $2 \
     ORDER BY tab LIMIT 1";
const TAB_LINES: &str = "SELECT item_id, name, quantity FROM tab_lines \
     WHERE store_id = $1 AND table_no = $2 AND tab = $3 ORDER BY ordinal";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[TABS, LINES, TAB, TAB_LINES];

/// Every open table, the longest open first.
pub(crate) async fn open_tables(snapshot: &mut Snapshot, store: StoreId, zone: Tz) -> Result<OpenTables, ViewsError> {
    let tabs = snapshot.fetch(TABS, &[store.0.into()]).await?;
    let lines = snapshot.fetch(LINES, &[store.0.into()]).await?;
    let mut orders = Vec::with_capacity(tabs.len());
    for row in &tabs {
        let (table_no, tab) = (row.int(0)?, row.int(1)?);
        orders.push(OpenTable {
            order_id: row.int(2)?,
            order_date: local(row.time(3)?, zone),
            table_no,
            total_price: row.int(4)?,
            carts: cart_of(&lines, table_no, tab)?,
        });
    }
    Ok(OpenTables { orders, store_id: store.0 })
}

/// What is on one table, possibly nothing.
pub(crate) async fn open_table(
    snapshot: &mut Snapshot,
    store: StoreId,
    table: TableNo,
    zone: Tz,
) -> Result<TableCart, ViewsError> {
    let Some(row) = snapshot.fetch_optional(TAB, &[store.0.into(), table.0.into()]).await? else {
        return Ok(TableCart {
            order_id: None,
            order_date: None,
            table_no: table.0,
            total_price: 0,
            carts: Vec::new(),
        });
    };
    let lines = snapshot.fetch(TAB_LINES, &[store.0.into(), table.0.into(), row.int(0)?.into()]).await?;
    Ok(TableCart {
        order_id: Some(row.int(1)?),
        order_date: Some(local(row.time(2)?, zone)),
        table_no: table.0,
        total_price: row.int(3)?,
        carts: lines.iter().map(|line| cart_line(line, 0)).collect::<Result<_, _>>()?,
    })
}

/// The lines of one tab out of those of all, which stand in the order of (table, tab).
fn cart_of(lines: &[Row], table_no: i64, tab: i64) -> Result<Vec<CartLine>, ViewsError> {
    let of = |row: &Row| Some((row.int(0).ok()?, row.int(1).ok()?));
    let from = lines.partition_point(|row| of(row) < Some((table_no, tab)));
    let own = lines[from..].iter().take_while(|row| of(row) == Some((table_no, tab)));
    own.map(|row| cart_line(row, 2)).collect()
}

fn cart_line(row: &Row, from: usize) -> Result<CartLine, ViewsError> {
    Ok(CartLine { item_id: row.int(from)?, item_name: row.text(from + 1)?.to_owned(), quantity: row.int(from + 2)? })
}

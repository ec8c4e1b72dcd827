//! The orders, row by row.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use events::{Envelope, Event, Line, OrderId, StoreId, TabNo, TableNo};

use super::{Expected, Naive, Table, table};

#[derive(Default)]
pub(crate) struct Orders {
    orders: BTreeMap<(StoreId, OrderId), Order>,
    open: BTreeMap<(StoreId, TableNo, TabNo), BTreeSet<OrderId>>,
}

struct Order {
    table: TableNo,
    tab: TabNo,
    placed_at: DateTime<Utc>,
    business_date: NaiveDate,
    total: i64,
    lines: String,
}

const ORDERS: &Table = &table!(
    "orders",
    2,
    "store_id, order_id",
    "$1, $2",
    "store_id, order_id, table_no, tab, placed_at, business_date, total, lines",
);
const OPEN_ORDERS: &Table = &table!(
    "open_orders",
    4,
    "store_id, table_no, tab, order_id",
    "$1, $2, $3, $4",
    "store_id, table_no, tab, order_id",
);

impl Naive for Orders {
    fn apply(&mut self, event: &Envelope) -> bool {
        let store = event.subject.store();
        match &event.data {
            Event::OrderPlaced(data) => {
                let order = Order {
                    table: data.table_no,
                    tab: data.tab,
                    placed_at: event.time,
                    business_date: data.business_date,
                    total: data.total.0,
                    lines: json(&data.lines),
                };
                self.orders.insert((store, data.order_id), order);
                self.open.entry((store, data.table_no, data.tab)).or_default().insert(data.order_id);
            }
            Event::CartUpdated(data) => {
                self.delete(store, data.table_no, data.tab);
                let order = Order {
                    table: data.table_no,
                    tab: data.tab,
                    placed_at: data.placed_at,
                    business_date: data.business_date,
                    total: data.total.0,
                    lines: json(&data.lines),
                };
                self.orders.insert((store, data.order_id), order);
                self.open.insert((store, data.table_no, data.tab), BTreeSet::from([data.order_id]));
            }
            Event::TabCancelled(data) => self.delete(store, data.table_no, data.tab),
            Event::SaleCompleted(data) => {
                self.open.remove(&(store, data.table_no, data.tab));
                return false;
            }
            _ => return false,
        }
        true
    }

    fn tables(&self) -> Vec<Expected<'_>> {
        let orders = self.orders.iter().map(|((store, id), row)| {
            vec![
                store.0.into(),
                id.0.into(),
                row.table.0.into(),
                row.tab.0.into(),
                row.placed_at.into(),
                row.business_date.into(),
                row.total.into(),
                row.lines.as_str().into(),
            ]
        });
        let open = self.open.iter().flat_map(|((store, table, tab), orders)| {
            orders.iter().map(|order| vec![store.0.into(), table.0.into(), tab.0.into(), order.0.into()])
        });
        vec![Expected { table: ORDERS, rows: Box::new(orders) }, Expected { table: OPEN_ORDERS, rows: Box::new(open) }]
    }
}

impl Orders {
    fn delete(&mut self, store: StoreId, table: TableNo, tab: TabNo) {
        for order in self.open.remove(&(store, table, tab)).unwrap_or_default() {
            self.orders.remove(&(store, order));
        }
    }
}

fn json(lines: &[Line]) -> String {
    let objects = lines.iter().map(|line| {
        let name = serde_json::Value::from(line.name.as_str());
        let (item, quantity, price) = (line.item_id.0, line.quantity, line.unit_price.0);
        format!(r#"{{"item_id":{item},"item_name":{name},"quantity":{quantity},"unit_price":{price}}}"#)
    });
    format!("[{}]", objects.collect::<Vec<_>>().join(","))
}

//! The open tables, row by row.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::{Envelope, Event, ItemId, Line, OrderId, StoreId, TabNo, TableNo};

use super::{Expected, Naive, Table, table};

#[derive(Default)]
pub(crate) struct Tables {
    tabs: BTreeMap<TabKey, Tab>,
    lines: BTreeMap<(TabKey, ItemId), TabLine>,
}

type TabKey = (StoreId, TableNo, TabNo);

struct Tab {
    order: OrderId,
    opened_at: DateTime<Utc>,
    orders: i64,
    total: i64,
}

struct TabLine {
    name: String,
    quantity: i64,
    ordinal: i64,
}

const TABS: &Table = &table!(
    "tabs",
    3,
    "store_id, table_no, tab",
    "$1, $2, $3",
    "store_id, table_no, tab, order_id, opened_at, orders, total",
);
const LINES: &Table = &table!(
    "tab_lines",
    4,
    "store_id, table_no, tab, item_id",
    "$1, $2, $3, $4",
    "store_id, table_no, tab, item_id, name, quantity, ordinal",
);

impl Naive for Tables {
    fn apply(&mut self, event: &Envelope) -> bool {
        let store = event.subject.store();
        match &event.data {
            Event::OrderPlaced(data) => {
                let key = (store, data.table_no, data.tab);
                let opened = Tab { order: data.order_id, opened_at: event.time, orders: 0, total: 0 };
                let tab = self.tabs.entry(key).or_insert(opened);
                tab.orders += 1;
                tab.total = tab.total.saturating_add(data.total.0);
                self.add(key, data.order_id, &data.lines);
            }
            Event::CartUpdated(data) => {
                let key = (store, data.table_no, data.tab);
                self.remove(key);
                let (order, opened_at, total) = (data.order_id, data.placed_at, data.total.0);
                self.tabs.insert(key, Tab { order, opened_at, orders: 1, total });
                self.add(key, data.order_id, &data.lines);
            }
            Event::TabCancelled(data) => self.remove((store, data.table_no, data.tab)),
            Event::SaleCompleted(data) => self.remove((store, data.table_no, data.tab)),
            _ => return false,
        }
        true
    }

    fn tables(&self) -> Vec<Expected<'_>> {
        let tabs = self.tabs.iter().map(|((store, table, tab), row)| {
            let (store, table, tab) = (store.0.into(), table.0.into(), tab.0.into());
            vec![store, table, tab, row.order.0.into(), row.opened_at.into(), row.orders.into(), row.total.into()]
        });
        let lines = self.lines.iter().map(|(((store, table, tab), item), row)| {
            let (store, table, tab) = (store.0.into(), table.0.into(), tab.0.into());
            let (name, quantity) = (row.name.as_str().into(), row.quantity.into());
            vec![store, table, tab, item.0.into(), name, quantity, row.ordinal.into()]
        });
        vec![Expected { table: TABS, rows: Box::new(tabs) }, Expected { table: LINES, rows: Box::new(lines) }]
    }
}

impl Tables {
    fn add(&mut self, key: TabKey, order: OrderId, lines: &[Line]) {
        for (index, line) in (0..).zip(lines) {
            let ordinal = order.0.saturating_mul(512).saturating_add(index);
            let fresh = TabLine { name: String::new(), quantity: 0, ordinal };
            let row = self.lines.entry((key, line.item_id)).or_insert(fresh);
            row.name.clone_from(&line.name);
            row.quantity = row.quantity.saturating_add(line.quantity);
        }
    }

    fn remove(&mut self, key: TabKey) {
        self.tabs.remove(&key);
        let lines = self.lines.range((key, ItemId(i64::MIN))..=(key, ItemId(i64::MAX)));
        let lines: Vec<_> = lines.map(|(line, _)| *line).collect();
        for line in lines {
            self.lines.remove(&line);
        }
    }
}

//! What is on the tables: open tabs, their lines merged per item. A tab that is paid or cancelled is gone.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::{
    CartUpdated, Envelope, Event, ItemId, Line, Money, OrderId, OrderPlaced, Overflow, StoreId, TabNo, TableNo,
};
use migrations::Value;

use crate::projection::{Change, Inapplicable, Projection};

/// Places per order in a line's ordinal; an order has at most 500 lines.
const LINES_PER_ORDER: i64 = 512;

/// A batch's changes to the open tabs.
#[derive(Default)]
pub struct Tables {
    tabs: BTreeMap<(StoreId, TableNo, TabNo), TabChange>,
}

/// What a batch does to a tab: forget what is stored or not, then add this, if anything.
#[derive(Default)]
struct TabChange {
    forgets_stored: bool,
    added: Option<Tab>,
}

struct Tab {
    order: OrderId,
    opened_at: DateTime<Utc>,
    orders: u64,
    total: Money,
    lines: BTreeMap<ItemId, TabLine>,
}

struct TabLine {
    name: String,
    quantity: i64,
    ordinal: i64,
}

const FORGET_TAB: &str = "DELETE FROM tabs WHERE store_id = $1 AND table_no = $2 AND tab = $3";
const FORGET_LINES: &str = "DELETE FROM tab_lines WHERE store_id = $1 AND table_no = $2 AND tab = $3";
const ADD_TAB: &str = "INSERT INTO tabs (store_id, table_no, tab, order_id, opened_at, orders, total) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (store_id, table_no, tab) DO UPDATE SET \
    orders = tabs.orders + excluded.orders, total = tabs.total + excluded.total";
const ADD_LINE: &str = "INSERT INTO tab_lines (store_id, table_no, tab, item_id, name, quantity, ordinal) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (store_id, table_no, tab, item_id) DO UPDATE SET \
    name = excluded.name, quantity = tab_lines.quantity + excluded.quantity";

impl Projection for Tables {
    fn apply(&mut self, event: &Envelope) -> Result<bool, Inapplicable> {
        let store = event.subject.store();
        match &event.data {
            Event::OrderPlaced(placed) => {
                let change = self.tabs.entry((store, placed.table_no, placed.tab)).or_default();
                change.place(placed, event.time)?;
            }
            Event::CartUpdated(updated) => {
                let change = TabChange { forgets_stored: true, added: Some(Tab::replaced(updated)?) };
                self.tabs.insert((store, updated.table_no, updated.tab), change);
            }
            Event::TabCancelled(cancelled) => self.close((store, cancelled.table_no, cancelled.tab), cancelled.orders),
            Event::SaleCompleted(sale) => self.close((store, sale.table_no, sale.tab), sale.orders),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn changes(self: Box<Self>) -> Vec<Change> {
        let forgotten =
            || self.tabs.iter().filter(|(_, change)| change.forgets_stored).map(|(key, _)| key_of(key).to_vec());
        let added = || self.tabs.iter().filter_map(|(key, change)| Some((key_of(key), change.added.as_ref()?)));
        vec![
            Change::new(FORGET_TAB, forgotten()),
            Change::new(FORGET_LINES, forgotten()),
            Change::new(ADD_TAB, added().map(|(key, tab)| [key.as_slice(), &tab.columns()].concat())),
            Change::new(
                ADD_LINE,
                added().flat_map(|(key, tab)| tab.lines.iter().map(move |line| line_row(&key, line))),
            ),
        ]
    }
}

impl Tables {
    /// Forgets a tab. One whose every order was placed in this batch was never stored.
    fn close(&mut self, key: (StoreId, TableNo, TabNo), orders: u64) {
        let known = self.tabs.get(&key);
        let never_stored = known.is_some_and(|change| {
            !change.forgets_stored && change.added.as_ref().is_some_and(|tab| tab.orders == orders)
        });
        if never_stored {
            self.tabs.remove(&key);
        } else {
            self.tabs.insert(key, TabChange { forgets_stored: true, added: None });
        }
    }
}

impl TabChange {
    fn place(&mut self, placed: &OrderPlaced, at: DateTime<Utc>) -> Result<(), Overflow> {
        let tab = self.added.get_or_insert_with(|| Tab::opened(placed.order_id, at));
        tab.orders += 1;
        tab.total = tab.total.plus(placed.total)?;
        tab.add(placed.order_id, &placed.lines)
    }
}

impl Tab {
    fn opened(order: OrderId, opened_at: DateTime<Utc>) -> Self {
        Self { order, opened_at, orders: 0, total: Money::ZERO, lines: BTreeMap::new() }
    }

    fn replaced(updated: &CartUpdated) -> Result<Self, Overflow> {
        let mut tab = Self::opened(updated.order_id, updated.placed_at);
        tab.orders = 1;
        tab.total = updated.total;
        tab.add(updated.order_id, &updated.lines)?;
        Ok(tab)
    }

    fn add(&mut self, order: OrderId, lines: &[Line]) -> Result<(), Overflow> {
        let first = order.0.checked_mul(LINES_PER_ORDER).ok_or(Overflow)?;
        for (ordinal, line) in (first..).zip(lines) {
            if let Some(known) = self.lines.get_mut(&line.item_id) {
                known.quantity = known.quantity.checked_add(line.quantity).ok_or(Overflow)?;
                known.name.clone_from(&line.name);
            } else {
                let added = TabLine { name: line.name.clone(), quantity: line.quantity, ordinal };
                self.lines.insert(line.item_id, added);
            }
        }
        Ok(())
    }

    fn columns(&self) -> [Value; 4] {
        [self.order.0.into(), self.opened_at.into(), (self.orders as i64).into(), self.total.0.into()]
    }
}

fn key_of((store, table, tab): &(StoreId, TableNo, TabNo)) -> [Value; 3] {
    [store.0.into(), table.0.into(), tab.0.into()]
}

fn line_row(key: &[Value; 3], (item, line): (&ItemId, &TabLine)) -> Vec<Value> {
    let columns = [item.0.into(), line.name.as_str().into(), line.quantity.into(), line.ordinal.into()];
    [key.as_slice(), &columns].concat()
}

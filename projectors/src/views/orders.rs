//! The orders, one row for each that was not cancelled, paid or not.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use events::{CartUpdated, Envelope, Event, ItemId, Line, Money, OrderId, OrderPlaced, StoreId, TabNo, TableNo};
use migrations::Value;
use serde::{Serialize, Serializer as _};

use crate::projection::{Change, Inapplicable, Projection};

/// A batch's changes to the orders.
#[derive(Default)]
pub struct Orders {
    orders: BTreeMap<(StoreId, OrderId), Order>,
    tabs: BTreeMap<TabKey, Tab>,
}

type TabKey = (StoreId, TableNo, TabNo);

struct Order {
    /// Whether an earlier batch stored it, so that its row is revised and not made.
    stored: bool,
    table: TableNo,
    tab: TabNo,
    placed_at: DateTime<Utc>,
    business_date: NaiveDate,
    total: Money,
    lines: String,
}

/// What a batch does to the orders of a tab.
#[derive(Default)]
struct Tab {
    /// The orders on it that the batch put in its rows, oldest first.
    here: Vec<OrderId>,
    /// What becomes of the orders on it that earlier batches stored.
    stored: Stored,
    /// Whether it was paid: its orders stay, but are no longer on an open tab.
    paid: bool,
}

#[derive(Default, Clone, Copy)]
enum Stored {
    #[default]
    Stay,
    /// Deleted, but for the one that remains on the tab, if any.
    Deleted { but: Option<OrderId> },
}

#[derive(Serialize)]
struct OrderLine<'a> {
    item_id: ItemId,
    item_name: &'a str,
    quantity: i64,
    unit_price: Money,
}

const DELETE_STORED: &str = "DELETE FROM orders WHERE store_id = $1 AND order_id IN \
    (SELECT order_id FROM open_orders WHERE store_id = $1 AND table_no = $2 AND tab = $3 AND order_id <> $4)";
const TAKE_OFF_TAB: &str =
    "DELETE FROM open_orders WHERE store_id = $1 AND table_no = $2 AND tab = $3 AND order_id <> $4";
const PLACE: &str = "INSERT INTO orders (store_id, order_id, table_no, tab, placed_at, business_date, total, lines) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const REVISE: &str = "UPDATE orders SET total = $1, lines = $2 WHERE store_id = $3 AND order_id = $4";
const PUT_ON_TAB: &str = "INSERT INTO open_orders (store_id, table_no, tab, order_id) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (store_id, table_no, tab, order_id) DO NOTHING";

/// No order has this number, so "all but this" is all.
const NONE: OrderId = OrderId(0);

impl Projection for Orders {
    fn apply(&mut self, event: &Envelope) -> Result<bool, Inapplicable> {
        let store = event.subject.store();
        match &event.data {
            Event::OrderPlaced(placed) => self.place(store, placed, event.time)?,
            Event::CartUpdated(updated) => self.update(store, updated),
            Event::TabCancelled(cancelled) => self.cancel((store, cancelled.table_no, cancelled.tab), cancelled.orders),
            Event::SaleCompleted(sale) => {
                self.pay((store, sale.table_no, sale.tab), sale.orders);
                return Ok(false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn changes(self: Box<Self>) -> Vec<Change> {
        let deleted = || self.tabs.iter().filter_map(|(key, tab)| tab.deletes().map(|but| tab_row(key, but)));
        let paid = self.tabs.iter().filter(|(_, tab)| tab.paid).map(|(key, _)| tab_row(key, NONE));
        let open = self.tabs.iter().filter(|(_, tab)| !tab.paid);
        let on_tab = open.flat_map(|(key, tab)| tab.here.iter().map(|order| tab_row(key, *order)));
        let revised = self.orders.iter().filter(|(_, order)| order.stored);
        vec![
            Change::new(DELETE_STORED, deleted()),
            Change::new(TAKE_OFF_TAB, deleted().chain(paid)),
            Change::new(PUT_ON_TAB, on_tab),
            Change::new(REVISE, revised.map(|(key, order)| order.revision(*key))),
            Change::new(
                PLACE,
                self.orders.into_iter().filter(|(_, order)| !order.stored).map(|(key, order)| order.row(key)),
            ),
        ]
    }
}

impl Orders {
    fn place(&mut self, store: StoreId, placed: &OrderPlaced, at: DateTime<Utc>) -> Result<(), Inapplicable> {
        let order = Order {
            stored: false,
            table: placed.table_no,
            tab: placed.tab,
            placed_at: at,
            business_date: placed.business_date,
            total: placed.total,
            lines: lines(&placed.lines),
        };
        if self.orders.insert((store, placed.order_id), order).is_some() {
            return Err(Inapplicable::Twice("order"));
        }
        self.tabs.entry((store, placed.table_no, placed.tab)).or_default().here.push(placed.order_id);
        Ok(())
    }

    /// Leaves the oldest order on the tab with the new lines, and no other.
    fn update(&mut self, store: StoreId, updated: &CartUpdated) {
        let tab = self.tabs.entry((store, updated.table_no, updated.tab)).or_default();
        let placed_here = tab.here.first() == Some(&updated.order_id);
        for order in tab.here.drain(..) {
            self.orders.remove(&(store, order));
        }
        if !placed_here {
            tab.stored = Stored::Deleted { but: Some(updated.order_id) };
        }
        tab.here.push(updated.order_id);
        let order = Order {
            stored: !matches!(tab.stored, Stored::Stay),
            table: updated.table_no,
            tab: updated.tab,
            placed_at: updated.placed_at,
            business_date: updated.business_date,
            total: updated.total,
            lines: lines(&updated.lines),
        };
        self.orders.insert((store, updated.order_id), order);
    }

    fn cancel(&mut self, key: TabKey, orders: u64) {
        let mut tab = self.tabs.remove(&key).unwrap_or_default();
        for order in &tab.here {
            self.orders.remove(&(key.0, *order));
        }
        if !tab.never_stored(orders) {
            tab.here.clear();
            tab.stored = Stored::Deleted { but: None };
            self.tabs.insert(key, tab);
        }
    }

    fn pay(&mut self, key: TabKey, orders: u64) {
        let mut tab = self.tabs.remove(&key).unwrap_or_default();
        if !tab.never_stored(orders) {
            tab.paid = true;
            self.tabs.insert(key, tab);
        }
    }
}

impl Tab {
    /// Whether all of the tab's orders were placed in this batch, so that no row anywhere knows the tab.
    fn never_stored(&self, orders: u64) -> bool {
        matches!(self.stored, Stored::Stay) && self.here.len() as u64 == orders
    }

    /// Which stored order survives a deletion, if there is a deletion.
    fn deletes(&self) -> Option<OrderId> {
        match self.stored {
            Stored::Stay => None,
            Stored::Deleted { but } => Some(but.unwrap_or(NONE)),
        }
    }
}

impl Order {
    fn revision(&self, (store, id): (StoreId, OrderId)) -> Vec<Value> {
        vec![self.total.0.into(), self.lines.as_str().into(), store.0.into(), id.0.into()]
    }

    fn row(self, (store, id): (StoreId, OrderId)) -> Vec<Value> {
        vec![
            store.0.into(),
            id.0.into(),
            self.table.0.into(),
            self.tab.0.into(),
            self.placed_at.into(),
            self.business_date.into(),
            self.total.0.into(),
            self.lines.into(),
        ]
    }
}

fn tab_row((store, table, tab): &TabKey, order: OrderId) -> Vec<Value> {
    vec![store.0.into(), table.0.into(), tab.0.into(), order.0.into()]
}

fn lines(lines: &[Line]) -> String {
    let shown = lines.iter().map(|line| OrderLine {
        item_id: line.item_id,
        item_name: &line.name,
        quantity: line.quantity,
        unit_price: line.unit_price,
    });
    let mut text = Vec::with_capacity(96 * lines.len() + 2);
    // Numbers and text alone always have a JSON form, which is UTF-8.
    let _written = serde_json::Serializer::new(&mut text).collect_seq(shown);
    String::from_utf8(text).unwrap_or_default()
}

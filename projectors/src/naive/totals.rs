//! The figures per store that a rebuild must come to, counted the plain way: per event, by the events' own totals,
//! with nothing of the projections' merging.

use std::collections::BTreeMap;

use events::{Envelope, Event, ItemId, Line, Money, StoreId, TabNo, TableNo};

use crate::decoding::Decoded;

/// Figures by store and name.
#[derive(Default)]
pub(crate) struct Totals {
    stores: BTreeMap<StoreId, Store>,
}

#[derive(Default)]
struct Store {
    figures: BTreeMap<(&'static str, &'static str), i64>,
    items: BTreeMap<ItemId, (Money, Money)>,
    tabs: BTreeMap<(TableNo, TabNo), Tab>,
}

#[derive(Default)]
struct Tab {
    orders: i64,
    total: i64,
    units: i64,
}

impl Totals {
    /// Adds a batch. What cannot be read is for the projections to complain of.
    pub(crate) fn add(&mut self, batch: &[Decoded]) {
        for event in batch.iter().filter_map(|decoded| decoded.event.as_ref().ok()) {
            self.stores.entry(event.subject.store()).or_default().add(event);
        }
    }

    /// The figures of a view.
    pub(crate) fn figures(&self, view: &str) -> BTreeMap<(StoreId, &'static str), i64> {
        let all = self.stores.iter().flat_map(|(id, store)| store.all().map(move |(key, figure)| (id, key, figure)));
        let of_view = all.filter(|(_, (of, _), _)| *of == view);
        of_view.map(|(store, (_, name), figure)| ((*store, name), figure)).collect()
    }
}

impl Store {
    fn add(&mut self, event: &Envelope) {
        match &event.data {
            Event::StoreRegistered(_) => self.count("stores", "stores", 1),
            Event::PasswordChanged(_) => self.count("stores", "password changes", 1),
            Event::StoreClosed(_) => self.count("stores", "closings", 1),
            Event::CategoryAdded(_) => self.count("catalogue", "categories", 1),
            Event::CategoryRenamed(_) => {}
            Event::CategoryRemoved(removed) => {
                self.count("catalogue", "categories", -1);
                self.items.retain(|item, _| !removed.items.contains(item));
            }
            Event::ItemAdded(added) => {
                self.items.insert(added.item_id, (added.price, Money::ZERO));
            }
            Event::ItemChanged(changed) => {
                self.items.entry(changed.item_id).and_modify(|(price, _)| *price = changed.price);
            }
            Event::ItemRemoved(removed) => {
                self.items.remove(&removed.item_id);
            }
            Event::CostsSet(costs) => {
                for set in &costs.items {
                    self.items.entry(set.item_id).and_modify(|(_, cost)| *cost = set.cost);
                }
            }
            table_or_sale => self.add_trade(table_or_sale),
        }
    }

    fn add_trade(&mut self, event: &Event) {
        match event {
            Event::OrderPlaced(placed) => {
                let tab = self.tabs.entry((placed.table_no, placed.tab)).or_default();
                tab.orders += 1;
                tab.total = tab.total.saturating_add(placed.total.0);
                tab.units = tab.units.saturating_add(units(&placed.lines));
                self.count("orders", "orders", 1);
                self.count("orders", "orders' total", placed.total.0);
            }
            Event::CartUpdated(updated) => {
                self.drop_orders(updated.table_no, updated.tab);
                let units = units(&updated.lines);
                let tab = Tab { orders: 1, total: updated.total.0, units };
                self.tabs.insert((updated.table_no, updated.tab), tab);
                self.count("orders", "orders", 1);
                self.count("orders", "orders' total", updated.total.0);
            }
            Event::TabCancelled(cancelled) => self.drop_orders(cancelled.table_no, cancelled.tab),
            Event::SaleCompleted(sale) => {
                self.tabs.remove(&(sale.table_no, sale.tab));
                self.count("sales", "sales", 1);
                self.count("sales", "sales' total", sale.total.price.0);
                self.count("sales", "sales' cost", sale.total.cost.0);
                if sale.sold_on.is_some() {
                    self.count("days", "days' corrections", sale.total.price.0);
                }
                self.book(sale.total.price.0, sale.total.cost.0, 1, sale.late);
                self.count("days", "items' units", units(&sale.lines));
            }
            Event::SaleVoided(void) => {
                self.count("sales", "voided sales", 1);
                let kind = if void.sold_on == void.business_date { "days' voided" } else { "days' corrections" };
                self.count("days", kind, void.total.price.0);
                self.book(void.total.price.0, void.total.cost.0, -1, void.late);
                self.count("days", "items' units", units(&void.lines));
            }
            consequence => self.add_consequence(consequence),
        }
    }

    fn add_consequence(&mut self, event: &Event) {
        match event {
            Event::DaySettled(settled) => {
                self.count("settlements", "settlements", 1);
                self.count("settlements", "settled volume", settled.totals.net.0);
                if settled.no_message.is_none() {
                    self.count("settlements", "messages", 1);
                }
            }
            Event::MessageRequested(_) => self.count("settlements", "messages", 1),
            Event::ConsultingRequested(_) => self.count("consultings", "requests", 1),
            Event::ConsultingCompleted(_) | Event::ConsultingFailed(_) => self.count("consultings", "ended", 1),
            _ => {}
        }
    }

    fn drop_orders(&mut self, table: TableNo, tab: TabNo) {
        if let Some(tab) = self.tabs.remove(&(table, tab)) {
            self.count("orders", "orders", -tab.orders);
            self.count("orders", "orders' total", -tab.total);
        }
    }

    fn book(&mut self, price: i64, cost: i64, sales: i64, late: bool) {
        for (name, amount) in [("days' volume", price), ("items' volume", price), ("payments' volume", price)] {
            self.count("days", name, amount);
        }
        for (name, amount) in
            [("days' cost", cost), ("items' cost", cost), ("days' sales", sales), ("payments' sales", sales)]
        {
            self.count("days", name, amount);
        }
        if late {
            self.count("days", "days' late", price);
        }
    }

    /// A sum out of range is for the projections to complain of.
    fn count(&mut self, view: &'static str, figure: &'static str, amount: i64) {
        let sum = self.figures.entry((view, figure)).or_default();
        *sum = sum.saturating_add(amount);
    }

    fn all(&self) -> impl Iterator<Item = ((&'static str, &'static str), i64)> {
        let standing = [
            (("catalogue", "items"), self.items.len() as i64),
            (("catalogue", "prices"), sum(self.items.values().map(|(price, _)| price.0))),
            (("catalogue", "costs"), sum(self.items.values().map(|(_, cost)| cost.0))),
            (("tables", "open tabs"), self.tabs.len() as i64),
            (("tables", "orders on tabs"), sum(self.tabs.values().map(|tab| tab.orders))),
            (("tables", "tabs' total"), sum(self.tabs.values().map(|tab| tab.total))),
            (("tables", "units on tabs"), sum(self.tabs.values().map(|tab| tab.units))),
        ];
        self.figures.iter().map(|(key, figure)| (*key, *figure)).chain(standing)
    }
}

fn units(lines: &[Line]) -> i64 {
    sum(lines.iter().map(|line| line.quantity))
}

fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}

//! The money, added up once more by hand: from the events, from the answers, and as the dashboard shows it.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use events::{Envelope, Event, Line, SaleId, StoreId, TableNo};

use super::{Day, Evidence, Finding};
use crate::ledger::Place;

pub(crate) const FIGURES: &str = "payments less voids are the net sales that the dashboard shows, per store and day";
pub(crate) const ANSWERED: &str = "what the tills were told adds up to the same net sales, per store";
pub(crate) const LEGAL: &str = "every step follows from those before: a tab is paid once, a sale is voided once";
pub(crate) const LINES: &str = "lines add up to their totals";

pub(super) fn check(evidence: &Evidence) -> Vec<Finding> {
    let events = evidence.ledger.events();
    vec![figures(evidence, &events), answered(evidence), legal(&events), lines(&events)]
}

fn figures(evidence: &Evidence, events: &[(Place, Envelope)]) -> Finding {
    let mut days: BTreeMap<(StoreId, NaiveDate), Day> = BTreeMap::new();
    for (_, event) in events {
        let (date, total) = match &event.data {
            Event::SaleCompleted(sale) => (sale.business_date, sale.total),
            Event::SaleVoided(void) => (void.business_date, void.total),
            _ => continue,
        };
        let day = days.entry((event.subject.store(), date)).or_default();
        day.sales_volume += total.price.0;
        day.profit += total.price.0 - total.cost.0;
    }
    let mut finding = Finding::new(FIGURES);
    let dates = evidence.volumes.keys().chain(days.keys()).collect::<std::collections::BTreeSet<_>>();
    for at in dates {
        let (summed, shown) = (days.get(at).copied().unwrap_or_default(), evidence.volumes.get(at));
        finding.hold(shown == Some(&summed), || format!("{} {}: {shown:?}, not {summed:?}", at.0, at.1));
    }
    finding
}

fn answered(evidence: &Evidence) -> Finding {
    let mut told: BTreeMap<StoreId, i64> = BTreeMap::new();
    for command in &evidence.history {
        let body = command.said();
        // A second void is answered without an amount.
        let amount = body["total_price"].as_i64().filter(|_| command.path == "/sales/");
        *told.entry(command.store).or_default() += amount.or_else(|| body["voided"].as_i64()).unwrap_or(0);
    }
    let mut shown: BTreeMap<StoreId, i64> = BTreeMap::new();
    for ((store, _), day) in &evidence.volumes {
        *shown.entry(*store).or_default() += day.sales_volume;
    }
    let mut finding = Finding::new(ANSWERED);
    for (store, told) in told {
        let shown = shown.get(&store).copied().unwrap_or_default();
        finding.hold(shown == told, || format!("{store}: told {told}, shown {shown}"));
    }
    finding
}

/// What a store has on its tables and in its drawer, kept as plainly as can be.
#[derive(Default)]
struct Drawer {
    tabs: HashMap<TableNo, i64>,
    sales: HashMap<SaleId, (i64, bool)>,
}

fn legal(events: &[(Place, Envelope)]) -> Finding {
    let mut finding = Finding::new(LEGAL);
    let mut drawers: HashMap<StoreId, Drawer> = HashMap::new();
    for (place, event) in events {
        let drawer = drawers.entry(event.subject.store()).or_default();
        finding.hold(drawer.take(&event.data), || format!("at {place}: {:?}", event.data));
    }
    finding
}

impl Drawer {
    /// Takes the step, and says whether it was one.
    fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::OrderPlaced(order) => {
                *self.tabs.entry(order.table_no).or_default() += order.total.0;
                true
            }
            Event::CartUpdated(cart) => self.tabs.insert(cart.table_no, cart.total.0).is_some(),
            Event::TabCancelled(tab) => self.tabs.remove(&tab.table_no).is_some(),
            Event::SaleCompleted(sale) => {
                let owed = self.tabs.remove(&sale.table_no);
                let next = sale.sale_id.0 == self.sales.len() as i64 + 1;
                self.sales.insert(sale.sale_id, (sale.total.price.0, false));
                next && owed == Some(sale.total.price.0)
            }
            Event::SaleVoided(void) => {
                let sale = self.sales.insert(void.sale_id, (void.total.price.0, true));
                sale == Some((-void.total.price.0, false))
            }
            _ => true,
        }
    }
}

fn lines(events: &[(Place, Envelope)]) -> Finding {
    let mut finding = Finding::new(LINES);
    for (place, event) in events {
        let (lines, total) = match &event.data {
            Event::OrderPlaced(order) => (&order.lines, order.total),
            Event::CartUpdated(cart) => (&cart.lines, cart.total),
            Event::SaleCompleted(sale) => (&sale.lines, sale.total.price),
            Event::SaleVoided(void) => (&void.lines, void.total.price),
            _ => continue,
        };
        let sum: i64 = lines.iter().map(|Line { quantity, unit_price, .. }| quantity * unit_price.0).sum();
        finding.hold(sum == total.0, || format!("{total} instead of {sum} at {place}"));
    }
    finding
}

//! The figures of the days, line by line.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::{Envelope, Event, ItemId, Line, PaymentType, StoreId};
use migrations::Value;

use super::{Expected, Naive, Table, table};

#[derive(Default)]
pub(crate) struct Days {
    sums: BTreeMap<DayKey, [i64; 7]>,
    items: BTreeMap<(DayKey, ItemId), Item>,
    payments: BTreeMap<(DayKey, String), [i64; 2]>,
}

type DayKey = (StoreId, NaiveDate);

#[derive(Default)]
struct Item {
    name: String,
    named_at: u64,
    sums: [i64; 4],
}

/// The places of the figures in a day's row.
const VOLUME: usize = 0;
const COST: usize = 1;
const VOIDED: usize = 2;
const CORRECTIONS: usize = 3;
const LATE: usize = 4;
const SALES: usize = 5;
const COST_MISSING: usize = 6;

const DAYS: &Table = &table!(
    "days",
    2,
    "store_id, business_date",
    "$1, $2",
    "store_id, business_date, sales_volume, cost, voided, corrections, late, sales, cost_missing",
);
const ITEMS: &Table = &table!(
    "day_items",
    3,
    "store_id, business_date, item_id",
    "$1, $2, $3",
    "store_id, business_date, item_id, name, named_at, quantity, sales_volume, cost, cost_missing",
);
const PAYMENTS: &Table = &table!(
    "day_payments",
    3,
    "store_id, business_date, payment_type",
    "$1, $2, $3",
    "store_id, business_date, payment_type, sales_volume, sales",
);

impl Naive for Days {
    fn apply(&mut self, event: &Envelope) -> bool {
        let store = event.subject.store();
        match &event.data {
            Event::SaleCompleted(data) => {
                let key = (store, data.business_date);
                self.count(key, &data.payment_type, 1);
                for line in &data.lines {
                    let price = self.book(key, line, &data.payment_type, event.revision);
                    if data.sold_on.is_some() {
                        self.add(key, CORRECTIONS, price);
                    }
                    if data.late {
                        self.add(key, LATE, price);
                    }
                }
            }
            Event::SaleVoided(data) => {
                let key = (store, data.business_date);
                let kind = if data.sold_on == data.business_date { VOIDED } else { CORRECTIONS };
                self.count(key, &data.payment_type, -1);
                for line in &data.lines {
                    let price = self.book(key, line, &data.payment_type, event.revision);
                    self.add(key, kind, price);
                    if data.late {
                        self.add(key, LATE, price);
                    }
                }
            }
            _ => return false,
        }
        true
    }

    fn tables(&self) -> Vec<Expected<'_>> {
        let days = self.sums.iter().map(|(key, sums)| row(*key, [], sums));
        let items = self.items.iter().map(|((key, id), item)| {
            let named = [id.0.into(), item.name.as_str().into(), (item.named_at as i64).into()];
            row(*key, named, &item.sums)
        });
        let payments = self.payments.iter().map(|((key, how), sums)| row(*key, [how.as_str().into()], sums));
        vec![
            Expected { table: DAYS, rows: Box::new(days) },
            Expected { table: ITEMS, rows: Box::new(items) },
            Expected { table: PAYMENTS, rows: Box::new(payments) },
        ]
    }
}

impl Days {
    /// Books a line and gives its price side.
    fn book(&mut self, key: DayKey, line: &Line, how: &PaymentType, revision: u64) -> i64 {
        let price = line.quantity.saturating_mul(line.unit_price.0);
        let cost = line.quantity.saturating_mul(line.unit_cost.map_or(0, |cost| cost.0));
        let missing = if line.unit_cost.is_some() { 0 } else { line.quantity };
        for (figure, amount) in [(VOLUME, price), (COST, cost), (COST_MISSING, missing)] {
            self.add(key, figure, amount);
        }
        let item = self.items.entry((key, line.item_id)).or_default();
        (item.name, item.named_at) = (line.name.clone(), revision);
        for (sum, amount) in item.sums.iter_mut().zip([line.quantity, price, cost, missing]) {
            *sum = sum.saturating_add(amount);
        }
        let payment = self.payments.entry((key, how.as_str().to_owned())).or_default();
        payment[0] = payment[0].saturating_add(price);
        price
    }

    fn count(&mut self, key: DayKey, how: &PaymentType, sales: i64) {
        self.add(key, SALES, sales);
        self.payments.entry((key, how.as_str().to_owned())).or_default()[1] += sales;
    }

    fn add(&mut self, key: DayKey, figure: usize, amount: i64) {
        let sum = &mut self.sums.entry(key).or_default()[figure];
        *sum = sum.saturating_add(amount);
    }
}

fn row<const N: usize>((store, date): DayKey, more: [Value; N], sums: &[i64]) -> Vec<Value> {
    let key = [store.0.into(), date.into()];
    key.into_iter().chain(more).chain(sums.iter().map(|sum| (*sum).into())).collect()
}

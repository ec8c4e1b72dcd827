//! The figures of a business date: in all, per item, per payment type. What a period's answer adds up.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::{Amounts, Envelope, Event, ItemId, Line, Money, Overflow, PaymentType, StoreId};
use migrations::Value;

use crate::projection::{Change, Inapplicable, Projection};

/// What a batch adds to the days.
#[derive(Default)]
pub struct Days {
    days: BTreeMap<(StoreId, NaiveDate), Day>,
}

#[derive(Default)]
struct Day {
    sums: Amounts,
    voided: Money,
    corrections: Money,
    late: Money,
    sales: i64,
    cost_missing: i64,
    items: BTreeMap<ItemId, DayItem>,
    payments: BTreeMap<PaymentType, DayPayment>,
}

#[derive(Default)]
struct DayItem {
    name: String,
    named_at: u64,
    quantity: i64,
    sums: Amounts,
    cost_missing: i64,
}

#[derive(Default)]
struct DayPayment {
    sales_volume: Money,
    sales: i64,
}

/// What an event books on a date.
struct Booking<'a> {
    date: NaiveDate,
    lines: &'a [Line],
    payment_type: &'a PaymentType,
    /// 1 for a sale, −1 for a void.
    sales: i64,
    late: bool,
    kind: Kind,
}

enum Kind {
    Sale,
    Void,
    Correction,
}

const ADD_DAY: &str = "INSERT INTO days (store_id, business_date, sales_volume, cost, voided, corrections, late, \
    sales, cost_missing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
    ON CONFLICT (store_id, business_date) DO UPDATE SET \
    sales_volume = days.sales_volume + excluded.sales_volume, cost = days.cost + excluded.cost, \
    voided = days.voided + excluded.voided, corrections = days.corrections + excluded.corrections, \
    late = days.late + excluded.late, sales = days.sales + excluded.sales, \
    cost_missing = days.cost_missing + excluded.cost_missing";
const ADD_ITEM: &str = "INSERT INTO day_items (store_id, business_date, item_id, name, named_at, quantity, \
    sales_volume, cost, cost_missing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
    ON CONFLICT (store_id, business_date, item_id) DO UPDATE SET \
    name = excluded.name, named_at = excluded.named_at, quantity = day_items.quantity + excluded.quantity, \
    sales_volume = day_items.sales_volume + excluded.sales_volume, cost = day_items.cost + excluded.cost, \
    cost_missing = day_items.cost_missing + excluded.cost_missing";
const ADD_PAYMENT: &str = "INSERT INTO day_payments (store_id, business_date, payment_type, sales_volume, sales) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (store_id, business_date, payment_type) DO UPDATE SET \
    sales_volume = day_payments.sales_volume + excluded.sales_volume, sales = day_payments.sales + excluded.sales";

impl Projection for Days {
    fn apply(&mut self, event: &Envelope) -> Result<bool, Inapplicable> {
        let Some(booking) = Booking::of(&event.data) else { return Ok(false) };
        let day = self.days.entry((event.subject.store(), booking.date)).or_default();
        day.book(&booking, event.revision)?;
        Ok(true)
    }

    fn changes(self: Box<Self>) -> Vec<Change> {
        let days = || self.days.iter().map(|((store, date), day)| ([store.0.into(), (*date).into()], day));
        vec![
            Change::new(ADD_DAY, days().map(|(key, day)| [key.as_slice(), &day.columns()].concat())),
            Change::new(ADD_ITEM, days().flat_map(|(key, day)| day.items.iter().map(move |item| item_row(&key, item)))),
            Change::new(
                ADD_PAYMENT,
                days().flat_map(|(key, day)| day.payments.iter().map(move |paid| payment_row(&key, paid))),
            ),
        ]
    }
}

impl<'a> Booking<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        match event {
            Event::SaleCompleted(sale) => Some(Self {
                date: sale.business_date,
                lines: &sale.lines,
                payment_type: &sale.payment_type,
                sales: 1,
                late: sale.late,
                kind: if sale.sold_on.is_none() { Kind::Sale } else { Kind::Correction },
            }),
            Event::SaleVoided(void) => Some(Self {
                date: void.business_date,
                lines: &void.lines,
                payment_type: &void.payment_type,
                sales: -1,
                late: void.late,
                kind: if void.sold_on == void.business_date { Kind::Void } else { Kind::Correction },
            }),
            _ => None,
        }
    }
}

impl Day {
    fn book(&mut self, booking: &Booking<'_>, revision: u64) -> Result<(), Overflow> {
        let mut sums = Amounts::default();
        for line in booking.lines {
            let (amounts, unknown) = (line.amounts()?, units_without_cost(line));
            sums = sums.plus(amounts)?;
            self.cost_missing = add(self.cost_missing, unknown)?;
            let item = self.items.entry(line.item_id).or_default();
            item.book(line, amounts, unknown, revision)?;
        }
        self.sums = self.sums.plus(sums)?;
        self.sales = add(self.sales, booking.sales)?;
        match booking.kind {
            Kind::Sale => {}
            Kind::Void => self.voided = self.voided.plus(sums.price)?,
            Kind::Correction => self.corrections = self.corrections.plus(sums.price)?,
        }
        if booking.late {
            self.late = self.late.plus(sums.price)?;
        }
        self.pay(booking, sums.price)
    }

    fn pay(&mut self, booking: &Booking<'_>, price: Money) -> Result<(), Overflow> {
        if !self.payments.contains_key(booking.payment_type) {
            self.payments.insert(booking.payment_type.clone(), DayPayment::default());
        }
        if let Some(payment) = self.payments.get_mut(booking.payment_type) {
            payment.sales_volume = payment.sales_volume.plus(price)?;
            payment.sales = add(payment.sales, booking.sales)?;
        }
        Ok(())
    }

    fn columns(&self) -> [Value; 7] {
        [
            self.sums.price.0.into(),
            self.sums.cost.0.into(),
            self.voided.0.into(),
            self.corrections.0.into(),
            self.late.0.into(),
            self.sales.into(),
            self.cost_missing.into(),
        ]
    }
}

impl DayItem {
    fn book(&mut self, line: &Line, amounts: Amounts, unknown: i64, revision: u64) -> Result<(), Overflow> {
        self.name.clone_from(&line.name);
        self.named_at = revision;
        self.quantity = add(self.quantity, line.quantity)?;
        self.sums = self.sums.plus(amounts)?;
        self.cost_missing = add(self.cost_missing, unknown)?;
        Ok(())
    }
}

fn units_without_cost(line: &Line) -> i64 {
    if line.unit_cost.is_none() { line.quantity } else { 0 }
}

fn add(a: i64, b: i64) -> Result<i64, Overflow> {
    a.checked_add(b).ok_or(Overflow)
}

fn item_row(key: &[Value; 2], (item, sums): (&ItemId, &DayItem)) -> Vec<Value> {
    let columns = [
        item.0.into(),
        sums.name.as_str().into(),
        (sums.named_at as i64).into(),
        sums.quantity.into(),
        sums.sums.price.0.into(),
        sums.sums.cost.0.into(),
        sums.cost_missing.into(),
    ];
    [key.as_slice(), &columns].concat()
}

fn payment_row(key: &[Value; 2], (payment_type, sums): (&PaymentType, &DayPayment)) -> Vec<Value> {
    let columns = [payment_type.as_str().into(), sums.sales_volume.0.into(), sums.sales.into()];
    [key.as_slice(), &columns].concat()
}

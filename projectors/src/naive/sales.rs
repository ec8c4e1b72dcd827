//! The sales, row by row.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use events::{Envelope, Event, Money, PaymentType, SaleId, StoreId, TableNo};

use super::{Expected, Naive, Table, table};

#[derive(Default)]
pub(crate) struct Sales {
    sales: BTreeMap<(StoreId, SaleId), Sale>,
}

struct Sale {
    table: TableNo,
    total: Money,
    cost: Money,
    stated_total: Option<Money>,
    payment_type: PaymentType,
    sold_at: DateTime<Utc>,
    business_date: NaiveDate,
    voided_at: Option<DateTime<Utc>>,
}

const SALES: &Table = &table!(
    "sales",
    2,
    "store_id, sale_id",
    "$1, $2",
    "store_id, sale_id, table_no, total, cost, stated_total, payment_type, sold_at, business_date, voided_at",
);

impl Naive for Sales {
    fn apply(&mut self, event: &Envelope) -> bool {
        let store = event.subject.store();
        match &event.data {
            Event::SaleCompleted(data) => {
                let sale = Sale {
                    table: data.table_no,
                    total: data.total.price,
                    cost: data.total.cost,
                    stated_total: data.stated_total,
                    payment_type: data.payment_type.clone(),
                    sold_at: event.time,
                    business_date: data.business_date,
                    voided_at: None,
                };
                self.sales.insert((store, data.sale_id), sale);
            }
            Event::SaleVoided(data) => {
                if let Some(sale) = self.sales.get_mut(&(store, data.sale_id)) {
                    sale.voided_at = Some(event.time);
                }
            }
            _ => return false,
        }
        true
    }

    fn tables(&self) -> Vec<Expected<'_>> {
        let sales = self.sales.iter().map(|((store, id), sale)| {
            vec![
                store.0.into(),
                id.0.into(),
                sale.table.0.into(),
                sale.total.0.into(),
                sale.cost.0.into(),
                sale.stated_total.map(|stated| stated.0).into(),
                sale.payment_type.as_str().into(),
                sale.sold_at.into(),
                sale.business_date.into(),
                sale.voided_at.into(),
            ]
        });
        vec![Expected { table: SALES, rows: Box::new(sales) }]
    }
}

//! The sales, one row each; a void marks its sale and leaves it in the list.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::{Envelope, Event, SaleCompleted, SaleId, StoreId};
use migrations::Value;

use crate::projection::{Change, Inapplicable, Projection};

/// A batch's changes to the sales.
#[derive(Default)]
pub struct Sales {
    completed: BTreeMap<(StoreId, SaleId), Vec<Value>>,
    voided: BTreeMap<(StoreId, SaleId), DateTime<Utc>>,
}

const COMPLETE: &str = "INSERT INTO sales (store_id, sale_id, table_no, total, cost, stated_total, payment_type, \
    sold_at, business_date, voided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)";
const VOID: &str = "UPDATE sales SET voided_at = $1 WHERE store_id = $2 AND sale_id = $3";

impl Projection for Sales {
    fn apply(&mut self, event: &Envelope) -> Result<bool, Inapplicable> {
        let store = event.subject.store();
        match &event.data {
            Event::SaleCompleted(sale) => {
                if self.completed.insert((store, sale.sale_id), row(store, sale, event.time)).is_some() {
                    return Err(Inapplicable::Twice("sale"));
                }
            }
            Event::SaleVoided(void) => {
                self.voided.insert((store, void.sale_id), event.time);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn changes(self: Box<Self>) -> Vec<Change> {
        let voided = self.voided.into_iter();
        vec![
            Change::new(COMPLETE, self.completed.into_values()),
            Change::new(VOID, voided.map(|((store, sale), at)| vec![at.into(), store.0.into(), sale.0.into()])),
        ]
    }
}

fn row(store: StoreId, sale: &SaleCompleted, at: DateTime<Utc>) -> Vec<Value> {
    vec![
        store.0.into(),
        sale.sale_id.0.into(),
        sale.table_no.0.into(),
        sale.total.price.0.into(),
        sale.total.cost.0.into(),
        sale.stated_total.map(|stated| stated.0).into(),
        sale.payment_type.as_str().into(),
        at.into(),
        sale.business_date.into(),
    ]
}

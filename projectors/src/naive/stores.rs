//! The stores, row by row.

use std::collections::BTreeMap;

use events::{Envelope, Event, Language, StoreId};
use migrations::Value;

use super::{Expected, Naive, Table, table};

#[derive(Default)]
pub(crate) struct Stores {
    rows: BTreeMap<StoreId, Vec<Value>>,
}

const STORES: &Table = &table!(
    "stores",
    1,
    "store_id",
    "$1",
    "store_id, username, owner_name, phone, store_name, address, store_type, password_hash, currency, time_zone, \
     day_begins, language, cv, keeps, closed, registered_at",
);
const PASSWORD_HASH: usize = 7;
const CV: usize = 12;
const KEEPS: usize = 13;
const CLOSED: usize = 14;

impl Naive for Stores {
    fn apply(&mut self, event: &Envelope) -> bool {
        let store = event.subject.store();
        match &event.data {
            Event::StoreRegistered(_) => {
                self.rows.insert(store, registered(event).unwrap_or_default());
            }
            Event::PasswordChanged(changed) => self.set(
                store,
                [
                    (PASSWORD_HASH, changed.personal.password_hash.as_str().into()),
                    (CV, changed.cv.into()),
                    (KEEPS, changed.keeps.into()),
                ],
            ),
            Event::StoreClosed(_) => self.set(store, [(CLOSED, true.into())]),
            _ => return false,
        }
        true
    }

    fn tables(&self) -> Vec<Expected<'_>> {
        vec![Expected { table: STORES, rows: Box::new(self.rows.values().cloned()) }]
    }
}

impl Stores {
    fn set<const N: usize>(&mut self, store: StoreId, columns: [(usize, Value); N]) {
        let Some(row) = self.rows.get_mut(&store) else { return };
        for (column, value) in columns {
            row[column] = value;
        }
    }
}

fn registered(event: &Envelope) -> Option<Vec<Value>> {
    let Event::StoreRegistered(data) = &event.data else { return None };
    Some(vec![
        event.subject.store().0.into(),
        data.username.clone().into(),
        data.personal.owner_name.clone().into(),
        data.personal.phone.clone().into(),
        data.store_name.clone().into(),
        data.personal.address.clone().into(),
        data.store_type.clone().into(),
        data.personal.password_hash.clone().into(),
        data.currency.code().into(),
        data.time_zone.name().into(),
        data.day_begins.format("%H:%M:%S").to_string().into(),
        if data.language == Language::Ko { "ko" } else { "en" }.into(),
        0.into(),
        Value::Null,
        false.into(),
        event.time.into(),
    ])
}

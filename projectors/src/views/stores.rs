//! Who the stores are: what log-in, the token check and the store's own page read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::{Envelope, Event, PasswordChanged, StoreId, StoreRegistered};
use migrations::Value;

use crate::projection::{Change, Inapplicable, Projection};

/// A batch's changes to the stores.
#[derive(Default)]
pub struct Stores {
    changes: BTreeMap<StoreId, StoreChange>,
}

#[derive(Default)]
struct StoreChange {
    registered: Option<(StoreRegistered, DateTime<Utc>)>,
    password: Option<PasswordChanged>,
    closed: bool,
}

const REGISTER: &str = "INSERT INTO stores (store_id, username, owner_name, phone, store_name, address, store_type, \
    password_hash, currency, time_zone, day_begins, language, cv, keeps, closed, registered_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, NULL, $13, $14)";
const CHANGE_PASSWORD: &str = "UPDATE stores SET password_hash = $1, cv = $2, keeps = $3 WHERE store_id = $4";
const CLOSE: &str = "UPDATE stores SET closed = $1 WHERE store_id = $2";

impl Projection for Stores {
    fn apply(&mut self, event: &Envelope) -> Result<bool, Inapplicable> {
        let store = event.subject.store();
        match &event.data {
            Event::StoreRegistered(registered) => {
                let change = self.changes.entry(store).or_default();
                if change.registered.replace((registered.clone(), event.time)).is_some() {
                    return Err(Inapplicable::Twice("store"));
                }
            }
            Event::PasswordChanged(changed) => {
                self.changes.entry(store).or_default().password = Some(changed.clone());
            }
            Event::StoreClosed(_) => self.changes.entry(store).or_default().closed = true,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn changes(self: Box<Self>) -> Vec<Change> {
        let stores = || self.changes.iter();
        let registered = stores().filter_map(|(store, change)| Some((store, change.registered.as_ref()?)));
        let passwords = stores().filter_map(|(store, change)| Some((store, change.password.as_ref()?)));
        let closed = stores().filter(|(_, change)| change.closed);
        vec![
            Change::new(REGISTER, registered.map(|(store, (registered, at))| register(*store, registered, *at))),
            Change::new(CHANGE_PASSWORD, passwords.map(|(store, changed)| change_password(*store, changed))),
            Change::new(CLOSE, closed.map(|(store, _)| vec![true.into(), store.0.into()])),
        ]
    }
}

fn register(store: StoreId, registered: &StoreRegistered, at: DateTime<Utc>) -> Vec<Value> {
    let personal = &registered.personal;
    vec![
        store.0.into(),
        registered.username.as_str().into(),
        personal.owner_name.as_str().into(),
        personal.phone.as_str().into(),
        registered.store_name.as_str().into(),
        personal.address.as_str().into(),
        registered.store_type.as_str().into(),
        personal.password_hash.as_str().into(),
        registered.currency.code().into(),
        registered.time_zone.name().into(),
        registered.day_begins.format("%H:%M:%S").to_string().into(),
        language(registered.language).into(),
        false.into(),
        at.into(),
    ]
}

fn language(language: events::Language) -> &'static str {
    match language {
        events::Language::Ko => "ko",
        events::Language::En => "en",
    }
}

fn change_password(store: StoreId, changed: &PasswordChanged) -> Vec<Value> {
    vec![changed.personal.password_hash.as_str().into(), changed.cv.into(), changed.keeps.into(), store.0.into()]
}

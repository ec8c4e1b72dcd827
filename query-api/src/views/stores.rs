//! The `stores` view: who a store is, how it logs in, what its clocks show.

use chrono_tz::Tz;
use events::StoreId;
use migrations::{Row, Snapshot, ViewsError};
use uuid::Uuid;

use crate::shapes::{OwnStore, StoreDetails};

/// The projection's name.
pub(crate) const NAME: &str = "stores";

const DETAILS: &str = "SELECT username, owner_name, phone, store_name, address, store_type, currency, time_zone, \
     day_begins, language FROM stores WHERE store_id = $1";
const ZONE: &str = "SELECT time_zone FROM stores WHERE store_id = $1";
const CREDENTIALS: &str = "SELECT password_hash, cv, closed FROM stores WHERE store_id = $1";
const SESSION: &str = "SELECT cv, keeps, closed FROM stores WHERE store_id = $1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[DETAILS, ZONE, CREDENTIALS, SESSION];

/// What a log-in is checked against. No `Debug`: it is a secret.
pub(crate) struct StoredCredentials {
    /// The password's hash in PHC form.
    pub password_hash: String,
    /// How often the password was changed.
    pub cv: u32,
    /// Whether the store is closed.
    pub closed: bool,
}

/// What a token is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    /// How often the password was changed.
    pub cv: u32,
    /// The one token that outlived the last change.
    pub keeps: Option<Uuid>,
    /// Whether the store is closed.
    pub closed: bool,
}

/// The store's own page.
pub(crate) async fn details(snapshot: &mut Snapshot, store: StoreId) -> Result<Option<OwnStore>, ViewsError> {
    let row = snapshot.fetch_optional(DETAILS, &[store.0.into()]).await?;
    row.map(|row| details_of(store, &row)).transpose()
}

/// Where the store stands on the clock, if the store is in the view; fixed at sign-up for good.
pub(crate) async fn zone(snapshot: &mut Snapshot, store: StoreId) -> Result<Option<Tz>, ViewsError> {
    let row = snapshot.fetch_optional(ZONE, &[store.0.into()]).await?;
    row.map(|row| row.text(0)?.parse().map_err(|_| ViewsError::Shape { column: 0, expected: "a time zone" }))
        .transpose()
}

/// What a log-in is checked against, if the store is in the view.
pub(crate) async fn credentials(
    snapshot: &mut Snapshot,
    store: StoreId,
) -> Result<Option<StoredCredentials>, ViewsError> {
    let row = snapshot.fetch_optional(CREDENTIALS, &[store.0.into()]).await?;
    row.map(|row| {
        Ok(StoredCredentials { password_hash: row.text(0)?.to_owned(), cv: cv(&row, 1)?, closed: row.bool(2)? })
    })
    .transpose()
}

/// What a token is checked against, if the store is in the view.
pub(crate) async fn session(snapshot: &mut Snapshot, store: StoreId) -> Result<Option<Session>, ViewsError> {
    let row = snapshot.fetch_optional(SESSION, &[store.0.into()]).await?;
    row.map(|row| Ok(Session { cv: cv(&row, 0)?, keeps: row.opt_uuid(1)?, closed: row.bool(2)? })).transpose()
}

fn details_of(store: StoreId, row: &Row) -> Result<OwnStore, ViewsError> {
    let text = |column| row.text(column).map(str::to_owned);
    let store = StoreDetails {
        store_id: store.0,
        username: text(0)?,
        owner_name: text(1)?,
        phone: text(2)?,
        store_name: text(3)?,
        address: text(4)?,
        store_type: text(5)?,
        currency: text(6)?,
        time_zone: text(7)?,
        day_begins: text(8)?,
        language: text(9)?,
    };
    Ok(OwnStore { store })
}

fn cv(row: &Row, column: usize) -> Result<u32, ViewsError> {
    u32::try_from(row.int(column)?).map_err(|_| ViewsError::Shape { column, expected: "a count of changes" })
}

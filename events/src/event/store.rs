//! A store's own life: it signs up, changes its password, closes.

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::money::Currency;
use crate::text::Language;

/// A store signed up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoreRegistered {
    /// The name it logs in with, as typed; taken for good.
    pub username: String,
    /// What its sign says.
    pub store_name: String,
    /// The trade it is in, in its own words.
    pub store_type: String,
    /// The currency of all its money.
    pub currency: Currency,
    /// Where it stands on the clock.
    pub time_zone: Tz,
    /// The local time at which its business day begins.
    pub day_begins: NaiveTime,
    /// The language it is spoken to in.
    pub language: Language,
    /// Who it belongs to.
    pub personal: Owner,
}

/// The personal data of a sign-up, in one object so that it can be sealed or left out as one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The owner's name.
    pub owner_name: String,
    /// The owner's telephone, as typed.
    pub phone: String,
    /// Where the store is.
    pub address: String,
    /// The password as an Argon2id hash in PHC form.
    pub password_hash: String,
}

/// The password was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PasswordChanged {
    /// How often it had been changed, this time included. Tokens of a lower count are over.
    pub cv: u32,
    /// The one token (`jti`) that outlives the change: the one that made it.
    pub keeps: Option<Uuid>,
    /// The new credentials.
    pub personal: Credentials,
}

/// What proves who somebody is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The password as an Argon2id hash in PHC form.
    pub password_hash: String,
}

/// The store closed: its tokens are over, its name stays taken, its history stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoreClosed {}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Owner(personal)")
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(personal)")
    }
}

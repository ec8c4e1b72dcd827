//! The store's own life: it signs up, changes its password, closes.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::NaiveTime;
use chrono_tz::Tz;
use events::{Credentials, Currency, Language, Owner, PasswordChanged, StoreClosed, StoreRegistered};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::decision::{Decided, Decision};
use crate::field::{self, Field};
use crate::limits::{ADDRESS_CHARS, NAME_CHARS, PHONE_CHARS};
use crate::rejection::Rejection;
use crate::state::{EvolveError, StoreState};

/// Sign up.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisterStore {
    /// The name to log in with. The store's id is derived from it.
    pub username: String,
    /// What its sign says; may be empty.
    pub store_name: String,
    /// The trade it is in.
    pub store_type: String,
    /// The currency of all its money; KRW unless said.
    pub currency: Option<Currency>,
    /// Where it stands on the clock; Asia/Seoul unless said.
    pub time_zone: Option<Tz>,
    /// The local time at which its business day begins, for good; midnight unless said.
    pub day_begins: Option<NaiveTime>,
    /// The language it is spoken to in; Korean unless said.
    pub language: Option<Language>,
    /// Who it belongs to, with the password already hashed; the address may be empty.
    pub personal: Owner,
}

/// Change the password.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePassword {
    /// The `jti` of the token that asks: the one that outlives the change.
    pub keeps: Option<Uuid>,
    /// The new password, hashed.
    pub personal: Credentials,
}

/// Who a store is, less what is personal and what is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The name it logs in with, as typed at sign-up.
    pub username: String,
    /// The currency of all its money.
    pub currency: Currency,
    /// Where it stands on the clock.
    pub time_zone: Tz,
    /// The local time at which its business day begins.
    pub day_begins: NaiveTime,
    /// The language it is spoken to in.
    pub language: Language,
    /// Which of its tokens are good.
    pub session: Session,
}

/// Which of a store's tokens are good: none if it is closed, else those of the present `cv` and the one it `keeps`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// How often the password has been changed.
    pub cv: u32,
    /// The `jti` of the one older token that is still good.
    pub keeps: Option<Uuid>,
    /// Whether the store has closed.
    pub closed: bool,
}

/// What every command but sign-up asks first.
pub(crate) fn open(state: &StoreState) -> Result<(), Rejection> {
    let profile = state.profile().ok_or(Rejection::UnknownStore)?;
    if profile.session.closed {
        return Err(Rejection::StoreClosed);
    }
    Ok(())
}

pub(crate) fn register(state: &StoreState, command: &RegisterStore) -> Decided {
    if state.exists() {
        return Err(Rejection::NameTaken);
    }
    let owner = &command.personal;
    let registered = StoreRegistered {
        username: field::username(&command.username)?,
        store_name: field::text_or_nothing(Field::StoreName, &command.store_name, NAME_CHARS)?,
        store_type: field::text(Field::StoreType, &command.store_type, NAME_CHARS)?,
        currency: command.currency.unwrap_or(Currency::KRW),
        time_zone: command.time_zone.unwrap_or(Tz::Asia__Seoul),
        day_begins: command.day_begins.unwrap_or(NaiveTime::MIN),
        language: command.language.unwrap_or_default(),
        personal: Owner {
            owner_name: field::text(Field::OwnerName, &owner.owner_name, NAME_CHARS)?,
            phone: field::text(Field::Phone, &owner.phone, PHONE_CHARS)?,
            address: field::text_or_nothing(Field::Address, &owner.address, ADDRESS_CHARS)?,
            password_hash: owner.password_hash.clone(),
        },
    };
    Ok(registered.into())
}

pub(crate) fn change_password(state: &StoreState, command: &ChangePassword) -> Decision {
    let cv = state.session().cv.saturating_add(1);
    PasswordChanged { cv, keeps: command.keeps, personal: command.personal.clone() }.into()
}

pub(crate) fn close() -> Decision {
    StoreClosed {}.into()
}

impl Profile {
    pub(crate) fn registered(event: &StoreRegistered) -> Self {
        Self {
            username: event.username.clone(),
            currency: event.currency,
            time_zone: event.time_zone,
            day_begins: event.day_begins,
            language: event.language,
            session: Session::default(),
        }
    }
}

pub(crate) fn password_changed(profile: &mut Arc<Profile>, event: &PasswordChanged) -> Result<(), EvolveError> {
    if event.cv <= profile.session.cv {
        return Err(EvolveError::Impossible("a password's count of changes goes back"));
    }
    let session = &mut Arc::make_mut(profile).session;
    (session.cv, session.keeps) = (event.cv, event.keeps);
    Ok(())
}

pub(crate) fn closed(profile: &mut Arc<Profile>) {
    Arc::make_mut(profile).session.closed = true;
}

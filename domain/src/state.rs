//! What a store's events add up to: all that its decisions need, and nothing else.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use events::{Envelope, Event, MessagePurpose, Overflow, Position};
use serde::{Deserialize, Serialize};

use crate::advice::Requests;
use crate::catalogue::Menu;
use crate::day::Days;
use crate::effect::{Effects, Kind};
use crate::order::Floor;
use crate::sale::Sales;
use crate::store::{self, Profile, Session};

/// The version of the fold. A snapshot of another version is never read, so whoever changes what [`StoreState::evolve`]
/// makes of a history, or the form it is kept in, raises this and adds the golden files of the new version.
pub const VERSION: u32 = 2;

/// The state of one store, in sections. A clone shares everything with its original, and an event copies only what it
/// touches, so the writer can afford one per event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoreState {
    revision: u64,
    profile: Option<Arc<Profile>>,
    registered_at: Option<Position>,
    pub(crate) menu: Menu,
    pub(crate) floor: Floor,
    pub(crate) sales: Sales,
    pub(crate) days: Days,
    pub(crate) effects: Effects,
    pub(crate) requests: Requests,
}

/// An event that cannot follow from those before it: the log is not what this program wrote. The reader stops there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvolveError {
    /// An event is missing, or here twice.
    #[error("revision {found} where {expected} should follow")]
    Revision {
        /// The revision that would follow.
        expected: u64,
        /// The event's.
        found: u64,
    },
    /// The event speaks of something that is not there, or takes a number out of turn.
    #[error("an impossible history: {0}")]
    Impossible(&'static str),
    /// A sum left the range of 64 bits.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl StoreState {
    /// Folds the next event. `position` is where its record stands, or will stand if it is only staged. After an error
    /// the state is not to be used.
    pub fn evolve(&mut self, event: &Envelope, position: Position) -> Result<(), EvolveError> {
        let expected = self.revision.checked_add(1).ok_or(Overflow)?;
        if event.revision != expected {
            return Err(EvolveError::Revision { expected, found: event.revision });
        }
        self.fold(event, position)?;
        self.revision = expected;
        Ok(())
    }

    /// The revision of the last event; 0 before the first.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether somebody signed up under this name; a closed store exists.
    pub fn exists(&self) -> bool {
        self.profile.is_some()
    }

    /// Who the store is, once it signed up.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_deref()
    }

    /// Which of the store's tokens are good.
    pub fn session(&self) -> Session {
        self.profile().map(|profile| profile.session).unwrap_or_default()
    }

    /// The business date of an instant: the date on the store's own clock, set back by the time at which its day
    /// begins. Where that clock is put back over this time, the date goes back with it for as long.
    pub fn business_date(&self, at: DateTime<Utc>) -> NaiveDate {
        self.profile()
            .map_or(at.date_naive(), |profile| events::business_date(at, profile.time_zone, profile.day_begins))
    }

    /// Where the store's sign-up stands.
    pub(crate) fn registered_at(&self) -> Option<Position> {
        self.registered_at
    }

    fn fold(&mut self, event: &Envelope, position: Position) -> Result<(), EvolveError> {
        let Some(profile) = &mut self.profile else {
            let Event::StoreRegistered(first) = &event.data else {
                return Err(EvolveError::Impossible("something happens before the store signs up"));
            };
            self.profile = Some(Arc::new(Profile::registered(first)));
            self.registered_at = Some(position);
            return Ok(());
        };
        match &event.data {
            Event::StoreRegistered(_) => return Err(EvolveError::Impossible("the store signs up twice")),
            Event::PasswordChanged(changed) => store::password_changed(profile, changed)?,
            Event::StoreClosed(_) => store::closed(profile),
            Event::CategoryAdded(added) => self.menu.category_added(added)?,
            Event::CategoryRenamed(renamed) => self.menu.category_renamed(renamed)?,
            Event::CategoryRemoved(removed) => self.menu.category_removed(removed)?,
            Event::ItemAdded(added) => self.menu.item_added(added)?,
            Event::ItemChanged(changed) => self.menu.item_changed(changed)?,
            Event::ItemRemoved(removed) => self.menu.item_removed(removed)?,
            Event::CostsSet(set) => self.menu.costs_set(set)?,
            Event::OrderPlaced(placed) => self.floor.order_placed(placed, event.time)?,
            Event::CartUpdated(updated) => self.floor.cart_updated(updated)?,
            Event::TabCancelled(cancelled) => self.floor.tab_closed(cancelled.table_no, cancelled.tab)?,
            Event::SaleCompleted(sale) => {
                self.floor.tab_closed(sale.table_no, sale.tab)?;
                self.sales.completed(sale, position)?;
                self.days.sale_booked(sale, event.time)?;
            }
            Event::SaleVoided(void) => {
                self.sales.voided(void)?;
                self.days.void_booked(void)?;
            }
            other => self.fold_consequence(event, other, position)?,
        }
        Ok(())
    }

    /// What follows from settlements, advice and effects.
    fn fold_consequence(&mut self, event: &Envelope, data: &Event, position: Position) -> Result<(), EvolveError> {
        let now = event.recorded_time;
        let today = self.business_date(now);
        match data {
            Event::DaySettled(settled) => {
                self.days.day_settled(settled.business_date, position)?;
                if settled.no_message.is_none() {
                    self.effects.message_asked((event.id, settled.business_date), (today, now))?;
                }
            }
            Event::MessageRequested(asked) => {
                self.effects.message_asked((event.id, asked.business_date), (today, now))?;
                if asked.purpose == MessagePurpose::TotalSoFar {
                    self.days.total_told(asked.business_date, asked.net);
                }
            }
            Event::SettlementNotified(notified) => self.effects.over(notified.message)?,
            Event::SettlementNotificationFailed(failed) => self.effects.over(failed.message)?,
            Event::ConsultingRequested(asked) => {
                self.effects.asked(event.id, Kind::Advice)?;
                self.requests.asked(event.id, asked);
            }
            Event::ConsultingCompleted(completed) => self.effects.over(completed.request)?,
            Event::ConsultingFailed(failed) => {
                self.effects.over(failed.request)?;
                self.requests.failed(failed.request);
            }
            Event::EffectStarted(started) => self.effects.started(started, now)?,
            _ => return Err(EvolveError::Impossible("an event that no part of the trade folds")),
        }
        Ok(())
    }
}

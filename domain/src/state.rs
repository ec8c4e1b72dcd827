//! What a store's events add up to: all that its decisions need, and nothing else.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use events::{Envelope, Event, Overflow, Position};
use serde::{Deserialize, Serialize};

use crate::catalogue::Menu;
use crate::day::{self, Days};
use crate::order::Floor;
use crate::sale::Sales;
use crate::store::{self, Profile, Session};

/// The version of the fold. A snapshot of another version is never read, so whoever changes what [`StoreState::evolve`]
/// makes of a history, or the form it is kept in, raises this and adds the golden files of the new version.
pub const VERSION: u32 = 1;

/// The state of one store, in sections. A clone shares everything with its original, and an event copies only what it
/// touches, so the writer can afford one per event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoreState {
    revision: u64,
    profile: Option<Arc<Profile>>,
    pub(crate) menu: Menu,
    pub(crate) floor: Floor,
    pub(crate) sales: Sales,
    pub(crate) days: Days,
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
        self.profile().map_or(at.date_naive(), |profile| day::business_date(at, profile.time_zone, profile.day_begins))
    }

    fn fold(&mut self, event: &Envelope, position: Position) -> Result<(), EvolveError> {
        let Some(profile) = &mut self.profile else {
            let Event::StoreRegistered(first) = &event.data else {
                return Err(EvolveError::Impossible("something happens before the store signs up"));
            };
            self.profile = Some(Arc::new(Profile::registered(first)));
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
                self.days.sold(sale)?;
            }
            Event::SaleVoided(void) => {
                self.sales.voided(void)?;
                self.days.voided(void);
            }
        }
        Ok(())
    }
}

//! Business dates: which one an instant belongs to, what has been booked on each, and which are settled.

#[cfg(test)]
mod tests;
mod totals;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use events::{Amounts, DayTotals, Money, Overflow, Position, SaleCompleted, SaleVoided};
use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use self::totals::Running;
use crate::limits::{DAY_AMOUNT_MINOR_UNITS, TOTALS_TOLD};
use crate::rejection::Rejection;
use crate::state::EvolveError;

/// What has been booked on each business date.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Days {
    dates: OrdMap<NaiveDate, Day>,
    last_settled: Option<NaiveDate>,
}

/// What has been booked on one business date: its totals while it is open, and of a settled one no more than where its
/// settlement stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Day {
    /// How many events booked something on it.
    pub(crate) changes: u64,
    open: Option<Arc<Running>>,
    settled: Option<Position>,
    /// The totals so far that the owner was told by hand, oldest first.
    told: Vec<Money>,
}

impl Days {
    /// Whether a sale of so much still fits on the date.
    pub(crate) fn room_for(&self, date: NaiveDate, sale: Amounts) -> Result<(), Rejection> {
        let limit = DAY_AMOUNT_MINOR_UNITS;
        let fits = |gross: Amounts| gross.price <= Money(limit) && gross.cost <= Money(limit);
        let gross = self.gross(date).plus(sale);
        if gross.is_ok_and(fits) { Ok(()) } else { Err(Rejection::DayTotalTooLarge { limit }) }
    }

    /// The date's sales, voided ones included; of a settled date nothing is known.
    pub(crate) fn gross(&self, date: NaiveDate) -> Amounts {
        self.dates.get(&date).and_then(|day| day.open.as_ref()).map(|open| open.gross()).unwrap_or_default()
    }

    /// What an open date has come to so far.
    pub(crate) fn totals(&self, date: NaiveDate) -> DayTotals {
        let open = self.dates.get(&date).and_then(|day| day.open.as_ref());
        open.map(|open| open.totals().clone()).unwrap_or_default()
    }

    /// Where the date's settlement stands, if it is settled.
    pub(crate) fn settled(&self, date: NaiveDate) -> Option<Position> {
        self.dates.get(&date)?.settled
    }

    /// Whether the owner was told this total of the date by hand before.
    pub(crate) fn was_told(&self, date: NaiveDate, net: Money) -> bool {
        self.dates.get(&date).is_some_and(|day| day.told.contains(&net))
    }

    /// The date on which something is booked that belongs to `date`: that one, or the open day once that is settled.
    pub(crate) fn booked_on(&self, date: NaiveDate, today: NaiveDate) -> NaiveDate {
        if self.settled(date).is_none() {
            return date;
        }
        let behind = self.last_settled.and_then(|last| last.succ_opt());
        behind.map_or(today, |behind| behind.max(today))
    }

    /// How many events booked something from `from` to `to`, both included.
    pub(crate) fn changes(&self, from: NaiveDate, to: NaiveDate) -> u64 {
        if to < from {
            return 0;
        }
        self.dates.range(from..=to).fold(0, |sum, (_, day)| day.changes.saturating_add(sum))
    }

    pub(crate) fn sale_booked(&mut self, sale: &SaleCompleted, at: DateTime<Utc>) -> Result<(), EvolveError> {
        self.open(sale.business_date)?.sell(sale, at).map_err(EvolveError::from)
    }

    pub(crate) fn void_booked(&mut self, void: &SaleVoided) -> Result<(), EvolveError> {
        self.open(void.business_date)?.take_back(void).map_err(EvolveError::from)
    }

    pub(crate) fn day_settled(&mut self, date: NaiveDate, at: Position) -> Result<(), EvolveError> {
        let day = self.dates.entry(date).or_default();
        if day.settled.replace(at).is_some() {
            return Err(EvolveError::Impossible("a day is settled twice"));
        }
        day.open = None;
        self.last_settled = self.last_settled.max(Some(date));
        Ok(())
    }

    pub(crate) fn total_told(&mut self, date: NaiveDate, net: Money) {
        let told = &mut self.dates.entry(date).or_default().told;
        if told.len() == TOTALS_TOLD {
            told.remove(0);
        }
        told.push(net);
    }

    /// The running totals of a date that something is booked on.
    fn open(&mut self, date: NaiveDate) -> Result<&mut Running, EvolveError> {
        let day = self.dates.entry(date).or_default();
        if day.settled.is_some() {
            return Err(EvolveError::Impossible("something is booked on a settled day"));
        }
        day.changes = day.changes.checked_add(1).ok_or(Overflow)?;
        Ok(Arc::make_mut(day.open.get_or_insert_default()))
    }
}

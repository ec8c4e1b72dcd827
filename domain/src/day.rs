//! Business dates: which one an instant belongs to, and what has been booked on each.

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use events::{Amounts, Money, Overflow, SaleCompleted, SaleVoided};
use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::limits::DAY_AMOUNT_MINOR_UNITS;
use crate::rejection::Rejection;

/// What has been booked on each business date.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Days(OrdMap<NaiveDate, Day>);

/// What has been booked on one business date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Day {
    /// How many events booked something on it.
    pub(crate) changes: u64,
    /// Its sales, voided ones included: what the limit holds, so that neither they nor their voids leave it.
    pub(crate) gross: Amounts,
}

/// The date on the clock of `zone`, set back by the time at which the day begins.
pub(crate) fn business_date(at: DateTime<Utc>, zone: Tz, day_begins: NaiveTime) -> NaiveDate {
    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let set_back = TimeDelta::seconds(i64::from(day_begins.num_seconds_from_midnight()));
    let local = at.naive_utc().checked_add_offset(offset).and_then(|local| local.checked_sub_signed(set_back));
    // Beyond the calendar's ends, a quarter of a million years from now, there is no local time.
    local.map_or(at.date_naive(), |local| local.date())
}

impl Days {
    /// Whether a sale of so much still fits on the date.
    pub(crate) fn room_for(&self, date: NaiveDate, sale: Amounts) -> Result<(), Rejection> {
        let limit = DAY_AMOUNT_MINOR_UNITS;
        let fits = |gross: Amounts| gross.price <= Money(limit) && gross.cost <= Money(limit);
        let gross = self.on(date).gross.plus(sale);
        if gross.is_ok_and(fits) { Ok(()) } else { Err(Rejection::DayTotalTooLarge { limit }) }
    }

    pub(crate) fn on(&self, date: NaiveDate) -> Day {
        self.0.get(&date).copied().unwrap_or_default()
    }

    pub(crate) fn sold(&mut self, sale: &SaleCompleted) -> Result<(), Overflow> {
        let day = self.0.entry(sale.business_date).or_default();
        day.gross = day.gross.plus(sale.total)?;
        day.changes += 1;
        Ok(())
    }

    pub(crate) fn voided(&mut self, void: &SaleVoided) {
        self.0.entry(void.business_date).or_default().changes += 1;
    }
}

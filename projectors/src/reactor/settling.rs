//! Which days have ended and are not settled, for stores whose days are settled by themselves.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use events::{Envelope, Event, StoreId};

/// The event types that are read for it, beside the ledger's.
pub(crate) const TYPES: [&str; 3] = ["StoreRegistered", "SaleCompleted", "SaleVoided"];

/// How far back a day is settled by itself after the process was down over its end.
const SETTLED_BACK_DAYS: u64 = 7;
/// Dates with sales that are remembered per store: those, today, and the one after.
const REMEMBERED_DATES: usize = 9;

/// Every store's clock and the days that it sold on lately.
#[derive(Debug, Default)]
pub(crate) struct Calendars(BTreeMap<StoreId, Calendar>);

#[derive(Debug)]
struct Calendar {
    zone: Tz,
    day_begins: NaiveTime,
    last_settled: Option<NaiveDate>,
    booked: BTreeSet<NaiveDate>,
}

impl Calendars {
    pub(crate) fn apply(&mut self, event: &Envelope) {
        let store = event.subject.store();
        if let Event::StoreRegistered(registered) = &event.data {
            let (zone, day_begins) = (registered.time_zone, registered.day_begins);
            let calendar = Calendar { zone, day_begins, last_settled: None, booked: BTreeSet::new() };
            self.0.insert(store, calendar);
        }
        if matches!(event.data, Event::StoreClosed(_)) {
            self.0.remove(&store);
        }
        let Some(calendar) = self.0.get_mut(&store) else { return };
        if let Some(date) = event.data.books_on() {
            calendar.booked.insert(date);
            while calendar.booked.len() > REMEMBERED_DATES {
                calendar.booked.pop_first();
            }
        }
        if let Event::DaySettled(settled) = &event.data {
            calendar.booked.remove(&settled.business_date);
            calendar.last_settled = calendar.last_settled.max(Some(settled.business_date));
        }
    }

    /// The days that have ended and are to be settled: those since the last settlement, or yesterday alone if there
    /// never was one, so that switching this on does not settle a year.
    pub(crate) fn due(&self, now: DateTime<Utc>) -> Vec<(StoreId, NaiveDate)> {
        let of_store = |(store, calendar): (&StoreId, &Calendar)| {
            let store = *store;
            calendar.due(now).map(move |date| (store, date)).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_store).collect()
    }
}

impl Calendar {
    fn due(&self, now: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> {
        let today = events::business_date(now, self.zone, self.day_begins);
        let back = if self.last_settled.is_some() { SETTLED_BACK_DAYS } else { 1 };
        let from = today.checked_sub_days(Days::new(back)).unwrap_or(today);
        let from = self.last_settled.and_then(|last| last.succ_opt()).map_or(from, |behind| behind.max(from));
        let booked = self.booked.iter().copied();
        booked.filter(move |date| *date >= from && *date < today)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn calendar(booked: &[&str], last_settled: Option<&str>) -> Calendar {
        Calendar {
            zone: Tz::Asia__Seoul,
            day_begins: NaiveTime::from_hms_opt(5, 0, 0).unwrap(),
            last_settled: last_settled.map(date),
            booked: booked.iter().map(|day| date(day)).collect(),
        }
    }

    fn due(calendar: &Calendar, at: &str) -> Vec<NaiveDate> {
        calendar.due(at.parse().unwrap()).collect()
    }

    #[test]
    fn a_day_is_due_from_its_cut_off_on() {
        let calendar = calendar(&["2026-11-20"], None);
        assert_eq!(due(&calendar, "2026-11-21T04:59:59+09:00"), []);
        assert_eq!(due(&calendar, "2026-11-21T05:00:00+09:00"), [date("2026-11-20")]);
    }

    #[test]
    fn a_year_that_nobody_settled_is_left_and_a_week_that_was_missed_is_made_up_for() {
        let days = ["2026-11-10", "2026-11-15", "2026-11-19", "2026-11-20"];
        assert_eq!(due(&calendar(&days, None), "2026-11-21T12:00:00+09:00"), [date("2026-11-20")]);
        let missed = due(&calendar(&days, Some("2026-11-09")), "2026-11-21T12:00:00+09:00");
        assert_eq!(missed, [date("2026-11-15"), date("2026-11-19"), date("2026-11-20")]);
        assert_eq!(due(&calendar(&days, Some("2026-11-19")), "2026-11-21T12:00:00+09:00"), [date("2026-11-20")]);
    }
}

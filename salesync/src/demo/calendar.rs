//! The calendar: how many sales fall on which day, and at what hours guests come.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

use super::chance::Chance;
use super::{End, Plan};

/// Per mille of an ordinary day, from Monday to Sunday.
const WEEKDAYS: [u64; 7] = [820, 860, 900, 950, 1_150, 1_330, 1_190];
/// Per mille of an ordinary month, from January to December.
const MONTHS: [u64; 12] = [930, 900, 980, 1_020, 1_060, 1_040, 1_010, 970, 1_000, 1_050, 1_020, 1_120];
/// By how many per mille business has grown when the history ends.
const GROWTH: u64 = 120;
/// By how many per mille rain or sun make a day worse or better.
const WEATHER: i64 = 120;

/// When the doors open, local time.
const OPENS_AT_HOUR: usize = 8;
/// When they close, local time.
const CLOSES_AT_HOUR: u32 = 22;
/// How guests arrive hour by hour from opening, a thousand a day, on a working day: before work, at lunch, in the afternoon, after work.
const WORKING_HOURS: [u32; 13] = [100, 85, 50, 50, 130, 120, 70, 80, 65, 50, 70, 80, 50];
/// The same on a weekend: late, and long.
const WEEKEND_HOURS: [u32; 13] = [20, 35, 55, 75, 90, 110, 120, 125, 110, 85, 70, 60, 45];
/// Who comes in one hour has left, paid and perhaps been paid back within so many.
const HOURS_OF_A_VISIT: usize = 3;

/// The days of a history and how busy each is.
#[derive(Debug)]
pub(super) struct Calendar {
    first: NaiveDate,
    end: End,
    /// The weight of all days before each day, and of all days in the end.
    before: Vec<u64>,
}

impl Calendar {
    pub(super) fn new(plan: &Plan, chance: &mut Chance) -> Self {
        let first = plan.end.date - Days::new(u64::from(plan.days.saturating_sub(1)));
        let mut calendar = Self { first, end: plan.end, before: vec![0] };
        let mut weights: Vec<u64> = (0..plan.days).map(|day| calendar.weight(day, plan.days, chance)).collect();
        if weights.iter().all(|weight| *weight == 0) {
            // A history of one day that has not opened yet: then that day is told in full.
            calendar.end = End::of_day(plan.end.date);
            weights = vec![1; plan.days as usize];
        }
        for weight in weights {
            calendar.before.push(calendar.before.last().unwrap_or(&0) + weight);
        }
        calendar
    }

    /// The date of the nth day, from 0.
    pub(super) fn date(&self, day: u32) -> NaiveDate {
        self.first + Days::new(u64::from(day))
    }

    /// How many of all sales fall on the day. Over all days they add up to all.
    pub(super) fn share(&self, day: u32, sales: u64) -> u64 {
        let up_to = |day: usize| {
            let weights = self.before.get(day).zip(self.before.last());
            weights.map_or(0, |(before, all)| u128::from(sales) * u128::from(*before) / u128::from((*all).max(1)))
        };
        let day = day as usize;
        u64::try_from(up_to(day + 1) - up_to(day)).unwrap_or(sales)
    }

    /// The second of the day at which somebody comes in.
    pub(super) fn arrival(&self, date: NaiveDate, chance: &mut Chance) -> i64 {
        let hour = OPENS_AT_HOUR + chance.weighted(self.hours(date));
        hour as i64 * 3_600 + chance.between(0, 3_599)
    }

    /// The second at which the last day's story ends, if the doors have been open long enough for one.
    pub(super) fn last_second(&self) -> Option<i64> {
        let hours = self.end.hours.min(CLOSES_AT_HOUR);
        (hours as usize > OPENS_AT_HOUR).then(|| i64::from(hours) * 3_600)
    }

    /// How guests arrive on the date, from opening: as far as the history goes.
    fn hours(&self, date: NaiveDate) -> &'static [u32] {
        let whole: &[u32] = match date.weekday() {
            Weekday::Sat | Weekday::Sun => &WEEKEND_HOURS,
            _ => &WORKING_HOURS,
        };
        if date < self.end.date {
            return whole;
        }
        let passed = (self.end.hours as usize).saturating_sub(OPENS_AT_HOUR + HOURS_OF_A_VISIT - 1);
        &whole[..passed.min(whole.len())]
    }

    fn weight(&self, day: u32, days: u32, chance: &mut Chance) -> u64 {
        let date = self.date(day);
        let weather = chance.between(1_000 - WEATHER, 1_000 + WEATHER).unsigned_abs();
        if closed(date) && days > 7 {
            return 0;
        }
        let growth = 1_000 + GROWTH * u64::from(day) / u64::from(days);
        let hours: u64 = self.hours(date).iter().map(|hour| u64::from(*hour)).sum();
        WEEKDAYS[date.weekday().num_days_from_monday() as usize] * MONTHS[date.month0() as usize] / 1_000 * growth
            / 1_000
            * weather
            / 1_000
            * hours
    }
}

/// The second Monday of a month is the staff's.
fn closed(date: NaiveDate) -> bool {
    date.weekday() == Weekday::Mon && (8..=14).contains(&date.day())
}

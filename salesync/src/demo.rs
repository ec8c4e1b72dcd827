//! The demo: a believable café's history, as the commands that its tills would have sent, in the order of time.
//!
//! ```text
//!   Plan ──► calendar: how many sales on which day ──► café: a day's visits ──► History: steps of all stores by time
//!            seed, until                               menu, floor, visits          (instant, store, command)
//! ```
//!
//! Nothing is booked here: the steps go through the writer like a till's, so demo data passes every rule that real data
//! does. The same plan makes the same steps, byte for byte.
//!
//! What is absent: the clock (a plan says where it ends), and any source of chance but the plan's seed.

mod cafe;
mod calendar;
mod chance;
mod floor;
mod menu;
mod owner;
pub mod running;
mod visit;

use std::vec::IntoIter;

use chrono::{DateTime, Duration, NaiveDate, Timelike as _, Utc};
use domain::Command;
use events::StoreId;

use self::cafe::Cafe;

/// The password of every demo store.
pub const PASSWORD: &str = "Demostore1!";
/// Seoul is nine hours ahead of UTC, summer and winter.
const SEOUL_HOURS: i64 = 9;

/// Which history to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How many sales are completed, over all stores.
    pub sales: u64,
    /// Over how many days.
    pub days: u32,
    /// In how many stores.
    pub stores: u32,
    /// What chance is drawn from.
    pub seed: u64,
    /// Where it ends.
    pub end: End,
}

/// Where a history ends, in the time of its stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The last day.
    pub date: NaiveDate,
    /// How many hours of it have passed, at most 24.
    pub hours: u32,
}

impl End {
    /// The end of a day.
    pub fn of_day(date: NaiveDate) -> Self {
        Self { date, hours: 24 }
    }

    /// The beginning of the hour that it is, so that nothing lies in the future.
    pub fn at(now: DateTime<Utc>) -> Self {
        let local = now.naive_utc() + Duration::hours(SEOUL_HOURS);
        Self { date: local.date(), hours: local.hour() }
    }
}

/// What a till asks for, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The store.
    pub store: StoreId,
    /// What is asked.
    pub command: Command,
}

/// All steps of a plan in the order of time, made a day at a time.
#[derive(Debug)]
pub struct History {
    cafes: Vec<Cafe>,
    days: IntoIter<u32>,
    ready: IntoIter<Step>,
}

impl History {
    /// The history of this plan. The hash is that of [`PASSWORD`], since hashing takes a salt and a while.
    pub fn new(plan: &Plan, password_hash: &str) -> Self {
        let cafes = (0..plan.stores).map(|nth| Cafe::new(plan, nth, password_hash)).collect();
        let days: Vec<u32> = (0..plan.days).collect();
        Self { cafes, days: days.into_iter(), ready: Vec::new().into_iter() }
    }
}

impl Iterator for History {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.ready.next() {
                return Some(step);
            }
            let day = self.days.next()?;
            let mut steps: Vec<Step> = self.cafes.iter_mut().flat_map(|cafe| cafe.day(day)).collect();
            steps.sort_by_key(|step| step.at);
            self.ready = steps.into_iter();
        }
    }
}

/// The instant of so many seconds and microseconds into a day in Seoul.
fn instant(date: NaiveDate, second: i64, micros: i64) -> DateTime<Utc> {
    let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc();
    midnight - Duration::hours(SEOUL_HOURS) + Duration::seconds(second) + Duration::microseconds(micros)
}

#[cfg(test)]
mod tests;

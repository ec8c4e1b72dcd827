//! What may be spent in a day: effects that cost money, counted per store, per installation and per telephone.
//!
//! One for all partitions that a process sees to. It counts what the log says was begun and what is about to be, each
//! once, so a process that died and came back counts on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use events::{EventId, StoreId};

/// Messages that one telephone number may have in a day, over all stores.
pub const MESSAGES_PER_PHONE_DAY: usize = 10;

/// The limits of a day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Attempts at advice that cost money, per store.
    pub advice_per_store_day: usize,
    /// The same over all stores.
    pub advice_per_day: usize,
}

impl Default for Budgets {
    fn default() -> Self {
        Self { advice_per_store_day: 50, advice_per_day: 1_000 }
    }
}

/// What has been spent today. Clones share it.
#[derive(Clone, Default)]
pub struct Spent(Arc<Mutex<Day>>);

#[derive(Default)]
struct Day {
    date: NaiveDate,
    advice: BTreeMap<StoreId, BTreeSet<(EventId, u32)>>,
    phones: BTreeMap<String, BTreeSet<EventId>>,
}

impl Spent {
    /// An attempt at advice was begun, or is about to be; false if it would be one too many.
    pub(crate) fn advice(
        &self,
        (store, effect, attempt): (StoreId, EventId, u32),
        at: DateTime<Utc>,
        budgets: &Budgets,
    ) -> bool {
        self.on(at, |day| {
            let all: usize = day.advice.values().map(BTreeSet::len).sum();
            let of_store = day.advice.entry(store).or_default();
            if of_store.contains(&(effect, attempt)) {
                return true;
            }
            let room = of_store.len() < budgets.advice_per_store_day && all < budgets.advice_per_day;
            if room {
                of_store.insert((effect, attempt));
            }
            room
        })
    }

    /// A message was begun, or is about to be; false if it would be one too many for the telephone.
    pub(crate) fn message(&self, phone: &str, message: EventId, at: DateTime<Utc>) -> bool {
        self.on(at, |day| {
            let sent = day.phones.entry(phone.to_owned()).or_default();
            let room = sent.contains(&message) || sent.len() < MESSAGES_PER_PHONE_DAY;
            if room {
                sent.insert(message);
            }
            room
        })
    }

    /// Counts on the day of `at`, if that is the present one or begins a new one; what is of the past costs nothing now.
    fn on(&self, at: DateTime<Utc>, count: impl FnOnce(&mut Day) -> bool) -> bool {
        let mut day = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let date = at.date_naive();
        if date < day.date {
            return true;
        }
        if date > day.date {
            *day = Day { date, ..Day::default() };
        }
        count(&mut day)
    }
}

/// Shows nothing: it holds telephone numbers.
impl std::fmt::Debug for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spent")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use uuid::Uuid;

    fn at(day: &str) -> DateTime<Utc> {
        format!("{day}T12:00:00Z").parse().unwrap()
    }

    fn id(n: u128) -> EventId {
        EventId(Uuid::from_u128(n))
    }

    #[test]
    fn a_telephone_has_ten_messages_a_day_over_all_stores_and_each_counts_once() {
        let spent = Spent::default();
        for n in 0..10 {
            assert!(spent.message("+821", id(n), at("2026-11-20")));
            assert!(spent.message("+821", id(n), at("2026-11-20")), "the same one again");
        }
        assert!(!spent.message("+821", id(10), at("2026-11-20")));
        assert!(spent.message("+822", id(10), at("2026-11-20")));
        assert!(spent.message("+821", id(10), at("2026-11-21")));
    }

    #[test]
    fn advice_has_a_budget_per_store_and_one_over_all() {
        let (spent, budgets) = (Spent::default(), Budgets { advice_per_store_day: 2, advice_per_day: 3 });
        let (one, two) = (StoreId(Uuid::from_u128(1)), StoreId(Uuid::from_u128(2)));
        let ask = |store, n, attempt| spent.advice((store, id(n), attempt), at("2026-11-20"), &budgets);
        assert!(ask(one, 1, 1) && ask(one, 1, 2) && ask(one, 1, 1));
        assert!(!ask(one, 2, 1));
        assert!(ask(two, 3, 1));
        assert!(!ask(two, 4, 1));
        assert!(spent.advice((two, id(4), 1), at("2026-11-21"), &budgets));
    }
}

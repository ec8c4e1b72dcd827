//! Brakes on guessing: how often a log-in may fail and how often an address may sign up.
//!
//! An attempt counts as failed from its start until it has succeeded. Counted only afterwards, a hundred guesses sent
//! at once would all pass, and so would one whose client hangs up before the answer.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use events::StoreId;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::problem::{Problem, ProblemType};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// How many accounts or addresses are remembered at once; beyond, the longest untouched is forgotten.
const REMEMBERED: u64 = 100_000;

/// How often is too often.
#[derive(Debug, Clone, Copy)]
pub struct ThrottleLimits {
    /// Failed log-ins a minute to one account, from anywhere.
    pub failures_per_account: u32,
    /// Failed log-ins a minute from one address.
    pub failures_per_address: u32,
    /// Sign-ups an hour from one address.
    pub sign_ups_per_address: u32,
}

/// Counts per account and per address, in memory alone.
pub struct Throttle {
    accounts: Windows<StoreId>,
    addresses: Windows<IpAddr>,
    sign_ups: Windows<IpAddr>,
}

/// A log-in under way. Dropped, it has failed.
#[derive(Debug)]
#[must_use = "an attempt that is dropped has failed"]
pub struct Attempt {
    windows: [Arc<Window>; 2],
}

struct Windows<K> {
    most: u32,
    period: Duration,
    open: Cache<K, Arc<Window>>,
}

#[derive(Debug)]
struct Window {
    opened: Instant,
    count: AtomicU32,
}

impl Default for ThrottleLimits {
    fn default() -> Self {
        Self { failures_per_account: 10, failures_per_address: 100, sign_ups_per_address: 60 }
    }
}

impl Throttle {
    /// Nothing counted yet.
    pub fn new(limits: ThrottleLimits) -> Self {
        Self {
            accounts: Windows::new(limits.failures_per_account, MINUTE),
            addresses: Windows::new(limits.failures_per_address, MINUTE),
            sign_ups: Windows::new(limits.sign_ups_per_address, HOUR),
        }
    }

    /// Begins a log-in: 429 if too many have failed. The account need not exist.
    pub fn log_in(&self, account: StoreId, address: IpAddr) -> Result<Attempt, Problem> {
        self.log_in_at(account, address, Instant::now())
    }

    /// Counts a sign-up: 429 if there were too many.
    pub fn sign_up(&self, address: IpAddr) -> Result<(), Problem> {
        self.sign_up_at(address, Instant::now())
    }

    fn log_in_at(&self, account: StoreId, address: IpAddr, now: Instant) -> Result<Attempt, Problem> {
        let by_account = self.accounts.count(account, now)?;
        let by_address = self.addresses.count(network(address), now).inspect_err(|_| by_account.take_back())?;
        Ok(Attempt { windows: [by_account, by_address] })
    }

    fn sign_up_at(&self, address: IpAddr, now: Instant) -> Result<(), Problem> {
        self.sign_ups.count(network(address), now).map(|_| ())
    }
}

impl Attempt {
    /// The log-in did not fail: it succeeded, or never came to an answer for want of room.
    pub fn forgive(self) {
        self.windows.iter().for_each(|window| window.take_back());
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> Windows<K> {
    fn new(most: u32, period: Duration) -> Self {
        let open = Cache::builder().max_capacity(REMEMBERED).time_to_live(period);
        Self { most, period, open: open.eviction_policy(EvictionPolicy::lru()).build() }
    }

    /// One more in the window that is open, or in a new one.
    fn count(&self, key: K, now: Instant) -> Result<Arc<Window>, Problem> {
        let new = || Arc::new(Window { opened: now, count: AtomicU32::new(0) });
        let over = |window: &Arc<Window>| now.saturating_duration_since(window.opened) >= self.period;
        let window = self.open.entry(key).or_insert_with_if(new, over).into_value();
        let free = |count: u32| (count < self.most).then_some(count + 1);
        if window.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).is_ok() {
            return Ok(window);
        }
        let left = self.period.saturating_sub(now.saturating_duration_since(window.opened));
        Err(Problem::new(ProblemType::TooManyRequests).retry_after(left.max(Duration::from_secs(1))))
    }
}

impl Window {
    fn take_back(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whose address it is: of IPv6 the first 64 bits, since one customer has all of the rest.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn account(name: &str) -> StoreId {
        StoreId::of_username(name)
    }

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn the_eleventh_failure_of_an_account_in_a_minute_is_refused_from_any_address() {
        let (throttle, start) = (Throttle::new(ThrottleLimits::default()), Instant::now());
        for n in 0..10 {
            drop(throttle.log_in_at(account("cafe"), address(n), start).unwrap());
        }
        let refused = throttle.log_in_at(account("cafe"), address(99), start + Duration::from_secs(20)).unwrap_err();
        assert_eq!(refused.kind(), ProblemType::TooManyRequests);
        assert!(throttle.log_in_at(account("other"), address(1), start).is_ok());
        assert!(throttle.log_in_at(account("cafe"), address(1), start + MINUTE).is_ok());
    }

    #[test]
    fn a_log_in_that_succeeds_counts_for_nothing() {
        let (throttle, start) = (Throttle::new(ThrottleLimits::default()), Instant::now());
        for _ in 0..1000 {
            throttle.log_in_at(account("cafe"), address(1), start).unwrap().forgive();
        }
        assert!(throttle.log_in_at(account("cafe"), address(1), start).is_ok());
    }

    #[test]
    fn guesses_sent_at_once_do_not_slip_through_together() {
        let (throttle, start) = (Throttle::new(ThrottleLimits::default()), Instant::now());
        let under_way: Vec<_> = (0..50).map(|_| throttle.log_in_at(account("cafe"), address(1), start)).collect();
        assert_eq!(under_way.iter().filter(|attempt| attempt.is_ok()).count(), 10);
    }

    #[test]
    fn an_address_fails_a_hundred_times_a_minute_at_most_and_takes_no_accounts_turn_then() {
        let limits = ThrottleLimits { failures_per_account: 1, ..ThrottleLimits::default() };
        let (throttle, start) = (Throttle::new(limits), Instant::now());
        for n in 0..100 {
            drop(throttle.log_in_at(account(&format!("cafe{n}")), address(1), start).unwrap());
        }
        assert!(throttle.log_in_at(account("fresh"), address(1), start).is_err());
        assert!(throttle.log_in_at(account("fresh"), address(2), start).is_ok());
    }

    #[test]
    fn one_customers_ipv6_addresses_are_one_address() {
        let limits = ThrottleLimits { sign_ups_per_address: 1, ..ThrottleLimits::default() };
        let (throttle, start) = (Throttle::new(limits), Instant::now());
        assert!(throttle.sign_up_at("2001:db8:0:1::1".parse().unwrap(), start).is_ok());
        assert!(throttle.sign_up_at("2001:db8:0:1:ffff::2".parse().unwrap(), start).is_err());
        assert!(throttle.sign_up_at("2001:db8:0:2::1".parse().unwrap(), start).is_ok());
    }

    #[test]
    fn sign_ups_are_counted_by_the_hour() {
        let (throttle, start) = (Throttle::new(ThrottleLimits::default()), Instant::now());
        for _ in 0..60 {
            throttle.sign_up_at(address(1), start).unwrap();
        }
        assert!(throttle.sign_up_at(address(1), start + MINUTE).is_err());
        assert!(throttle.sign_up_at(address(1), start + HOUR).is_ok());
    }
}

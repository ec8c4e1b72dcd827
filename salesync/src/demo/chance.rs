//! Chance, drawn in whole numbers so that every machine draws the same.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// One store's chance.
#[derive(Debug)]
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The chance of the nth store: the same whatever other stores there are.
    pub(super) fn of(seed: u64, nth: u32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(u64::from(nth));
        Self(rng)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high)
    }

    /// Whether something happens that happens so many times in a thousand.
    pub(super) fn permille(&mut self, times: u32) -> bool {
        self.0.random_range(0..1_000) < times
    }

    /// The place of one of the weights, each as likely as it is heavy; 0 if none weighs anything.
    pub(super) fn weighted(&mut self, weights: &[u32]) -> usize {
        let sum: u32 = weights.iter().sum();
        let mut left = if sum == 0 { 0 } else { self.0.random_range(0..sum) };
        for (at, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return at,
            }
        }
        0
    }
}

//! Chance, seeded: what a hostile log does to each append.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::delivery::{Delivery, Step};

/// How hostile a log is. Each field but the seed is a probability from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub struct Hostility {
    /// The same seed and the same calls give the same log.
    pub seed: u64,
    /// A record never lands.
    pub lose: f64,
    /// The first few records of an append never land, while the rest do.
    pub lose_head: f64,
    /// A record lands late: behind later appends, other claims, or the end of its reign.
    pub delay: f64,
    /// A record lands twice, the second time at once or late.
    pub double: f64,
    /// A record lands before the one that was sent just before it.
    pub reorder: f64,
    /// A record lands, but nothing is reported of it.
    pub lose_report: f64,
    /// Something that is under way lands now; asked at every step.
    pub land: f64,
}

impl Hostility {
    /// Everything goes wrong now and then, and most appends go well.
    pub fn moderate(seed: u64) -> Self {
        let rare = 0.02;
        Self {
            seed,
            lose: rare,
            lose_head: rare,
            delay: rare,
            double: rare,
            reorder: rare,
            lose_report: rare,
            land: 0.1,
        }
    }

    /// Hardly an append goes well.
    pub fn severe(seed: u64) -> Self {
        let often = 0.12;
        Self {
            seed,
            lose: often,
            lose_head: often,
            delay: often,
            double: often,
            reorder: often,
            lose_report: often,
            land: 0.1,
        }
    }
}

pub(super) struct Chance {
    hostility: Hostility,
    rng: Mutex<ChaCha8Rng>,
    ended: AtomicBool,
}

impl Chance {
    pub(super) fn new(hostility: Hostility) -> Self {
        let rng = Mutex::new(ChaCha8Rng::seed_from_u64(hostility.seed));
        Self { hostility, rng, ended: AtomicBool::new(false) }
    }

    /// Ends the hostility.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }

    /// Which of `waiting` records under way lands now, if one does.
    pub(super) fn landing(&self, waiting: usize) -> Option<usize> {
        (waiting > 0 && self.happens(self.hostility.land)).then(|| self.below(waiting))
    }

    /// How many of `there` records a read returns: now and then fewer than there are.
    pub(super) fn short_read(&self, there: usize) -> usize {
        if there > 1 && self.happens(0.3) { 1 + self.below(there) } else { there }
    }

    pub(super) fn delivery(&self, records: usize) -> Delivery {
        let head = if records > 1 && self.happens(self.hostility.lose_head) { self.below(records) } else { 0 };
        let mut steps = Vec::with_capacity(records + 1);
        for index in head..records {
            self.deliver(index, &mut steps);
        }
        Delivery::of(steps)
    }

    fn deliver(&self, index: usize, steps: &mut Vec<Step>) {
        let Hostility { lose, delay, double, reorder, lose_report, .. } = self.hostility;
        if self.happens(lose) {
            return;
        }
        if self.happens(delay) {
            steps.push(Step::Delay { index });
            return;
        }
        let landing = Step::Land { index, reported: !self.happens(lose_report) };
        let at = if self.happens(reorder) { steps.len().saturating_sub(1) } else { steps.len() };
        steps.insert(at, landing);
        if self.happens(double) {
            let at_once = self.happens(0.5);
            steps.push(if at_once { Step::Land { index, reported: false } } else { Step::Delay { index } });
        }
    }

    fn happens(&self, probability: f64) -> bool {
        !self.ended.load(Ordering::SeqCst) && self.draw(|rng| rng.random_bool(probability))
    }

    fn below(&self, bound: usize) -> usize {
        self.draw(|rng| rng.random_range(0..bound))
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut ChaCha8Rng) -> T) -> T {
        draw(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

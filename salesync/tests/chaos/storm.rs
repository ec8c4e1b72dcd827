//! One fault after the other, mostly two at once, under load: nothing acknowledged is lost or doubled, nobody was told
//! otherwise, and everything is well once it is quiet.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::chain::{Chain, FEASTS};
use crate::checker::{self, Evidence};
use crate::faults::{Fault, last};
use crate::gauge::{Sum, Tide};
use crate::history::{History, Outcome};
use crate::load::Load;
use crate::{alone, say};

/// Tills at work all the time.
const TILLS: usize = 8;
/// Tills that come for a short while, all to one store: what is under way then is many records.
const CROWD: usize = 40;
/// Tills that order a whole long menu when the broker or a writer stands still for a while: an append that takes several
/// requests may lose its head and keep its tail.
const FEASTING: usize = 24;
/// How long a short run torments the chain.
const SHORT: Duration = Duration::from_secs(70);
/// What a short run must have seen at least.
const SHORT_LEAST: Least = Least { accepted: 1_000, unknown: 20, appends: 4, reigns: 15, torn: 0 };
/// What a long run must have seen at least.
const LONG_LEAST: Least = Least { accepted: 100_000, unknown: 1_000, appends: 100, reigns: 40, torn: 20 };
/// Of what is answered, a part is answered twice.
const ANSWERED_TWICE: u64 = 5;

/// What a run must have seen, so that it shows something.
struct Least {
    /// Commands accepted.
    accepted: u64,
    /// Attempts that a till was left in doubt about.
    unknown: u64,
    /// Appends that ended unknown.
    appends: u64,
    reigns: u64,
    /// Holes and doubles in the log: records of a reign in force that do not count.
    torn: u64,
}

/// How long a run is.
struct Length {
    least: Least,
    /// A short run ends then; a long one has failed if it has not seen enough.
    until: Instant,
    long: bool,
}

/// A run, and what it has seen.
struct Storm {
    chain: Chain,
    chance: ChaCha8Rng,
    deck: Vec<Fault>,
    fired: BTreeMap<&'static str, u64>,
    crowds: usize,
    history: History,
    tide: Tide,
}

#[test]
fn under_everything_that_can_go_wrong_it_loses_nothing_and_doubles_nothing() {
    let _alone = alone();
    let seed = seed();
    say(&format!("seed {seed}"));
    let mut storm = Storm::gather(seed);
    let load = Load::start(std::sync::Arc::clone(&storm.chain.door), &storm.chain.stores, TILLS, seed);
    let length = Length::asked_for();
    while !storm.is_over(&length) {
        storm.strike();
    }
    storm.history.extend(load.finish());
    let evidence = storm.calm();
    checker::check(&evidence).assert_sound_and_asked();
    storm.tell(&evidence, &length.least);
}

impl Storm {
    fn gather(seed: u64) -> Self {
        let chain = Chain::start();
        let chance = ChaCha8Rng::seed_from_u64(seed);
        let (deck, fired, history) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { chain, chance, deck, fired, crowds: 0, history, tide: Tide::out() }
    }

    /// Whether the run has seen enough.
    fn is_over(&mut self, length: &Length) -> bool {
        let late = Instant::now() >= length.until;
        if !length.long {
            return late;
        }
        self.read();
        let (least, sum, tally) = (&length.least, self.tide.sum, self.chain.door.tally());
        let accepted = tally.accepted - tally.accepted / ANSWERED_TWICE;
        let enough = accepted >= least.accepted
            && tally.unknown >= least.unknown
            && self.chain.appends.unknown() >= least.appends
            && sum.reigns >= least.reigns
            && sum.torn() >= least.torn;
        say(&format!("{tally:?}, {} appends unknown, {sum:?}", self.chain.appends.unknown()));
        assert!(
            enough || !late,
            "the time was not enough: {tally:?}, {} appends, {sum:?}",
            self.chain.appends.unknown()
        );
        enough
    }

    /// Two faults at once, mostly while a crowd is there; then it goes on until all is well again.
    fn strike(&mut self) {
        let faults = self.draw();
        say(&format!("{faults:?}"));
        let feast = faults.iter().any(|fault| fault.parts_appends());
        let come = match self.chance.random_range(0..4) {
            _ if feast => FEASTING,
            0 => 0,
            _ => CROWD,
        };
        let crowd = self.crowd(come, feast);
        let before = self.chain.door.tally().answers;
        self.chain.door.await_tally("answers", |tally| tally.answers > before + 2 * (TILLS + come) as u64);
        let mut under_way = Vec::new();
        for fault in faults {
            *self.fired.entry(fault.kind()).or_default() += 1;
            let ends = Instant::now() + fault.lasts(&mut self.chance);
            fault.begin(&mut self.chain);
            under_way.push((fault.is_of_instance(), ends, fault));
            last(Duration::from_millis(self.chance.random_range(0..1_000)));
        }
        // Each ends when its own time is up, but an instance comes after what it needs.
        under_way.sort_by_key(|(of_instance, ends, _)| (*of_instance, *ends));
        for (_, ends, fault) in under_way {
            last(ends.saturating_duration_since(Instant::now()));
            fault.end(&mut self.chain, &mut self.chance);
        }
        let answers = self.chain.door.tally().answers;
        self.chain.door.await_tally("answers afterwards", |tally| tally.answers > answers + 10 * TILLS as u64);
        self.history.extend(crowd.finish());
        self.chain.recovers();
    }

    fn draw(&mut self) -> Vec<Fault> {
        if self.deck.is_empty() {
            self.deck = Fault::deck(&mut self.chance);
        }
        let first = self.deck.pop().unwrap();
        let second = self.deck.iter().rposition(|fault| fault.goes_with(first));
        let second = second.map(|at| self.deck.remove(at));
        [Some(first), second].into_iter().flatten().collect()
    }

    /// Many tills at once, all on one store.
    fn crowd(&mut self, tills: usize, feast: bool) -> Load {
        self.crowds += 1;
        let (numbers, seed) = (self.crowds * 1_000..self.crowds * 1_000 + tills, self.crowds as u64);
        let (door, stores) = (std::sync::Arc::clone(&self.chain.door), &self.chain.stores);
        if feast {
            return Load::feast(door, &stores[FEASTS], numbers, seed);
        }
        let store = self.chance.random_range(0..stores.len());
        Load::join(door, &stores[store..=store], numbers, seed)
    }

    fn read(&mut self) {
        self.chain.read_all_appends();
        let log = self.chain.below.log();
        self.chain.below.block_on(self.tide.rise(&log));
    }

    fn calm(&mut self) -> Evidence {
        let evidence = self.chain.evidence(std::mem::take(&mut self.history));
        self.read();
        evidence
    }

    /// Says what the run has seen, and fails if that was next to nothing.
    fn tell(&self, evidence: &Evidence, least: &Least) {
        let attempts = evidence.history.iter().flat_map(|command| &command.attempts);
        let doubtful = |outcome: &Outcome| matches!(outcome, Outcome::Unknown(_) | Outcome::Lost { .. });
        let unknown = attempts.filter(|attempt| doubtful(&attempt.outcome)).count() as u64;
        let answered = |is: fn(u16) -> bool| {
            let answers = evidence.history.iter().filter_map(|command| command.answer());
            answers.filter(|answer| is(answer.status)).count() as u64
        };
        let (accepted, rejected) = (answered(|status| status < 300), answered(|status| status >= 400));
        let Sum { reigns, holes, doubles, late, beaten } = self.tide.sum;
        let (appends, (lost, held)) = (self.chain.appends.unknown(), self.chain.proxy.harm());
        for (kind, times) in &self.fired {
            say(&format!("{times:>9} {kind}"));
        }
        say(&format!("{lost:>9} bytes of answers lost, {held} bytes of requests held back"));
        say(&format!("{accepted:>9} commands accepted, {rejected} rejected, {unknown} attempts in doubt"));
        say(&format!("{reigns:>9} reigns, {appends} appends that ended unknown"));
        say(&format!("{holes:>9} holes, {doubles} doubles, {late} late records and {beaten} late claims: all void"));
        assert!(accepted >= least.accepted && unknown >= least.unknown, "the run was nearly empty");
        assert!(appends >= least.appends && reigns >= least.reigns, "the log had it easy");
        assert!(self.tide.sum.torn() >= least.torn, "everything counted");
        assert!(self.fired.len() >= 10, "not every fault was played");
    }
}

impl Length {
    fn asked_for() -> Self {
        let limit = setting("SALESYNC_TEST_CHAOS_SECONDS").map(Duration::from_secs);
        let least = if limit.is_some() { LONG_LEAST } else { SHORT_LEAST };
        Self { least, until: Instant::now() + limit.unwrap_or(SHORT), long: limit.is_some() }
    }
}

fn seed() -> u64 {
    setting("SALESYNC_TEST_CHAOS_SEED").unwrap_or(1)
}

#[expect(clippy::disallowed_methods, reason = "how long this test runs is no setting of the program")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

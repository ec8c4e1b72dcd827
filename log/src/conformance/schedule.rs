//! Chance, seeded: several instances contend for one partition, crash, come back, and are held to what they were told.

use std::collections::HashMap;

use events::Position;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::scene::{Scene, Seat, Writer, equal, holds};
use super::{Candidate, Failure};
use crate::cursor::Cursor;
use crate::port::Report;
use crate::record::{Kind, Record, RecordDigest, Stored};
use crate::reign::Outcome;

/// How many instances contend.
const INSTANCES: usize = 3;

/// How many steps are taken.
const STEPS: usize = 120;

/// How many records a batch has at most.
const BATCH_RECORDS_MAX: usize = 6;

/// How often an instance claims before the last claim is given up.
const LAST_CLAIMS_MAX: usize = 20;

/// How often what happened, so that a run which showed nothing is noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records told to count.
    pub counted: usize,
    /// Records told to be void.
    pub void: usize,
    /// Records told to be unknown.
    pub unknown: usize,
    /// Unknown records that an own later claim found to count.
    pub found: usize,
    /// Unknown records that an own later claim found to be absent.
    pub absent: usize,
    /// Claims that counted.
    pub reigns: usize,
    /// Records in the log that do not count.
    pub void_in_log: usize,
}

/// Lets a seeded schedule happen on a fresh log and checks, against all that counts in the end: what was told to count
/// does, where it was told; what was told to be void does not; what an own later claim found stays so; of each reign
/// a prefix counts, once and in order; terms are 1, 2, 3 …; and whoever resumes anywhere sees the same.
pub async fn schedule(candidate: &dyn Candidate, seed: u64) -> Result<Tally, Failure> {
    let scene = Scene::new(candidate).await?;
    let mut run = Run::new(&scene, seed);
    for _ in 0..STEPS {
        let who = run.rng.random_range(0..INSTANCES);
        run.step(who).await?;
    }
    (scene.settle)();
    for who in 0..INSTANCES {
        run.come_back(who).await?;
    }
    run.check().await
}

struct Run<'a> {
    scene: &'a Scene<'a>,
    rng: ChaCha8Rng,
    instances: Vec<Instance>,
    told: Vec<(Record, Told)>,
    stored: Vec<Cursor>,
    events: u64,
    tally: Tally,
}

/// What a writer was told of a record, at last.
#[derive(Clone, Copy)]
enum Told {
    At(Position),
    Void,
}

#[derive(Default)]
struct Instance {
    cursor: Cursor,
    seat: Option<Seat>,
    unknown: Vec<Record>,
}

impl<'a> Run<'a> {
    fn new(scene: &'a Scene<'a>, seed: u64) -> Self {
        Self {
            scene,
            rng: ChaCha8Rng::seed_from_u64(seed),
            instances: (0..INSTANCES).map(|_| Instance::default()).collect(),
            told: Vec::new(),
            stored: vec![Cursor::default()],
            events: 0,
            tally: Tally::default(),
        }
    }

    async fn step(&mut self, who: usize) -> Result<(), Failure> {
        let crashes = self.rng.random_bool(0.03);
        match self.instances[who].seat.take() {
            Some(seat) if !crashes => self.append(who, seat).await,
            _ if self.rng.random_bool(0.3) => self.claim(who).await,
            _ => Ok(()),
        }
    }

    async fn append(&mut self, who: usize, mut seat: Seat) -> Result<(), Failure> {
        let mut batch = Vec::new();
        for _ in 0..self.rng.random_range(1..=BATCH_RECORDS_MAX) {
            self.events += 1;
            batch.extend(seat.events([&format!("event {}", self.events)]));
        }
        let appended = self.scene.append(&mut seat, &self.instances[who].cursor, batch.clone()).await;
        holds("a log that was not cut is not told to be", appended.cut.is_none())?;
        equal("the number of outcomes", &appended.outcomes.len(), &batch.len())?;
        for (record, outcome) in batch.into_iter().zip(&appended.outcomes) {
            match outcome {
                Outcome::Counted(at) => {
                    self.tally.counted += 1;
                    self.told.push((record, Told::At(*at)));
                }
                Outcome::Void => {
                    self.tally.void += 1;
                    self.told.push((record, Told::Void));
                }
                Outcome::Unknown(_) => {
                    self.tally.unknown += 1;
                    self.instances[who].unknown.push(record);
                }
            }
        }
        if appended.over {
            return self.forget(who);
        }
        self.instances[who].cursor = appended.cursor;
        self.instances[who].seat = Some(seat);
        Ok(())
    }

    /// The reign is over: the state is built again from what is stored, or from the beginning.
    fn forget(&mut self, who: usize) -> Result<(), Failure> {
        let stored = self.stored.get(self.rng.random_range(0..self.stored.len()));
        let cursor = stored.cloned().ok_or_else(|| Failure("nothing is stored".to_owned()))?;
        let instance = &mut self.instances[who];
        instance.seat = None;
        instance.cursor = cursor;
        Ok(())
    }

    /// Folds to the end, claims, and folds up to the claim; if it counts, the unknown are known.
    async fn claim(&mut self, who: usize) -> Result<(), Failure> {
        self.forget(who)?;
        self.fold(who, None).await?;
        let mut writer = self.scene.writer().await?;
        let claim = writer.claim(self.instances[who].cursor.term + 1, self.scene.home());
        let reports = writer.handle.send(vec![claim]).await;
        let [Report::At(at)] = reports[..] else { return Ok(()) };
        self.fold(who, Some(at.next())).await?;
        if self.instances[who].cursor.writer == Some(writer.id) {
            self.tally.reigns += 1;
            self.resolve(who).await?;
            self.sit(who, writer);
        }
        Ok(())
    }

    fn sit(&mut self, who: usize, writer: Writer) {
        self.stored.push(self.instances[who].cursor.clone());
        self.instances[who].seat = Some(self.scene.seat(writer));
    }

    async fn fold(&mut self, who: usize, end: Option<Position>) -> Result<(), Failure> {
        let end = match end {
            Some(end) => end,
            None => self.scene.end().await?,
        };
        let from = self.instances[who].cursor.clone();
        let end = end.max(from.next);
        let (cursor, _) = self.scene.fold_to(from, end).await?;
        self.instances[who].cursor = cursor;
        Ok(())
    }

    /// What the own claim's fold shows of the unknown. It is read from the beginning: a state would know it.
    async fn resolve(&mut self, who: usize) -> Result<(), Failure> {
        let end = self.instances[who].cursor.next;
        let (_, counted) = self.scene.fold_to(Cursor::default(), end).await?;
        let counted = places(&counted);
        for record in std::mem::take(&mut self.instances[who].unknown) {
            let found = counted.get(&record.digest()).copied();
            self.tally.found += usize::from(found.is_some());
            self.tally.absent += usize::from(found.is_none());
            self.told.push((record, found.map_or(Told::Void, Told::At)));
        }
        Ok(())
    }

    /// With nothing going wrong any more, an instance claims and learns of all its unknown.
    async fn come_back(&mut self, who: usize) -> Result<(), Failure> {
        for _ in 0..LAST_CLAIMS_MAX {
            self.claim(who).await?;
            if self.instances[who].seat.is_some() {
                return equal("what is still unknown", &self.instances[who].unknown.len(), &0);
            }
        }
        Err(Failure("no claim counts though nothing goes wrong".to_owned()))
    }

    async fn check(mut self) -> Result<Tally, Failure> {
        let (cursor, history) = self.scene.fold(Cursor::default()).await?;
        check_order(&history)?;
        let places = places(&history);
        equal("how many different records count", &places.len(), &history.len())?;
        for (record, told) in &self.told {
            let expected = match told {
                Told::At(at) => Some(at),
                Told::Void => None,
            };
            let n = record.n;
            equal(
                &format!("where record {n} of {:?} counts", record.writer),
                &places.get(&record.digest()),
                &expected,
            )?;
        }
        for stored in self.stored {
            let from = stored.next;
            let (resumed, rest) = self.scene.fold(stored).await?;
            equal("the cursor at the end, resumed", &resumed, &cursor)?;
            let expected: Vec<_> = history.iter().filter(|stored| stored.position >= from).cloned().collect();
            equal("what counts, resumed", &rest, &expected)?;
        }
        let length = usize::try_from(cursor.next.0).unwrap_or(usize::MAX);
        self.tally.void_in_log = length - history.len();
        Ok(self.tally)
    }
}

fn places(counted: &[Stored]) -> HashMap<RecordDigest, Position> {
    counted.iter().map(|stored| (stored.record.digest(), stored.position)).collect()
}

/// Terms are 1, 2, 3 …, and behind each claim stand its writer's records 1, 2, 3 … until the next claim.
fn check_order(history: &[Stored]) -> Result<(), Failure> {
    let (mut term, mut writer, mut n) = (0, None, 0);
    for Stored { record, .. } in history {
        if record.kind == Kind::Claim {
            let claim = record.as_claim().map_err(|error| Failure(error.to_string()))?;
            equal("the term of a counted claim", &claim.term, &(term + 1))?;
            (term, writer, n) = (claim.term, Some(record.writer), 0);
        } else {
            equal("the writer of a counted record", &Some(record.writer), &writer)?;
            equal("the n of a counted record", &record.n, &(n + 1))?;
            n = record.n;
        }
    }
    Ok(())
}

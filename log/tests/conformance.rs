//! The port's contract, held to by every provider there is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use log::conformance::{CASES, Candidate, Failure, Fixture, Tally, schedule};
use log::{Hostility, MemoryLog, SqliteLog, SqliteOptions};
use tempfile::TempDir;

struct Memory {
    partitions: u32,
}

struct Hostile(Hostility);

#[derive(Default)]
struct Sqlite {
    folders: Mutex<Vec<TempDir>>,
}

#[async_trait]
impl Candidate for Memory {
    async fn fresh(&self) -> Result<Fixture, Failure> {
        let log = MemoryLog::new(self.partitions);
        Ok(Fixture { log: Arc::new(log.clone()), beside: Arc::new(log), settle: Box::new(|| {}) })
    }
}

#[async_trait]
impl Candidate for Hostile {
    async fn fresh(&self) -> Result<Fixture, Failure> {
        let log = MemoryLog::hostile(1, self.0);
        let settled = log.clone();
        Ok(Fixture { log: Arc::new(log.clone()), beside: Arc::new(log), settle: Box::new(move || settled.settle()) })
    }
}

#[async_trait]
impl Candidate for Sqlite {
    async fn fresh(&self) -> Result<Fixture, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        self.folders.lock().unwrap().push(folder);
        let log = SqliteLog::open(SqliteOptions::appending(&path)).unwrap();
        let beside = SqliteLog::open(SqliteOptions::reading(&path)).unwrap();
        Ok(Fixture { log, beside, settle: Box::new(|| {}) })
    }
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    for partitions in [1, 3] {
        keeps_the_contract(&Memory { partitions }).await;
    }
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    keeps_the_contract(&Sqlite::default()).await;
}

#[tokio::test]
async fn memory_holds_under_contention() {
    let tally = contend(0..50, |_| Memory { partitions: 1 }).await;
    assert!(tally.counted > 5_000 && tally.void > 500 && tally.reigns > 500, "{tally:?}");
}

#[tokio::test]
async fn sqlite_holds_under_contention() {
    let tally = contend(0..5, |_| Sqlite::default()).await;
    assert!(tally.counted > 500 && tally.void > 50 && tally.reigns > 50, "{tally:?}");
}

#[tokio::test]
async fn hostile_memory_holds_under_contention() {
    let tally = contend(0..400, |seed| Hostile(Hostility::moderate(seed))).await;
    assert!(tally.counted > 10_000 && tally.void > 1_000 && tally.unknown > 1_000, "{tally:?}");
    assert!(tally.found > 100 && tally.absent > 100 && tally.void_in_log > 1_000, "{tally:?}");
}

#[tokio::test]
async fn severely_hostile_memory_holds_under_contention() {
    let tally = contend(1_000..1_400, |seed| Hostile(Hostility::severe(seed))).await;
    assert!(tally.counted > 1_000 && tally.void > 1_000 && tally.unknown > 1_000, "{tally:?}");
    assert!(tally.found > 100 && tally.absent > 100 && tally.void_in_log > 1_000, "{tally:?}");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_run() {
    let run = |seed| async move { schedule(&Hostile(Hostility::moderate(seed)), seed).await.unwrap() };
    assert_eq!(run(7).await, run(7).await);
    assert_ne!(run(7).await, run(8).await);
}

async fn keeps_the_contract(candidate: &dyn Candidate) {
    let mut broken = Vec::new();
    for case in CASES {
        if let Err(failure) = case.run(candidate).await {
            broken.push(format!("{}: {failure}", case.name));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

async fn contend<C: Candidate>(seeds: std::ops::Range<u64>, candidate: impl Fn(u64) -> C) -> Tally {
    let mut sum = Tally::default();
    for seed in seeds {
        let tally = schedule(&candidate(seed), seed).await.unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
        sum.counted += tally.counted;
        sum.void += tally.void;
        sum.unknown += tally.unknown;
        sum.found += tally.found;
        sum.absent += tally.absent;
        sum.reigns += tally.reigns;
        sum.void_in_log += tally.void_in_log;
    }
    sum
}

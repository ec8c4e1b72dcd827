//! A history goes from a file to several partitions and back, while its shop works, and through interruptions.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use command_api::{Alone, Answer, Authority, Key, NotApplied, Reply, Request, WriterOptions, WriterStatus, Writers};
use domain::{Command, PayTab};
use events::{Actor, Digest, EventId, Partition, StoreId, TableNo};
use indicatif::ProgressBar;
use log::{Fault, Log, MemoryLog, SqliteLog, SqliteOptions};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;
use web::Ids as _;

use super::{Carried, carry, prepare};
use crate::ambient::SystemIds;
use crate::demo::{End, History, Plan, Step};

const PARTITIONS: u32 = 5;

/// A shop that trades on a log.
struct Trading {
    writers: Writers,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Trading {
    fn on(log: &Arc<dyn Log>) -> Self {
        let options = WriterOptions {
            log: Arc::clone(log),
            partition: Partition(0),
            ids: Arc::new(SystemIds),
            snapshots: None,
            locked: true,
            snapshot_every_records: u64::MAX,
        };
        let (writers, task) = Writers::new(&options, Arc::new(Alone::of(log.partitions())));
        let (stop, stopping) = watch::channel(false);
        Self { writers, stop, task: tokio::spawn(task.run(stopping)) }
    }

    async fn ask(&self, asked: &Asked) -> Reply {
        self.writers.submit(asked.request()).await
    }

    async fn answer(&self, asked: &Asked) -> Answer {
        match self.ask(asked).await {
            Reply::Answered(answered) => answered.answer,
            other => panic!("no answer: {other:?}"),
        }
    }

    async fn close(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

/// A command with its key, which may be asked again.
#[derive(Clone)]
struct Asked {
    step: Step,
    key: String,
}

impl Asked {
    fn request(&self) -> Request {
        let authority = match &self.step.command {
            Command::RegisterStore(_) => Authority::Open,
            _ => Authority::Token { jti: Uuid::nil(), cv: 0 },
        };
        Request {
            id: EventId(SystemIds.uuid()),
            store: self.step.store,
            key: Some(Key { digest: Digest::of(&[self.key.as_bytes()]), text: self.key.clone() }),
            authority,
            actor: Actor::Demo,
            at: self.step.at,
            command: self.step.command.clone(),
        }
    }
}

/// What three stores ask for, and of each a payment that is refused.
fn history() -> Vec<Asked> {
    let end = End { date: chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(), hours: 24 };
    let plan = Plan { sales: 120, days: 4, stores: 3, seed: 7, end };
    let steps: Vec<Step> = History::new(&plan, "hash").collect();
    let last = steps.last().unwrap().at;
    let stores: std::collections::BTreeSet<StoreId> = steps.iter().map(|step| step.store).collect();
    let refused = stores.into_iter().map(|store| {
        let pay = PayTab {
            table_no: TableNo(99),
            payment_type: "card".into(),
            stated_total: None,
            strict_total: false,
            occurred_at: None,
        };
        Step { at: last, store, command: Command::PayTab(pay) }
    });
    steps.into_iter().chain(refused).enumerate().map(|(n, step)| Asked { step, key: format!("key-{n}") }).collect()
}

fn file(path: &Path) -> Arc<dyn Log> {
    SqliteLog::open(SqliteOptions::appending(path)).unwrap()
}

async fn moved(source: &Arc<dyn Log>, target: &Arc<dyn Log>) -> anyhow::Result<Carried> {
    let copying = prepare(source, Arc::clone(target), ProgressBar::hidden()).await?;
    let writable = Arc::clone(source);
    carry(source, copying, || async move { Ok(writable) }).await
}

#[tokio::test]
async fn a_history_goes_there_and_back_with_its_ids_its_answers_and_its_totals() {
    let folder = tempfile::tempdir().unwrap();
    let first = file(&folder.path().join("first.db"));
    let shop = Trading::on(&first);
    let mut answers: BTreeMap<String, Answer> = BTreeMap::new();
    for asked in history() {
        answers.insert(asked.key.clone(), shop.answer(&asked).await);
    }
    shop.close().await;
    assert!(answers.values().any(|answer| answer.status == 409), "some were refused, and that is kept too");

    let middle: Arc<dyn Log> = Arc::new(MemoryLog::new(PARTITIONS));
    let there = moved(&first, &middle).await.unwrap();
    assert_eq!((there.stores, there.events + there.answers), (3, answers.len() as u64));
    let last = file(&folder.path().join("last.db"));
    assert_eq!(moved(&middle, &last).await.unwrap(), there);

    let shop = Trading::on(&last);
    for asked in history() {
        assert_eq!(shop.answer(&asked).await, answers[&asked.key], "{}", asked.key);
    }
    shop.close().await;
}

#[tokio::test]
async fn a_shop_that_works_meanwhile_loses_nothing_and_stops_at_the_seal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let source = file(&path);
    let shop = Trading::on(&source);
    let mut before = history();
    let too_late = before.pop().unwrap();
    let meanwhile = before.split_off(before.len() / 2);
    for asked in &before {
        shop.answer(asked).await;
    }
    let target: Arc<dyn Log> = Arc::new(MemoryLog::new(PARTITIONS));
    let reading: Arc<dyn Log> = SqliteLog::open(SqliteOptions::reading(&path)).unwrap();
    let moving = async {
        let copying = prepare(&reading, Arc::clone(&target), ProgressBar::hidden()).await.unwrap();
        // As another process, which the shop's lock does not keep out: who wins is decided in the log.
        carry(&reading, copying, || async { Ok(file(&path)) }).await.unwrap()
    };
    let trading = async {
        let mut answered = Vec::new();
        for asked in &meanwhile {
            match shop.ask(asked).await {
                Reply::Answered(answer) => answered.push((asked.clone(), answer.answer)),
                Reply::NotApplied(_) | Reply::Unknown(_) => break,
                other => panic!("{other:?}"),
            }
        }
        answered
    };
    let (carried, answered) = tokio::join!(moving, trading);
    // The shop meets the seal by itself, even if nothing is written there any more.
    let mut status = shop.writers.statuses().swap_remove(0);
    status.wait_for(|status| matches!(status, WriterStatus::Halted(_))).await.unwrap();
    assert!(matches!(shop.ask(&too_late).await, Reply::NotApplied(NotApplied::Halted)));
    shop.close().await;
    let there = Trading::on(&target);
    for (asked, answer) in &answered {
        assert_eq!(&there.answer(asked).await, answer, "what was acknowledged before the seal is over there");
    }
    assert!(carried.events + carried.answers >= (before.len() + answered.len()) as u64);
    there.close().await;
}

#[tokio::test]
async fn an_interrupted_move_is_finished_by_the_same_command() {
    let folder = tempfile::tempdir().unwrap();
    let source = file(&folder.path().join("log.db"));
    let shop = Trading::on(&source);
    for asked in history() {
        shop.answer(&asked).await;
    }
    shop.close().await;
    let memory = MemoryLog::new(PARTITIONS);
    let target: Arc<dyn Log> = Arc::new(memory.clone());
    let mut attempts = 0;
    let carried = loop {
        attempts += 1;
        if attempts < 3 {
            // The first appends come through; the fourth is reported on by nobody, or a part of it is lost.
            for _ in 0..3 {
                memory.next_append(Fault::Nothing);
            }
            memory.next_append(if attempts == 1 { Fault::LoseReport } else { Fault::LoseRecords(1..2) });
        }
        match moved(&source, &target).await {
            Ok(carried) => break carried,
            Err(_) => assert!(attempts < 3, "nothing disturbs the last attempt"),
        }
    };
    assert!(attempts > 1, "it was interrupted");
    assert_eq!(carried.events + carried.answers, history().len() as u64);
    assert_eq!(moved(&source, &target).await.unwrap(), carried, "once more changes nothing");
}

#[tokio::test]
async fn a_store_that_the_target_has_from_elsewhere_is_refused_and_the_source_is_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let source = file(&folder.path().join("log.db"));
    let target: Arc<dyn Log> = Arc::new(MemoryLog::new(PARTITIONS));
    for log in [&source, &target] {
        let shop = Trading::on(log);
        shop.answer(&history()[0]).await;
        shop.close().await;
    }
    let refused = moved(&source, &target).await.unwrap_err().to_string();
    assert!(refused.contains("is not this one's"), "{refused}");
    let shop = Trading::on(&source);
    shop.answer(&history()[1]).await;
    shop.close().await;
}

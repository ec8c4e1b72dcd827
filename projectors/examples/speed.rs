//! Measures what a rebuild is made of, on this machine: `speed [EVENTS [POSTGRES_URL]]`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    dead_code,
    unreachable_pub,
    reason = "an instrument"
)]

#[path = "../tests/fixture/cafe.rs"]
mod cafe;
#[path = "../tests/fixture/history.rs"]
mod history;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use cafe::Cafe;
use events::{Envelope, Position};
use log::{Kind, Record, Stored, WriterId};
use rand::SeedableRng as _;
use uuid::Uuid;

fn main() {
    let count = std::env::args().nth(1).map_or(400_000, |count| count.parse().unwrap());
    let events = history(count);
    let records: Vec<Stored> = (0..).zip(&events).map(|(at, event)| stored(at, event)).collect();
    let bytes: usize = records.iter().map(|stored| stored.record.value.len()).sum();
    println!("{} events, {} bytes each", records.len(), bytes / records.len());
    for _ in 0..2 {
        let mut sum = 0;
        measured("decode", records.len(), || {
            for stored in &records {
                sum += Envelope::decode(&stored.record.value).unwrap().revision;
            }
        });
        for batch in [5_000, 20_000, 50_000] {
            measured(&format!("fold_only by {batch}"), records.len(), || {
                sum += records.chunks(batch).map(|batch| projectors::fold_only(batch).unwrap() as u64).sum::<u64>();
            });
        }
        println!("{sum}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(whole(&events, std::env::args().nth(2)));
}

async fn whole(events: &[Envelope], database: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let options = log::SqliteOptions::appending(folder.path().join("log.db"));
    let log: Arc<dyn log::Log> = log::SqliteLog::open(options).unwrap();
    let mut history = history::History::begin(Arc::clone(&log)).await;
    let views = match &database {
        Some(url) => migrations::Views::connect(migrations::PostgresOptions::new(url).unwrap()).await.unwrap(),
        None => migrations::Views::open(&folder.path().join("views")).unwrap(),
    };
    for batch in events.chunks(1_000) {
        history.append(batch).await;
    }
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let report = projectors::rebuild(Arc::clone(&log), views.clone(), Uuid::from_u128(5), |_| ());
    report.await.unwrap();
    told("rebuild", events.len(), began, cpu);
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let report = projectors::verify(log.as_ref(), &views, |_, _| ()).await.unwrap();
    assert!(report.is_equal());
    told("verify", events.len(), began, cpu);
    println!("{} rows", report.rows);
    if database.is_none() {
        let size = std::fs::metadata(folder.path().join(format!("views/{}.db", Uuid::from_u128(5)))).unwrap().len();
        println!("{} MB of views", size / 1_000_000);
    }
}

fn history(events: usize) -> Vec<Envelope> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let (mut cafe, mut happened) = Cafe::open("speed");
    for turn in 0.. {
        if happened.len() >= events {
            break;
        }
        let cart = cafe.cart(&mut rng);
        happened.extend([cafe.place_order(turn % 8, &cart), cafe.pay(turn % 8, "card", false)]);
        if turn % 150 == 0 {
            cafe.next_day();
        }
    }
    happened
}

fn stored(at: u64, event: &Envelope) -> Stored {
    let value = Bytes::from(event.encode().unwrap());
    let record = Record { kind: Kind::Event, writer: WriterId(Uuid::nil()), n: 1, key: String::new(), value };
    Stored { position: Position(at), record }
}

fn measured(what: &str, events: usize, work: impl FnOnce()) {
    let (started, cpu) = (Instant::now(), cpu_seconds());
    work();
    told(what, events, started, cpu);
}

fn told(what: &str, events: usize, started: Instant, cpu: f64) {
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let events = events as f64;
    println!("{what}: {:.0}/s, {:.2} us of cpu each", events / wall, cpu * 1e6 / events);
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

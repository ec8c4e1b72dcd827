//! Measures what a rebuild is made of, on this machine.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    dead_code,
    unreachable_pub,
    reason = "an instrument"
)]

#[path = "../tests/fixture/cafe.rs"]
mod cafe;

use std::time::Instant;

use bytes::Bytes;
use cafe::Cafe;
use events::{Envelope, Position};
use log::{Kind, Record, Stored, WriterId};
use rand::SeedableRng as _;
use uuid::Uuid;

fn main() {
    let n = 400_000;
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut records = Vec::new();
    let (mut cafe, events) = Cafe::open("speed");
    let mut add = |event: &Envelope| {
        let position = Position(records.len() as u64);
        let value = Bytes::from(event.encode().unwrap());
        let record = Record { kind: Kind::Event, writer: WriterId(Uuid::nil()), n: 1, key: String::new(), value };
        records.push(Stored { position, record });
        records.len()
    };
    for event in &events {
        add(event);
    }
    for turn in 0.. {
        let table = turn % 8;
        add(&cafe.place_order(table, &cafe.cart(&mut rng)));
        if add(&cafe.pay(table, "card", false)) >= n {
            break;
        }
        if turn % 150 == 0 {
            cafe.next_day();
        }
    }
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
}

fn measured(what: &str, events: usize, work: impl FnOnce()) {
    let (started, cpu) = (Instant::now(), cpu_seconds());
    work();
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let events = events as f64;
    println!("{what}: {:.0}/s, {:.2} us of cpu each", events / wall, cpu * 1e6 / events);
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

//! How fast the SQLite log appends and reads, each beside what the disk allows on the same machine in the same run.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use events::{LogId, Partition, Position};
use log::{Admitted, Claim, Cursor, Home, Kind, Log as _, Record, Reign, SqliteLog, SqliteOptions, WriterId};
use uuid::Uuid;

const HERE: Partition = Partition(0);
const WRITER: WriterId = WriterId(Uuid::from_u128(1));
const BATCHES: u32 = 400;
const BATCH_RECORDS: u32 = 1_024;
const SINGLE_COMMITS: u32 = 500;
const VALUE_BYTES: usize = 700;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = SqliteLog::open(SqliteOptions::appending(&path)).unwrap();
    let mut handle = log.reign(HERE, WRITER).await.unwrap();
    let home = Home { log: LogId(Uuid::nil()), partitions: 1 };
    let claim = Record::claim(WRITER, &Claim { term: 1, home, sealed: false });
    let mut cursor = Cursor::default();
    cursor.admit(&claim).unwrap();
    handle.send(vec![claim]).await;
    let mut reign = Reign::new(log.clone(), HERE, handle);

    let (time, disk) = (append(&mut reign, &mut cursor, BATCHES, BATCH_RECORDS).await, sync(folder.path(), BATCHES));
    rate("append, batches of 1,024", BATCHES * BATCH_RECORDS, time);
    rate("  as many bytes and fdatasyncs", BATCHES * BATCH_RECORDS, disk);
    let time = append(&mut reign, &mut cursor, SINGLE_COMMITS, 1).await;
    println!("{:34} {:>10.1?} each", "append, one record", time / SINGLE_COMMITS);

    let started = Instant::now();
    let mut reading = Admitted::open(&*log, HERE, Cursor::default()).await.unwrap();
    let mut counted = 0;
    while reading.cursor().next < cursor.next {
        counted += u32::try_from(reading.next(10_000).await.unwrap().len()).unwrap();
    }
    rate("read and admit", counted, started.elapsed());

    let started = Instant::now();
    for position in 0..10_000 {
        log.read(HERE, Position(position * 37 % cursor.next.0)).await.unwrap();
    }
    rate("read one record", 10_000, started.elapsed());

    drop(reign);
    drop(log);
    let started = Instant::now();
    drop(SqliteLog::open(SqliteOptions::appending(&path)).unwrap());
    rate("open and check", counted, started.elapsed());
}

async fn append(reign: &mut Reign, cursor: &mut Cursor, batches: u32, records: u32) -> Duration {
    let value = Bytes::from(vec![b'x'; VALUE_BYTES]);
    let key = "store/0b1c54f0-92ef-5d0c-8c0a-6f1d0a4f7c11".to_owned();
    let started = Instant::now();
    for _ in 0..batches {
        let numbered = (cursor.n + 1..).take(records as usize);
        let batch =
            numbered.map(|n| Record { kind: Kind::Event, writer: WRITER, n, key: key.clone(), value: value.clone() });
        let appended = reign.append(cursor.clone(), batch.collect()).await;
        assert!(!appended.over, "{appended:?}");
        *cursor = appended.cursor;
    }
    started.elapsed()
}

fn sync(folder: &Path, batches: u32) -> Duration {
    let mut file = File::create(folder.join("bare")).unwrap();
    let batch = vec![b'x'; BATCH_RECORDS as usize * (VALUE_BYTES + 50)];
    let started = Instant::now();
    for _ in 0..batches {
        file.write_all(&batch).unwrap();
        file.sync_data().unwrap();
    }
    started.elapsed()
}

fn rate(what: &str, records: u32, time: Duration) {
    println!("{what:34} {:>10.0} a second", f64::from(records) / time.as_secs_f64());
}

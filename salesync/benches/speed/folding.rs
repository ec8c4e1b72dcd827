//! What a rebuild costs: all views of a large store anew, and the decoding and folding in it.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use events::Partition;
use log::{Admitted, Cursor, Kind, Log, SqliteLog, SqliteOptions, Stored};
use migrations::Views;
use salesync::ambient::SystemIds;
use web::Ids as _;

use crate::table::Table;

const P: Partition = Partition(0);
const FOLDED: usize = 500_000;
const BATCH: usize = 20_000;

/// Measures on a folder that nobody serves.
pub fn measure(table: &mut Table, folder: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let log = SqliteLog::open(SqliteOptions::appending(folder.join("log.db"))).expect("a log");
        let records = events(log.as_ref()).await;
        let bytes: usize = records.iter().map(|stored| stored.record.value.len()).sum();
        table.note("bytes of an event", bytes as f64 / records.len() as f64, "bytes");
        let begun = Instant::now();
        for batch in records.chunks(BATCH) {
            projectors::fold_only(batch).expect("a history that folds");
        }
        let per_second = records.len() as f64 / begun.elapsed().as_secs_f64();
        drop(records);

        let views = Views::open(&folder.join("views")).expect("the read models");
        let begun = Instant::now();
        let log: Arc<dyn Log> = log;
        let report = projectors::rebuild(log, views, SystemIds.uuid(), |_| {}).await.expect("a rebuild");
        let rebuilt = report.events as f64 / begun.elapsed().as_secs_f64();
        table.at_least("rebuild of all views, events", rebuilt, 300_000.0, "/s");
        table.at_least("decoding and folding alone, both cores, events", per_second, 1_000_000.0, "/s");
    });
}

async fn events(log: &dyn Log) -> Vec<Stored> {
    let mut reader = Admitted::open(log, P, Cursor::default()).await.expect("the log");
    let end = log.current_end(P).await.expect("the log");
    let mut events = Vec::with_capacity(FOLDED);
    while events.len() < FOLDED && reader.cursor().next < end {
        let counted = reader.next(BATCH).await.expect("the log");
        events.extend(counted.into_iter().filter(|stored| stored.record.kind == Kind::Event));
    }
    events
}

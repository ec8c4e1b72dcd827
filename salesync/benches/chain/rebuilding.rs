//! A rebuild of all views from Kafka into PostgreSQL.

use std::sync::Arc;
use std::time::Instant;

use log::{KafkaLog, Log};
use migrations::{PostgresOptions, Views};
use salesync::ambient::SystemIds;
use web::Ids as _;

use crate::place::{Place, options};
use crate::table::Table;

/// Measures where nobody serves.
pub fn measure(table: &mut Table, place: &Place) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let log: Arc<dyn Log> = KafkaLog::open(options(&place.log)).await.expect("the log");
        let database = PostgresOptions::new(&place.views).expect("an address");
        let views = Views::connect(database).await.expect("the read models");
        let begun = Instant::now();
        let report = projectors::rebuild(log, views, SystemIds.uuid(), |_| {}).await.expect("a rebuild");
        let per_second = report.events as f64 / begun.elapsed().as_secs_f64();
        table.note("events of the store", report.events as f64, "");
        table.at_least("rebuild of all views from Kafka into PostgreSQL, events", per_second, 200_000.0, "/s");
    });
}

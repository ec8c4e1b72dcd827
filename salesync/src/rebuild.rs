//! `salesync rebuild`: the read models anew from the log, through the running server or alone.

use std::sync::Arc;

use anyhow::Context as _;
use indicatif::ProgressBar;
use log::{Log, SqliteLog, SqliteOptions};
use migrations::Views;
use projectors::RebuildReport;
use web::Ids as _;

use crate::ambient::SystemIds;
use crate::door::Door;
use crate::folder::{Folder, FolderError, Held};
use crate::places::Places;
use crate::terminal;

/// Rebuilds; an error if the new rows are not what the log says.
pub async fn run(places: Places) -> anyhow::Result<()> {
    let bar = terminal::bar(0, "records folded")?;
    let lines = match places {
        Places::Folder(folder) => in_folder(folder.existing()?, &bar).await?,
        // A chain's instances go on meanwhile, and go over to the new generation by themselves.
        Places::Chain(chain) => {
            let (log, views) = chain.open().await?;
            rebuilt(log, views, bar.clone()).await?
        }
    };
    bar.finish_and_clear();
    lines.iter().try_for_each(|line| terminal::line(line))
}

/// What a rebuild did, in lines for a person.
pub fn told(report: &RebuildReport) -> Vec<String> {
    let next = report.next.iter().map(|(partition, next)| match report.next.len() {
        1 => next.to_string(),
        _ => format!("{partition}-{next}"),
    });
    let mut lines = vec![format!(
        "{} events folded; generation {} is live up to position {}, in place of {}",
        report.events,
        report.generation,
        next.collect::<Vec<_>>().join(", "),
        report.replaced
    )];
    if report.differences.is_empty() {
        lines.push("the generation it replaced had the same figures".to_owned());
    }
    lines.extend(report.differences.iter().map(|difference| format!("the replaced generation differed: {difference}")));
    lines.extend(report.not_compared.iter().map(|view| format!("not compared, for it had stopped: {view}")));
    lines
}

async fn in_folder(folder: Folder, bar: &ProgressBar) -> anyhow::Result<Vec<String>> {
    match folder.clone().hold() {
        Ok(held) => alone(&held, bar.clone()).await,
        Err(FolderError::Taken { .. }) => {
            let shown = |records, records_total| {
                bar.set_length(records_total);
                bar.set_position(records);
            };
            Door::of(&folder)?.ask("/rebuild", &(), shown).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn alone(folder: &Held, bar: ProgressBar) -> anyhow::Result<Vec<String>> {
    let log: Arc<dyn Log> =
        SqliteLog::open(SqliteOptions::appending(folder.log())).context("the log cannot be opened")?;
    let views = Views::open(&folder.views()).context("the read models cannot be opened")?;
    rebuilt(log, views, bar).await
}

async fn rebuilt(log: Arc<dyn Log>, views: Views, bar: ProgressBar) -> anyhow::Result<Vec<String>> {
    let report = projectors::rebuild(log, views, SystemIds.uuid(), move |at| {
        bar.set_length(at.records_total);
        bar.set_position(at.records);
    })
    .await?;
    Ok(told(&report))
}

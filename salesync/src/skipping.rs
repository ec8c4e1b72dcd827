//! `salesync skip`: a stopped projection goes on without the event that it cannot apply.

use anyhow::Context as _;
use events::Position;
use log::{Log, SqliteLog, SqliteOptions};
use migrations::Views;

use crate::cli::Skip;
use crate::door::Door;
use crate::folder::{Folder, FolderError};
use crate::places::Places;
use crate::terminal;

/// Skips, through the server that holds the folder, or in its place.
pub async fn run(places: Places, skip: &Skip) -> anyhow::Result<()> {
    let lines = match places {
        Places::Folder(folder) => in_folder(folder.existing()?, skip).await?,
        Places::Chain(chain) => {
            let (log, views) = chain.open().await?;
            skipped(log.as_ref(), &views, skip).await?
        }
    };
    lines.iter().try_for_each(|line| terminal::line(line))
}

async fn in_folder(folder: Folder, skip: &Skip) -> anyhow::Result<Vec<String>> {
    let held = match folder.clone().hold() {
        Err(FolderError::Taken { .. }) => return Door::of(&folder)?.ask("/skip", skip, |_, _| ()).await,
        held => held?,
    };
    let log = SqliteLog::open(SqliteOptions::reading(held.log())).context("the log cannot be opened")?;
    let views = Views::open(&held.views()).context("the read models cannot be opened")?;
    Ok(skipped(log.as_ref(), &views, skip).await?)
}

async fn skipped(log: &dyn Log, views: &Views, skip: &Skip) -> Result<Vec<String>, projectors::SkipError> {
    let (place, position) = (skip.place(), Position(skip.position));
    projectors::skip(log, views, place, position).await?;
    Ok(told(skip))
}

/// That it is done, in lines for a person.
pub fn told(Skip { projection, position, .. }: &Skip) -> Vec<String> {
    vec![format!("{projection} leaves out the event at {position}; that is recorded, and it goes on behind it")]
}

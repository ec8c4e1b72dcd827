//! `salesync verify`: every row of the read models held against the log.

use anyhow::bail;

use crate::places::Places;
use crate::terminal;

/// Compares, beside a running server too, and says what differs; an error if anything does.
pub async fn run(places: &Places) -> anyhow::Result<()> {
    let (log, views) = (places.read_log().await?, places.read_views().await?);
    let bar = terminal::bar(0, "records folded")?;
    let report = projectors::verify(log.as_ref(), &views, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    for view in &report.views {
        terminal::line(&format!("{}: {} events, up to position {}", view.name, view.events, view.next))?;
    }
    for difference in &report.differences {
        terminal::line(&difference.to_string())?;
    }
    if !report.is_equal() {
        bail!("the read models differ from the log in {} places: rebuild them", report.differences_total);
    }
    terminal::line(&format!("{} rows compared: the read models are what the log says", report.rows))
}

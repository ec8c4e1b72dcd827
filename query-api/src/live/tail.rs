//! The one tail of a partition: reads what counts from where the views stand, and gives it to whoever listens.

use std::sync::{Arc, Weak};
use std::time::Duration;

use events::{Partition, Subject};
use log::{Admitted, Cursor, Kind, Stored};
use tokio::sync::mpsc::error::TrySendError;

use super::event::LiveEvent;
use super::{ListenError, Listening, Live};

/// Records read at a time.
const READ_RECORDS: usize = 1_024;
/// The pause before a log that cannot be read is read again.
const PAUSE: Duration = Duration::from_millis(500);

const CURSOR: &str = "SELECT cursor FROM checkpoints WHERE projection = 'stores' AND partition = $1";

/// Begins the tail where the views stand: a place at which it is known whose records count.
pub(super) async fn begin(live: &Arc<Live>, partition: Partition) -> Result<(), ListenError> {
    let unreadable = |error: migrations::ViewsError| ListenError::Unreadable(error.to_string());
    let mut snapshot = live.views.snapshot().await.map_err(unreadable)?;
    let row = snapshot.fetch_optional(CURSOR, &[partition.0.into()]).await.map_err(unreadable)?;
    let cursor: Cursor = match row {
        Some(row) => serde_json::from_str(row.text(0).map_err(unreadable)?)
            .map_err(|error| ListenError::Unreadable(error.to_string()))?,
        None => Cursor::default(),
    };
    let reader = Admitted::open(live.log.as_ref(), partition, cursor.clone()).await?;
    live.feed(partition)?.listening().cursor = cursor;
    tokio::spawn(run(Arc::downgrade(live), partition, reader));
    Ok(())
}

/// Feeds until nobody holds the read side any more.
async fn run(live: Weak<Live>, partition: Partition, mut reader: Admitted) {
    loop {
        let records = reader.next(READ_RECORDS).await;
        let Some(live) = live.upgrade() else { return };
        match records {
            Ok(records) => {
                let Ok(feed) = live.feed(partition) else { return };
                give(&mut feed.listening(), partition, &records, reader.cursor());
            }
            Err(error) => {
                tracing::warn!(%partition, %error, "the live tail cannot read the log");
                let log = Arc::clone(&live.log);
                drop(live);
                reader = reopened(log.as_ref(), partition, reader.cursor().clone()).await;
            }
        }
    }
}

async fn reopened(log: &dyn log::Log, partition: Partition, cursor: Cursor) -> Admitted {
    loop {
        tokio::time::sleep(PAUSE).await;
        match Admitted::open(log, partition, cursor.clone()).await {
            Ok(reader) => return reader,
            // What no waiting heals stops the writer and the projections too, and they say so.
            Err(error) => tracing::debug!(%partition, %error, "the live tail waits"),
        }
    }
}

/// Gives events to the clients of their stores. Who takes no more, or has gone, listens no more.
fn give(listening: &mut Listening, partition: Partition, records: &[Stored], behind: &Cursor) {
    for stored in records.iter().filter(|stored| stored.record.kind == Kind::Event) {
        let Ok(Subject::Store(store)) = stored.record.key.parse() else { continue };
        let Some(clients) = listening.stores.get_mut(&store) else { continue };
        let event = behind.home.and_then(|home| LiveEvent::of(stored, home, partition)).map(Arc::new);
        let Some(event) = event else { continue };
        clients.retain(|client| match client.try_send(Arc::clone(&event)) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                metrics::counter!("salesync_live_let_go_total").increment(1);
                false
            }
            Err(TrySendError::Closed(_)) => false,
        });
        if clients.is_empty() {
            listening.stores.remove(&store);
        }
    }
    listening.cursor = behind.clone();
}

//! What other processes have begun today, as the read models that all share tell it: a telephone's stores may be on
//! partitions of several.

use chrono::{DateTime, NaiveTime, Utc};
use events::{EventId, StoreId};
use migrations::{Views, ViewsError};

/// Messages begun since an instant to the number of a store, over all stores that signed up with it.
const BEGUN: &str = "SELECT messages.message_id, messages.changed_at FROM messages \
    JOIN stores ON stores.store_id = messages.store_id \
    WHERE stores.phone = (SELECT own.phone FROM stores own WHERE own.store_id = $1) \
    AND messages.changed_at >= $2 AND (messages.state = 'unknown' OR messages.state = 'sent')";

/// The messages that were begun today (UTC) to the store's number, as far as the read models know; each with when.
pub(super) async fn begun(
    views: &Views,
    store: StoreId,
    now: DateTime<Utc>,
) -> Result<Vec<(EventId, DateTime<Utc>)>, ViewsError> {
    let midnight = now.date_naive().and_time(NaiveTime::MIN).and_utc();
    let mut snapshot = views.snapshot().await?;
    let rows = snapshot.fetch(BEGUN, &[store.0.into(), midnight.into()]).await?;
    rows.iter().map(|row| Ok((EventId(row.uuid(0)?), row.time(1)?))).collect()
}

//! Dropping generations that nobody uses: those replaced, those of rebuilds that came to nothing.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use uuid::Uuid;

use super::connecting::{Purpose, connect};
use super::store::Store;
use super::{pointer, schema, statement};
use crate::error::ViewsError;

/// How often one comes back for what was still in use, and after how long.
const ATTEMPTS: u32 = 30;
const EVERY: Duration = Duration::from_secs(2);

const SCHEMAS: &str = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'g\\_%' AND nspowner = \
    (SELECT oid FROM pg_roles WHERE rolname = current_user)";
const TRY_ALONE: &str = "SELECT pg_try_advisory_xact_lock($1)";
/// What reads without our lock, a backup for one, is not waited for long: new readers would queue behind.
const IMPATIENT: &str = "SET LOCAL lock_timeout TO '1s'";

/// Drops every generation that is neither live nor in use, and says how many are left that are not live.
pub(crate) async fn sweep(store: &Store) -> Result<usize, ViewsError> {
    store.may_write()?;
    let client = connect(&store.options, Purpose::Writing).await?;
    let names = statement::fetch(&client, SCHEMAS, &[]).await?;
    let mut left = 0;
    for row in names {
        if let Some(generation) = schema::generation(row.text(0)?) {
            left += usize::from(!dropped_or_live(&client, generation).await?);
        }
    }
    Ok(left)
}

/// Sweeps in the background until nothing is left to sweep, or for a while.
pub(super) fn sweep_soon(store: &Arc<Store>) {
    let (home, store) = (store.home.clone(), Arc::clone(store));
    home.spawn(async move {
        for _ in 0..ATTEMPTS {
            match sweep(&store).await {
                Ok(0) => return,
                Ok(left) => tracing::debug!(left, "old generations of the read models are still in use"),
                Err(error) => tracing::debug!(%error, "old generations of the read models could not be removed yet"),
            }
            tokio::time::sleep(EVERY).await;
        }
        tracing::warn!("old generations of the read models stay until somebody connects the next time");
    });
}

async fn dropped_or_live(client: &ClientWrapper, generation: Uuid) -> Result<bool, ViewsError> {
    client.batch_execute("BEGIN").await?;
    let done = drop_unused(client, generation).await;
    client.batch_execute(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    match done {
        Err(ViewsError::Unavailable(reason)) => {
            tracing::debug!(%generation, reason, "an old generation is still in use");
            Ok(false)
        }
        other => other,
    }
}

async fn drop_unused(client: &ClientWrapper, generation: Uuid) -> Result<bool, ViewsError> {
    statement::fetch(client, pointer::SHARE, &[pointer::LOCK.into()]).await?;
    if pointer::now(client).await?.generation == generation {
        return Ok(true);
    }
    let alone = statement::fetch(client, TRY_ALONE, &[schema::lock_key(generation).into()]).await?;
    if !alone.first().ok_or(ViewsError::Absent)?.bool(0)? {
        return Ok(false);
    }
    client.batch_execute(IMPATIENT).await?;
    client.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", schema::name(generation))).await?;
    Ok(true)
}

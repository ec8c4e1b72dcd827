//! Which generation is live: one row in the database, read in everybody's own transaction.
//!
//! ```text
//!   a look      BEGIN; read the row and share the generation's lock; is it still there?     ── repeatable read
//!   a writer    BEGIN; share the pointer's lock; is mine still the live one?
//!   a switch    BEGIN; the pointer's lock alone; new ≥ live; flip; COMMIT
//!   a sweep     BEGIN; share the pointer's lock; not live, and its own lock alone; DROP SCHEMA; COMMIT
//! ```
//!
//! So a switch waits until every writer of the live generation, in every process, has ended its transaction, and none
//! begins before it has flipped the pointer or given up.

use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use uuid::Uuid;

use super::connecting::{Purpose, connect};
use super::store::Store;
use super::writing::Writer;
use super::{schema, statement, sweeping};
use crate::error::ViewsError;
use crate::row::Row;
use crate::schema::VERSION;
use crate::value::Value;
use crate::views::{self, EngineHold, id_after};
use crate::writer::STANDING;

/// The key of the advisory lock on the pointer.
pub(super) const LOCK: i64 = 0x5a1e_5c0d_0000_0001;

/// Shares the pointer's lock until the transaction ends.
pub(super) const SHARE: &str = "SELECT 1 FROM pg_advisory_xact_lock_shared($1)";
/// Takes the pointer's lock alone until the transaction ends.
const TAKE: &str = "SELECT 1 FROM pg_advisory_xact_lock($1)";
/// The pointer. `flips` counts, so that who hears late of an earlier one does not take it for news.
pub(super) const READ: &str = "SELECT generation, version, flips FROM salesync.live";

const SCHEMA_IS_THERE: &str = "SELECT to_regnamespace('salesync') IS NOT NULL";
const TABLE_IS_THERE: &str = "SELECT to_regclass('salesync.live') IS NOT NULL";
const CREATE_TABLE: &str = "CREATE TABLE salesync.live (one boolean PRIMARY KEY CHECK (one), \
    generation uuid NOT NULL, version bigint NOT NULL, flips bigint NOT NULL)";
const GENERATION_IS_THERE: &str = "SELECT to_regclass($1) IS NOT NULL";
const POINT: &str = "INSERT INTO salesync.live AS live (one, generation, version, flips) VALUES (true, $1, $2, 1) \
    ON CONFLICT (one) DO UPDATE SET generation = excluded.generation, version = excluded.version, \
    flips = live.flips + 1";

/// What the pointer says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pointer {
    pub(super) generation: Uuid,
    pub(super) flips: i64,
    version: i64,
}

/// The pointer's lock, taken alone on a connection of its own; closing it lets go.
pub(crate) struct Hold {
    client: ClientWrapper,
}

impl Pointer {
    pub(super) fn of(row: &Row) -> Result<Self, ViewsError> {
        Ok(Self { generation: row.uuid(0)?, version: row.int(1)?, flips: row.int(2)? })
    }

    /// The pointer, if this program knows the tables that it points to.
    pub(super) fn known(self) -> Result<Self, ViewsError> {
        match self.version {
            VERSION => Ok(self),
            newer if newer > VERSION => Err(ViewsError::Unavailable(format!(
                "the read models are of schema {newer}, which a newer program made; this one knows {VERSION}"
            ))),
            _ => Err(ViewsError::Absent),
        }
    }
}

/// Makes the pointer if there is none, and an empty generation if there is none or the live one is of an older schema.
pub(super) async fn ready(client: &ClientWrapper) -> Result<Pointer, ViewsError> {
    client.batch_execute("BEGIN").await?;
    statement::fetch(client, TAKE, &[LOCK.into()]).await?;
    if !says(client, SCHEMA_IS_THERE, &[]).await? {
        client.batch_execute("CREATE SCHEMA salesync").await?;
    }
    if !says(client, TABLE_IS_THERE, &[]).await? {
        client.batch_execute(CREATE_TABLE).await?;
    }
    match read(client).await?.map(|pointer| (pointer, pointer.known())) {
        Some((found, Ok(_))) if is_there(client, found.generation).await? => {}
        Some((found, Ok(_) | Err(ViewsError::Absent))) => {
            let (generation, version) = (found.generation, found.version);
            tracing::error!(%generation, version, "the read models cannot be used and are folded anew from the log");
            first(client, generation).await?;
        }
        Some((_, Err(error))) => return Err(error),
        None => first(client, Uuid::nil()).await?,
    }
    let pointer = read(client).await?.ok_or(ViewsError::Absent)?;
    client.batch_execute("COMMIT").await?;
    Ok(pointer)
}

/// The pointer as it is now; [`ViewsError::Absent`] before anybody has made one.
pub(super) async fn now(client: &ClientWrapper) -> Result<Pointer, ViewsError> {
    if !says(client, TABLE_IS_THERE, &[]).await? {
        return Err(ViewsError::Absent);
    }
    read(client).await?.ok_or(ViewsError::Absent)?.known()
}

/// Takes the pointer's lock alone, and reads where the live generation stands.
pub(crate) async fn hold(store: &Arc<Store>) -> Result<views::Hold, ViewsError> {
    store.may_write()?;
    let client = connect(&store.options, Purpose::Holding).await?;
    client.batch_execute("BEGIN").await?;
    statement::fetch(&client, TAKE, &[LOCK.into()]).await?;
    let pointer = now(&client).await?;
    store.saw(pointer);
    client.batch_execute(&format!("SET search_path TO {}", schema::name(pointer.generation))).await?;
    let rows = statement::fetch(&client, STANDING, &[]).await?;
    let standing = rows.iter().map(crate::writer::standing).collect::<Result<_, _>>()?;
    Ok(views::Hold { engine: EngineHold::Postgres(Box::new(Hold { client })), standing })
}

/// Flips the pointer. What was written to the new generation is committed; with the flip all of it is on the disk.
pub(crate) async fn switch(store: &Arc<Store>, new: Writer, hold: Hold) -> Result<(), ViewsError> {
    let client = hold.client;
    point_to(&client, new.generation()).await?;
    let pointer = read(&client).await?.ok_or(ViewsError::Absent)?;
    client.batch_execute("COMMIT").await?;
    new.went_live();
    store.saw(pointer);
    sweeping::sweep_soon(store);
    Ok(())
}

/// Makes an empty generation and points to it.
async fn first(client: &ClientWrapper, before: Uuid) -> Result<(), ViewsError> {
    let generation = id_after(before);
    client.batch_execute(&schema::create(generation)).await?;
    client.batch_execute(&schema::indexes()).await?;
    point_to(client, generation).await
}

async fn point_to(client: &ClientWrapper, generation: Uuid) -> Result<(), ViewsError> {
    let point = client.prepare_cached(POINT).await?;
    client.execute(&point, &[&generation, &VERSION]).await?;
    Ok(())
}

async fn read(client: &ClientWrapper) -> Result<Option<Pointer>, ViewsError> {
    statement::fetch(client, READ, &[]).await?.first().map(Pointer::of).transpose()
}

async fn is_there(client: &ClientWrapper, generation: Uuid) -> Result<bool, ViewsError> {
    says(client, GENERATION_IS_THERE, &[format!("{}.checkpoints", schema::name(generation)).into()]).await
}

/// The one yes or no that a query gives.
async fn says(client: &ClientWrapper, sql: &str, params: &[Value]) -> Result<bool, ViewsError> {
    statement::fetch(client, sql, params).await?.first().ok_or(ViewsError::Absent)?.bool(0)
}

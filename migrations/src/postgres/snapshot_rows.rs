//! Where writers keep their state between two reigns, when they share a database: beside the read models, not in them.
//!
//! It is state that holds password hashes, so it stands in a schema of its own that the reading role cannot enter.

use deadpool_postgres::{ClientWrapper, Pool};

use super::connecting::pool;
use super::options::PostgresOptions;
use super::statement;
use crate::error::ViewsError;
use crate::value::Value;

/// How much of a snapshot is in one row.
const PART_BYTES: usize = 1_048_576;

const SCHEMA_IS_THERE: &str = "SELECT to_regnamespace('salesync_writers') IS NOT NULL";
const CREATE_SCHEMA: &str = "CREATE SCHEMA salesync_writers";
const TABLE_IS_THERE: &str = "SELECT to_regclass('salesync_writers.snapshots') IS NOT NULL";
const CREATE: &str = "CREATE TABLE salesync_writers.snapshots \
    (partition bigint, part bigint, bytes bytea NOT NULL, PRIMARY KEY (partition, part))";
/// One instance makes the table, the others find it.
const ALONE: &str = "SELECT 1 FROM pg_advisory_xact_lock($1)";
const LOCK: i64 = 0x5a1e_5c0d_0000_0002;
const LOAD: &str = "SELECT bytes FROM salesync_writers.snapshots WHERE partition = $1 ORDER BY part";
const FORGET: &str = "DELETE FROM salesync_writers.snapshots WHERE partition = $1";
const SAVE: &str = "INSERT INTO salesync_writers.snapshots (partition, part, bytes) VALUES ($1, $2, $3)";

/// The writers' snapshots, one per partition.
#[derive(Clone)]
pub struct SnapshotRows {
    pool: Pool,
}

impl SnapshotRows {
    /// Connects, and makes the table if it is not there.
    pub async fn connect(options: &PostgresOptions) -> Result<Self, ViewsError> {
        let rows = Self { pool: pool(options)? };
        let mut client = rows.pool.get().await?;
        let transaction = client.transaction().await?;
        transaction.execute(&transaction.prepare_cached(ALONE).await?, &[&LOCK]).await?;
        for (is_there, create) in [(SCHEMA_IS_THERE, CREATE_SCHEMA), (TABLE_IS_THERE, CREATE)] {
            if !transaction.query_one(is_there, &[]).await?.try_get::<_, bool>(0)? {
                transaction.batch_execute(create).await?;
            }
        }
        transaction.commit().await?;
        Ok(rows)
    }

    /// The partition's last snapshot, whole, if it has one.
    pub async fn load(&self, partition: u32) -> Result<Option<Vec<u8>>, ViewsError> {
        let client = self.pool.get().await?;
        // One statement sees one moment, so all parts are of one snapshot.
        let parts = statement::fetch(&client as &ClientWrapper, LOAD, &[partition.into()]).await?;
        let mut bytes = Vec::new();
        for part in &parts {
            bytes.extend_from_slice(part.bytes(0)?);
        }
        Ok((!parts.is_empty()).then_some(bytes))
    }

    /// Puts a snapshot in the place of the partition's last one, whole or not at all.
    pub async fn save(&self, partition: u32, bytes: &[u8]) -> Result<(), ViewsError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let (forget, save) = (transaction.prepare_cached(FORGET).await?, transaction.prepare_cached(SAVE).await?);
        let key = Value::from(partition);
        transaction.execute(&forget, &[&key]).await?;
        for (index, part) in (0_i64..).zip(bytes.chunks(PART_BYTES)) {
            transaction.execute(&save, &[&key, &index, &part]).await?;
        }
        Ok(transaction.commit().await?)
    }
}

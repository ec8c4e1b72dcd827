//! Reading PostgreSQL: one moment of the generation that is live in that moment, on a pooled connection.

use std::sync::Arc;

use deadpool_postgres::Object;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::pointer::Pointer;
use super::statement;
use super::store::Store;
use crate::error::ViewsError;
use crate::row::Row;
use crate::value::Value;
use crate::views::FOLLOWS;

/// Takes the moment with the next statement.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
/// Reads the pointer, shares the lock of the generation until the transaction ends, and chooses its schema.
const LOOK: &str = "SELECT generation, version, flips, \
    set_config('search_path', 'g_' || replace(generation::text, '-', ''), true) FROM salesync.live, \
    pg_advisory_xact_lock_shared(('x' || left(replace(generation::text, '-', ''), 16))::bit(64)::bigint)";
/// Names are looked up as they are now and not as of the transaction's moment: what is there now, under the lock, stays.
const THERE: &str = "SELECT to_regclass('checkpoints') IS NOT NULL";

/// One moment of one generation.
pub(crate) struct Look {
    lease: Lease,
    generation: Uuid,
}

/// A pooled connection that only goes back to the pool when it is known to be in no transaction.
struct Lease {
    /// `None` only while being dropped.
    client: Option<Object>,
    home: Handle,
    /// Whether a statement is under way or has failed.
    unsound: bool,
    in_transaction: bool,
}

impl Look {
    pub(crate) async fn begin(store: &Arc<Store>) -> Result<Self, ViewsError> {
        for _ in 0..FOLLOWS {
            let mut lease = Lease::of(store.readers.get().await?, store.home.clone());
            // Dropped between the reading of the pointer and the sharing of its lock: it points elsewhere by now.
            if let Some(pointer) = lease.begin().await? {
                store.saw(pointer);
                return Ok(Self { lease, generation: pointer.generation });
            }
        }
        Err(ViewsError::Unavailable("the live generation changes faster than it can be opened".to_owned()))
    }

    pub(crate) fn generation(&self) -> Uuid {
        self.generation
    }

    pub(crate) async fn fetch(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        self.lease.unsound = true;
        let rows = statement::fetch(self.lease.client()?, sql, params).await?;
        self.lease.unsound = false;
        Ok(rows)
    }
}

impl Lease {
    fn of(client: Object, home: Handle) -> Self {
        Self { client: Some(client), home, unsound: false, in_transaction: false }
    }

    fn client(&self) -> Result<&Object, ViewsError> {
        self.client.as_ref().ok_or(ViewsError::Absent)
    }

    /// Begins in one exchange with the server; `None` if the generation went while one looked.
    async fn begin(&mut self) -> Result<Option<Pointer>, ViewsError> {
        (self.unsound, self.in_transaction) = (true, true);
        let client = self.client()?;
        let (look, there) = (client.prepare_cached(LOOK).await?, client.prepare_cached(THERE).await?);
        let (begun, looked, there) =
            futures::join!(client.batch_execute(BEGIN), client.query_opt(&look, &[]), client.query_one(&there, &[]));
        begun?;
        let looked = looked?.ok_or(ViewsError::Absent)?;
        let pointer = Pointer::of(&statement::taken(&looked)?)?.known()?;
        let there = there?.try_get(0)?;
        self.unsound = false;
        Ok(if there { Some(pointer) } else { None })
    }

    async fn end(mut self) {
        if let Ok(client) = self.client() {
            self.in_transaction = client.batch_execute("ROLLBACK").await.is_err();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        if !self.in_transaction {
            return;
        }
        if self.unsound {
            // Out of the pool, and closed: the server rolls back.
            drop(Object::take(client));
            return;
        }
        let home = self.home.clone();
        let lease = Self { client: Some(client), home: home.clone(), unsound: true, in_transaction: true };
        // If that runtime ends first, the lease is dropped with its transaction open, and comes back here.
        home.spawn(lease.end());
    }
}

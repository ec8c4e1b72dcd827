//! Writing a generation: transactions with savepoints, from the projectors alone.

use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;

use crate::error::ViewsError;
use crate::row::Row;
use crate::sqlite::generation::Generation;
use crate::sqlite::{schema, statement};
use crate::value::Value;

/// The means to write one generation. After an error at COMMIT nobody knows what became of it: drop the writer, take
/// another one and read the checkpoints again.
pub struct Writer {
    pub(crate) connection: Connection,
    pub(crate) generation: Arc<Generation>,
}

/// A transaction; dropped without [`Tx::commit`] it leaves nothing behind.
pub struct Tx<'a> {
    connection: &'a Connection,
    open: bool,
}

#[expect(clippy::unused_async, reason = "SQLite answers inline; an engine behind a network will not")]
impl Writer {
    /// The generation that is written.
    pub fn generation(&self) -> Uuid {
        self.generation.id
    }

    /// Begins a transaction and takes the writer's lock, so that nothing else writes until it ends.
    pub async fn begin(&mut self) -> Result<Tx<'_>, ViewsError> {
        statement::execute(&self.connection, "BEGIN IMMEDIATE", &[])?;
        Ok(Tx { connection: &self.connection, open: true })
    }

    /// Makes the secondary indexes of a generation that was built without them.
    pub async fn finish_indexes(&mut self) -> Result<(), ViewsError> {
        Ok(schema::create_indexes(&self.connection)?)
    }
}

#[expect(clippy::unused_async, reason = "SQLite answers inline; an engine behind a network will not")]
impl Tx<'_> {
    /// Executes a statement and says how many rows it touched.
    pub async fn execute(&mut self, sql: &'static str, params: &[Value]) -> Result<u64, ViewsError> {
        statement::execute(self.connection, sql, params)
    }

    /// Executes a statement once per row of parameters: the one bulk method.
    pub async fn execute_many(
        &mut self,
        sql: &'static str,
        rows: impl Iterator<Item = impl AsRef<[Value]>> + Send,
    ) -> Result<u64, ViewsError> {
        statement::execute_many(self.connection, sql, rows)
    }

    /// All rows of a query.
    pub async fn fetch(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        statement::fetch(self.connection, sql, params)
    }

    /// Sets a mark to return to. A generation that is being built has no journal and cannot return.
    pub async fn savepoint(&mut self) -> Result<(), ViewsError> {
        statement::execute(self.connection, "SAVEPOINT mark", &[]).map(drop)
    }

    /// Undoes everything since the last mark and removes it.
    pub async fn rollback_to(&mut self) -> Result<(), ViewsError> {
        statement::execute(self.connection, "ROLLBACK TO mark", &[])?;
        self.release().await
    }

    /// Removes the last mark and keeps what was done since.
    pub async fn release(&mut self) -> Result<(), ViewsError> {
        statement::execute(self.connection, "RELEASE mark", &[]).map(drop)
    }

    /// Commits. After an error it is unknown whether anything was committed.
    pub async fn commit(mut self) -> Result<(), ViewsError> {
        statement::execute(self.connection, "COMMIT", &[])?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Tx<'_> {
    fn drop(&mut self) {
        if self.open {
            // If even this fails the connection is of no use, which its next statement will tell.
            let _ = statement::execute(self.connection, "ROLLBACK", &[]);
        }
    }
}

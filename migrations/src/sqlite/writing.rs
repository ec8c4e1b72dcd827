//! Writing SQLite: one connection per writer, one transaction at a time over all of them.

use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;

use super::generation::Generation;
use super::statement;
use crate::error::ViewsError;
use crate::row::Row;
use crate::value::Value;

/// The means to write one generation.
pub(crate) struct Writer {
    pub(super) connection: Connection,
    pub(super) generation: Arc<Generation>,
}

/// A transaction.
pub(crate) struct Tx<'a> {
    connection: &'a mut Connection,
    open: bool,
}

impl Writer {
    pub(crate) fn generation(&self) -> Uuid {
        self.generation.id
    }

    /// Takes the writer's lock. A switch holds it while it flips the pointer, so what is found then stays so.
    pub(crate) fn begin(&mut self) -> Result<Tx<'_>, ViewsError> {
        statement::execute(&self.connection, "BEGIN IMMEDIATE", &[])?;
        let tx = Tx { connection: &mut self.connection, open: true };
        if self.generation.is_replaced() { Err(ViewsError::Superseded) } else { Ok(tx) }
    }

    pub(crate) fn finish(&mut self) -> Result<(), ViewsError> {
        self.generation.finish(&self.connection)
    }
}

impl Tx<'_> {
    pub(crate) fn execute(&mut self, sql: &'static str, params: &[Value]) -> Result<u64, ViewsError> {
        statement::execute(self.connection, sql, params)
    }

    pub(crate) fn execute_many(
        &mut self,
        sql: &'static str,
        rows: impl Iterator<Item = impl AsRef<[Value]>>,
    ) -> Result<u64, ViewsError> {
        statement::execute_many(self.connection, sql, rows)
    }

    pub(crate) fn fetch(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        statement::fetch(self.connection, sql, params)
    }

    pub(crate) fn savepoint(&mut self) -> Result<(), ViewsError> {
        statement::execute(self.connection, "SAVEPOINT mark", &[]).map(drop)
    }

    pub(crate) fn rollback_to(&mut self) -> Result<(), ViewsError> {
        statement::execute(self.connection, "ROLLBACK TO mark", &[])?;
        self.release()
    }

    pub(crate) fn release(&mut self) -> Result<(), ViewsError> {
        statement::execute(self.connection, "RELEASE mark", &[]).map(drop)
    }

    pub(crate) fn commit(mut self) -> Result<(), ViewsError> {
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

//! Reading SQLite: one moment of a generation, on a connection that goes back to the idle ones.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::generation::Generation;
use super::statement;
use crate::error::ViewsError;
use crate::row::Row;
use crate::value::Value;

/// One moment of one generation.
pub(crate) struct Look {
    /// `None` only while being dropped.
    connection: Option<Connection>,
    sound: bool,
    generation: Arc<Generation>,
    _permit: OwnedSemaphorePermit,
}

impl Look {
    pub(super) fn begin(generation: Arc<Generation>, permit: OwnedSemaphorePermit) -> Result<Self, ViewsError> {
        let connection = generation.reader()?;
        let mut look = Self { connection: Some(connection), sound: true, generation, _permit: permit };
        look.run(|connection| {
            // The transaction takes its moment with its first read.
            connection.prepare_cached("BEGIN")?.raw_execute()?;
            statement::fetch(connection, "SELECT COUNT(*) FROM checkpoints", &[])
        })?;
        Ok(look)
    }

    pub(crate) fn generation(&self) -> Uuid {
        self.generation.id
    }

    pub(crate) fn fetch(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        self.run(|connection| statement::fetch(connection, sql, params))
    }

    fn run<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, ViewsError>) -> Result<T, ViewsError> {
        let connection = self.connection.as_ref().ok_or(ViewsError::Absent)?;
        let done = work(connection);
        self.sound &= done.is_ok();
        done
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let ended = connection.prepare_cached("ROLLBACK").and_then(|mut rollback| rollback.raw_execute());
        if self.sound && ended.is_ok() {
            self.generation.give_back(connection);
        }
    }
}

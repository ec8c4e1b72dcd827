//! One consistent look at the read models: pointer, checkpoints and rows of one moment.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::error::ViewsError;
use crate::row::Row;
use crate::sqlite::generation::Generation;
use crate::sqlite::statement;
use crate::value::Value;

/// One moment of one generation, for as long as it is held. Hold it briefly: there are few, and the engine cannot tidy
/// up behind a moment that somebody still looks at.
pub struct Snapshot {
    /// `None` only while being dropped.
    connection: Option<Connection>,
    sound: bool,
    generation: Arc<Generation>,
    _permit: OwnedSemaphorePermit,
}

#[expect(clippy::unused_async, reason = "SQLite answers inline; an engine behind a network will not")]
impl Snapshot {
    pub(crate) fn begin(generation: Arc<Generation>, permit: OwnedSemaphorePermit) -> Result<Self, ViewsError> {
        let connection = generation.reader()?;
        let mut snapshot = Self { connection: Some(connection), sound: true, generation, _permit: permit };
        snapshot.run(|connection| {
            // The transaction takes its moment with its first read.
            connection.prepare_cached("BEGIN")?.raw_execute()?;
            statement::fetch(connection, "SELECT COUNT(*) FROM checkpoints", &[])
        })?;
        Ok(snapshot)
    }

    /// The generation that is looked at.
    pub fn generation(&self) -> Uuid {
        self.generation.id
    }

    /// All rows of a query.
    pub async fn fetch(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        self.run(|connection| statement::fetch(connection, sql, params))
    }

    /// The first row of a query, if it has one.
    pub async fn fetch_optional(&mut self, sql: &'static str, params: &[Value]) -> Result<Option<Row>, ViewsError> {
        Ok(self.fetch(sql, params).await?.into_iter().next())
    }

    fn run<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, ViewsError>) -> Result<T, ViewsError> {
        let connection = self.connection.as_ref().ok_or(ViewsError::Absent)?;
        let done = work(connection);
        self.sound &= done.is_ok();
        done
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let ended = connection.prepare_cached("ROLLBACK").and_then(|mut rollback| rollback.raw_execute());
        if self.sound && ended.is_ok() {
            self.generation.give_back(connection);
        }
    }
}

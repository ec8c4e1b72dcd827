//! One consistent look at the read models: pointer, checkpoints and rows of one moment.

use uuid::Uuid;

use crate::error::ViewsError;
use crate::postgres;
use crate::row::Row;
use crate::sqlite;
use crate::value::Value;

/// One moment of one generation, for as long as it is held. Hold it briefly: there are few, and the engine cannot tidy
/// up behind a moment that somebody still looks at.
pub struct Snapshot {
    engine: Engine,
}

enum Engine {
    Sqlite(sqlite::reading::Look),
    Postgres(Box<postgres::reading::Look>),
}

impl Snapshot {
    pub(crate) fn of_sqlite(look: sqlite::reading::Look) -> Self {
        Self { engine: Engine::Sqlite(look) }
    }

    pub(crate) fn of_postgres(look: postgres::reading::Look) -> Self {
        Self { engine: Engine::Postgres(Box::new(look)) }
    }

    /// The generation that is looked at.
    pub fn generation(&self) -> Uuid {
        match &self.engine {
            Engine::Sqlite(look) => look.generation(),
            Engine::Postgres(look) => look.generation(),
        }
    }

    /// All rows of a query.
    pub async fn fetch(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        match &mut self.engine {
            Engine::Sqlite(look) => look.fetch(sql, params),
            Engine::Postgres(look) => look.fetch(sql, params).await,
        }
    }

    /// The first row of a query, if it has one.
    pub async fn fetch_optional(&mut self, sql: &'static str, params: &[Value]) -> Result<Option<Row>, ViewsError> {
        Ok(self.fetch(sql, params).await?.into_iter().next())
    }
}

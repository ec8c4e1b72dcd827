//! Writing a generation: transactions with savepoints, from the projectors alone.

use uuid::Uuid;

use crate::error::ViewsError;
use crate::row::Row;
use crate::value::Value;
use crate::views::Standing;
use crate::{postgres, sqlite};

pub(crate) const STANDING: &str = "SELECT projection, partition, next FROM checkpoints ORDER BY projection, partition";

/// The means to write one generation. After an error at COMMIT nobody knows what became of it: drop the writer, take
/// another one and read the checkpoints again.
pub struct Writer {
    engine: Engine,
}

pub(crate) enum Engine {
    Sqlite(sqlite::writing::Writer),
    Postgres(Box<postgres::writing::Writer>),
}

/// A transaction; dropped without [`Tx::commit`] it leaves nothing behind.
pub struct Tx<'a> {
    engine: EngineTx<'a>,
}

enum EngineTx<'a> {
    Sqlite(sqlite::writing::Tx<'a>),
    Postgres(postgres::writing::Tx<'a>),
}

impl Writer {
    pub(crate) fn of_sqlite(writer: sqlite::writing::Writer) -> Self {
        Self { engine: Engine::Sqlite(writer) }
    }

    pub(crate) fn of_postgres(writer: postgres::writing::Writer) -> Self {
        Self { engine: Engine::Postgres(Box::new(writer)) }
    }

    pub(crate) fn into_engine(self) -> Engine {
        self.engine
    }

    /// The generation that is written.
    pub fn generation(&self) -> Uuid {
        match &self.engine {
            Engine::Sqlite(writer) => writer.generation(),
            Engine::Postgres(writer) => writer.generation(),
        }
    }

    /// Begins a transaction. SQLite lets no other writer begin until it ends; on PostgreSQL only two that move the same
    /// checkpoint wait for one another. [`ViewsError::Superseded`] if another generation is live by now.
    pub async fn begin(&mut self) -> Result<Tx<'_>, ViewsError> {
        let engine = match &mut self.engine {
            Engine::Sqlite(writer) => EngineTx::Sqlite(writer.begin()?),
            Engine::Postgres(writer) => EngineTx::Postgres(writer.begin().await?),
        };
        Ok(Tx { engine })
    }

    /// Ends the filling of a generation that was built: makes its secondary indexes, and what is in it durable. From
    /// here on it is written like the live one.
    pub async fn finish(&mut self) -> Result<(), ViewsError> {
        match &mut self.engine {
            Engine::Sqlite(writer) => writer.finish(),
            Engine::Postgres(writer) => writer.finish().await,
        }
    }

    /// Where each projection stands on each partition.
    pub async fn standing(&mut self) -> Result<Vec<Standing>, ViewsError> {
        let mut tx = self.begin().await?;
        let rows = tx.fetch(STANDING, &[]).await?;
        tx.commit().await?;
        rows.iter().map(standing).collect()
    }
}

impl Tx<'_> {
    /// Executes a statement and says how many rows it touched.
    pub async fn execute(&mut self, sql: &'static str, params: &[Value]) -> Result<u64, ViewsError> {
        match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.execute(sql, params),
            EngineTx::Postgres(tx) => tx.execute(sql, params).await,
        }
    }

    /// Executes a statement once per row of parameters, each for a row with a key of its own: the one bulk method.
    pub async fn execute_many<R: AsRef<[Value]> + Send + Sync>(
        &mut self,
        sql: &'static str,
        rows: impl Iterator<Item = R> + Send,
    ) -> Result<u64, ViewsError> {
        match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.execute_many(sql, rows),
            EngineTx::Postgres(tx) => tx.execute_many(sql, rows).await,
        }
    }

    /// All rows of a query.
    pub async fn fetch(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.fetch(sql, params),
            EngineTx::Postgres(tx) => tx.fetch(sql, params).await,
        }
    }

    /// Sets a mark to return to. A generation that is being filled has no journal and cannot return.
    #[expect(clippy::unused_async, reason = "what either engine does here without waiting is its own affair")]
    pub async fn savepoint(&mut self) -> Result<(), ViewsError> {
        match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.savepoint(),
            EngineTx::Postgres(tx) => {
                tx.savepoint();
                Ok(())
            }
        }
    }

    /// Undoes everything since the last mark and removes it.
    pub async fn rollback_to(&mut self) -> Result<(), ViewsError> {
        match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.rollback_to(),
            EngineTx::Postgres(tx) => tx.rollback_to().await,
        }
    }

    /// Removes the last mark and keeps what was done since.
    #[expect(clippy::unused_async, reason = "what either engine does here without waiting is its own affair")]
    pub async fn release(&mut self) -> Result<(), ViewsError> {
        match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.release(),
            EngineTx::Postgres(tx) => {
                tx.release();
                Ok(())
            }
        }
    }

    /// Announces, with the commit, that everything before `next` on the partition is in the rows.
    pub async fn announce(&mut self, partition: u32, next: i64) -> Result<(), ViewsError> {
        match &mut self.engine {
            EngineTx::Sqlite(_) => Ok(()),
            EngineTx::Postgres(tx) => tx.announce(partition, next).await,
        }
    }

    /// Commits. After an error it is unknown whether anything was committed. Once begun it is not to be cancelled.
    pub async fn commit(self) -> Result<(), ViewsError> {
        match self.engine {
            EngineTx::Sqlite(tx) => tx.commit(),
            EngineTx::Postgres(tx) => tx.commit().await,
        }
    }
}

pub(crate) fn standing(row: &Row) -> Result<Standing, ViewsError> {
    let partition = u32::try_from(row.int(1)?).map_err(|_| ViewsError::Shape { column: 1, expected: "a partition" })?;
    Ok(Standing { projection: row.text(0)?.to_owned(), partition, next: row.int(2)? })
}

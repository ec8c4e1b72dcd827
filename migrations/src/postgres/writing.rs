//! Writing PostgreSQL: a connection per writer, and transactions that run beside each other.

use std::collections::HashMap;
use std::sync::Arc;

use deadpool_postgres::{ClientWrapper, Transaction};
use uuid::Uuid;

use super::bulk::{self, Plan};
use super::connecting::{Purpose, connect};
use super::pointer::{self, Pointer};
use super::store::Store;
use super::{schema, statement, sweeping};
use crate::error::ViewsError;
use crate::row::Row;
use crate::value::Value;

/// The lock of a generation, shared until the connection is closed.
const SHARE_GENERATION: &str = "SELECT 1 FROM pg_advisory_lock_shared($1)";
/// A generation that nobody sees yet need not be on the disk with each commit.
const CARELESS: &str = "SET synchronous_commit TO off";
const CAREFUL: &str = "RESET synchronous_commit";
const SET: &str = "SAVEPOINT mark";
const RELEASE: &str = "RELEASE mark";
const RELEASE_AND_SET: &str = "RELEASE mark; SAVEPOINT mark";
const ROLLBACK: &str = "ROLLBACK TO mark; RELEASE mark";
const ANNOUNCE: &str = "SELECT 1 FROM pg_notify('salesync', $1)";

/// The means to write one generation.
pub(crate) struct Writer {
    client: ClientWrapper,
    generation: Uuid,
    plans: HashMap<&'static str, Plan>,
    /// A generation that is not live goes with its writer.
    built: Option<Built>,
}

/// A generation beside the live one, to be swept away unless it goes live.
struct Built {
    store: Arc<Store>,
    went_live: bool,
}

/// A transaction. Dropped before its end it sends a ROLLBACK ahead of whatever the connection is used for next.
pub(crate) struct Tx<'a> {
    transaction: Transaction<'a>,
    plans: &'a mut HashMap<&'static str, Plan>,
    generation: Uuid,
    filling: bool,
    /// What is to be done to the mark before the next statement.
    mark: Option<&'static str>,
    /// A statement has failed: the server would take a COMMIT for a ROLLBACK, and say that all is well.
    failed: bool,
}

impl Writer {
    pub(crate) async fn live(store: &Arc<Store>) -> Result<Self, ViewsError> {
        store.may_write()?;
        let client = connect(&store.options, Purpose::Writing).await?;
        let pointer = pointer::now(&client).await?;
        store.saw(pointer);
        client.batch_execute(&format!("SET search_path TO {}", schema::name(pointer.generation))).await?;
        Ok(Self { client, generation: pointer.generation, plans: HashMap::new(), built: None })
    }

    pub(crate) async fn build(store: &Arc<Store>, generation: Uuid) -> Result<Self, ViewsError> {
        store.may_write()?;
        let client = connect(&store.options, Purpose::Writing).await?;
        // Shared by its builder, it is not taken for a leftover.
        statement::fetch(&client, SHARE_GENERATION, &[schema::lock_key(generation).into()]).await?;
        client.batch_execute(CARELESS).await?;
        client.batch_execute(&schema::create(generation)).await?;
        let built = Some(Built { store: Arc::clone(store), went_live: false });
        Ok(Self { client, generation, plans: HashMap::new(), built })
    }

    pub(crate) fn generation(&self) -> Uuid {
        self.generation
    }

    /// Says that the generation that was built is the live one now.
    pub(super) fn went_live(mut self) {
        if let Some(built) = &mut self.built {
            built.went_live = true;
        }
    }

    pub(crate) async fn begin(&mut self) -> Result<Tx<'_>, ViewsError> {
        let (share, read) =
            (self.client.prepare_cached(pointer::SHARE).await?, self.client.prepare_cached(pointer::READ).await?);
        let filling = self.built.is_some();
        let transaction = self.client.transaction().await?;
        if !filling {
            // The second takes its moment when it has the first one's lock, and so sees a switch that it waited for.
            let (_, row) = futures::try_join!(
                transaction.query_one(&share, &[&pointer::LOCK]),
                transaction.query_opt(&read, &[])
            )?;
            let row = row.ok_or(ViewsError::Absent)?;
            if Pointer::of(&statement::taken(&row)?)?.generation != self.generation {
                return Err(ViewsError::Superseded);
            }
        }
        Ok(Tx { transaction, plans: &mut self.plans, generation: self.generation, filling, mark: None, failed: false })
    }

    /// Makes the indexes and puts on the disk what was filled in.
    pub(crate) async fn finish(&mut self) -> Result<(), ViewsError> {
        self.client.batch_execute(&schema::indexes()).await?;
        self.client.batch_execute(CAREFUL).await?;
        self.client.batch_execute(&schema::analyze()).await?;
        Ok(())
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        if !self.went_live {
            sweeping::sweep_soon(&self.store);
        }
    }
}

impl Tx<'_> {
    pub(crate) async fn execute(&mut self, sql: &'static str, params: &[Value]) -> Result<u64, ViewsError> {
        let mark = self.begin_statement();
        let done = marked(&self.transaction, mark, statement::execute(&self.transaction, sql, params)).await;
        self.end_statement(done)
    }

    pub(crate) async fn execute_many<R: AsRef<[Value]> + Send + Sync>(
        &mut self,
        sql: &'static str,
        rows: impl Iterator<Item = R> + Send,
    ) -> Result<u64, ViewsError> {
        let mark = self.begin_statement();
        let work = bulk::execute(&self.transaction, self.plans, self.filling, sql, rows);
        let done = marked(&self.transaction, mark, work).await;
        self.end_statement(done)
    }

    pub(crate) async fn fetch(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        let mark = self.begin_statement();
        let rows = marked(&self.transaction, mark, statement::fetch_in(&self.transaction, sql, params)).await;
        self.end_statement(rows)
    }

    pub(crate) fn savepoint(&mut self) {
        self.mark = Some(match self.mark {
            Some(RELEASE) => RELEASE_AND_SET,
            _ => SET,
        });
    }

    pub(crate) async fn rollback_to(&mut self) -> Result<(), ViewsError> {
        // A mark that was not sent yet has nothing behind it.
        match self.mark.take() {
            Some(RELEASE_AND_SET) => self.mark = Some(RELEASE),
            Some(_) => {}
            None => {
                self.transaction.batch_execute(ROLLBACK).await?;
                self.failed = false;
            }
        }
        Ok(())
    }

    pub(crate) fn release(&mut self) {
        self.mark = match self.mark {
            Some(RELEASE_AND_SET) | None => Some(RELEASE),
            Some(_) => None,
        };
    }

    pub(crate) async fn announce(&mut self, partition: u32, next: i64) -> Result<(), ViewsError> {
        let told = format!("{} {partition} {next}", self.generation);
        self.execute(ANNOUNCE, &[told.into()]).await.map(drop)
    }

    pub(crate) async fn commit(self) -> Result<(), ViewsError> {
        if self.failed {
            let refused = "a statement of the transaction had failed: nothing was committed";
            return Err(ViewsError::Refused(refused.to_owned()));
        }
        Ok(self.transaction.commit().await?)
    }

    /// Until it has ended well, a statement counts as failed: its caller may give up waiting.
    fn begin_statement(&mut self) -> Option<&'static str> {
        self.failed = true;
        self.mark.take()
    }

    fn end_statement<T>(&mut self, done: Result<T, ViewsError>) -> Result<T, ViewsError> {
        self.failed = done.is_err();
        done
    }
}

/// Sends what is to be done to the mark ahead of a statement, in one exchange with the server.
async fn marked<T>(
    transaction: &Transaction<'_>,
    mark: Option<&'static str>,
    work: impl Future<Output = Result<T, ViewsError>>,
) -> Result<T, ViewsError> {
    let Some(mark) = mark else { return work.await };
    let (marked, done) = futures::join!(transaction.batch_execute(mark), work);
    marked?;
    done
}

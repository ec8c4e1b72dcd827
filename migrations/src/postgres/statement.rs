//! Statements: values bound, rows read. Every statement is prepared once per connection.

use deadpool_postgres::{ClientWrapper, Transaction};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use crate::error::ViewsError;
use crate::row::Row;
use crate::value::Value;

/// All rows of a query.
pub(super) async fn fetch(client: &ClientWrapper, sql: &str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, &bound(&statement, params)?).await?;
    rows.iter().map(taken).collect()
}

/// All rows of a query in a transaction.
pub(super) async fn fetch_in(
    transaction: &Transaction<'_>,
    sql: &str,
    params: &[Value],
) -> Result<Vec<Row>, ViewsError> {
    let statement = transaction.prepare_cached(sql).await?;
    let rows = transaction.query(&statement, &bound(&statement, params)?).await?;
    rows.iter().map(taken).collect()
}

/// How many rows a statement touched.
pub(super) async fn execute(transaction: &Transaction<'_>, sql: &str, params: &[Value]) -> Result<u64, ViewsError> {
    let statement = transaction.prepare_cached(sql).await?;
    Ok(transaction.execute(&statement, &bound(&statement, params)?).await?)
}

/// The parameters as the driver takes them.
pub(super) fn bound<'a>(statement: &Statement, params: &'a [Value]) -> Result<Vec<&'a (dyn ToSql + Sync)>, ViewsError> {
    let (expected, given) = (statement.params().len(), params.len());
    if expected != given {
        return Err(mismatch(expected, given));
    }
    Ok(params.iter().map(|value| value as &(dyn ToSql + Sync)).collect())
}

pub(super) fn mismatch(expected: usize, given: usize) -> ViewsError {
    ViewsError::Refused(format!("the statement takes {expected} parameters, {given} were given"))
}

pub(super) fn taken(row: &tokio_postgres::Row) -> Result<Row, ViewsError> {
    let shape = |column| ViewsError::Shape { column, expected: "a kind of value that the views know" };
    let columns = (0..row.len()).map(|column| row.try_get(column).map_err(|_| shape(column)));
    Ok(Row::new(columns.collect::<Result<_, _>>()?))
}

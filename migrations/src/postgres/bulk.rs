//! Many rows at once: what is one statement per row for its author is one statement per thousands for the server.
//!
//! ```text
//!   INSERT INTO t (…) VALUES ($1, 0) ON CONFLICT …   ►   INSERT INTO t (…) SELECT given.p1, 0 FROM UNNEST(…) ON CONFLICT …
//!   UPDATE t SET a = $1 WHERE k = $2                 ►   UPDATE t SET a = given.p1 FROM UNNEST(…) WHERE k = given.p2
//!   DELETE FROM t WHERE k = $1                       ►   DELETE FROM t USING UNNEST(…) WHERE k = given.p1
//! ```
//!
//! A statement of another shape is sent once per row, the next one before the answer to the last has come. And a new
//! generation takes whole new rows by COPY, which asks the server for nothing but to store them.

use std::collections::HashMap;
use std::pin::pin;

use deadpool_postgres::Transaction;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::statement;
use crate::error::ViewsError;
use crate::value::Value;

/// How many rows one statement takes.
const ROWS: usize = 8_192;
/// How many statements are on their way at once.
const STATEMENTS_AHEAD: usize = 256;

/// How a statement is executed for many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plan {
    /// As it is, once per row.
    Each,
    /// Rewritten, once for all: a parameter is an array of what it is in each row.
    Arrays(String),
    /// As a stream of rows.
    Copy(String),
}

/// Executes a statement once per row of parameters.
pub(super) async fn execute<R: AsRef<[Value]> + Send + Sync>(
    transaction: &Transaction<'_>,
    plans: &mut HashMap<&'static str, Plan>,
    filling: bool,
    sql: &'static str,
    mut rows: impl Iterator<Item = R> + Send,
) -> Result<u64, ViewsError> {
    let statement = transaction.prepare_cached(sql).await?;
    let plan = plans.entry(sql).or_insert_with(|| plan(sql, statement.params(), filling));
    let mut affected = 0;
    loop {
        let chunk: Vec<R> = rows.by_ref().take(ROWS).collect();
        affected += match plan {
            _ if chunk.is_empty() => return Ok(affected),
            Plan::Arrays(arrays) if chunk.len() > 1 => {
                let arrays = transaction.prepare_cached(arrays).await?;
                let columns = columns(&chunk, statement.params().len())?;
                let params: Vec<_> = columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect();
                transaction.execute(&arrays, &params).await?
            }
            Plan::Copy(copy) if chunk.len() > 1 => stream(transaction, copy, statement.params(), &chunk).await?,
            _ => {
                let sent = chunk.iter().map(|row| statement::execute(transaction, sql, row.as_ref()));
                let done = stream::iter(sent).buffered(STATEMENTS_AHEAD);
                done.try_fold(0, |sum, rows| async move { Ok(sum + rows) }).await?
            }
        };
    }
}

async fn stream<R: AsRef<[Value]> + Send + Sync>(
    transaction: &Transaction<'_>,
    copy: &str,
    types: &[Type],
    rows: &[R],
) -> Result<u64, ViewsError> {
    same_width(rows, types.len())?;
    let copy = transaction.prepare_cached(copy).await?;
    let writer = BinaryCopyInWriter::new(transaction.copy_in(&copy).await?, types);
    let mut writer = pin!(writer);
    for row in rows {
        writer.as_mut().write_raw(row.as_ref().iter()).await?;
    }
    Ok(writer.finish().await?)
}

/// The rows turned: for each parameter its value in every row.
fn columns<R: AsRef<[Value]>>(rows: &[R], params: usize) -> Result<Vec<Vec<&Value>>, ViewsError> {
    same_width(rows, params)?;
    let column = |index: usize| rows.iter().map(|row| row.as_ref().get(index)).collect::<Option<Vec<&Value>>>();
    (0..params).map(column).collect::<Option<_>>().ok_or(ViewsError::Absent)
}

fn same_width<R: AsRef<[Value]>>(rows: &[R], params: usize) -> Result<(), ViewsError> {
    match rows.iter().map(|row| row.as_ref().len()).find(|given| *given != params) {
        Some(given) => Err(statement::mismatch(params, given)),
        None => Ok(()),
    }
}

fn plan(sql: &str, types: &[Type], filling: bool) -> Plan {
    let copied = if filling { copy(sql) } else { None };
    copied
        .map(Plan::Copy)
        .or_else(|| given(types).and_then(|given| arrays(sql, &given)).map(Plan::Arrays))
        .unwrap_or(Plan::Each)
}

/// The COPY that stores the same rows: of an INSERT whose rows are new, and whole but for columns that are NULL.
fn copy(sql: &str) -> Option<String> {
    let (table, rest) = sql.strip_prefix("INSERT INTO ")?.split_once(" (")?;
    let (columns, rest) = rest.split_once(") VALUES (")?;
    let values = rest.strip_suffix(')')?;
    let (mut named, mut params) = (Vec::new(), 0);
    for (column, value) in columns.split(", ").zip(values.split(", ")) {
        if value != "NULL" {
            params += 1;
            named.push(column);
            value.strip_prefix('$').filter(|n| n.parse() == Ok(params))?;
        }
    }
    Some(format!("COPY {table} ({}) FROM STDIN (FORMAT binary)", named.join(", ")))
}

/// The statement for arrays of parameters, if it is of a shape that can be turned.
fn arrays(sql: &str, given: &str) -> Option<String> {
    if sql.contains("SELECT") || sql.contains("RETURNING") {
        return None;
    }
    let named = named(sql);
    if let Some((head, values)) = named.split_once(" VALUES (").filter(|_| sql.starts_with("INSERT INTO ")) {
        let (tuple, behind) = values.split_at(closing(values)?);
        return Some(format!("{head} SELECT {tuple} FROM {given}{}", behind.get(1..)?));
    }
    let (head, condition) = named.split_once(" WHERE ")?;
    if sql.starts_with("UPDATE ") {
        return Some(format!("{head} FROM {given} WHERE {condition}"));
    }
    sql.starts_with("DELETE FROM ").then(|| format!("{head} USING {given} WHERE {condition}"))
}

/// The parameters as a table of one column each.
fn given(types: &[Type]) -> Option<String> {
    let arrays: Option<Vec<String>> =
        (1..).zip(types).map(|(n, ty)| Some(format!("${n}::{}[]", array_of(ty)?))).collect();
    let names: Vec<String> = (1..=types.len()).map(|n| format!("p{n}")).collect();
    Some(format!("UNNEST({}) AS given({})", arrays?.join(", "), names.join(", "))).filter(|_| !types.is_empty())
}

fn array_of(ty: &Type) -> Option<&'static str> {
    Some(match *ty {
        Type::INT8 => "bigint",
        Type::INT4 => "integer",
        Type::BOOL => "boolean",
        Type::TEXT => "text",
        Type::BYTEA => "bytea",
        Type::UUID => "uuid",
        Type::DATE => "date",
        Type::TIMESTAMPTZ => "timestamptz",
        _ => return None,
    })
}

/// `$3` becomes `given.p3`.
fn named(sql: &str) -> String {
    sql.replace('$', "given.p")
}

/// Where the parenthesis that was opened before the text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    text.bytes().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn turned(sql: &str, types: &[Type]) -> Plan {
        plan(sql, types, false)
    }

    fn into(sql: &str) -> Plan {
        Plan::Arrays(sql.to_owned())
    }

    #[test]
    fn an_insert_takes_its_rows_from_arrays_and_keeps_its_literals_and_its_conflicts() {
        let sql = "INSERT INTO t (a, b, c) VALUES ($1, 0, $2) ON CONFLICT (a) DO UPDATE SET c = t.c + excluded.c";
        let expected = "INSERT INTO t (a, b, c) SELECT given.p1, 0, given.p2 \
            FROM UNNEST($1::uuid[], $2::bigint[]) AS given(p1, p2) \
            ON CONFLICT (a) DO UPDATE SET c = t.c + excluded.c";
        assert_eq!(turned(sql, &[Type::UUID, Type::INT8]), into(expected));
    }

    #[test]
    fn an_update_and_a_delete_are_joined_with_arrays() {
        let types = [Type::TIMESTAMPTZ, Type::UUID];
        let given = "UNNEST($1::timestamptz[], $2::uuid[]) AS given(p1, p2)";
        assert_eq!(
            turned("UPDATE t SET a = $1 WHERE k = $2", &types),
            into(&format!("UPDATE t SET a = given.p1 FROM {given} WHERE k = given.p2"))
        );
        assert_eq!(
            turned("DELETE FROM t WHERE k = $1 AND l = $2", &types),
            into(&format!("DELETE FROM t USING {given} WHERE k = given.p1 AND l = given.p2"))
        );
    }

    #[test]
    fn what_cannot_be_turned_is_left_as_it_is() {
        let nested = "DELETE FROM t WHERE k IN (SELECT k FROM u WHERE l = $1)";
        assert_eq!(turned(nested, &[Type::INT8]), Plan::Each);
        assert_eq!(turned("INSERT INTO t (a) VALUES ($1) RETURNING a", &[Type::INT8]), Plan::Each);
        assert_eq!(turned("INSERT INTO t (a) VALUES ($1)", &[Type::POINT]), Plan::Each);
        assert_eq!(turned("DELETE FROM t WHERE k = 1", &[]), Plan::Each);
    }

    #[test]
    fn whole_new_rows_of_a_new_generation_are_copied() {
        let filled = |sql| plan(sql, &[Type::INT8, Type::INT8], true);
        assert_eq!(
            filled("INSERT INTO t (a, b, c) VALUES ($1, NULL, $2)"),
            Plan::Copy("COPY t (a, c) FROM STDIN (FORMAT binary)".to_owned())
        );
        for other in [
            "INSERT INTO t (a, b, c) VALUES ($1, 0, $2)",
            "INSERT INTO t (a, b) VALUES ($2, $1)",
            "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO NOTHING",
        ] {
            assert!(matches!(filled(other), Plan::Arrays(_)), "{other}");
        }
    }
}

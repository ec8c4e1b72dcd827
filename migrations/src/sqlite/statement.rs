//! Statements: values bound, rows read. Every statement is prepared once per connection.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};

use crate::error::ViewsError;
use crate::row::Row;
use crate::value::Value;

pub(crate) fn execute(connection: &Connection, sql: &'static str, params: &[Value]) -> Result<u64, ViewsError> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    Ok(statement.raw_execute()? as u64)
}

pub(crate) fn execute_many(
    connection: &Connection,
    sql: &'static str,
    rows: impl Iterator<Item = impl AsRef<[Value]>>,
) -> Result<u64, ViewsError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut affected = 0;
    for row in rows {
        bind(&mut statement, row.as_ref())?;
        affected += statement.raw_execute()? as u64;
    }
    Ok(affected)
}

pub(crate) fn fetch(connection: &Connection, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    let columns = statement.column_count();
    let mut found = statement.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(taken(row.get_ref(column)?, column)?);
        }
        rows.push(Row::new(values));
    }
    Ok(rows)
}

fn bind(statement: &mut CachedStatement<'_>, params: &[Value]) -> Result<(), ViewsError> {
    if statement.parameter_count() != params.len() {
        let (expected, given) = (statement.parameter_count(), params.len());
        return Err(ViewsError::Refused(format!("the statement takes {expected} parameters, {given} were given")));
    }
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(())
}

fn taken(value: ValueRef<'_>, column: usize) -> Result<Value, ViewsError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|_| ViewsError::Shape { column, expected: "UTF-8" })?;
            Value::Text(text.to_owned())
        }
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(ViewsError::Shape { column, expected: "a whole number" }),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Self::Bool(yes) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*yes))),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Uuid(uuid) => ToSqlOutput::Borrowed(ValueRef::Blob(uuid.as_bytes())),
            Self::Date(date) => ToSqlOutput::Owned(date.to_string().into()),
            Self::Time(at) => ToSqlOutput::Borrowed(ValueRef::Integer(at.timestamp_micros())),
        })
    }
}

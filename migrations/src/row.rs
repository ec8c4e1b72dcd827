//! A row on its way out, read column by column.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::error::ViewsError;
use crate::value::Value;

/// A row; columns are counted from 0 in the order of the SELECT.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    columns: Vec<Value>,
}

impl Row {
    pub(crate) fn new(columns: Vec<Value>) -> Self {
        Self { columns }
    }

    /// The columns as the engine keeps them: PostgreSQL each in its own kind; SQLite uuids as bytes, dates as text,
    /// instants as whole microseconds, yes and no as 1 and 0.
    pub fn columns(&self) -> &[Value] {
        &self.columns
    }

    /// A whole number.
    pub fn int(&self, column: usize) -> Result<i64, ViewsError> {
        self.opt_int(column)?.ok_or_else(|| shape(column, "a number"))
    }

    /// A whole number or NULL.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, ViewsError> {
        match self.columns.get(column) {
            Some(Value::Int(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => Err(shape(column, "a number")),
        }
    }

    /// Text.
    pub fn text(&self, column: usize) -> Result<&str, ViewsError> {
        self.opt_text(column)?.ok_or_else(|| shape(column, "text"))
    }

    /// Text or NULL.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, ViewsError> {
        match self.columns.get(column) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            _ => Err(shape(column, "text")),
        }
    }

    /// Yes or no.
    pub fn bool(&self, column: usize) -> Result<bool, ViewsError> {
        match self.columns.get(column) {
            Some(Value::Bool(yes)) => Ok(*yes),
            Some(Value::Int(number)) => Ok(*number != 0),
            _ => Err(shape(column, "a yes or no")),
        }
    }

    /// A uuid.
    pub fn uuid(&self, column: usize) -> Result<Uuid, ViewsError> {
        self.opt_uuid(column)?.ok_or_else(|| shape(column, "a uuid"))
    }

    /// A uuid or NULL.
    pub fn opt_uuid(&self, column: usize) -> Result<Option<Uuid>, ViewsError> {
        match self.columns.get(column) {
            Some(Value::Uuid(uuid)) => Ok(Some(*uuid)),
            Some(Value::Bytes(bytes)) => Uuid::from_slice(bytes).map(Some).map_err(|_| shape(column, "a uuid")),
            Some(Value::Null) => Ok(None),
            _ => Err(shape(column, "a uuid")),
        }
    }

    /// A calendar date.
    pub fn date(&self, column: usize) -> Result<NaiveDate, ViewsError> {
        match self.columns.get(column) {
            Some(Value::Date(date)) => Ok(*date),
            Some(Value::Text(text)) => text.parse().map_err(|_| shape(column, "a date")),
            _ => Err(shape(column, "a date")),
        }
    }

    /// An instant.
    pub fn time(&self, column: usize) -> Result<DateTime<Utc>, ViewsError> {
        self.opt_time(column)?.ok_or_else(|| shape(column, "an instant"))
    }

    /// An instant or NULL.
    pub fn opt_time(&self, column: usize) -> Result<Option<DateTime<Utc>>, ViewsError> {
        match self.columns.get(column) {
            Some(Value::Time(at)) => Ok(Some(*at)),
            Some(Value::Int(micros)) => {
                DateTime::from_timestamp_micros(*micros).map(Some).ok_or_else(|| shape(column, "an instant"))
            }
            Some(Value::Null) => Ok(None),
            _ => Err(shape(column, "an instant")),
        }
    }

    /// Bytes.
    pub fn bytes(&self, column: usize) -> Result<&[u8], ViewsError> {
        match self.columns.get(column) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            _ => Err(shape(column, "bytes")),
        }
    }
}

fn shape(column: usize, expected: &'static str) -> ViewsError {
    ViewsError::Shape { column, expected }
}

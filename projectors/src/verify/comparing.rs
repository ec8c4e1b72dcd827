//! Comparing one table: both sides in the order of the key, side by side, page by page.

use std::cmp::Ordering;
use std::collections::VecDeque;

use migrations::{Snapshot, Value, ViewsError};

use super::report::{VerifyReport, shown};
use crate::naive::{Expected, Table};

/// Holds a table's rows against those that it should have.
pub(super) async fn compare(
    snapshot: &mut Snapshot,
    expected: Expected<'_>,
    report: &mut VerifyReport,
) -> Result<(), ViewsError> {
    let table = expected.table;
    let mut expected = expected.rows.map(plain).peekable();
    let mut found = Found { snapshot, table, page: VecDeque::new(), last: None, ended: false };
    let mut next = found.next().await?;
    while expected.peek().is_some() || next.is_some() {
        let order = match (expected.peek(), &next) {
            (Some(expected), Some(found)) => by_key(table, expected, found),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        report.rows += 1;
        let missing = if order.is_le() { expected.next() } else { None };
        let surplus = if order.is_ge() { std::mem::replace(&mut next, found.next().await?) } else { None };
        match (missing, surplus) {
            (Some(expected), Some(found)) => compare_rows(table, &expected, &found, report),
            (Some(row), None) => report.differ(table.name, key(table, &row), "row", "there".into(), "missing".into()),
            (None, Some(row)) => report.differ(table.name, key(table, &row), "row", "missing".into(), "there".into()),
            (None, None) => {}
        }
    }
    Ok(())
}

/// A table's rows, read page by page.
struct Found<'a> {
    snapshot: &'a mut Snapshot,
    table: &'static Table,
    page: VecDeque<Vec<Value>>,
    last: Option<Vec<Value>>,
    ended: bool,
}

impl Found<'_> {
    async fn next(&mut self) -> Result<Option<Vec<Value>>, ViewsError> {
        if self.page.is_empty() && !self.ended {
            let rows = match &self.last {
                None => self.snapshot.fetch(self.table.first_page, &[]).await?,
                Some(key) => self.snapshot.fetch(self.table.next_page, key).await?,
            };
            self.ended = rows.is_empty();
            self.last = rows.last().and_then(|row| row.columns().get(..self.table.keys)).map(<[Value]>::to_vec);
            self.page = rows.iter().map(|row| plain(row.columns().to_vec())).collect();
        }
        Ok(self.page.pop_front())
    }
}

/// Values in one form, whichever an engine keeps.
fn plain(row: Vec<Value>) -> Vec<Value> {
    let one_form = |value| match value {
        Value::Uuid(uuid) => Value::Bytes(uuid.as_bytes().to_vec()),
        Value::Date(date) => Value::Text(date.to_string()),
        Value::Time(at) => Value::Int(at.timestamp_micros()),
        Value::Bool(yes) => Value::Int(i64::from(yes)),
        other => other,
    };
    row.into_iter().map(one_form).collect()
}

fn by_key(table: &Table, expected: &[Value], found: &[Value]) -> Ordering {
    let (expected, found) = (expected.iter().take(table.keys), found.iter().take(table.keys));
    expected.partial_cmp(found).unwrap_or(Ordering::Equal)
}

fn compare_rows(table: &Table, expected: &[Value], found: &[Value], report: &mut VerifyReport) {
    for ((column, expected_value), found_value) in table.columns.split(", ").zip(expected).zip(found) {
        if expected_value != found_value {
            let (expected_value, found_value) = (shown(column, expected_value), shown(column, found_value));
            report.differ(table.name, key(table, expected), column, expected_value, found_value);
        }
    }
}

fn key(table: &Table, row: &[Value]) -> String {
    let columns = table.columns.split(", ").zip(row).take(table.keys);
    columns.map(|(column, value)| shown(column, value)).collect::<Vec<_>>().join(" ")
}

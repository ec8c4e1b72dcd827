//! What a verification found, in words that name the row and show nobody's data.

use events::Partition;
use log::Cursor;
use migrations::Value;
use uuid::Uuid;

/// How many differences are named; the rest are counted.
const NAMED: usize = 100;
/// Columns whose contents are nobody's business, whatever they should be.
const PERSONAL: [&str; 5] = ["owner_name", "phone", "address", "password_hash", "keeps"];

/// What was compared and what differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// The generation that was looked at.
    pub generation: Uuid,
    /// How far each view was on each partition, and how many events had counted up to there.
    pub views: Vec<VerifiedView>,
    /// Rows compared.
    pub rows: u64,
    /// Differences found.
    pub differences_total: u64,
    /// The first hundred of them.
    pub differences: Vec<Difference>,
}

/// How far a view was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedView {
    /// The view.
    pub name: &'static str,
    /// The partition.
    pub partition: Partition,
    /// The position behind the last record that it has applied.
    pub next: u64,
    /// The events that had counted up to there.
    pub events: u64,
}

/// Something in the read models that is not what the log says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{table} {key}: {column} is {found}, not {expected}")]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The row's key.
    pub key: String,
    /// The column; `row` if the whole row is missing or too many.
    pub column: String,
    /// What the log says.
    pub expected: String,
    /// What the read models say.
    pub found: String,
}

impl VerifyReport {
    pub(super) fn new(generation: Uuid) -> Self {
        Self { generation, views: Vec::new(), rows: 0, differences_total: 0, differences: Vec::new() }
    }

    /// Whether the read models are what the log says.
    pub fn is_equal(&self) -> bool {
        self.differences_total == 0
    }

    /// Takes note of a view's checkpoint beside where its fold came out by the log's own rule.
    pub(super) fn view(&mut self, name: &'static str, partition: Partition, stored: &Cursor, reached: &Cursor) {
        let key = format!("{name} {partition}");
        self.views.push(VerifiedView { name, partition, next: stored.next.0, events: stored.counted });
        if stored.counted != reached.counted {
            self.differ("checkpoints", key, "counted", reached.counted.to_string(), stored.counted.to_string());
        } else if stored != reached {
            let (expected, found) = (format!("{:?}", reached.last), format!("{:?}", stored.last));
            self.differ("checkpoints", key, "cursor", expected, found);
        }
    }

    pub(super) fn differ(&mut self, table: &'static str, key: String, column: &str, expected: String, found: String) {
        self.differences_total += 1;
        if self.differences.len() < NAMED {
            self.differences.push(Difference { table, key, column: column.to_owned(), expected, found });
        }
    }
}

/// A value as a report may show it.
pub(super) fn shown(column: &str, value: &Value) -> String {
    if PERSONAL.contains(&column) {
        return "(personal)".to_owned();
    }
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(bytes) => {
            Uuid::from_slice(bytes).map_or_else(|_| format!("{bytes:02x?}"), |uuid| uuid.to_string())
        }
        Value::Uuid(uuid) => uuid.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Time(at) => at.to_rfc3339(),
    }
}

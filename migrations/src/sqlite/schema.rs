//! The tables, as the files in `migrations/sqlite` have them.

use rusqlite::Connection;

/// The number of the schema, kept in every generation. Who changes a file in `sqlite/` raises it: a live generation of
/// another number is folded anew from the log at the next start.
pub(crate) const VERSION: i64 = 2;

/// One file per view, then what belongs to all of them.
const FILES: [&str; 9] = [
    include_str!("../../sqlite/stores.sql"),
    include_str!("../../sqlite/catalogue.sql"),
    include_str!("../../sqlite/tables.sql"),
    include_str!("../../sqlite/orders.sql"),
    include_str!("../../sqlite/sales.sql"),
    include_str!("../../sqlite/days.sql"),
    include_str!("../../sqlite/settlements.sql"),
    include_str!("../../sqlite/consultings.sql"),
    include_str!("../../sqlite/checkpoints.sql"),
];

/// Where the secondary indexes begin in a file; they come last, so that a rebuild fills its tables without them.
const INDEXES: &str = "CREATE INDEX";

pub(crate) fn create_tables(connection: &Connection) -> Result<(), rusqlite::Error> {
    for file in FILES {
        connection.execute_batch(split(file).0)?;
    }
    connection.pragma_update(None, "user_version", VERSION)
}

pub(crate) fn create_indexes(connection: &Connection) -> Result<(), rusqlite::Error> {
    FILES.iter().try_for_each(|file| connection.execute_batch(split(file).1))
}

pub(crate) fn version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn split(file: &str) -> (&str, &str) {
    file.split_at(file.find(INDEXES).unwrap_or(file.len()))
}

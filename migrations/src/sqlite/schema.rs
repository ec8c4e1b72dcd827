//! Making SQLite's tables in a generation's file.

use rusqlite::Connection;

use crate::schema::{FILES, VERSION, split};

pub(crate) fn create_tables(connection: &Connection) -> Result<(), rusqlite::Error> {
    for file in FILES {
        connection.execute_batch(split(file.sqlite).0)?;
    }
    connection.pragma_update(None, "user_version", VERSION)
}

pub(crate) fn create_indexes(connection: &Connection) -> Result<(), rusqlite::Error> {
    FILES.iter().try_for_each(|file| connection.execute_batch(split(file.sqlite).1))
}

pub(crate) fn version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

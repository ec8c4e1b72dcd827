//! SQLite as the engine of the read models: files, connections, statements.

pub(crate) mod connection;
pub(crate) mod folder;
pub(crate) mod generation;
pub(crate) mod reading;
pub(crate) mod schema;
pub(crate) mod statement;
pub(crate) mod store;
pub(crate) mod writing;

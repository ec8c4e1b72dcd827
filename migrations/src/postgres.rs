//! PostgreSQL as the engine of the read models: connections, schemas, statements.

mod bulk;
mod connecting;
mod error;
pub(crate) mod listening;
pub(crate) mod options;
pub(crate) mod pointer;
pub(crate) mod reading;
mod schema;
pub(crate) mod snapshot_rows;
mod statement;
pub(crate) mod store;
pub(crate) mod sweeping;
mod value;
pub(crate) mod writing;

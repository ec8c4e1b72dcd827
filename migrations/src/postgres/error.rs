//! PostgreSQL's errors, by what the caller should do about them, and without anything of a row.
//!
//! A server quotes values in the detail of an error and, where they are malformed, in its message. Neither leaves here:
//! what is kept is the code, the names of table, column and constraint, and the message only where it can hold no value.

use tokio_postgres::error::{DbError, SqlState};

use crate::error::ViewsError;

impl From<tokio_postgres::Error> for ViewsError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(told) => of_server(told),
            None if is_of_the_connection(&error) => Self::Unavailable(with_cause(&error)),
            None => Self::Refused(error.to_string()),
        }
    }
}

impl From<deadpool_postgres::PoolError> for ViewsError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

fn of_server(told: &DbError) -> ViewsError {
    let code = told.code();
    match code.code() {
        // Data and constraints: the message may quote a value.
        code if code.starts_with("22") || code.starts_with("23") => ViewsError::Refused(named(told)),
        code if code.starts_with("XX") && code != "XX000" => ViewsError::Damaged(worded(told)),
        _ if [&SqlState::UNDEFINED_TABLE, &SqlState::INVALID_SCHEMA_NAME].contains(&code) => {
            ViewsError::Damaged(worded(told))
        }
        _ if heals(code) => ViewsError::Unavailable(worded(told)),
        _ => ViewsError::Refused(worded(told)),
    }
}

/// Connections, resources, an operator's doing, locks and clashes: nothing that the statement itself could help.
fn heals(code: &SqlState) -> bool {
    let classes = ["08", "28", "3D", "40", "53", "55", "57", "58", "XX"];
    let by_class = classes.iter().any(|class| code.code().starts_with(class));
    let others = [
        &SqlState::READ_ONLY_SQL_TRANSACTION,
        &SqlState::INSUFFICIENT_PRIVILEGE,
        &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    by_class || others.contains(&code)
}

fn named(told: &DbError) -> String {
    let names = [("table", told.table()), ("column", told.column()), ("constraint", told.constraint())];
    let names = names.into_iter().filter_map(|(kind, name)| Some(format!(", {kind} {}", name?)));
    format!("SQLSTATE {}{}", told.code().code(), names.collect::<String>())
}

fn worded(told: &DbError) -> String {
    format!("{} ({})", told.message(), named(told))
}

fn is_of_the_connection(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;
    let of_io = error.source().is_some_and(|cause| cause.downcast_ref::<std::io::Error>().is_some());
    // What remains with a cause of its own is a parameter or a column of another kind than the statement's.
    of_io || error.is_closed() || error.source().is_none()
}

fn with_cause(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

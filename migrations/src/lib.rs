//! The tables of the read models, and the only crate that knows the engines under them.
//!
//! Projectors write here and queries read here, both in literal portable SQL with `$1`, `$2` … (each first used in
//! ascending order) and dynamic [`Value`]s and [`Row`]s. The tables stand in `sqlite/` and `postgres/`, one file per
//! view, under the same names.
//!
//! ```text
//!   SQLite       views/live ────► <uuid>.db    the live generation: [`Views::snapshot`] reads it, [`Views::writer`]
//!   PostgreSQL   salesync.live ─► g_<uuid>     writes it
//!                                 another      one being built beside it: [`Views::build`], then [`Views::switch`]
//! ```
//!
//! A generation is disposable: the log is the truth, and one that is damaged or of an older schema is folded anew.
//! What is absent: no statement of any view, no event, no meaning of a column, and outside of it no name of an engine
//! but where the read models are opened.

mod announcements;
mod error;
mod postgres;
mod row;
mod schema;
mod snapshot;
mod sqlite;
mod value;
mod views;
mod writer;

pub use announcements::{Announcement, Announcements};
pub use error::{SwitchError, ViewsError};
pub use postgres::options::PostgresOptions;
pub use postgres::snapshot_rows::SnapshotRows;
pub use row::Row;
pub use snapshot::Snapshot;
pub use value::Value;
pub use views::{Hold, Standing, Views};
pub use writer::{Tx, Writer};

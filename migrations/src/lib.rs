//! The tables of the read models, and the only crate that knows the engine under them.
//!
//! Projectors write here and queries read here, both in literal portable SQL with `$1`, `$2` … (each first used in
//! ascending order) and dynamic [`Value`]s and [`Row`]s. The tables stand in `sqlite/`, one file per view.
//!
//! ```text
//!   views/live ──► <uuid>.db   the live generation: [`Views::snapshot`] reads it, [`Views::writer`] writes it
//!                  <uuid>.db   a generation being built beside it: [`Views::build`], then [`Views::switch`]
//! ```
//!
//! A generation is disposable: the log is the truth, and one that is damaged or of an older schema is folded anew.
//! What is absent: no statement of any view, no event, no meaning of a column.

mod error;
mod row;
mod snapshot;
mod sqlite;
mod value;
mod views;
mod writer;

pub use error::{SwitchError, ViewsError};
pub use row::Row;
pub use snapshot::Snapshot;
pub use value::Value;
pub use views::Views;
pub use writer::{Tx, Writer};

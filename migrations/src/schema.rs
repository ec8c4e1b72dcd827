//! The tables, as the files in `sqlite/` and `postgres/` have them.

/// The number of the schema, kept in every generation. Who changes a file in `sqlite/` or `postgres/` raises it: a live
/// generation of an older number is folded anew from the log at the next start.
pub(crate) const VERSION: i64 = 2;

/// Where the secondary indexes begin in a file; they come last, so that a rebuild fills its tables without them.
const INDEXES: &str = "CREATE INDEX";

/// One view's tables on each engine.
pub(crate) struct File {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        [$(File {
            sqlite: include_str!(concat!("../sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../postgres/", $name, ".sql")),
        }),+]
    };
}

/// One file per view, then what belongs to all of them.
pub(crate) const FILES: [File; 9] =
    files!["stores", "catalogue", "tables", "orders", "sales", "days", "settlements", "consultings", "checkpoints"];

/// A file's tables, and its secondary indexes.
pub(crate) fn split(file: &'static str) -> (&'static str, &'static str) {
    file.split_at(file.find(INDEXES).unwrap_or(file.len()))
}

//! How a table is read through in the order of its key.

/// A table, its columns (the key's first), and how its rows are read page by page.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// How many of the columns are the key.
    pub(crate) keys: usize,
    pub(crate) columns: &'static str,
    pub(crate) first_page: &'static str,
    /// Takes the last key of the page before.
    pub(crate) next_page: &'static str,
}

/// Writes out the two statements of a table, literally.
macro_rules! table {
    ($name:literal, $keys:literal, $key:literal, $params:literal, $columns:literal $(,)?) => {
        $crate::naive::Table {
            name: $name,
            keys: $keys,
            columns: $columns,
            first_page: concat!("SELECT ", $columns, " FROM ", $name, " ORDER BY ", $key, " LIMIT 2000"),
            next_page: concat!(
                "SELECT ",
                $columns,
                " FROM ",
                $name,
                " WHERE (",
                $key,
                ") > (",
                $params,
                ") ORDER BY ",
                $key,
                " LIMIT 2000"
            ),
        }
    };
}
pub(super) use table;

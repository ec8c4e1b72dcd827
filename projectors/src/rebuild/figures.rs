//! A few figures per store by which two generations, or a generation and the log, are compared.

use std::collections::BTreeMap;

use events::{Partition, Position, StoreId};
use migrations::{Row, Snapshot, Tx, Value, ViewsError};

/// Figures by store and name; one that is missing is 0.
pub(crate) type Figures = BTreeMap<(StoreId, &'static str), i64>;

/// A figure of a store that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{view}: {figure} of store {store} is {found}, not {expected}")]
pub struct FigureDifference {
    /// The view.
    pub view: &'static str,
    /// The store.
    pub store: StoreId,
    /// The figure.
    pub figure: &'static str,
    /// What it should be.
    pub expected: i64,
    /// What it is.
    pub found: i64,
}

/// Whatever can answer a query.
pub(crate) trait Queries {
    async fn rows(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError>;
}

/// A query for figures, one row per store, and their names.
struct Query {
    view: &'static str,
    sql: &'static str,
    names: &'static [&'static str],
}

const QUERIES: [Query; 13] = [
    Query {
        view: "stores",
        sql: "SELECT store_id, 1, cv, CASE WHEN closed THEN 1 ELSE 0 END FROM stores",
        names: &["stores", "password changes", "closings"],
    },
    Query {
        view: "catalogue",
        sql: "SELECT store_id, COUNT(*) FROM categories GROUP BY store_id",
        names: &["categories"],
    },
    Query {
        view: "catalogue",
        sql: "SELECT store_id, COUNT(*), CAST(SUM(price) AS BIGINT), CAST(SUM(COALESCE(cost, 0)) AS BIGINT) \
              FROM items GROUP BY store_id",
        names: &["items", "prices", "costs"],
    },
    Query {
        view: "tables",
        sql: "SELECT store_id, COUNT(*), CAST(SUM(orders) AS BIGINT), CAST(SUM(total) AS BIGINT) \
              FROM tabs GROUP BY store_id",
        names: &["open tabs", "orders on tabs", "tabs' total"],
    },
    Query {
        view: "tables",
        sql: "SELECT store_id, CAST(SUM(quantity) AS BIGINT) FROM tab_lines GROUP BY store_id",
        names: &["units on tabs"],
    },
    Query {
        view: "orders",
        sql: "SELECT store_id, COUNT(*), CAST(SUM(total) AS BIGINT) FROM orders GROUP BY store_id",
        names: &["orders", "orders' total"],
    },
    Query {
        view: "sales",
        sql: "SELECT store_id, COUNT(*), CAST(SUM(total) AS BIGINT), CAST(SUM(cost) AS BIGINT), COUNT(voided_at) \
              FROM sales GROUP BY store_id",
        names: &["sales", "sales' total", "sales' cost", "voided sales"],
    },
    Query {
        view: "days",
        sql: "SELECT store_id, CAST(SUM(sales_volume) AS BIGINT), CAST(SUM(cost) AS BIGINT), \
              CAST(SUM(voided) AS BIGINT), CAST(SUM(corrections) AS BIGINT), CAST(SUM(late) AS BIGINT), \
              CAST(SUM(sales) AS BIGINT) FROM days GROUP BY store_id",
        names: &["days' volume", "days' cost", "days' voided", "days' corrections", "days' late", "days' sales"],
    },
    Query {
        view: "days",
        sql: "SELECT store_id, CAST(SUM(quantity) AS BIGINT), CAST(SUM(sales_volume) AS BIGINT), \
              CAST(SUM(cost) AS BIGINT) FROM day_items GROUP BY store_id",
        names: &["items' units", "items' volume", "items' cost"],
    },
    Query {
        view: "days",
        sql: "SELECT store_id, CAST(SUM(sales_volume) AS BIGINT), CAST(SUM(sales) AS BIGINT) \
              FROM day_payments GROUP BY store_id",
        names: &["payments' volume", "payments' sales"],
    },
    Query {
        view: "settlements",
        sql: "SELECT store_id, COUNT(*), CAST(SUM(sales_volume) AS BIGINT) FROM settlements GROUP BY store_id",
        names: &["settlements", "settled volume"],
    },
    Query {
        view: "settlements",
        sql: "SELECT store_id, COUNT(*) FROM messages GROUP BY store_id",
        names: &["messages"],
    },
    Query {
        view: "consultings",
        sql: "SELECT store_id, COUNT(*), COUNT(finished_at) FROM consultings GROUP BY store_id",
        names: &["requests", "ended"],
    },
];

const POSITIONS: &str = "SELECT projection, partition, next FROM checkpoints";

/// A view's figures as its rows have them.
pub(crate) async fn read(queries: &mut impl Queries, view: &str) -> Result<Figures, ViewsError> {
    let mut figures = Figures::new();
    for query in QUERIES.iter().filter(|query| query.view == view) {
        for row in queries.rows(query.sql, &[]).await? {
            let store = StoreId(row.uuid(0)?);
            for (column, name) in (1..).zip(query.names) {
                figures.insert((store, *name), row.int(column)?);
            }
        }
    }
    Ok(figures)
}

/// Where each view stands on each partition.
pub(crate) async fn positions(
    queries: &mut impl Queries,
) -> Result<BTreeMap<(String, Partition), Position>, ViewsError> {
    let place = |row: &Row| {
        let partition = u32::try_from(row.int(1)?);
        let partition = partition.map_err(|_| ViewsError::Shape { column: 1, expected: "a partition" })?;
        Ok(((row.text(0)?.to_owned(), Partition(partition)), Position(row.int(2)?.cast_unsigned())))
    };
    queries.rows(POSITIONS, &[]).await?.iter().map(place).collect()
}

pub(crate) fn differences(view: &'static str, expected: &Figures, found: &Figures) -> Vec<FigureDifference> {
    let mut keys: Vec<_> = expected.keys().chain(found.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let of = |figures: &Figures, key| figures.get(key).copied().unwrap_or_default();
    let differing = keys.iter().filter(|key| of(expected, key) != of(found, key));
    differing
        .map(|key| FigureDifference {
            view,
            store: key.0,
            figure: key.1,
            expected: of(expected, key),
            found: of(found, key),
        })
        .collect()
}

impl Queries for Tx<'_> {
    async fn rows(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        self.fetch(sql, params).await
    }
}

impl Queries for Snapshot {
    async fn rows(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ViewsError> {
        self.fetch(sql, params).await
    }
}

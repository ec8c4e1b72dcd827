//! No question reads more of the views than it asks for: every statement is looked up by a key, none scans a table.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use migrations::{Value, Views};

use crate::views::{PLACE, catalogue, consultings, days, orders, sales, settlements, stores, tables};

#[tokio::test]
async fn no_statement_scans_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let mut snapshot = Views::open(folder.path()).unwrap().snapshot().await.unwrap();
    let views = [&[PLACE], stores::STATEMENTS, catalogue::STATEMENTS, tables::STATEMENTS, orders::STATEMENTS];
    let statements: Vec<&str> = views
        .into_iter()
        .chain([sales::STATEMENTS, days::STATEMENTS, settlements::STATEMENTS, consultings::STATEMENTS])
        .flatten()
        .copied()
        .collect();
    assert_eq!(statements.len(), 28);
    for statement in statements {
        let parameters = (1..=9).filter(|n| statement.contains(&format!("${n}"))).count();
        let explain: &'static str = format!("EXPLAIN QUERY PLAN {statement}").leak();
        let steps = snapshot.fetch(explain, &vec![Value::Null; parameters]).await.unwrap();
        assert!(!steps.is_empty(), "{statement}");
        for step in steps {
            let step = step.text(3).unwrap().to_owned();
            // `l` is the subquery of the items' last lines.
            assert!(!step.starts_with("SCAN") || step == "SCAN l", "{step}: {statement}");
        }
    }
}

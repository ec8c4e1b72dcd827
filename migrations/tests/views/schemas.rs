//! The tables on one engine are those on the other.

use std::collections::BTreeMap;

use migrations::Views;

use crate::place::Place;

/// What a table is, in words that both engines have: columns with whether they may be NULL, the key, the indexes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: Vec<(String, String, bool)>,
    key: Vec<String>,
    indexes: BTreeMap<String, Vec<String>>,
}

type Tables = BTreeMap<String, Table>;

#[tokio::test]
async fn the_two_schemas_are_one() {
    let (sqlite, postgres) = (Place::sqlite(), Place::postgres().await);
    let sqlite = of_sqlite(&sqlite.open().await).await;
    let views = postgres.open().await;
    let postgres = of_postgres(&postgres, &views).await;
    assert_eq!(sqlite.len(), 17);
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    for (name, table) in &sqlite {
        let other = &postgres[name];
        assert_eq!((&table.key, &table.indexes), (&other.key, &other.indexes), "{name}");
        assert_eq!(table.columns.len(), other.columns.len(), "{name}");
        for (column, found) in table.columns.iter().zip(&other.columns) {
            assert_eq!((&column.0, column.2), (&found.0, found.2), "{name}");
            assert!(holds_the_same(&column.1, &found.1), "{name}: {column:?} {found:?}");
        }
    }
}

fn holds_the_same(sqlite: &str, postgres: &str) -> bool {
    match sqlite {
        "BLOB" => ["uuid", "bytea"].contains(&postgres),
        "INTEGER" => ["bigint", "boolean", "timestamp with time zone"].contains(&postgres),
        "TEXT" => ["text", "date"].contains(&postgres),
        _ => false,
    }
}

#[test]
fn a_number_is_not_taken_for_a_text() {
    assert!(holds_the_same("INTEGER", "boolean") && !holds_the_same("INTEGER", "text"));
}

async fn of_sqlite(views: &Views) -> Tables {
    let mut snapshot = views.snapshot().await.unwrap();
    let mut tables = Tables::new();
    let columns = "SELECT m.name, c.name, c.type, c.\"notnull\", c.pk FROM sqlite_master m \
                   JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid";
    for row in snapshot.fetch(columns, &[]).await.unwrap() {
        let table = tables.entry(row.text(0).unwrap().to_owned()).or_default();
        let name = row.text(1).unwrap().to_owned();
        table.columns.push((name, row.text(2).unwrap().to_owned(), !row.bool(3).unwrap()));
    }
    let keys = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                WHERE m.type = 'table' AND c.pk > 0 ORDER BY m.name, c.pk";
    for row in snapshot.fetch(keys, &[]).await.unwrap() {
        tables.get_mut(row.text(0).unwrap()).unwrap().key.push(row.text(1).unwrap().to_owned());
    }
    // The index of a table without rowid also names the columns that lead back to the row; only the stated ones are key.
    let indexes = "SELECT m.tbl_name, m.name, x.name FROM sqlite_master m JOIN pragma_index_xinfo(m.name) x \
                   WHERE m.type = 'index' AND x.key = 1 ORDER BY m.name, x.seqno";
    for row in snapshot.fetch(indexes, &[]).await.unwrap() {
        let indexes = &mut tables.get_mut(row.text(0).unwrap()).unwrap().indexes;
        indexes.entry(row.text(1).unwrap().to_owned()).or_default().push(row.text(2).unwrap().to_owned());
    }
    tables
}

async fn of_postgres(place: &Place, views: &Views) -> Tables {
    let schema = format!("g_{}", views.live_generation().simple());
    let mut tables = Tables::new();
    let columns = format!(
        "SELECT concat_ws(' ', table_name, column_name, is_nullable, data_type) FROM information_schema.columns \
         WHERE table_schema = '{schema}' ORDER BY table_name, ordinal_position"
    );
    for line in place.database().texts(&columns).await {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let table = tables.entry(words[0].to_owned()).or_default();
        table.columns.push((words[1].to_owned(), words[3].to_owned(), words[2] == "YES"));
    }
    let indexes = format!(
        "SELECT concat_ws(' ', t.relname, i.relname, x.indisprimary, \
           (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(x.indkey) WITH ORDINALITY k(attnum, n) \
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum)) \
         FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
         JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = '{schema}'"
    );
    for line in place.database().texts(&indexes).await {
        let words: Vec<&str> = line.split(' ').collect();
        let table = tables.get_mut(words[0]).unwrap();
        let named: Vec<String> = words[3].split(',').map(str::to_owned).collect();
        match words[2] {
            "t" => table.key = named,
            _ => drop(table.indexes.insert(words[1].to_owned(), named)),
        }
    }
    tables
}

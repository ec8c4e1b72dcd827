//! Making PostgreSQL's tables: a schema per generation.

use uuid::Uuid;

use crate::schema::{FILES, split};

/// What the names of generations' schemas begin with.
pub(super) const PREFIX: &str = "g_";

/// The name of a generation's schema.
pub(super) fn name(generation: Uuid) -> String {
    format!("{PREFIX}{}", generation.simple())
}

/// The generation that a schema of this name is.
pub(super) fn generation(name: &str) -> Option<Uuid> {
    name.strip_prefix(PREFIX).and_then(|id| Uuid::try_parse(id).ok())
}

/// The key of the advisory lock that everybody who reads, writes or builds a generation shares, and who drops it has
/// alone.
pub(super) fn lock_key(generation: Uuid) -> i64 {
    (generation.as_u128() >> 64) as u64 as i64
}

/// Statements that make a generation anew, empty and without secondary indexes, and choose its schema for what follows.
pub(super) fn create(generation: Uuid, logged: bool) -> String {
    let name = name(generation);
    let mut sql = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}; SET search_path TO {name};\n");
    for file in FILES {
        sql.push_str(&tables(split(file.postgres).0, logged));
    }
    sql
}

pub(super) fn indexes() -> String {
    FILES.iter().map(|file| split(file.postgres).1).collect()
}

/// Statements that write to the disk what was filled in without a journal.
pub(super) fn log_tables() -> String {
    of_each_table(|name| format!("ALTER TABLE {name} SET LOGGED;\n"))
}

/// Statements that let the planner know what is there.
pub(super) fn analyze() -> String {
    of_each_table(|name| format!("ANALYZE {name};\n"))
}

fn of_each_table(statement: impl Fn(&str) -> String) -> String {
    let names = FILES.iter().flat_map(|file| table_names(file.postgres));
    names.map(statement).collect::<Vec<_>>().concat()
}

fn tables(file: &str, logged: bool) -> String {
    if logged { file.to_owned() } else { file.replace("CREATE TABLE", "CREATE UNLOGGED TABLE") }
}

fn table_names(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.split("CREATE TABLE ").skip(1).filter_map(|rest| rest.split_whitespace().next())
}

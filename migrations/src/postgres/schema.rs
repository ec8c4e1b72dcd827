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
/// Its tables are logged from the beginning: to make them so at the end writes every row and every index once more.
pub(super) fn create(generation: Uuid) -> String {
    let name = name(generation);
    let tables: String = FILES.iter().map(|file| split(file.postgres).0).collect();
    format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}; SET search_path TO {name};\n{tables}")
}

pub(super) fn indexes() -> String {
    FILES.iter().map(|file| split(file.postgres).1).collect()
}

/// Statements that let the planner know what is there.
pub(super) fn analyze() -> String {
    let names = FILES.iter().flat_map(|file| file.postgres.split("CREATE TABLE ").skip(1));
    let names = names.filter_map(|table| table.split_whitespace().next());
    names.map(|name| format!("ANALYZE {name};\n")).collect::<Vec<_>>().concat()
}

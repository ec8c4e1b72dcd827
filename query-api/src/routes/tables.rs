//! What is on the tables and not paid.

use axum::extract::State;
use axum::response::Response;
use events::TableNo;
use web::{OwnerOrDemonstration, PathId, Problem};

use super::documents::{Fresh, Refused, RefusedOne};
use crate::answers::{self, Asked};
use crate::question::Question;
use crate::shapes::{OpenTables, Success, TableCart};
use crate::state::QueryState;

/// Every table with something on it, the longest open first.
#[utoipa::path(get, path = "/orders/unpaids", tag = "orders", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "All open tables", body = Success<OpenTables>), Refused))]
pub(super) async fn get_open_tables(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::OpenTables).await
}

/// What is on one table, possibly nothing.
#[utoipa::path(get, path = "/orders/unpaids/{table_no}", tag = "orders", security(("token" = [])),
    params(("table_no" = i64, Path, description = "The table; 0 is the kiosk"), Fresh),
    responses((status = 200, description = "The table", body = Success<TableCart>), RefusedOne))]
pub(super) async fn get_open_table(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    PathId(table): PathId,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::OpenTable(TableNo(table))).await
}

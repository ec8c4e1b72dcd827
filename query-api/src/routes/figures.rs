//! The figures of a period, by item and by day, each under the two paths that the clients know.

use axum::extract::State;
use axum::response::Response;
use web::{Owner, Problem};

use super::documents::{Fresh, Period, Refused};
use crate::answers::{self, Asked};
use crate::question::Question;
use crate::shapes::{ItemSales, Success, Volumes};
use crate::state::QueryState;

/// What a period sold, by item.
#[utoipa::path(get, path = "/bff/sales", tag = "figures", params(Period, Fresh), security(("token" = [])),
    responses((status = 200, description = "Sums and items", body = Success<ItemSales>), Refused))]
pub(super) async fn get_bff_sales(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    asked: Asked,
) -> Result<Response, Problem> {
    let question = Question::ItemSales(asked.parameters.range()?);
    answers::answer(&state, caller.store, &asked, question).await
}

/// What a period sold, by item.
#[utoipa::path(get, path = "/dashboard/sales", tag = "figures", params(Period, Fresh), security(("token" = [])),
    responses((status = 200, description = "Sums and items", body = Success<ItemSales>), Refused))]
pub(super) async fn get_dashboard_sales(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    asked: Asked,
) -> Result<Response, Problem> {
    let question = Question::ItemSales(asked.parameters.range()?);
    answers::answer(&state, caller.store, &asked, question).await
}

/// What each day of a period sold.
#[utoipa::path(get, path = "/bff/volumes", tag = "figures", params(Period, Fresh), security(("token" = [])),
    responses((status = 200, description = "One entry per day", body = Success<Volumes>), Refused))]
pub(super) async fn get_bff_volumes(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    asked: Asked,
) -> Result<Response, Problem> {
    let question = Question::Volumes(asked.parameters.range()?);
    answers::answer(&state, caller.store, &asked, question).await
}

/// What each day of a period sold.
#[utoipa::path(get, path = "/dashboard/volumes", tag = "figures", params(Period, Fresh), security(("token" = [])),
    responses((status = 200, description = "One entry per day", body = Success<Volumes>), Refused))]
pub(super) async fn get_dashboard_volumes(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    asked: Asked,
) -> Result<Response, Problem> {
    let question = Question::Volumes(asked.parameters.range()?);
    answers::answer(&state, caller.store, &asked, question).await
}

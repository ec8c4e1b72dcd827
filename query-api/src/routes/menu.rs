//! The menu, with and without costs.

use axum::extract::State;
use axum::response::Response;
use events::ItemId;
use web::{Owner, OwnerOrDemonstration, PathId, Problem};

use super::documents::{Fresh, Refused, RefusedOne};
use crate::answers::{self, Asked};
use crate::question::Question;
use crate::shapes::{Categories, CategoryCosts, Costs, Menu, OneItem, Success};
use crate::state::QueryState;

/// The categories, oldest first.
#[utoipa::path(get, path = "/categories", tag = "menu", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "All categories", body = Success<Categories>), Refused))]
pub(super) async fn get_categories(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::Categories).await
}

/// The categories with their items, empty categories too.
#[utoipa::path(get, path = "/categories/items", tag = "menu", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "The whole menu", body = Success<Menu>), Refused))]
pub(super) async fn get_menu(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::Menu).await
}

/// One item of the menu.
#[utoipa::path(get, path = "/categories/items/{item_id}", tag = "menu", security(("token" = [])),
    params(("item_id" = i64, Path, description = "The item"), Fresh),
    responses((status = 200, description = "The item", body = Success<OneItem>), RefusedOne))]
pub(super) async fn get_item(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    PathId(item): PathId,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::Item(ItemId(item))).await
}

/// Every item with its cost.
#[utoipa::path(get, path = "/categories/items/costs", tag = "menu", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "All items", body = Success<Costs>), Refused))]
pub(super) async fn get_costs(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::Costs).await
}

/// Every item with its cost, under the dashboard's path.
#[utoipa::path(get, path = "/dashboard/costs", tag = "menu", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "All items", body = Success<Costs>), Refused))]
pub(super) async fn get_dashboard_costs(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::Costs).await
}

/// The categories with their items and costs, as the page of costs shows them.
#[utoipa::path(get, path = "/bff/costs", tag = "menu", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "The whole menu", body = Success<CategoryCosts>), Refused))]
pub(super) async fn get_bff_costs(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::CategoryCosts).await
}

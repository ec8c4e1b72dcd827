//! What items cost the store: one or many at once, under the four paths that clients know.

use axum::extract::State;
use axum::response::Response;
use domain::{Command, ItemCost, SetCosts};
use events::{ItemId, Money};
use web::{Fields, Problem};

use super::CommandState;
use super::ask::{Ask, AskOrDemonstration, Asked};
use super::bodies::{Cost, Costs, CostsByCategory};
use super::documents::{RefusedBody, Sent};
use super::limits::{AMOUNT_MINOR_UNITS, COSTS, ID};

/// Sets the costs of items; a null cost changes nothing.
#[utoipa::path(
    post, path = "/categories/items/costs", operation_id = "set_costs", tag = "menu", request_body = Costs,
    params(Sent),
    responses(
        RefusedBody,
        (status = 200, description = "The items whose cost it changed"),
        (status = 404, description = "No such item; nothing changed", body = web::ProblemDocument),
    ),
)]
pub(super) async fn post_categories(
    State(state): State<CommandState>,
    AskOrDemonstration(ask): AskOrDemonstration,
) -> Response {
    ask.run(&state, |_, fields| many(fields)).await
}

/// Sets the costs of items, as `POST /categories/items/costs`.
#[utoipa::path(
    post, path = "/dashboard/costs", operation_id = "set_costs_dashboard", tag = "menu", request_body = Costs,
    params(Sent),
    responses(
        RefusedBody,
        (status = 200, description = "The items whose cost it changed"),
    ),
)]
pub(super) async fn post_dashboard(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run(&state, |_, fields| many(fields)).await
}

/// Sets the costs of items in the structure that `GET /bff/costs` gives: categories with their items.
#[utoipa::path(
    post, path = "/bff/costs", operation_id = "set_costs_bff", tag = "menu", request_body = CostsByCategory,
    params(Sent),
    responses(
        RefusedBody,
        (status = 200, description = "The items whose cost it changed"),
    ),
)]
pub(super) async fn post_bff(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run(&state, |_, fields| {
        let mut items = Vec::new();
        for category in fields.objects("items", &COSTS)? {
            items.extend(entries(&category)?);
        }
        Ok(Command::SetCosts(SetCosts { items }))
    })
    .await
}

/// Sets one item's cost.
#[utoipa::path(
    put, path = "/categories/items/costs/{item_id}", operation_id = "set_cost", tag = "menu", request_body = Cost,
    params(("item_id" = i64, Path, description = "The item"), Sent),
    responses(
        RefusedBody,
        (status = 200, description = "The item"),
        (status = 404, description = "No such item", body = web::ProblemDocument),
    ),
)]
pub(super) async fn put_categories(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run(&state, one).await
}

/// Sets one item's cost, as `PUT /categories/items/costs/{item_id}`.
#[utoipa::path(
    put, path = "/dashboard/costs/{item_id}", operation_id = "set_cost_dashboard", tag = "menu", request_body = Cost,
    params(("item_id" = i64, Path, description = "The item"), Sent),
    responses(
        RefusedBody,
        (status = 200, description = "The item"),
        (status = 404, description = "No such item", body = web::ProblemDocument),
    ),
)]
pub(super) async fn put_dashboard(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run(&state, one).await
}

fn one(ask: &Asked, fields: &Fields<'_>) -> Result<Command, Problem> {
    let item_id = ItemId(ask.path_id()?);
    Ok(Command::SetCosts(SetCosts { items: vec![ItemCost { item_id, cost: cost(fields)? }] }))
}

fn many(fields: &Fields<'_>) -> Result<Command, Problem> {
    Ok(Command::SetCosts(SetCosts { items: entries(fields)? }))
}

fn entries(fields: &Fields<'_>) -> Result<Vec<ItemCost>, Problem> {
    let entries = fields.objects("items", &COSTS)?;
    let entry =
        |entry: &Fields<'_>| Ok(ItemCost { item_id: ItemId(entry.integer("item_id", &ID)?), cost: cost(entry)? });
    entries.iter().map(entry).collect()
}

fn cost(fields: &Fields<'_>) -> Result<Option<Money>, Problem> {
    Ok(fields.optional_integer("cost", &AMOUNT_MINOR_UNITS)?.map(Money))
}

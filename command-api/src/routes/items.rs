//! Items of the menu.

use axum::extract::State;
use axum::response::Response;
use domain::{AddItem, ChangeItem, Command, RemoveItem};
use events::{CategoryId, ItemId, Money};
use web::{Fields, Problem};

use super::CommandState;
use super::ask::{Ask, AskOrDemonstration};
use super::bodies::NameAndPrice;
use super::documents::{Refused, RefusedBody, Sent};
use super::limits::{AMOUNT_MINOR_UNITS, NAME_CHARS};

/// Adds an item to a category.
#[utoipa::path(
    post, path = "/categories/{category_id}/items", operation_id = "add_item", tag = "menu",
    request_body = NameAndPrice,
    params(("category_id" = i64, Path, description = "The category"), Sent),
    responses(
        RefusedBody,
        (status = 201, description = "Added; its id"),
        (status = 404, description = "No such category", body = web::ProblemDocument),
        (status = 409, description = "The name is in use in the category", body = web::ProblemDocument),
    ),
)]
pub(super) async fn post(State(state): State<CommandState>, AskOrDemonstration(ask): AskOrDemonstration) -> Response {
    ask.run(&state, |ask, fields| {
        let category_id = CategoryId(ask.path_id()?);
        let (name, price) = name_and_price(fields)?;
        Ok(Command::AddItem(AddItem { category_id, name, price }))
    })
    .await
}

/// Gives an item another name or price; what was ordered before keeps the old ones.
#[utoipa::path(
    put, path = "/categories/items/{item_id}", operation_id = "change_item", tag = "menu", request_body = NameAndPrice,
    params(("item_id" = i64, Path, description = "The item"), Sent),
    responses(
        RefusedBody,
        (status = 200, description = "Changed; its id"),
        (status = 404, description = "No such item", body = web::ProblemDocument),
        (status = 409, description = "The name is in use in the category", body = web::ProblemDocument),
    ),
)]
pub(super) async fn put(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run(&state, |ask, fields| {
        let item_id = ItemId(ask.path_id()?);
        let (name, price) = name_and_price(fields)?;
        Ok(Command::ChangeItem(ChangeItem { item_id, name, price }))
    })
    .await
}

/// Takes an item off the menu; tables and history keep it.
#[utoipa::path(
    delete, path = "/categories/items/{item_id}", operation_id = "remove_item", tag = "menu",
    params(("item_id" = i64, Path, description = "The item"), Sent),
    responses(
        Refused,
        (status = 200, description = "Removed; its id"),
        (status = 404, description = "No such item", body = web::ProblemDocument),
    ),
)]
pub(super) async fn delete(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run_bodiless(&state, |ask| Ok(Command::RemoveItem(RemoveItem { item_id: ItemId(ask.path_id()?) }))).await
}

fn name_and_price(fields: &Fields<'_>) -> Result<(String, Money), Problem> {
    Ok((fields.text("name", &NAME_CHARS)?, Money(fields.integer("price", &AMOUNT_MINOR_UNITS)?)))
}

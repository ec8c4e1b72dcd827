//! Categories of the menu.

use axum::extract::State;
use axum::response::Response;
use domain::{AddCategory, Command, RemoveCategory, RenameCategory};
use events::CategoryId;
use web::{Fields, Problem};

use super::CommandState;
use super::ask::{Ask, AskOrDemonstration};
use super::bodies::Named;
use super::documents::{Refused, RefusedBody, Sent};
use super::limits::NAME_CHARS;

/// Adds a category to the menu.
#[utoipa::path(
    post, path = "/categories", operation_id = "add_category", tag = "menu", request_body = Named,
    params(Sent),
    responses(
        RefusedBody,
        (status = 201, description = "Added; its id"),
        (status = 409, description = "The name is in use in the store", body = web::ProblemDocument),
    ),
)]
pub(super) async fn post(State(state): State<CommandState>, AskOrDemonstration(ask): AskOrDemonstration) -> Response {
    ask.run(&state, |_, fields| Ok(Command::AddCategory(AddCategory { name: name(fields)? }))).await
}

/// Gives a category another name.
#[utoipa::path(
    put, path = "/categories/{category_id}", operation_id = "rename_category", tag = "menu", request_body = Named,
    params(("category_id" = i64, Path, description = "The category"), Sent),
    responses(
        RefusedBody,
        (status = 200, description = "Renamed; its id"),
        (status = 404, description = "No such category", body = web::ProblemDocument),
        (status = 409, description = "The name is in use in the store", body = web::ProblemDocument),
    ),
)]
pub(super) async fn put(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run(&state, |ask, fields| {
        let category_id = CategoryId(ask.path_id()?);
        Ok(Command::RenameCategory(RenameCategory { category_id, name: name(fields)? }))
    })
    .await
}

/// Takes a category and its items off the menu; tables and history keep them.
#[utoipa::path(
    delete, path = "/categories/{category_id}", operation_id = "remove_category", tag = "menu",
    params(("category_id" = i64, Path, description = "The category"), Sent),
    responses(
        Refused,
        (status = 200, description = "Removed; its id"),
        (status = 404, description = "No such category", body = web::ProblemDocument),
    ),
)]
pub(super) async fn delete(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run_bodiless(&state, |ask| {
        Ok(Command::RemoveCategory(RemoveCategory { category_id: CategoryId(ask.path_id()?) }))
    })
    .await
}

fn name(fields: &Fields<'_>) -> Result<String, Problem> {
    fields.text("name", &NAME_CHARS)
}

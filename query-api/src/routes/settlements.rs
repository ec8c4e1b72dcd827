//! Settled days and the messages to the owner.

use axum::extract::State;
use axum::response::Response;
use web::{Owner, PathText, Problem, ProblemDocument};

use super::documents::{Fresh, Refused};
use crate::answers::{self, Asked};
use crate::question::Question;
use crate::shapes::{Messages, Settled, Settlements, Success};
use crate::state::QueryState;

/// Every settled day with its totals, oldest first.
#[utoipa::path(get, path = "/settlements", tag = "settlements", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "The settled days", body = Success<Settlements>), Refused))]
pub(super) async fn get_settlements(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::Settlements).await
}

/// One settled day, with what became of its message.
#[utoipa::path(get, path = "/settlements/{date}", tag = "settlements", params(
        ("date" = String, Path, description = "The business date, YYYY-MM-DD"), Fresh), security(("token" = [])),
    responses((status = 200, description = "The day", body = Success<Settled>),
        (status = 404, description = "The day is not settled", body = ProblemDocument,
                    content_type = "application/problem+json"), Refused))]
pub(super) async fn get_settlement(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    PathText(date): PathText,
    asked: Asked,
) -> Result<Response, Problem> {
    let date = web::parse_date(&date).ok_or_else(Problem::not_found)?;
    answers::answer(&state, caller.store, &asked, Question::Settlement(date)).await
}

/// The last messages to the owner; where no service is configured, this is where they are to be read.
#[utoipa::path(get, path = "/messages", tag = "settlements", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "At most 100, newest first", body = Success<Messages>), Refused))]
pub(super) async fn get_messages(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::Messages).await
}

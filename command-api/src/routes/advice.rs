//! Asking for advice on a period. It is given in the background; the read side tells when it is there.

use axum::extract::State;
use axum::response::Response;
use domain::{Command, RequestConsulting};

use super::CommandState;
use super::ask::{Ask, Asked};
use super::documents::{Refused, Sent};
use super::settlements::no_store;

/// Asks for advice on a period, and is answered at once with the request's id.
#[utoipa::path(
    get, path = "/consulting", operation_id = "request_advice", tag = "advice",
    params(
        ("start" = String, Query, description = "The first business date, YYYY-MM-DD"),
        ("end" = String, Query, description = "The last business date, YYYY-MM-DD"),
        Sent,
    ),
    responses(
        Refused,
        (status = 200, description = "The request's id; a known one if the period's figures have not changed since"),
        (status = 429, description = "As much advice is pending as may be", body = web::ProblemDocument),
    ),
)]
pub(super) async fn request(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask_for_advice(&state, ask).await
}

/// Asks for advice on a period, under the path that the front end knows.
#[utoipa::path(
    get, path = "/consulting/test", operation_id = "request_test_advice", tag = "advice",
    params(
        ("start" = String, Query, description = "The first business date, YYYY-MM-DD"),
        ("end" = String, Query, description = "The last business date, YYYY-MM-DD"),
        Sent,
    ),
    responses(
        Refused,
        (status = 200, description = "The request's id; a known one if the period's figures have not changed since"),
        (status = 429, description = "As much advice is pending as may be", body = web::ProblemDocument),
    ),
)]
pub(super) async fn request_test(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask_for_advice(&state, ask).await
}

async fn ask_for_advice(state: &CommandState, ask: Asked) -> Response {
    let asked = ask.run_query(state, &["start", "end"], |_, parameters| {
        let range = parameters.range()?;
        Ok(Command::RequestConsulting(RequestConsulting { start: range.start, end: range.end }))
    });
    no_store(asked.await)
}

//! The end of a day: settling it, and telling the owner what it, or a day so far, came to.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
use domain::{Command, RepeatMessage, SettleDay, TellTotal};
use web::Problem;

use super::CommandState;
use super::ask::Ask;
use super::bodies::Day;
use super::documents::{Refused, RefusedBody, Sent};
use super::fields::day;

/// Settles a business day that has ended: its totals are fixed for good.
#[utoipa::path(
    post, path = "/settlements", operation_id = "settle_day", tag = "settlements", request_body = Day,
    params(Sent),
    responses(
        RefusedBody,
        (status = 201, description = "Settled, now or before: the same answer"),
        (status = 409, description = "The day has not ended", body = web::ProblemDocument),
    ),
)]
pub(super) async fn post(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run(&state, |_, fields| Ok(Command::SettleDay(SettleDay { date: day(fields, "date")?, read_back: None }))).await
}

/// Sends a settlement's message once more.
#[utoipa::path(
    post, path = "/settlements/{date}/message", operation_id = "repeat_message", tag = "settlements",
    params(("date" = String, Path, description = "The settled day, YYYY-MM-DD"), Sent),
    responses(
        Refused,
        (status = 200, description = "The message is on its way"),
        (status = 404, description = "The day is not settled", body = web::ProblemDocument),
        (status = 429, description = "The store has had as many messages as it may have in a day",
            body = web::ProblemDocument),
    ),
)]
pub(super) async fn post_message(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run_bodiless(&state, |ask| {
        let date = web::parse_date(ask.path_text()?).ok_or_else(Problem::not_found)?;
        Ok(Command::RepeatMessage(RepeatMessage { date, read_back: None }))
    })
    .await
}

/// Tells the owner a date's total so far by message, once per total; closes nothing.
#[utoipa::path(
    get, path = "/dashboard/calculate", operation_id = "calculate", tag = "settlements",
    params(("date" = String, Query, description = "The business date, YYYY-MM-DD"), Sent),
    responses(
        Refused,
        (status = 200, description = "The message is on its way, or was sent before"),
        (status = 429, description = "The store has had as many messages as it may have in a day",
            body = web::ProblemDocument),
    ),
)]
pub(super) async fn calculate(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    let told = ask.run_query(&state, &["date"], |_, parameters| {
        Ok(Command::TellTotal(TellTotal { date: parameters.date("date")?, read_back: None }))
    });
    no_store(told.await)
}

/// The response, which nobody keeps: asking again may do something.
pub(super) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

//! What the OpenAPI document says of the read side's parameters, bodies and refusals.

use chrono::NaiveDate;
use utoipa::{IntoParams, ToSchema};
use web::refusals;

/// Every question.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document alone")]
pub(super) struct Fresh {
    /// Positions that the answer must not be behind, as `Salesync-Position` gave them, with commas between.
    #[param(example = "5f3a90c1-0-1042")]
    after: Option<String>,
}

/// A question about one day.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document alone")]
pub(super) struct Day {
    /// The business date.
    #[param(example = "2026-11-20")]
    date: NaiveDate,
}

/// A question about a period.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document alone")]
pub(super) struct Period {
    /// The first business date.
    #[param(example = "2026-11-01")]
    start: NaiveDate,
    /// The last business date, included; at most 3,660 days in all.
    #[param(example = "2026-11-30")]
    end: NaiveDate,
}

/// The body of a log-in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(super) struct LogIn {
    /// The username, in any case.
    #[schema(example = "demostore")]
    username: String,
    /// The password.
    #[schema(example = "Demostore1!")]
    password: String,
}

/// The body of a password check.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(super) struct PasswordCheck {
    /// The password.
    password: String,
}

refusals! {
    /// Of a question without parameters.
    Refused: Unauthorized InvalidField NotYetVisible Unavailable;
    /// Of a question about one thing.
    RefusedOne: Unauthorized NotFound InvalidField NotYetVisible Unavailable;
    /// Of a list.
    RefusedList: Unauthorized InvalidField Busy NotYetVisible Unavailable;
    /// Of a log-in.
    RefusedLogIn: MalformedJson WrongCredentials BodyTooLarge InvalidField TooManyRequests Busy Unavailable;
    /// Of a password check.
    RefusedCheck: MalformedJson Unauthorized BodyTooLarge InvalidField TooManyRequests Busy Unavailable;
    /// Of a question that anybody may ask.
    RefusedOpen: InvalidField Unavailable;
}

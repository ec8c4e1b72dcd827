//! From what is the case in the trade to what HTTP says of it: the one place where that is translated.

use domain::{Rejection, limits};
use web::{Limit, Problem, ProblemType};

/// The problem that a rejection is answered with.
pub(crate) fn problem(rejection: &Rejection) -> Problem {
    let problem = match rejection {
        Rejection::Blank { field }
        | Rejection::Unprintable { field }
        | Rejection::Negative { field }
        | Rejection::TooLong { field, .. }
        | Rejection::TooLarge { field, .. } => Problem::invalid_field(field.name(), rejection.to_string()),
        Rejection::UsernameHasBlanks => Problem::invalid_field("username", rejection.to_string()),
        Rejection::QuantityNotPositive { .. } => Problem::invalid_field("quantity", rejection.to_string()),
        // A store that is closed, or never was, has no token that opens it; another's id is nobody's.
        Rejection::UnknownStore | Rejection::StoreClosed => Problem::unauthorized(),
        Rejection::NameTaken => Problem::new(ProblemType::UsernameTaken),
        Rejection::UnknownCategory { .. } | Rejection::UnknownItem { .. } | Rejection::UnknownSale { .. } => {
            Problem::not_found()
        }
        Rejection::CategoryNameInUse { .. } | Rejection::ItemNameInUse { .. } => {
            Problem::new(ProblemType::NameInUse).field("name").detail(rejection.to_string())
        }
        Rejection::TooManyLines { limit } => limited("lines", i64::try_from(*limit).unwrap_or(i64::MAX), rejection),
        Rejection::TabTotalTooLarge { limit } => limited("amount_minor_units", *limit, rejection),
        Rejection::DayTotalTooLarge { limit } => limited("day_amount_minor_units", *limit, rejection),
        Rejection::TableHasNoOpenOrder { .. } => {
            Problem::new(ProblemType::NoOpenOrder).field("table_no").detail(rejection.to_string())
        }
        Rejection::TotalsDiffer { booked, stated } => Problem::new(ProblemType::TotalsDiffer)
            .field("total_price")
            .detail(rejection.to_string())
            .with("total_price", booked.0)
            .with("stated_total_price", stated.0),
        Rejection::OccursInTheFuture { .. } | Rejection::OccurredTooLongAgo { .. } => {
            Problem::invalid_field("occurred_at", rejection.to_string())
        }
        Rejection::DayNotEnded { .. } => {
            Problem::new(ProblemType::DayNotEnded).field("date").detail(rejection.to_string())
        }
        Rejection::DayNotBegun { .. } => Problem::invalid_field("date", rejection.to_string()),
        Rejection::DayNotSettled { .. } => Problem::not_found(),
        Rejection::NoPhone => Problem::invalid_field("phone", rejection.to_string()),
        Rejection::EndsBeforeItStarts => Problem::invalid_field("end", rejection.to_string()),
        Rejection::TooManyMessages { .. } | Rejection::TooMuchAdvicePending { .. } => {
            Problem::new(ProblemType::TooManyRequests).detail(rejection.to_string())
        }
        Rejection::EffectTaken { .. } => Problem::new(ProblemType::EffectTaken).detail(rejection.to_string()),
        Rejection::NotReadBack | Rejection::SaleNotReadBack { .. } => Problem::new(ProblemType::Internal),
    };
    match rejection {
        Rejection::TooLong { limit, .. } => {
            with_limit(problem, "characters", i64::try_from(*limit).unwrap_or(i64::MAX))
        }
        Rejection::TooLarge { limit, .. } => with_limit(problem, "number", *limit),
        Rejection::QuantityNotPositive { .. } => problem.limit(&Limit::new("quantity", 1..=limits::QUANTITY)),
        Rejection::TooManyMessages { limit } => with_limit(problem, "messages_per_store_day", i64::from(*limit)),
        Rejection::TooMuchAdvicePending { limit } => {
            with_limit(problem, "advice_pending", i64::try_from(*limit).unwrap_or(i64::MAX))
        }
        _ => problem,
    }
}

fn limited(name: &'static str, most: i64, rejection: &Rejection) -> Problem {
    Problem::limit_exceeded(&Limit::new(name, 0..=most)).detail(rejection.to_string())
}

fn with_limit(problem: Problem, name: &'static str, most: i64) -> Problem {
    problem.limit(&Limit::new(name, 0..=most))
}

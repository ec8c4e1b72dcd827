//! From the writer's reply to the client: the answer, where it stands, and the wait for the views.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use events::Stamp;
use log::AppendError;
use web::{Outcome, Prefer, Problem, ProblemType, SALESYNC_POSITION, respond};

use super::CommandState;
use crate::request::{Answer, Answered, NotApplied, Reply};

/// How long a command waits for the views before it answers, so that who posts and then gets sees its own write.
pub(crate) const VIEWS_WAIT: Duration = Duration::from_millis(500);
/// When a client is asked to try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The response to a reply.
pub(super) async fn reply(state: &CommandState, reply: Reply, prefer: Prefer) -> Response {
    match reply {
        Reply::Answered(answered) => {
            seen(state, &answered, prefer).await;
            answer(&answered.answer, answered.stamp)
        }
        other => refusal(&other).into_response(),
    }
}

/// Waits until the views show what happened, but not for long, and not if the client would rather not wait.
pub(super) async fn seen(state: &CommandState, answered: &Answered, prefer: Prefer) {
    if let (Some(stamp), Some(_), false) = (answered.stamp, &answered.event, prefer.respond_async) {
        state.freshness.reached(stamp.partition, stamp.position, VIEWS_WAIT).await;
    }
}

/// The recorded answer, byte by byte.
pub(super) fn answer(answer: &Answer, stamp: Option<Stamp>) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    placed(respond::recorded(status, answer.body.clone()), stamp)
}

/// The response with the position of its record.
pub(super) fn placed(mut response: Response, stamp: Option<Stamp>) -> Response {
    if let Some(value) = stamp.and_then(|stamp| HeaderValue::try_from(stamp.to_string()).ok()) {
        response.headers_mut().insert(SALESYNC_POSITION, value);
    }
    response
}

/// What a reply that is no answer says to the client.
pub(super) fn refusal(reply: &Reply) -> Problem {
    match reply {
        Reply::Unauthorized => Problem::unauthorized(),
        Reply::KeyReused => Problem::new(ProblemType::KeyReused)
            .field("Idempotency-Key")
            .detail("this key came before with another request"),
        Reply::NotApplied(why) => not_applied(*why).detail(why.to_string()),
        Reply::Unknown(AppendError::NoRoom) => {
            Problem::new(ProblemType::StorageFull).outcome(Outcome::Unknown).retry_after(RETRY_AFTER)
        }
        Reply::Unknown(AppendError::Unreachable) => Problem::unavailable(Outcome::Unknown),
        // Answers are delivered as they are.
        Reply::Answered(_) => Problem::new(ProblemType::Internal),
    }
}

fn not_applied(why: NotApplied) -> Problem {
    match why {
        NotApplied::Busy => Problem::busy(),
        NotApplied::NotServing | NotApplied::Stopping | NotApplied::Halted => Problem::unavailable(Outcome::NotApplied),
        NotApplied::Elsewhere | NotApplied::Deposed => Problem::new(ProblemType::Elsewhere).retry_after(RETRY_AFTER),
        NotApplied::NoRoom => Problem::new(ProblemType::StorageFull).retry_after(RETRY_AFTER),
        NotApplied::Panicked => Problem::new(ProblemType::Internal),
        NotApplied::TooLarge => Problem::new(ProblemType::RecordTooLarge),
    }
}

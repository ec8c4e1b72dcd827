//! Advice: whether it is there, and what it says, each under the two paths that the clients know.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
use uuid::Uuid;
use web::{Owner, PathText, Problem, ProblemDocument};

use super::documents::{Fresh, Refused};
use crate::answers::{self, Asked};
use crate::question::Question;
use crate::shapes::{AdviceText, AdviceVerdict};
use crate::state::QueryState;

macro_rules! advice {
    ($($(#[$doc:meta])+ $name:ident $path:literal $question:ident $shape:ident;)+) => {$(
        $(#[$doc])+
        #[utoipa::path(get, path = $path, tag = "advice", params(
                ("req_id" = String, Path, description = "The request for advice"), Fresh), security(("token" = [])),
            responses((status = 200, description = "`success`, `not completed` or `failed`", body = $shape),
                (status = 404, description = "The store has no such request", body = ProblemDocument,
                    content_type = "application/problem+json"), Refused))]
        pub(super) async fn $name(
            State(state): State<QueryState>,
            Owner(caller): Owner,
            PathText(request): PathText,
            asked: Asked,
        ) -> Result<Response, Problem> {
            let request = Uuid::try_parse(&request).map_err(|_| Problem::not_found())?;
            let mut response = answers::answer(&state, caller.store, &asked, Question::$question(request)).await?;
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
    )+};
}

advice! {
    /// Whether the advice is there.
    poll_advice "/consulting/{req_id}" AdviceState AdviceVerdict;
    /// Whether the advice is there, under the path that the front end knows.
    poll_test_advice "/consulting/test/{req_id}" AdviceState AdviceVerdict;
    /// The advice.
    read_advice "/dashboard/consulting/{req_id}" Advice AdviceText;
    /// The advice, under the path that the front end knows.
    read_test_advice "/dashboard/consulting/test/{req_id}" Advice AdviceText;
}

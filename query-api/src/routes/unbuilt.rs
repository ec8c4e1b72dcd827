//! What belongs to the interface and is not built yet: the settlement message and the advice. A token is asked for
//! first; then the answer says so.

use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Owner, Problem, ProblemDocument};

use super::documents::Unbuilt;
use crate::state::QueryState;

/// The endpoints that are not built yet.
pub(super) fn routes() -> OpenApiRouter<QueryState> {
    OpenApiRouter::new()
        .routes(routes!(calculate))
        .routes(routes!(request_advice))
        .routes(routes!(request_test_advice))
        .routes(routes!(poll_advice))
        .routes(routes!(poll_test_advice))
        .routes(routes!(read_advice))
        .routes(routes!(read_test_advice))
}

macro_rules! unbuilt {
    ($($(#[$doc:meta])+ $name:ident $path:literal $tag:literal $($id:literal)?;)+) => {$(
        $(#[$doc])+
        #[utoipa::path(get, path = $path, tag = $tag, security(("token" = [])),
            $(params(($id = String, Path, description = "The request for advice")),)?
            responses(Unbuilt, (status = "default", description = "Any other problem", body = ProblemDocument,
                content_type = "application/problem+json")))]
        async fn $name(Owner(_): Owner) -> Response {
            ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Problem::not_implemented()).into_response()
        }
    )+};
}

unbuilt! {
    /// Sends the owner a date's total.
    calculate "/dashboard/calculate" "figures";
    /// Asks for advice on a period.
    request_advice "/consulting" "advice";
    /// Asks for advice on a period.
    request_test_advice "/consulting/test" "advice";
    /// Whether the advice is there.
    poll_advice "/consulting/{req_id}" "advice" "req_id";
    /// Whether the advice is there.
    poll_test_advice "/consulting/test/{req_id}" "advice" "req_id";
    /// The advice.
    read_advice "/dashboard/consulting/{req_id}" "advice" "req_id";
    /// The advice.
    read_test_advice "/dashboard/consulting/test/{req_id}" "advice" "req_id";
}

//! What an OpenAPI document says of refusals: the problems that an operation may answer with, by status.

use std::collections::BTreeMap;

use utoipa::openapi::response::Response;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use crate::problem::ProblemType;

/// Names the refusals that several operations have in common: types that stand in `responses(…)` of `utoipa::path`.
///
/// ```text
/// web::refusals! {
///     /// Of a question.
///     Refused: Unauthorized InvalidField Unavailable;
/// }
/// ```
#[macro_export]
macro_rules! refusals {
    ($($(#[$doc:meta])+ $name:ident: $($kind:ident)+;)+) => {$(
        $(#[$doc])+
        pub(super) struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::response::Response>,
            > {
                $crate::refusal_responses(&[$($crate::ProblemType::$kind),+])
            }
        }
    )+};
}

/// One response per status, which names the problems that it may be.
pub fn refusal_responses(kinds: &[ProblemType]) -> BTreeMap<String, RefOr<Response>> {
    let mut titles = BTreeMap::<String, Vec<&str>>::new();
    for kind in kinds {
        titles.entry(kind.status().as_u16().to_string()).or_default().push(kind.title());
    }
    let response = |titles: Vec<&str>| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(titles.join("; "));
        RefOr::T(response.content("application/problem+json", content).build())
    };
    titles.into_iter().map(|(status, titles)| (status, response(titles))).collect()
}

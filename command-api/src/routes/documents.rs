//! What the OpenAPI document says of every command beside its own words: its headers and its refusals.

use std::collections::BTreeMap;

use utoipa::openapi::response::Response;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses};
use web::ProblemType;

/// The headers that every command takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by the document alone")]
pub(super) struct Sent {
    /// 1 to 255 visible ASCII characters: the same request with the same key gets the same answer and has one effect.
    #[param(rename = "Idempotency-Key")]
    key: Option<String>,
    /// `respond-async`: the answer need not wait for the views. `handling=strict`: a payment whose stated total
    /// differs is refused.
    #[param(rename = "Prefer")]
    prefer: Option<String>,
}

macro_rules! refusals {
    ($($(#[$doc:meta])+ $name:ident: $($kind:ident)+;)+) => {$(
        $(#[$doc])+
        pub(super) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                problems(&[$(ProblemType::$kind),+])
            }
        }
    )+};
}

refusals! {
    /// Of a command without a body.
    Refused: Unauthorized RecordTooLarge InvalidField LimitExceeded KeyReused Busy Unavailable Timeout StorageFull;
    /// Of a command with one.
    RefusedBody: MalformedJson Unauthorized BodyTooSlow BodyTooLarge RecordTooLarge InvalidField LimitExceeded KeyReused
        Busy Unavailable Timeout StorageFull;
    /// Of the sign-up.
    RefusedOpen: MalformedJson BodyTooSlow BodyTooLarge InvalidField KeyReused TooManyRequests Busy Unavailable Timeout
        StorageFull;
}

/// One response per status, which names the problems that it may be.
fn problems(kinds: &[ProblemType]) -> BTreeMap<String, RefOr<Response>> {
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

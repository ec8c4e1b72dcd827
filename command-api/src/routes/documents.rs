//! What the OpenAPI document says of every command beside its own words: its headers and its refusals.

use utoipa::IntoParams;
use web::refusals;

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

//! `GET /events/live`: server-sent events. Read by `fetch`, so that the token stands in a header and never in a URL.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use events::Stamp;
use std::time::Duration;
use web::{Outcome, Owner, Problem};

use super::documents::Refused;
use crate::live::{Client, ListenError};
use crate::state::QueryState;

/// How often a client on whom nothing happens hears that the connection lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What happens in the store, as it happens; each event's id is its position. `reset` says that the last event is of no
/// use here (of another log, or too far back) and from which position it goes on; `bye` that a client is let go, because it
/// was too slow or the server stops, and from which position it may go on.
#[utoipa::path(get, path = "/events/live", tag = "live", security(("token" = [])), params(
        ("Last-Event-ID" = Option<String>, Header, description = "The last event that the client has")),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String),
        Refused))]
pub(super) async fn get_live(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last = match headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default().trim()) {
        None | Some("") => None,
        Some(text) => {
            Some(text.parse::<Stamp>().map_err(|error| Problem::invalid_field("Last-Event-ID", error.to_string()))?)
        }
    };
    let partition = state.partition_of(caller.store);
    let listener = state.live().listen(partition, caller.store).await.map_err(|error| match error {
        ListenError::Full => Problem::busy(),
        ListenError::Closed | ListenError::Unreadable(_) => {
            tracing::warn!(%error, "a client cannot listen");
            Problem::unavailable(Outcome::NotApplied)
        }
    })?;
    let gate = (std::sync::Arc::clone(&state.parts().gate), headers);
    let client =
        Client::join(std::sync::Arc::clone(state.live()), gate, (partition, caller.store), listener, last).await;
    let stream = Sse::new(client.events()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let mut response = stream.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

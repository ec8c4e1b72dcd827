//! The way to another instance: one pooled HTTP client, and what became of a request that was sent by it.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, StatusCode, Uri, uri};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::Semaphore;
use web::{ProblemType, RequestId};

use super::SALESYNC_RELAYED;

/// How long the owner's answer is waited for: its queue, the wait for an unknown outcome, the wait for the views.
pub(super) const ANSWER_WAIT: Duration = Duration::from_secs(9);
/// How long it may take to connect.
const CONNECT_WAIT: Duration = Duration::from_secs(1);
/// Requests on their way to other instances at once; more are refused.
const UNDER_WAY: usize = 4_096;
/// Connections kept open to one instance while nothing is asked.
const IDLE_CONNECTIONS: usize = 128;
/// For how long; less than the other side keeps them, so that it is not it who closes.
const IDLE: Duration = Duration::from_secs(30);
/// The longest answer to a command.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// What of a request the owner needs.
const SENT: [HeaderName; 4] =
    [AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("idempotency-key"), HeaderName::from_static("prefer")];
/// What of an answer the client needs. The rest is this instance's edge's to add.
const GIVEN: [HeaderName; 5] =
    [CONTENT_TYPE, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE, HeaderName::from_static("salesync-position")];

/// The pooled client.
pub(super) struct Passing {
    client: Client<HttpConnector, Full<Bytes>>,
    under_way: Semaphore,
}

/// A request to be passed on, with the word that goes with it.
pub(super) struct Outgoing {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    pub(super) word: String,
}

/// What became of a request that was passed on.
pub(super) enum Passed {
    /// The owner's answer, whatever it is.
    Answered(Response),
    /// It never arrived, or the other one is not the owner.
    NotApplied,
    /// Too many are on their way.
    Busy,
    /// It may have been applied.
    Unknown,
}

impl Passing {
    pub(super) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_WAIT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Self { client, under_way: Semaphore::new(UNDER_WAY) }
    }

    /// Sends the request to the instance at this URL.
    pub(super) async fn pass(&self, owner: &str, outgoing: Outgoing) -> Passed {
        let Ok(_permit) = self.under_way.try_acquire() else { return Passed::Busy };
        let Some(request) = request(owner, outgoing) else { return Passed::NotApplied };
        let passed = tokio::time::timeout(ANSWER_WAIT, self.send(request)).await.unwrap_or(Passed::Unknown);
        let outcome = match &passed {
            Passed::Answered(_) => "answered",
            Passed::NotApplied => "not_applied",
            Passed::Busy => "busy",
            Passed::Unknown => "unknown",
        };
        metrics::counter!("salesync_relayed_commands_total", "outcome" => outcome).increment(1);
        passed
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Passed {
        let answer = match self.client.request(request).await {
            Ok(answer) => answer,
            // Without a connection nothing was sent.
            Err(error) if error.is_connect() => return Passed::NotApplied,
            Err(_) => return Passed::Unknown,
        };
        let (parts, body) = answer.into_parts();
        let Ok(body) = Limited::new(body, ANSWER_BYTES).collect().await else { return Passed::Unknown };
        let body = body.to_bytes();
        if refused(parts.status, &body) {
            return Passed::NotApplied;
        }
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = parts.status;
        *response.headers_mut() = only(&parts.headers, &GIVEN);
        Passed::Answered(response)
    }
}

fn request(owner: &str, outgoing: Outgoing) -> Option<Request<Full<Bytes>>> {
    let Outgoing { parts, body, word } = outgoing;
    let base: Uri = owner.parse().ok()?;
    let mut place = uri::Parts::default();
    place.scheme = base.scheme().cloned().or(Some(uri::Scheme::HTTP));
    place.authority = base.authority().cloned();
    place.path_and_query = parts.uri.path_and_query().cloned();
    let host = HeaderValue::try_from(base.authority()?.as_str()).ok()?;
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method;
    *request.uri_mut() = Uri::from_parts(place).ok()?;
    *request.headers_mut() = only(&parts.headers, &SENT);
    let headers = request.headers_mut();
    headers.insert(HOST, host);
    headers.insert(SALESYNC_RELAYED, HeaderValue::try_from(word).ok()?);
    if let Some(id) = parts.extensions.get::<RequestId>().and_then(|id| HeaderValue::try_from(id.as_str()).ok()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    Some(request)
}

/// Whether the other one says that it is not the owner, and so that it has done nothing.
fn refused(status: StatusCode, body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Refusal {
        r#type: String,
    }
    let kind = ProblemType::Elsewhere;
    status == kind.status()
        && serde_json::from_slice::<Refusal>(body).is_ok_and(|refusal| refusal.r#type.ends_with(kind.slug()))
}

fn only(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(names.len() + 3);
    for name in names {
        for value in headers.get_all(name) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

//! One watcher around each route: the request's id, its time limit, a panic caught, the access log.
//!
//! It is written by hand and is one, for every layer of its own costs a box per request.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};

use super::meters::Meters;
use crate::ambient::Ids;
use crate::problem::{Outcome, Problem, ProblemType};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The target of the access log, by which it can be filtered.
const ACCESS: &str = "access";
/// The longest id that is taken from a client.
const ID_CHARS: usize = 64;

/// The id under which a request is found in the logs: the client's `X-Request-Id`, or one of ours.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Puts a [`Watch`] around each route.
#[derive(Clone)]
pub(super) struct WatchLayer(Arc<Shared>);

struct Shared {
    limit: Duration,
    /// Tells this run of the process from every other.
    run: u32,
    requests: AtomicU64,
}

/// A route under watch.
#[derive(Clone)]
pub(super) struct Watch<S> {
    route: S,
    shared: Arc<Shared>,
    meters: Arc<Meters>,
}

impl WatchLayer {
    pub(super) fn new(limit: Duration, ids: &dyn Ids) -> Self {
        Self(Arc::new(Shared { limit, run: ids.uuid().as_fields().0, requests: AtomicU64::new(0) }))
    }
}

impl<S> Layer<S> for WatchLayer {
    type Service = Watch<S>;

    fn layer(&self, route: S) -> Watch<S> {
        Watch { route, shared: Arc::clone(&self.0), meters: Arc::default() }
    }
}

impl<S> Service<Request> for Watch<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.route.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let began = Instant::now();
        let id = self.shared.id(request.headers());
        let method = request.method().clone();
        let path = request.extensions().get::<MatchedPath>().cloned();
        request.extensions_mut().insert(id.clone());
        let limit = self.shared.limit;
        let meters = Arc::clone(&self.meters);
        let answer = self.route.call(request);
        Box::pin(async move {
            let mut response = match tokio::time::timeout(limit, Caught(Box::pin(answer))).await {
                Ok(Ok(Ok(response))) => response,
                Ok(Err(Panicked)) => failed(ProblemType::Internal, &method),
                Err(_) => failed(ProblemType::Timeout, &method),
            };
            let took = began.elapsed();
            let path = path.as_ref().map_or("unmatched", MatchedPath::as_str);
            meters.of(&method, path, response.status()).record(took);
            log(&method, path, response.status(), took, &id);
            response.headers_mut().insert(X_REQUEST_ID, id.0);
            Ok(response)
        })
    }
}

impl Shared {
    fn id(&self, headers: &HeaderMap) -> RequestId {
        let sane = |value: &&HeaderValue| {
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            (1..=ID_CHARS).contains(&value.len()) && value.as_bytes().iter().all(plain)
        };
        let own = || {
            let text = format!("{:08x}-{}", self.run, self.requests.fetch_add(1, Ordering::Relaxed));
            HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("-"))
        };
        RequestId(headers.get(X_REQUEST_ID).filter(sane).cloned().unwrap_or_else(own))
    }
}

/// A handler did not return.
struct Panicked;

/// Polls a future and catches its panic.
struct Caught<F>(Pin<Box<F>>);

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx)));
        polled.map_or(Poll::Ready(Err(Panicked)), |poll| poll.map(Ok))
    }
}

/// The answer of a route that gave none. Of a request that may have been on its way to the log nothing is promised.
fn failed(kind: ProblemType, method: &Method) -> Response {
    let outcome = if method.is_safe() { Outcome::NotApplied } else { Outcome::Unknown };
    Problem::new(kind).outcome(outcome).retry_after(Duration::from_secs(1)).into_response()
}

/// One line a request: the path as the route writes it, never the one that was sent, nor its query.
fn log(method: &Method, path: &str, status: StatusCode, took: Duration, id: &RequestId) {
    let (status, duration_ms, id) = (status.as_u16(), took.as_secs_f64() * 1e3, id.as_str());
    if status >= 500 {
        tracing::warn!(target: ACCESS, %method, path, status, duration_ms, request.id = id, "request failed");
    } else {
        tracing::info!(target: ACCESS, %method, path, status, duration_ms, request.id = id, "request answered");
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or(Self(HeaderValue::from_static("-"))))
    }
}

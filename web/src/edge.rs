//! The edge: what happens to every request before its route and to every answer after it.
//!
//! Around the router: both slash forms, CORS. Around each route, since only there the matched path is known: the
//! request's id, its time limit, a panic caught, the access log.

mod meters;
mod watch;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, ORIGIN, RETRY_AFTER,
};
use axum::http::{Method, Uri};
use tower::Layer as _;
use tower_http::cors::{AllowOrigin, Cors, CorsLayer};
use tower_http::normalize_path::NormalizePath;

use crate::ambient::Ids;
use crate::problem::{Problem, ProblemType};
pub use watch::RequestId;
use watch::WatchLayer;

/// For how long a browser may keep the answer to a preflight.
const PREFLIGHT: Duration = Duration::from_hours(24);
/// How long a request may take.
const REQUEST: Duration = Duration::from_secs(30);

/// The router with everything around it: what [`crate::serve`] serves.
pub type Edge = NormalizePath<Cors<Router>>;

/// From which pages a browser may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// `*`: from any.
    Any,
    /// From these alone.
    List(Vec<HeaderValue>),
}

/// Neither `*` nor a list of origins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an origin such as https://salesync.site")]
pub struct OriginsError(String);

/// What the edge is told.
pub struct EdgeOptions {
    /// From which pages a browser may call.
    pub origins: Origins,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// For the ids of requests.
    pub ids: Arc<dyn Ids>,
}

impl EdgeOptions {
    /// Any origin, 30 s a request.
    pub fn new(ids: Arc<dyn Ids>) -> Self {
        Self { origins: Origins::Any, request_timeout: REQUEST, ids }
    }
}

impl FromStr for Origins {
    type Err = OriginsError;

    fn from_str(list: &str) -> Result<Self, OriginsError> {
        if list.trim() == "*" {
            return Ok(Self::Any);
        }
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let origins: Vec<_> = entries
            .map(|entry| origin(entry).ok_or_else(|| OriginsError(entry.to_owned())))
            .collect::<Result<_, _>>()?;
        if origins.is_empty() { Err(OriginsError(list.to_owned())) } else { Ok(Self::List(origins)) }
    }
}

/// Puts the edge around a finished router.
pub fn edge(router: Router, options: EdgeOptions) -> Edge {
    let router = router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { Problem::new(ProblemType::MethodNotAllowed) })
        .layer(WatchLayer::new(options.request_timeout, options.ids.as_ref()));
    NormalizePath::trim_trailing_slash(cors(options.origins).layer(router))
}

fn cors(origins: Origins) -> CorsLayer {
    let cors = match origins {
        Origins::Any => CorsLayer::new().allow_origin(AllowOrigin::any()).vary([]),
        Origins::List(list) => CorsLayer::new().allow_origin(AllowOrigin::list(list)).vary([ORIGIN]),
    };
    let ours = ["x-csrf-token", "idempotency-key", "prefer", "last-event-id"].map(HeaderName::from_static);
    cors.allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH].into_iter().chain(ours).collect::<Vec<_>>())
        .expose_headers([HeaderName::from_static("salesync-position"), ETAG, RETRY_AFTER])
        .max_age(PREFLIGHT)
}

/// A scheme and an authority, nothing behind.
fn origin(entry: &str) -> Option<HeaderValue> {
    let uri: Uri = entry.parse().ok()?;
    let whole = uri.scheme().is_some() && uri.path() == "/" && uri.query().is_none() && !entry.ends_with('/');
    if whole { entry.parse().ok() } else { None }
}

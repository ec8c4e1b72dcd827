//! A refusal as it leaves: problem details (RFC 9457) with what Salesync's clients need beside them.

mod kind;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

pub use kind::ProblemType;

use crate::fields::Limit;

/// The most bytes that a problem's body takes, so that any of them can be recorded as the answer to a key.
pub const RECORDED_BYTES: usize = 4096;

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Whether a command that ended in a 5xx may still have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has not and will not.
    NotApplied,
    /// It may have: the same request with the same key tells.
    Unknown,
}

/// A refusal on its way to the client. Its body never names a secret, personal data, or what another store has.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone, PartialEq)]
struct Parts {
    kind: ProblemType,
    detail: Cow<'static, str>,
    message: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    limit: Option<Limit>,
    outcome: Option<Outcome>,
    retry_after: Option<Duration>,
    extra: Map<String, Value>,
}

/// The body of a problem, as it is documented and sent.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `https://salesync.site/problems/` and the kind; stable.
    #[serde(rename = "type")]
    kind: String,
    /// The same few words for every occurrence of the kind.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was the case this time.
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: Cow<'static, str>,
    /// The field, parameter or header that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Cow<'static, str>>,
    /// The name of the limit that was passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'static str>,
    /// The least that the limit allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    /// The most that the limit allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<i64>,
    /// With every 5xx: whether the command may have taken effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// Always `failed`.
    result: &'static str,
    /// A sentence for the user, in Korean.
    message: Cow<'static, str>,
    /// Members of this kind alone.
    #[serde(flatten)]
    #[schema(ignore)]
    extra: Map<String, Value>,
}

impl Problem {
    /// A problem of the kind, with nothing more to say. A 5xx is `not_applied` unless said otherwise.
    pub fn new(kind: ProblemType) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: Cow::Borrowed(""),
            message: Cow::Borrowed(kind.message()),
            field: None,
            limit: None,
            outcome: kind.status().is_server_error().then_some(Outcome::NotApplied),
            retry_after: None,
            extra: Map::new(),
        }))
    }

    /// 400: not JSON.
    pub fn malformed_json(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemType::MalformedJson).detail(detail)
    }

    /// 401, one constant body whatever the reason.
    pub fn unauthorized() -> Self {
        Self::new(ProblemType::Unauthorized)
    }

    /// 404, one constant body: what is not there and what is another store's look alike.
    pub fn not_found() -> Self {
        Self::new(ProblemType::NotFound)
    }

    /// 422: the field is missing or not of its form.
    pub fn invalid_field(field: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemType::InvalidField).field(field).detail(detail)
    }

    /// 422: a limit of the trade would be passed.
    pub fn limit_exceeded(limit: &Limit) -> Self {
        Self::new(ProblemType::LimitExceeded).limit(limit)
    }

    /// 503: try again after a second; nothing was done.
    pub fn busy() -> Self {
        Self::new(ProblemType::Busy).retry_after(Duration::from_secs(1))
    }

    /// 503: what is needed cannot be reached at present.
    pub fn unavailable(outcome: Outcome) -> Self {
        Self::new(ProblemType::Unavailable).outcome(outcome).retry_after(Duration::from_secs(1))
    }

    /// What was the case this time, in a sentence for developers.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// Another sentence for the user than the kind's.
    #[must_use]
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = message.into();
        self
    }

    /// The field, parameter or header that is refused.
    #[must_use]
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// The limit that was passed.
    #[must_use]
    pub fn limit(mut self, limit: &Limit) -> Self {
        self.0.limit = Some(*limit);
        self
    }

    /// Whether the command may have taken effect, with a 5xx.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = Some(outcome);
        self
    }

    /// When to try again; rounded up to whole seconds.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// A member of this kind alone. Not one of the documented names, which stand for themselves.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.extra.insert(name.to_owned(), value.into());
        self
    }

    /// What kind it is.
    pub fn kind(&self) -> ProblemType {
        self.0.kind
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        self.0.kind.status()
    }

    /// The body, at most [`RECORDED_BYTES`]: what would be longer leaves out everything but its kind.
    pub fn to_bytes(&self) -> Bytes {
        let whole = self.encode();
        if whole.len() <= RECORDED_BYTES { whole.into() } else { Self::new(self.0.kind).encode().into() }
    }

    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(&self.document()).unwrap_or_default()
    }

    fn document(&self) -> ProblemDocument {
        let parts = (*self.0).clone();
        ProblemDocument {
            kind: format!("https://salesync.site/problems/{}", parts.kind.slug()),
            title: parts.kind.title(),
            status: parts.kind.status().as_u16(),
            detail: parts.detail,
            field: parts.field,
            limit: parts.limit.map(|limit| limit.name),
            minimum: parts.limit.map(|limit| limit.least),
            maximum: parts.limit.map(|limit| limit.most),
            outcome: parts.outcome,
            result: "failed",
            message: parts.message,
            extra: parts.extra,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.kind.title())?;
        if self.0.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.0.detail) }
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), [(CONTENT_TYPE, PROBLEM_JSON)], self.to_bytes()).into_response();
        response.extensions_mut().insert(self.0.kind);
        let headers = response.headers_mut();
        if let Some(wait) = self.0.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.0.kind == ProblemType::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

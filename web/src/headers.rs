//! Headers that carry meaning: the idempotency key, preferences, what the client has already, where an answer stands.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue, IF_NONE_MATCH};
use axum::http::request::Parts;

use crate::fields::Limit;
use crate::problem::Problem;

/// How long an idempotency key may be, in visible ASCII characters.
pub const IDEMPOTENCY_KEY_CHARS: Limit = Limit::new("idempotency_key_characters", 1..=255);

/// Where the record stands that carries an answer, or up to which an answer reaches.
pub const SALESYNC_POSITION: HeaderName = HeaderName::from_static("salesync-position");
/// What is issued as CSRF token: any text, since a token in a header needs none.
pub const CSRF_TOKEN: &str = "not-needed";

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The name under which a client may repeat a command: 1 to 255 visible ASCII characters. Handlers take an
/// `Option<IdempotencyKey>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// What the client would rather have (RFC 7240). What is not known is ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prefer {
    /// `respond-async`: the answer need not wait for the views.
    pub respond_async: bool,
    /// `handling=strict`: a payment whose stated total differs is refused.
    pub strict: bool,
}

/// The entity tags that the client has; none for most.
#[derive(Debug, Clone, Default)]
pub struct IfNoneMatch(Option<HeaderValue>);

impl IdempotencyKey {
    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of a request, if it has one.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let visible = value.as_bytes().iter().all(u8::is_ascii_graphic);
        match value.to_str() {
            Ok(key) if visible && values.next().is_none() && IDEMPOTENCY_KEY_CHARS.allows_count(key.len()) => {
                Ok(Some(Self(key.to_owned())))
            }
            _ => {
                let detail = "Idempotency-Key must be sent once, with 1 to 255 visible ASCII characters";
                Err(Problem::invalid_field("Idempotency-Key", detail).limit(&IDEMPOTENCY_KEY_CHARS))
            }
        }
    }
}

impl Prefer {
    /// The preferences of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut prefer = Self::default();
        let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
        for preference in values.flat_map(|value| value.split(',')) {
            let word = preference.split(';').next().unwrap_or_default();
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            prefer.respond_async |= name.eq_ignore_ascii_case("respond-async");
            prefer.strict |= name.eq_ignore_ascii_case("handling") && value.eq_ignore_ascii_case("strict");
        }
        prefer
    }
}

impl IfNoneMatch {
    /// The tags of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        Self(headers.get(IF_NONE_MATCH).cloned())
    }

    /// What stands between the quotes of each tag, strong or weak alike. Ours hold no comma.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        let list = self.0.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        list.split(',').filter_map(|tag| {
            let tag = tag.trim();
            tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')
        })
    }

    /// Whether the tag (without quotes) is one of these, or these are `*`.
    pub fn matches(&self, tag: &str) -> bool {
        self.0.as_ref().is_some_and(|value| value.as_bytes().trim_ascii() == b"*")
            || self.tags().any(|known| known == tag)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Self::of(&parts.headers)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Prefer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn headers(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    }

    fn prefer(values: &[&'static str]) -> (bool, bool) {
        let prefer = Prefer::of(&headers(&PREFER, values));
        (prefer.respond_async, prefer.strict)
    }

    #[test]
    fn preferences_are_found_among_others_in_any_case() {
        assert_eq!(prefer(&[]), (false, false));
        assert_eq!(prefer(&["respond-async"]), (true, false));
        assert_eq!(prefer(&["handling=strict"]), (false, true));
        assert_eq!(prefer(&["wait=10, Respond-Async; foo=1, Handling=\"Strict\""]), (true, true));
        assert_eq!(prefer(&["foo", "handling = strict", "respond-async"]), (true, true));
        assert_eq!(prefer(&["handling=lenient, respond-async-not, strict"]), (false, false));
    }

    #[test]
    fn a_tag_is_found_in_a_list_strong_or_weak() {
        let seen = IfNoneMatch::of(&headers(&IF_NONE_MATCH, &["\"1-a\", W/\"2-b\",\"\", bare"]));
        assert_eq!(seen.tags().collect::<Vec<_>>(), ["1-a", "2-b", ""]);
        assert!(seen.matches("1-a") && seen.matches("2-b"));
        assert!(!seen.matches("bare") && !seen.matches("1") && !seen.matches("*"));
        assert!(IfNoneMatch::of(&headers(&IF_NONE_MATCH, &["*"])).matches("anything"));
        assert!(!IfNoneMatch::default().matches(""));
    }
}

//! A finished answer: its body, its tag, and the position that it belongs to.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use events::{Digest, LogId, Partition, Position, Stamp, StoreId};
use uuid::Uuid;
use web::{IfNoneMatch, SALESYNC_POSITION};

use crate::question::Question;
use crate::views::Place;

/// Kept by the client alone, and asked for anew each time.
pub(crate) const NO_CACHING_UNASKED: HeaderValue = HeaderValue::from_static("private, no-cache");
/// The same URL is another answer for another store.
pub(crate) const VARY_BY_TOKEN: HeaderValue = HeaderValue::from_static("authorization");

/// Room for ours and what the edge adds.
const HEADERS: usize = 12;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Where a snapshot stood.
pub(crate) struct Stamped {
    /// The log that the views follow, once known.
    pub log: Option<LogId>,
    /// The store's partition.
    pub partition: Partition,
    /// The generation of the views.
    pub generation: Uuid,
    /// How far the projection had come.
    pub place: Place,
}

/// A finished answer. Cheap to clone: all of it is shared.
#[derive(Clone)]
pub(crate) struct Ready {
    generation: Uuid,
    next: Position,
    store: Option<Position>,
    etag: HeaderValue,
    position: Option<HeaderValue>,
    body: Bytes,
}

impl Ready {
    /// The answer with this body, read there.
    pub(crate) fn new(at: &Stamped, store: StoreId, question: Question, body: Bytes) -> Self {
        let digest = digest(at.log, at.generation, store, question);
        let last = at.place.store.map_or_else(|| "none".to_owned(), |position| position.to_string());
        Self {
            generation: at.generation,
            next: at.place.next,
            store: at.place.store,
            etag: header(format!("\"{last}-{digest}\"")).unwrap_or(HeaderValue::from_static("\"\"")),
            position: at.header(),
            body,
        }
    }

    /// The partition's `next` at which it was read.
    pub(crate) fn next(&self) -> Position {
        self.next
    }

    /// The generation from which it was read.
    pub(crate) fn generation(&self) -> Uuid {
        self.generation
    }

    /// The memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        const BESIDE_THE_BODY_BYTES: usize = 400;
        self.body.len() + BESIDE_THE_BODY_BYTES
    }

    /// The same answer as of a later snapshot, if the store has not moved on since.
    pub(crate) fn confirmed(&self, at: &Stamped) -> Option<Self> {
        let same = self.generation == at.generation && self.store == at.place.store && at.place.next >= self.next;
        same.then(|| Self { next: at.place.next, position: at.header(), ..self.clone() })
    }

    /// The response: 304 without a body for who has the answer already.
    pub(crate) fn respond(&self, known: &IfNoneMatch) -> Response {
        let tag = self.etag.to_str().unwrap_or_default().trim_matches('"');
        let mut headers = HeaderMap::with_capacity(HEADERS);
        let mut response = if known.matches(tag) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            headers.insert(CONTENT_TYPE, JSON);
            Response::new(Body::from(self.body.clone()))
        };
        headers.insert(ETAG, self.etag.clone());
        headers.insert(CACHE_CONTROL, NO_CACHING_UNASKED);
        headers.insert(VARY, VARY_BY_TOKEN);
        if let Some(position) = &self.position {
            headers.insert(SALESYNC_POSITION, position.clone());
        }
        *response.headers_mut() = headers;
        response
    }
}

impl Stamped {
    /// The position of the last record that the answer takes into account.
    fn header(&self) -> Option<HeaderValue> {
        let position = Position(self.place.next.0.checked_sub(1)?);
        header(Stamp { log: self.log?.short(), partition: self.partition, position }.to_string())
    }
}

/// What the answer is an answer to: every parameter, the views it came from, and the program that gave it its form.
pub(crate) fn digest(log: Option<LogId>, generation: Uuid, store: StoreId, question: Question) -> Digest {
    let log = log.map_or(Uuid::nil(), |log| log.0);
    let question = format!("{question:?}");
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    Digest::of(&[version, log.as_bytes(), generation.as_bytes(), store.0.as_bytes(), question.as_bytes()])
}

fn header(text: String) -> Option<HeaderValue> {
    HeaderValue::try_from(text).ok()
}

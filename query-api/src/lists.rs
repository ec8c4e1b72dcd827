//! Lists without a limit: read from the views page by page, and sent as they are read.
//!
//! Every page is a short look of its own, so no list holds a moment of the views for as long as its client takes. The
//! list ends at the highest number that there was at its start; what is on it is as it was when its page was read.
//! A list that cannot be finished breaks its connection off: its JSON never ends as if it were whole.

mod orders;
mod sales;
mod turnstile;

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::response::Response;
use bytes::Bytes;
use chrono_tz::Tz;
use events::StoreId;
use futures::stream;
use migrations::{Row, Snapshot, Views};
use tokio::sync::mpsc;
use tokio::time::timeout;
use web::Problem;

pub(crate) use orders::OrderList;
pub(crate) use sales::SaleList;
pub(crate) use turnstile::Turnstile;
pub use turnstile::{LIST_WAIT_SECONDS, LISTS_AT_ONCE};

use crate::answers::{self, Asked, NO_CACHING_UNASKED, VARY_BY_TOKEN};
use crate::failure::ReadError;
use crate::state::QueryState;

/// How many rows one look at the views takes.
pub const LIST_ROWS: usize = 1_000;
/// How long a list may take, its client's slowness included.
pub const LIST_SECONDS: u64 = 60;

/// The most memory that a page usually takes.
const PAGE_BYTES: usize = 256 * 1024;

/// A list that is read by key.
pub(crate) trait List: Send + Sized + 'static {
    /// The projection whose rows are on it.
    const PROJECTION: &'static str;

    /// The bounds of the list of the store at this moment.
    fn begin(&mut self, snapshot: &mut Snapshot) -> impl Future<Output = Result<(), ReadError>> + Send;

    /// The next rows, at most [`LIST_ROWS`].
    fn page(&mut self, snapshot: &mut Snapshot) -> impl Future<Output = Result<Vec<Row>, ReadError>> + Send;

    /// Appends the entry in a row to the JSON, and moves behind it.
    fn entry(&mut self, row: &Row, zone: Tz, json: &mut Vec<u8>) -> Result<(), ReadError>;
}

/// A part of a body. One that ends without its last part is broken off.
enum Part {
    More(Bytes),
    Last(Bytes),
}

struct Listing<L> {
    views: Views,
    list: L,
    zone: Tz,
    begun: bool,
}

/// Answers with the list, between an `opening` that ends in `[` and a `]}`.
pub(crate) async fn stream<L: List>(
    state: &QueryState,
    store: StoreId,
    asked: &Asked,
    opening: String,
    mut list: L,
) -> Result<Response, Problem> {
    let least = answers::wait_until_fresh(state, store, asked).await?;
    let permit = state.turnstile().pass().await?;
    let (mut snapshot, _) = answers::open(state, store, L::PROJECTION, least).await?;
    let zone = state.zone(&mut snapshot, store).await.map_err(ReadError::from)?.unwrap_or(answers::ZONE_UNKNOWN);
    list.begin(&mut snapshot).await?;
    let mut listing = Listing { views: state.parts().views.clone(), list, zone, begun: false };
    let first = listing.read(&mut snapshot, opening.into_bytes()).await?;
    drop(snapshot);
    let body = match first {
        Part::Last(whole) => Body::from(whole),
        Part::More(first) => {
            let (parts, sent) = mpsc::channel(1);
            tokio::spawn(async move {
                listing.send_within(Duration::from_secs(LIST_SECONDS), first, parts).await;
                drop(permit);
            });
            body_of(sent)
        }
    };
    Ok(respond(body))
}

impl<L: List> Listing<L> {
    /// Sends the list, or breaks it off when the time is over.
    async fn send_within(&mut self, limit: Duration, first: Bytes, parts: mpsc::Sender<Part>) {
        if timeout(limit, self.send(first, &parts)).await.is_err() {
            tracing::warn!(limit_seconds = limit.as_secs(), "a list was broken off: its client was too slow");
        }
    }

    /// Sends part after part; ends early if nobody takes them.
    async fn send(&mut self, first: Bytes, parts: &mpsc::Sender<Part>) {
        let mut part = Part::More(first);
        loop {
            let last = matches!(part, Part::Last(_));
            if parts.send(part).await.is_err() || last {
                return;
            }
            part = match self.next().await {
                Ok(part) => part,
                Err(error) => {
                    tracing::error!(%error, "a list was broken off: the views could not be read");
                    return;
                }
            };
        }
    }

    async fn next(&mut self) -> Result<Part, ReadError> {
        let mut snapshot = self.views.snapshot().await?;
        self.read(&mut snapshot, Vec::with_capacity(PAGE_BYTES)).await
    }

    /// Reads a page and appends it to the JSON so far.
    async fn read(&mut self, snapshot: &mut Snapshot, mut json: Vec<u8>) -> Result<Part, ReadError> {
        let rows = self.list.page(snapshot).await?;
        for row in &rows {
            if self.begun {
                json.push(b',');
            }
            self.begun = true;
            self.list.entry(row, self.zone, &mut json)?;
        }
        if rows.len() == LIST_ROWS {
            return Ok(Part::More(json.into()));
        }
        json.extend_from_slice(b"]}");
        Ok(Part::Last(json.into()))
    }
}

fn body_of(sent: mpsc::Receiver<Part>) -> Body {
    Body::from_stream(stream::unfold(Some(sent), |sent| async {
        let mut sent = sent?;
        match sent.recv().await {
            Some(Part::More(bytes)) => Some((Ok(bytes), Some(sent))),
            Some(Part::Last(bytes)) => Some((Ok(bytes), None)),
            None => Some((Err(io::Error::other("the list was broken off")), None)),
        }
    }))
}

fn respond(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, NO_CACHING_UNASKED);
    headers.insert(VARY, VARY_BY_TOKEN);
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http_body_util::BodyExt as _;

    use super::*;

    async fn sent(parts: Vec<Part>) -> Result<Bytes, axum::Error> {
        let (sender, receiver) = mpsc::channel(parts.len());
        for part in parts {
            sender.send(part).await.ok().unwrap();
        }
        drop(sender);
        body_of(receiver).collect().await.map(http_body_util::Collected::to_bytes)
    }

    #[tokio::test]
    async fn a_list_whose_client_takes_nothing_is_broken_off() {
        let folder = tempfile::tempdir().unwrap();
        let views = Views::open(folder.path()).unwrap();
        let list = SaleList::of(StoreId::of_username("demostore"));
        let mut listing = Listing { views, list, zone: Tz::UTC, begun: true };
        let (parts, sent) = mpsc::channel(1);
        // The first part takes the one place there is, and nobody makes room for the last.
        listing.send_within(Duration::from_millis(1), Bytes::from("[1"), parts).await;
        assert!(body_of(sent).collect().await.is_err());
    }

    #[tokio::test]
    async fn a_list_that_cannot_be_finished_does_not_end_as_if_it_were_whole() {
        let whole = sent(vec![Part::More(Bytes::from("[1,")), Part::Last(Bytes::from("2]"))]).await;
        assert_eq!(whole.unwrap(), "[1,2]");
        assert!(sent(vec![Part::More(Bytes::from("[1,"))]).await.is_err());
    }
}

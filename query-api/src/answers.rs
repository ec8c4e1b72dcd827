//! Between a question and the views: is the finished answer that is kept still what the views say?
//!
//! ```text
//!   kept, read at the partition's present `next`  ──► given out: no SQL, nothing encoded
//!   kept, but the partition moved on              ──► the store's own position is read: the same ──► given out
//!   not kept, or the store moved on               ──► checkpoint, position and rows from one snapshot, then kept
//! ```

mod asked;
mod memory;
mod meters;
mod ready;

use std::time::{Duration, Instant};

use axum::response::Response;
use chrono_tz::Tz;
use events::{Position, Stamp, StoreId};
use migrations::Snapshot;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use web::Problem;

pub(crate) use asked::Asked;
pub use memory::KEPT_BYTES;
pub(crate) use memory::Memory;
pub(crate) use meters::{Meters, Source};
pub(crate) use ready::{NO_CACHING_UNASKED, Ready, VARY_BY_TOKEN};

use crate::failure::{ReadError, not_yet_visible};
use crate::question::Question;
use crate::state::QueryState;
use crate::views::{self, Place};

/// How long an answer waits for the position that `after` asks for.
const AFTER_WAIT_SECONDS: u64 = 5;
/// How long an answer waits for the position of an entity tag that the client has from elsewhere.
const TAG_WAIT_MILLISECONDS: u64 = 500;
/// How often a snapshot is taken anew that began just when its generation was replaced.
const REPLACED_GENERATIONS: usize = 3;
/// The time zone of a store that is not in its view yet, and so has no instants to show.
pub(crate) const ZONE_UNKNOWN: Tz = Tz::Asia__Seoul;

/// Answers the question for the store.
pub(crate) async fn answer(
    state: &QueryState,
    store: StoreId,
    asked: &Asked,
    question: Question,
) -> Result<Response, Problem> {
    let least = wait_until_fresh(state, store, asked).await?;
    wait_for_tag(state, store, asked, question).await;
    let partition = state.partition_of(store);
    let present = state.parts().freshness.present(partition);
    if let Some(ready) = state.memory().current((store, partition), question, present) {
        state.meters().count(Source::Memory);
        return Ok(ready.respond(&asked.known));
    }
    let ready = read(state, store, question, least).await?;
    Ok(ready.respond(&asked.known))
}

/// Waits until the views are beyond the positions that `after` names, and gives the least `next` that this means. A
/// position of another log or of a partition that is not the store's says nothing about the answer; which log this is
/// has to be known first, and is waited for too.
pub(crate) async fn wait_until_fresh(state: &QueryState, store: StoreId, asked: &Asked) -> Result<Position, Problem> {
    let stamps = asked.parameters.after()?;
    let (freshness, partition) = (&state.parts().freshness, state.partition_of(store));
    let own: Vec<Stamp> = stamps.into_iter().filter(|stamp| stamp.partition == partition).collect();
    if own.is_empty() {
        return Ok(Position(0));
    }
    let (begun, wait) = (Instant::now(), Duration::from_secs(AFTER_WAIT_SECONDS));
    let log = freshness.known_log(wait).await.ok_or_else(not_yet_visible)?;
    let here = own.iter().filter(|stamp| stamp.log == log.short()).map(|stamp| stamp.position).max();
    let Some(position) = here else { return Ok(Position(0)) };
    if freshness.reached(partition, position, wait.saturating_sub(begun.elapsed())).await {
        Ok(Position(position.0.saturating_add(1)))
    } else {
        Err(not_yet_visible())
    }
}

/// A snapshot, and how far the projection had come in it.
pub(crate) async fn open(
    state: &QueryState,
    store: StoreId,
    projection: &'static str,
    least: Position,
) -> Result<(Snapshot, Place), Problem> {
    let (views, partition) = (&state.parts().views, state.partition_of(store));
    for _ in 0..REPLACED_GENERATIONS {
        let mut snapshot = views.snapshot().await.map_err(ReadError::from)?;
        let place = views::place(&mut snapshot, projection, partition, store).await.map_err(ReadError::from)?;
        // A generation that was replaced has lost its checkpoints: look at the live one.
        let Some(place) = place.or_else(|| (snapshot.generation() == views.live_generation()).then(Place::start))
        else {
            continue;
        };
        state.memory().seen(partition, place.next);
        return if place.next < least { Err(not_yet_visible()) } else { Ok((snapshot, place)) };
    }
    Err(not_yet_visible())
}

/// A client that has this answer from a process that is ahead of this one waits a little, up to what the log is known
/// to hold; then it gets what is there.
async fn wait_for_tag(state: &QueryState, store: StoreId, asked: &Asked, question: Question) {
    let (freshness, partition) = (&state.parts().freshness, state.partition_of(store));
    let present = freshness.present(partition);
    let ahead = asked.known.tags().filter_map(|tag| {
        let (position, digest) = tag.split_once('-')?;
        let position = Position(position.parse().ok()?);
        let ours = || ready::digest(freshness.log(), present.generation, store, question).to_string() == digest;
        (position >= present.next && ours()).then_some(position)
    });
    let Some(ahead) = ahead.max() else { return };
    let last = Position(freshness.end(partition).0.saturating_sub(1));
    freshness.reached(partition, ahead.min(last), Duration::from_millis(TAG_WAIT_MILLISECONDS)).await;
}

/// Reads the answer, or of an answer that is kept only whether the store has moved on.
async fn read(state: &QueryState, store: StoreId, question: Question, least: Position) -> Result<Ready, Problem> {
    let (mut snapshot, place) = open(state, store, question.projection(), least).await?;
    let generation = snapshot.generation();
    let stamp =
        ready::Stamped { log: state.parts().freshness.log(), partition: state.partition_of(store), generation, place };
    if let Some(kept) = state.memory().kept(store, question)
        && let Some(ready) = kept.confirmed(&stamp)
    {
        state.memory().keep(store, question, ready.clone());
        state.meters().count(Source::Confirmed);
        return Ok(ready);
    }
    let zone = state.zone(&mut snapshot, store).await.map_err(ReadError::from)?;
    let body = read_rows(snapshot, store, zone.unwrap_or(ZONE_UNKNOWN), question).await?;
    state.meters().count(Source::Views);
    let Some(body) = body else { return Err(nothing_there(question)) };
    let ready = Ready::new(&stamp, store, question, body.into());
    // Without the store's time zone or the log's id the same rows may make another answer a moment later.
    if zone.is_some() && stamp.log.is_some() {
        state.memory().keep(store, question, ready.clone());
    }
    Ok(ready)
}

/// Reads the rows: a few at once, many on a thread that may be kept busy.
async fn read_rows(
    mut snapshot: Snapshot,
    store: StoreId,
    zone: Tz,
    question: Question,
) -> Result<Option<Vec<u8>>, ReadError> {
    if !question.is_long() {
        return question.read(&mut snapshot, store, zone).await;
    }
    let runtime = Handle::current();
    let reading = move || runtime.block_on(question.read(&mut snapshot, store, zone));
    spawn_blocking(reading).await?
}

fn nothing_there(question: Question) -> Problem {
    match question {
        // The token is good, so the store is on its way into the view.
        Question::OwnStore => not_yet_visible(),
        _ => Problem::not_found(),
    }
}

//! One client that listens: what it missed, then what happens, until it is too slow, its token ends, or it leaves.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse;
use events::{Partition, Position, Stamp, StoreId, Subject};
use futures::Stream;
use log::{Admitted, Kind};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior};
use web::Gate;

use super::event::{LiveEvent, stamp};
use super::{LIVE_BACK_RECORDS, Listener, Live, catching_up};

/// How often it is asked whether the client's token is still good.
const TOKEN_ASKED: Duration = Duration::from_secs(15);
/// Records read at a time while catching up.
const READ_RECORDS: usize = 1_024;

/// A client.
pub(crate) struct Client {
    live: Arc<Live>,
    gate: Arc<Gate>,
    headers: HeaderMap,
    partition: Partition,
    store: StoreId,
    listener: Listener,
    /// The last event that it has.
    last: Option<Position>,
    ready: VecDeque<sse::Event>,
    behind: Option<Behind>,
    token: Interval,
    ended: bool,
}

/// What it has yet to read before the queue continues it.
struct Behind {
    reader: Admitted,
    _permit: OwnedSemaphorePermit,
}

impl Client {
    /// A client that joined, and that has everything up to `last` if it says so.
    pub(crate) async fn join(
        live: Arc<Live>,
        (gate, headers): (Arc<Gate>, HeaderMap),
        (partition, store): (Partition, StoreId),
        listener: Listener,
        last: Option<Stamp>,
    ) -> Self {
        let mut token = tokio::time::interval_at(tokio::time::Instant::now() + TOKEN_ASKED, TOKEN_ASKED);
        token.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (ready, ended) = (VecDeque::new(), false);
        let mut client =
            Self { live, gate, headers, partition, store, listener, last: None, ready, behind: None, token, ended };
        match last {
            None => client.tell("ready", client.joined()),
            Some(last) => client.resume(last).await,
        }
        client
    }

    /// The client's events, as they come.
    pub(crate) fn events(self) -> impl Stream<Item = Result<sse::Event, std::convert::Infallible>> {
        futures::stream::unfold(self, |mut client| async move {
            let event = client.next().await?;
            Some((Ok(event), client))
        })
    }

    /// Goes on behind the last event that the client has, or says from where it can.
    async fn resume(&mut self, last: Stamp) {
        let joined = &self.listener.joined;
        let ours = joined.home.is_some_and(|home| home.log.short() == last.log) && last.partition == self.partition;
        let back = joined.next.0.saturating_sub(last.position.0);
        if !ours || back > LIVE_BACK_RECORDS {
            return self.tell("reset", self.joined());
        }
        if last.position.next() >= joined.next {
            return self.resume_ahead(last.position).await;
        }
        self.last = Some(last.position);
        let Ok(permit) = Arc::clone(&self.live.catch_ups).acquire_owned().await else { return };
        let (place, log) = ((self.partition, Subject::Store(self.store)), Arc::clone(&self.live.log));
        match catching_up::behind(log.as_ref(), place, last.position).await {
            Ok(Some(reader)) => self.behind = Some(Behind { reader, _permit: permit }),
            Ok(None) => {
                self.last = None;
                self.tell("reset", self.joined());
            }
            Err(error) => self.break_off(&error),
        }
    }

    /// The client has what the tail has not come to: an event that another instance gave out a moment ago, or one that a
    /// log had which was replaced by an older copy. Waiting for that one's place would be silence for ever.
    async fn resume_ahead(&mut self, last: Position) {
        if last.next() == self.listener.joined.next {
            self.last = Some(last);
            return;
        }
        match self.live.log.read(self.partition, last).await {
            Ok(Some(record)) if record.key == Subject::Store(self.store).to_string() => self.last = Some(last),
            Ok(_) => self.tell("reset", self.joined()),
            Err(error) => self.break_off(&error),
        }
    }

    /// Where the tail stood when the client joined it.
    fn joined(&self) -> Option<Position> {
        self.listener.joined.next.0.checked_sub(1).map(Position)
    }

    /// Says where the client stands: `ready` to a new one, `reset` to one whose own place is of no use, `bye` to one that
    /// is let go.
    fn tell(&mut self, what: &str, position: Option<Position>) {
        let home = self.listener.joined.home;
        let at = home.zip(position).map(|(home, position)| stamp(home, self.partition, position));
        let event = sse::Event::default().event(what).data(json!({"position": at}).to_string());
        self.ready.push_back(match at {
            Some(at) => event.id(at),
            None => event,
        });
    }

    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            if self.behind.is_some() {
                self.catch_up().await;
            } else {
                self.listen().await;
            }
        }
    }

    /// Reads a little more of what the client missed; behind it, the queue goes on.
    async fn catch_up(&mut self) {
        let Some(behind) = &mut self.behind else { return };
        let records = match behind.reader.next(READ_RECORDS).await {
            Ok(records) => records,
            Err(error) => return self.break_off(&error),
        };
        let (read, joined) = (behind.reader.cursor().next, self.listener.joined.next);
        let key = Subject::Store(self.store).to_string();
        let missed = records.iter().filter(|stored| stored.record.kind == Kind::Event && stored.record.key == key);
        for stored in missed.filter(|stored| stored.position < joined) {
            if let Some(event) = self.listener.joined.home.and_then(|home| LiveEvent::of(stored, home, self.partition))
            {
                self.last = Some(event.position);
                self.ready.push_back(event.sent());
            }
        }
        if read >= joined {
            self.behind = None;
        }
    }

    async fn listen(&mut self) {
        tokio::select! {
            event = self.listener.queue.recv() => match event {
                // What it has already came to the tail a moment after it had been given out elsewhere.
                Some(event) if self.last.is_some_and(|last| event.position <= last) => {}
                Some(event) => {
                    self.last = Some(event.position);
                    self.ready.push_back(event.sent());
                }
                None => self.let_go(),
            },
            _ = self.token.tick() => {
                self.ended = self.gate.owner(&self.headers).await.is_err_and(|refusal| refusal.status() == axum::http::StatusCode::UNAUTHORIZED);
            }
        }
    }

    /// The tail has let it go: it is too slow, or the process stops. It may go on from its last event, or from where it
    /// began to listen if there was none.
    fn let_go(&mut self) {
        self.ended = true;
        self.tell("bye", self.last.or_else(|| self.joined()));
    }

    fn break_off(&mut self, error: &log::LogError) {
        tracing::warn!(partition = %self.partition, %error, "a live client cannot be brought up to date");
        (self.behind, self.ended) = (None, true);
    }
}

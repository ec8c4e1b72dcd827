//! What becomes of commands whose outcome an ended reign left open.

use std::sync::Arc;
use std::time::Instant;

use events::Position;
use log::{AppendError, Cursor, WriterId};

use super::batch::{Batch, Carried};
use super::limits::{AGAIN_WAIT, UNKNOWN_WAIT};
use super::{Effect, Shard};
use crate::fold::{Content, Fold};
use crate::request::{Answered, NotApplied, Reply};

/// A command that may be in the log. Folding up to an own later claim tells.
#[derive(Debug)]
pub(super) struct Unresolved<W> {
    pub(super) carried: Carried<W>,
    pub(super) why: AppendError,
    pub(super) since: Instant,
}

impl<W> Shard<W> {
    /// Ends the reign: the state is forgotten, what was never sent is decided again, what was sent waits in `unknown`.
    pub(super) fn fall(&mut self) {
        self.reign = None;
        self.fold = Fold::default();
        self.pending.clear();
        self.snapshot_due = false;
        self.broken = false;
        for (_, parked) in self.parked.drain() {
            self.again.push_back(parked.into_request());
        }
        self.again.extend(self.behind.drain(..));
        let staged: Batch<W> = std::mem::take(&mut self.staging);
        self.again.extend(staged.carried.into_iter().map(|carried| (carried.request, carried.waiters)));
    }

    /// Tells everybody who waits that this writer will not serve them: for the end of the process.
    pub fn dismiss(&mut self, why: NotApplied, effects: &mut Vec<Effect<W>>) {
        self.fall();
        for (_, waiters) in self.again.drain(..) {
            effects.push(Effect::Reply(waiters, Reply::NotApplied(why)));
        }
        let sent = self.in_flight.take().into_iter().flat_map(|batch| batch.carried);
        let unknown = self.unknown.drain(..).map(|open| (open.carried.waiters, open.why));
        for (waiters, why) in sent.map(|carried| (carried.waiters, AppendError::Unreachable)).chain(unknown) {
            effects.push(Effect::Reply(waiters, Reply::Unknown(why)));
        }
    }

    pub(super) fn folded(&mut self, records: Vec<(Position, Content)>, cursor: Cursor, effects: &mut Vec<Effect<W>>) {
        for (at, content) in records {
            if let Err(error) = self.fold.apply(at, &content) {
                effects.push(Effect::Halt(error.into()));
                return;
            }
            self.recognise(at, &content, &cursor, effects);
        }
        self.fold.cursor = cursor;
    }

    /// Answers whoever waits for what this record turns out to carry.
    fn recognise(&mut self, at: Position, content: &Content, cursor: &Cursor, effects: &mut Vec<Effect<W>>) {
        if self.unknown.is_empty() {
            return;
        }
        let stamp =
            cursor.home.map(|home| events::Stamp { log: home.log.short(), partition: self.partition, position: at });
        let mut open = Vec::new();
        for unresolved in std::mem::take(&mut self.unknown) {
            let Some((answer, replayed)) = answer_in(content, &unresolved.carried) else {
                open.push(unresolved);
                continue;
            };
            let event = match content {
                Content::Event(event) => Some(Arc::new((**event).clone())),
                _ => None,
            };
            let reply = Reply::Answered(Answered { answer, stamp, event, replayed });
            effects.push(Effect::Reply(unresolved.carried.waiters, reply));
        }
        self.unknown = open;
    }

    /// An own claim counts and everything before it is folded: what was not found there is not in the log.
    pub(super) fn reigning(&mut self, writer: WriterId, effects: &mut Vec<Effect<W>>) {
        (self.reign, self.unserved) = (Some((writer, 0)), None);
        let absent = std::mem::take(&mut self.unknown).into_iter().filter(|open| !open.carried.waiters.is_empty());
        let first: Vec<_> = absent.map(|open| (open.carried.request, open.carried.waiters)).collect();
        let again = std::mem::take(&mut self.again);
        for (mut request, waiters) in first.into_iter().chain(again) {
            // What was read back for it was of a state that fell.
            request.command.forget_event();
            self.stage(request, waiters, effects);
        }
        self.flush(effects);
    }

    /// Tells those who have waited long enough: what may be in the log, that nobody knows, and it will not be tried
    /// again; what was never sent, that nobody serves.
    pub(super) fn give_up_waiting(&mut self, now: Instant, effects: &mut Vec<Effect<W>>) {
        if self.reign.is_none() && now.duration_since(*self.unserved.get_or_insert(now)) >= AGAIN_WAIT {
            for (_, waiters) in self.again.drain(..) {
                effects.push(Effect::Reply(waiters, Reply::NotApplied(NotApplied::NotServing)));
            }
        }
        for open in &mut self.unknown {
            if now.duration_since(open.since) >= UNKNOWN_WAIT && !open.carried.waiters.is_empty() {
                effects.push(Effect::Reply(std::mem::take(&mut open.carried.waiters), Reply::Unknown(open.why)));
            }
        }
    }
}

/// The answer in this record to that command: by its id, or by its key and digest. The second value says whether it
/// was another attempt's.
fn answer_in<W>(content: &Content, carried: &Carried<W>) -> Option<(crate::request::Answer, bool)> {
    let request = &carried.request;
    if let Content::Event(event) = content
        && event.id == request.id
    {
        return Some((crate::answers::of_event(event), false));
    }
    let key = request.key.as_ref()?;
    let (digest, answer) = content.answer_to(request.store, &key.text)?;
    (digest == key.digest).then_some((answer, true))
}

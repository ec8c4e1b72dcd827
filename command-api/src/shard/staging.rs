//! Staging: a command is looked up, decided and put into the batch that gathers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::{Context, Decision, StoreState};
use events::{Envelope, Position, Subject};

use super::batch::{Carried, Carrier};
use super::limits::{RECORD_BYTES, RECORDED_ANSWER_BYTES};
use super::{Effect, Shard};
use crate::answers;
use crate::fold::{Content, Recorded};
use crate::request::{Answer, Answered, Authority, NotApplied, Reply, Request};

/// A command that waits for a record to be read back.
#[derive(Debug)]
pub(super) struct Parked<W> {
    request: Request,
    waiters: Vec<W>,
    why: Why,
}

#[derive(Debug)]
enum Why {
    /// Its key may have been answered there, or at one of the other places.
    Receipt { at: Position, others: Vec<Position> },
    /// What it is decided on stands there: the sale that it voids, the settlement that it repeats.
    Event,
}

impl<W> Parked<W> {
    pub(super) fn into_request(self) -> (Request, Vec<W>) {
        (self.request, self.waiters)
    }
}

/// How far the token reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Good,
    /// Its store has closed: good for what it was answered before, and for nothing else.
    Closed,
    Revoked,
}

/// What deciding came to.
enum Decided {
    Event { event: Box<Envelope>, value: Vec<u8> },
    Answer { answer: Answer, record: bool },
    TooLarge,
    Unreadable,
}

impl<W> Shard<W> {
    pub(super) fn stage(&mut self, request: Request, waiters: Vec<W>, effects: &mut Vec<Effect<W>>) {
        if self.broken {
            self.again.push_back((request, waiters));
            return;
        }
        let Some(request) = self.known_key(request, waiters, effects) else { return };
        self.decide(request.0, request.1, effects);
    }

    /// Deals with a key that is staged or may have a receipt; gives the command back if it has neither.
    fn known_key(
        &mut self,
        request: Request,
        waiters: Vec<W>,
        effects: &mut Vec<Effect<W>>,
    ) -> Option<(Request, Vec<W>)> {
        let standing = self.standing(&request);
        let Some(key) = request.key.as_ref().filter(|_| standing != Standing::Revoked) else {
            return self.if_good(standing, request, waiters);
        };
        if let Some((in_flight, place)) = self.pending.get(&(request.store, key.text.clone())) {
            let batch = if *in_flight { self.in_flight.as_mut() } else { Some(&mut self.staging) };
            if let Some(carried) = batch.and_then(|batch| batch.carried.get_mut(*place)) {
                if carried.request.key.as_ref().is_some_and(|staged| staged.digest == key.digest) {
                    carried.waiters.extend(waiters);
                } else {
                    effects.push(Effect::Reply(waiters, Reply::KeyReused));
                }
                return None;
            }
        }
        let mut candidates = self.fold.receipts.candidates(request.store, &key.text);
        let Some(at) = candidates.pop() else {
            return self.if_good(standing, request, waiters);
        };
        self.park(Parked { request, waiters, why: Why::Receipt { at, others: candidates } }, at, effects);
        None
    }

    /// Gives the command back if its token is good. A 401 is told like any other answer from memory: when everything
    /// that memory is made of counts, since a deposed writer may not know a store that has signed up meanwhile.
    fn if_good(&mut self, standing: Standing, request: Request, waiters: Vec<W>) -> Option<(Request, Vec<W>)> {
        if standing == Standing::Good {
            return Some((request, waiters));
        }
        let answer = answers::unauthorized();
        self.carry(Carried { request, waiters, answer, event: None, carrier: Carrier::Behind });
        None
    }

    fn standing(&self, request: &Request) -> Standing {
        let state = self.fold.stores.get(&request.store);
        match (request.authority, state.map(StoreState::session)) {
            // What a closed store may still be told of by a reactor, the rules say.
            (Authority::Open, _) | (Authority::Reactor, Some(_)) => Standing::Good,
            (_, None) => Standing::Revoked,
            (Authority::Token { jti, cv }, Some(session)) if cv != session.cv && session.keeps != Some(jti) => {
                Standing::Revoked
            }
            (_, Some(session)) if session.closed => Standing::Closed,
            (_, Some(_)) => Standing::Good,
        }
    }

    fn park(&mut self, parked: Parked<W>, at: Position, effects: &mut Vec<Effect<W>>) {
        self.tickets += 1;
        self.parked.insert(self.tickets, parked);
        effects.push(Effect::Fetch(self.tickets, at));
    }

    pub(super) fn fetched(&mut self, ticket: u64, content: Option<Content>, effects: &mut Vec<Effect<W>>) {
        let Some(Parked { mut request, waiters, why }) = self.parked.remove(&ticket) else { return };
        let Some(content) = content else {
            effects.push(Effect::Reply(waiters, Reply::NotApplied(NotApplied::NotServing)));
            return;
        };
        match why {
            Why::Event => {
                if let Content::Event(event) = content {
                    request.command = request.command.with_event(event.data);
                }
                self.stage(request, waiters, effects);
            }
            Why::Receipt { at, mut others } => {
                let key = request.key.as_ref().map_or("", |key| &key.text);
                let Some((digest, answer)) = content.answer_to(request.store, key) else {
                    // Another key of the same hash. The next place, or else this key is new.
                    match others.pop() {
                        Some(next) => self.park(
                            Parked { request, waiters, why: Why::Receipt { at: next, others } },
                            next,
                            effects,
                        ),
                        None => self.decide_unknown_key(request, waiters, effects),
                    }
                    return;
                };
                if request.key.as_ref().is_none_or(|key| key.digest != digest) {
                    effects.push(Effect::Reply(waiters, Reply::KeyReused));
                    return;
                }
                let event = match content {
                    Content::Event(event) => Some(Arc::from(event)),
                    _ => None,
                };
                let answered = Answered { answer, stamp: self.stamp(at), event, replayed: true };
                effects.push(Effect::Reply(waiters, Reply::Answered(answered)));
            }
        }
    }

    /// Every place that the key's hash led to holds another key. While those were read the key may have been staged.
    fn decide_unknown_key(&mut self, request: Request, waiters: Vec<W>, effects: &mut Vec<Effect<W>>) {
        let staged =
            request.key.as_ref().is_some_and(|key| self.pending.contains_key(&(request.store, key.text.clone())));
        if staged {
            self.behind.push((request, waiters));
            return;
        }
        let standing = self.standing(&request);
        if let Some((request, waiters)) = self.if_good(standing, request, waiters) {
            self.decide(request, waiters, effects);
        }
    }

    fn decide(&mut self, request: Request, waiters: Vec<W>, effects: &mut Vec<Effect<W>>) {
        let empty = StoreState::default();
        let state = self.fold.stores.get(&request.store).unwrap_or(&empty);
        if let Some(at) = request.command.needs(state) {
            if at < self.fold.cursor.next {
                self.park(Parked { request, waiters, why: Why::Event }, at, effects);
            } else {
                self.behind.push((request, waiters));
            }
            return;
        }
        // Deciding reads the state and nothing else, so a panic in it leaves no trace.
        let Ok(decided) = catch_unwind(AssertUnwindSafe(|| decide(state, &request))) else {
            effects.push(Effect::Reply(waiters, Reply::NotApplied(NotApplied::Panicked)));
            return;
        };
        match decided {
            Decided::Event { event, value } => {
                let place = self.next_position();
                let state = self.fold.stores.entry(request.store).or_default();
                // What follows is done in place. Should it ever fail half-way, the state is of no use: no more is
                // decided on it, and when what was staged before has been reported on, all is folded anew.
                if !matches!(catch_unwind(AssertUnwindSafe(|| state.evolve(&event, place))), Ok(Ok(()))) {
                    self.broken = true;
                    effects.push(Effect::Reply(waiters, Reply::NotApplied(NotApplied::Panicked)));
                    return;
                }
                let answer = answers::of_event(&event);
                let carrier = self.staging.push_event(request.store, value.into());
                self.carry(Carried { request, waiters, answer, event: Some(Arc::from(event)), carrier });
            }
            Decided::Answer { answer, record } => {
                let carrier = match request.key.as_ref().filter(|_| record) {
                    Some(key) => self.staging.push_answer(Recorded::new(request.store, key, &answer)),
                    None => Carrier::Behind,
                };
                self.carry(Carried { request, waiters, answer, event: None, carrier });
            }
            Decided::TooLarge => effects.push(Effect::Reply(waiters, Reply::NotApplied(NotApplied::TooLarge))),
            Decided::Unreadable => effects.push(Effect::Reply(waiters, Reply::NotApplied(NotApplied::Panicked))),
        }
    }

    fn carry(&mut self, carried: Carried<W>) {
        if let (Some(key), true) = (&carried.request.key, carried.carrier != Carrier::Behind) {
            let place = self.staging.carried.len();
            self.pending.insert((carried.request.store, key.text.clone()), (false, place));
        }
        self.staging.carried.push(carried);
    }

    /// Where the next event will stand, if nothing comes between. If something does, the reign ends, and with it the
    /// state that believed this.
    fn next_position(&self) -> Position {
        let in_flight = self.in_flight.as_ref().map_or(0, super::Batch::sent);
        Position(self.fold.cursor.next.0 + (in_flight + self.staging.events()) as u64)
    }
}

fn decide(state: &StoreState, request: &Request) -> Decided {
    let at = Envelope::instant(request.at);
    let context = Context { id: request.id, now: at, actor: request.actor };
    let data = match domain::decide(state, &request.command, &context) {
        Ok(Decision::Event(data)) => data,
        Ok(Decision::Already(already)) => return answer(answers::of_already(&already), request),
        Err(rejection) => return answer(answers::of_rejection(&rejection), request),
    };
    let event = Envelope {
        id: request.id,
        subject: Subject::Store(request.store),
        revision: state.revision() + 1,
        time: request.command.occurred_at(at),
        recorded_time: at,
        actor: request.actor,
        idempotency_key: request.key.as_ref().map(|key| key.text.clone()),
        digest: request.key.as_ref().map(|key| key.digest),
        causation_id: request.command.cause().map(|cause| cause.0),
        data,
    };
    let Ok(value) = event.encode() else { return Decided::TooLarge };
    if value.len() > RECORD_BYTES {
        return Decided::TooLarge;
    }
    // The state is moved by what the next owner will read, not by what this one meant to write.
    match Envelope::decode(&value) {
        Ok(read_back) => Decided::Event { event: Box::new(read_back), value },
        // An event that its own reader refuses must never reach the log; this is the program's fault.
        Err(_) => Decided::Unreadable,
    }
}

/// An answer without an event: recorded under the client's key, but for what is open, refused as such, or too long.
fn answer(answer: Answer, request: &Request) -> Decided {
    let open_refusal = request.authority == Authority::Open;
    let record = !open_refusal && answer.status < 500 && answer.status != 401;
    let record = record && answer.body.len() <= RECORDED_ANSWER_BYTES;
    Decided::Answer { answer, record }
}

//! Advice: asked for at most once per period and its figures, given at most once per request.

#[cfg(test)]
mod tests;

use chrono::{Days, NaiveDate};
use events::{Advice, ConsultingCompleted, ConsultingFailed, ConsultingRequested, EffectFailure, EventId, Language};
use imbl::Vector;
use serde::{Deserialize, Serialize};

use crate::decision::{Already, Decided, Decision};
use crate::effect::Kind;
use crate::field::Field;
use crate::limits::{ADVICE_DAYS, ADVICE_PENDING, ADVICE_REMEMBERED};
use crate::rejection::Rejection;
use crate::state::StoreState;

/// Ask for advice on a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestConsulting {
    /// The first business date.
    pub start: NaiveDate,
    /// The last business date.
    pub end: NaiveDate,
}

/// Give the advice that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct CompleteConsulting {
    /// The request.
    pub request: EventId,
    /// The advice.
    pub advice: Box<Advice>,
}

/// Give up a request for advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailConsulting {
    /// The request.
    pub request: EventId,
    /// Why.
    pub reason: EffectFailure,
}

/// The last requests, oldest first, one per period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Requests(Vector<Asked>);

/// One period's last request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Asked {
    request: EventId,
    start: NaiveDate,
    end: NaiveDate,
    changes: u64,
}

pub(crate) fn request(state: &StoreState, command: RequestConsulting) -> Decided {
    let RequestConsulting { start, end } = command;
    let days = (end - start).num_days() + 1;
    if days < 1 {
        return Err(Rejection::EndsBeforeItStarts);
    }
    if days > ADVICE_DAYS {
        return Err(Rejection::TooLarge { field: Field::End, limit: ADVICE_DAYS });
    }
    let before = start.checked_sub_days(Days::new(days.unsigned_abs())).unwrap_or(start);
    let changes = state.days.changes(before, end);
    if let Some(request) = state.requests.unchanged(start, end, changes) {
        return Ok(Decision::Already(Already::ConsultingKnown { request }));
    }
    if state.effects.advice_pending() >= ADVICE_PENDING {
        return Err(Rejection::TooMuchAdvicePending { limit: ADVICE_PENDING });
    }
    let language = state.profile().map_or(Language::Ko, |profile| profile.language);
    Ok(ConsultingRequested { start, end, changes, language }.into())
}

pub(crate) fn complete(state: &StoreState, command: &CompleteConsulting) -> Decision {
    let request = command.request;
    if !is_pending(state, request) {
        return Decision::Already(Already::EffectOver { effect: request });
    }
    ConsultingCompleted { request, advice: (*command.advice).clone() }.into()
}

pub(crate) fn fail(state: &StoreState, command: FailConsulting) -> Decision {
    let FailConsulting { request, reason } = command;
    if !is_pending(state, request) {
        return Decision::Already(Already::EffectOver { effect: request });
    }
    ConsultingFailed { request, reason }.into()
}

fn is_pending(state: &StoreState, request: EventId) -> bool {
    state.effects.get(request).is_some_and(|pending| pending.kind == Kind::Advice)
}

impl Requests {
    /// The request for this period, if its figures have not changed since.
    fn unchanged(&self, start: NaiveDate, end: NaiveDate, changes: u64) -> Option<EventId> {
        let same = |asked: &&Asked| (asked.start, asked.end, asked.changes) == (start, end, changes);
        self.0.iter().find(same).map(|asked| asked.request)
    }

    pub(crate) fn asked(&mut self, request: EventId, event: &ConsultingRequested) {
        let ConsultingRequested { start, end, changes, .. } = *event;
        self.0.retain(|asked| (asked.start, asked.end) != (start, end));
        if self.0.len() == ADVICE_REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(Asked { request, start, end, changes });
    }

    /// A request that came to nothing is not given out again.
    pub(crate) fn failed(&mut self, request: EventId) {
        self.0.retain(|asked| asked.request != request);
    }
}

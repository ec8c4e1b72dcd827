//! Effects on the world outside that are asked for and not yet made: who may make one, and that each ends once.

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use events::{EffectStarted, EventId};
use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::decision::{Already, Context, Decided, Decision};
use crate::rejection::Rejection;
use crate::state::{EvolveError, StoreState};

/// Begin to make an effect.
#[derive(Debug, Clone, PartialEq)]
pub struct StartEffect {
    /// The event that asks for it.
    pub effect: EventId,
    /// The attempt: one more than the last.
    pub attempt: u32,
    /// Who will act.
    pub runner: Uuid,
    /// Whether whoever made the last attempt is known to be dead, so that its time need not run out first.
    pub takes_over: bool,
}

/// How long a message that was begun and never reported on is remembered.
const UNREPORTED_DAYS: i64 = 7;

/// What is asked for and not yet done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Effects {
    pending: OrdMap<EventId, Pending>,
    /// How many messages were asked for on the last business date on which any was.
    messages: Option<(NaiveDate, u32)>,
}

/// One effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) kind: Kind,
    last: Option<Started>,
}

/// What kind of effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Advice: made at least once, so it may be begun again.
    Advice,
    /// A message on this date's totals: made at most once, so it is begun once.
    Message(NaiveDate),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Started {
    attempt: u32,
    runner: Uuid,
    at: DateTime<Utc>,
}

pub(crate) fn start(state: &StoreState, command: &StartEffect, context: &Context) -> Decided {
    let StartEffect { effect, attempt, runner, takes_over } = *command;
    let Some(pending) = state.effects.get(effect) else {
        return Ok(Decision::Already(Already::EffectOver { effect }));
    };
    if pending.last.is_some_and(|last| (last.attempt, last.runner) == (attempt, runner)) {
        return Ok(Decision::Already(Already::EffectStarted { effect }));
    }
    if attempt != pending.attempts() + 1 || attempt > pending.kind.attempts() {
        return Err(Rejection::EffectTaken { effect });
    }
    let over = |last: Started| last.at + TimeDelta::seconds(EffectStarted::ADVICE_SECONDS.into());
    let under_way = |last: Started| !takes_over && context.now < over(last);
    if pending.last.is_some_and(under_way) {
        return Err(Rejection::EffectTaken { effect });
    }
    Ok(EffectStarted { effect, attempt, runner }.into())
}

impl Effects {
    pub(crate) fn get(&self, effect: EventId) -> Option<Pending> {
        self.pending.get(&effect).copied()
    }

    /// How many requests for advice are pending.
    pub(crate) fn advice_pending(&self) -> usize {
        self.pending.values().filter(|pending| pending.kind == Kind::Advice).count()
    }

    /// How many messages were asked for on the business date.
    pub(crate) fn messages_on(&self, date: NaiveDate) -> u32 {
        self.messages.filter(|(on, _)| *on == date).map_or(0, |(_, count)| count)
    }

    pub(crate) fn asked(&mut self, effect: EventId, kind: Kind) -> Result<(), EvolveError> {
        match self.pending.insert(effect, Pending { kind, last: None }) {
            None => Ok(()),
            Some(_) => Err(EvolveError::Impossible("an effect is asked for twice")),
        }
    }

    /// A message is asked for, on this business date by the store's clock.
    pub(crate) fn message_asked(
        &mut self,
        (effect, about): (EventId, NaiveDate),
        (today, now): (NaiveDate, DateTime<Utc>),
    ) -> Result<(), EvolveError> {
        let forgotten = now - TimeDelta::days(UNREPORTED_DAYS);
        let is_old = |p: &Pending| p.kind != Kind::Advice && p.last.is_some_and(|last| last.at < forgotten);
        let old: Vec<EventId> = self.pending.iter().filter(|(_, p)| is_old(p)).map(|(id, _)| *id).collect();
        for effect in old {
            self.pending.remove(&effect);
        }
        self.messages = Some((today, self.messages_on(today).saturating_add(1)));
        self.asked(effect, Kind::Message(about))
    }

    pub(crate) fn started(&mut self, event: &EffectStarted, at: DateTime<Utc>) -> Result<(), EvolveError> {
        let EffectStarted { effect, attempt, runner } = *event;
        let pending = self.pending.get_mut(&effect).ok_or(EvolveError::Impossible("nobody asked for this effect"))?;
        pending.last = Some(Started { attempt, runner, at });
        Ok(())
    }

    /// The effect has come to its end.
    pub(crate) fn over(&mut self, effect: EventId) -> Result<(), EvolveError> {
        match self.pending.remove(&effect) {
            Some(_) => Ok(()),
            None => Err(EvolveError::Impossible("an effect ends that is not pending")),
        }
    }
}

impl Pending {
    fn attempts(&self) -> u32 {
        self.last.map_or(0, |last| last.attempt)
    }
}

impl Kind {
    fn attempts(self) -> u32 {
        match self {
            Self::Advice => EffectStarted::ADVICE_ATTEMPTS,
            Self::Message(_) => 1,
        }
    }
}

//! What a partition's events ask for and what they say is done: the pure fold behind a reactor.
//!
//! pending = asked for − ended. Nothing here acts; that a message was begun and never reported on is known, and left alone.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use events::{EffectStarted, Envelope, Event, EventId, Language, Position, Recipient, StoreId};
use uuid::Uuid;

/// The event types that a ledger reads; of every other record not more than its type is looked at.
pub(crate) const TYPES: [&str; 9] = [
    "DaySettled",
    "MessageRequested",
    "SettlementNotified",
    "SettlementNotificationFailed",
    "ConsultingRequested",
    "ConsultingCompleted",
    "ConsultingFailed",
    "EffectStarted",
    "StoreClosed",
];

/// What is asked for and has not ended.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pending: BTreeMap<EventId, Work>,
}

/// One effect that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) store: StoreId,
    pub(crate) position: Position,
    pub(crate) asked_at: DateTime<Utc>,
    pub(crate) what: What,
    pub(crate) started: Option<Started>,
}

/// What is to be made.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Advice { start: NaiveDate, end: NaiveDate, language: Language },
    Message { to: Recipient, text: String },
}

/// Who began it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Started {
    pub(crate) attempt: u32,
    pub(crate) runner: Uuid,
    pub(crate) at: DateTime<Utc>,
}

/// What is to be done about a work next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Begin this attempt, then act.
    Start { attempt: u32, takes_over: bool },
    /// Act: the log names this runner.
    Act,
    /// It was begun too often.
    Abandon,
    /// Somebody else acts, or acted and died: nothing.
    Leave,
}

impl Ledger {
    pub(crate) fn apply(&mut self, event: &Envelope, position: Position) {
        let (store, asked_at) = (event.subject.store(), event.recorded_time);
        let mut ask = |what| {
            self.pending.insert(event.id, Work { store, position, asked_at, what, started: None });
        };
        match &event.data {
            Event::DaySettled(settled) if settled.no_message.is_none() => {
                ask(What::Message { to: settled.personal.clone(), text: settled.message.text.clone() });
            }
            Event::MessageRequested(asked) => {
                ask(What::Message { to: asked.personal.clone(), text: asked.message.text.clone() });
            }
            Event::ConsultingRequested(asked) => {
                ask(What::Advice { start: asked.start, end: asked.end, language: asked.language });
            }
            Event::EffectStarted(started) => {
                if let Some(work) = self.pending.get_mut(&started.effect) {
                    work.started =
                        Some(Started { attempt: started.attempt, runner: started.runner, at: event.recorded_time });
                }
            }
            Event::SettlementNotified(ended) => self.end(ended.message),
            Event::SettlementNotificationFailed(ended) => self.end(ended.message),
            Event::ConsultingCompleted(ended) => self.end(ended.request),
            Event::ConsultingFailed(ended) => self.end(ended.request),
            // Nothing is begun for a closed store.
            Event::StoreClosed(_) => self.pending.retain(|_, work| work.store != store),
            _ => {}
        }
    }

    /// What is pending, in the order of the events' ids.
    pub(crate) fn pending(&self) -> impl Iterator<Item = (EventId, &Work)> {
        self.pending.iter().map(|(effect, work)| (*effect, work))
    }

    /// How much is pending.
    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    pub(crate) fn get(&self, effect: EventId) -> Option<&Work> {
        self.pending.get(&effect)
    }

    /// Takes a work out that nothing more is done about here.
    pub(crate) fn end(&mut self, effect: EventId) {
        self.pending.remove(&effect);
    }
}

impl Work {
    /// What `runner` is to do about it. `alone` says that nobody else can be alive who began it.
    pub(crate) fn step(&self, runner: Uuid, alone: bool, now: DateTime<Utc>) -> Step {
        let Some(last) = self.started else { return Step::Start { attempt: 1, takes_over: false } };
        if last.runner == runner {
            return Step::Act;
        }
        let over = alone || now >= last.at + TimeDelta::seconds(EffectStarted::ADVICE_SECONDS.into());
        match self.what {
            What::Message { .. } => Step::Leave,
            What::Advice { .. } if !over => Step::Leave,
            What::Advice { .. } if last.attempt >= EffectStarted::ADVICE_ATTEMPTS => Step::Abandon,
            What::Advice { .. } => Step::Start { attempt: last.attempt + 1, takes_over: alone },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const ME: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + second, 0).unwrap()
    }

    fn work(what: What, started: Option<(u32, Uuid)>) -> Work {
        let started = started.map(|(attempt, runner)| Started { attempt, runner, at: at(0) });
        let store = StoreId(Uuid::from_u128(7));
        Work { store, position: Position(1), asked_at: at(0), what, started }
    }

    fn advice() -> What {
        let day = NaiveDate::default();
        What::Advice { start: day, end: day, language: Language::Ko }
    }

    fn message() -> What {
        What::Message { to: Recipient { phone: None }, text: String::new() }
    }

    #[test]
    fn what_nobody_began_is_begun() {
        for what in [advice(), message()] {
            assert_eq!(work(what, None).step(ME, true, at(0)), Step::Start { attempt: 1, takes_over: false });
        }
    }

    #[test]
    fn whom_the_log_names_acts() {
        for what in [advice(), message()] {
            assert_eq!(work(what, Some((1, ME))).step(ME, false, at(0)), Step::Act);
        }
    }

    #[test]
    fn a_message_that_another_began_is_left_alone_for_ever() {
        for alone in [true, false] {
            assert_eq!(work(message(), Some((1, OTHER))).step(ME, alone, at(1_000_000)), Step::Leave);
        }
    }

    #[test]
    fn advice_that_another_began_is_taken_over_when_he_is_dead_or_his_time_is_up() {
        let step = |attempt, alone, now| work(advice(), Some((attempt, OTHER))).step(ME, alone, at(now));
        assert_eq!(step(1, false, 119), Step::Leave);
        assert_eq!(step(1, false, 120), Step::Start { attempt: 2, takes_over: false });
        assert_eq!(step(1, true, 0), Step::Start { attempt: 2, takes_over: true });
        assert_eq!(step(3, true, 0), Step::Abandon);
    }
}

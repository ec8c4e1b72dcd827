//! What a reactor asks of the writer: the trait by which consequences become commands. `salesync` implements it.

use async_trait::async_trait;
use chrono::NaiveDate;
use events::{Advice, EffectFailure, EventId, StoreId, Via};
use uuid::Uuid;

/// Takes what a reactor asks, and says what came of it.
#[async_trait]
pub trait Commands: Send + Sync + 'static {
    /// Has it decided. The same intent asked again has the same effect as once, by the rules alone; an outcome also by
    /// its [`Intent::key`].
    async fn submit(&self, store: StoreId, intent: Intent) -> Submitted;
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// Begin to make an effect.
    Start {
        /// The event that asks for it.
        effect: EventId,
        /// The attempt.
        attempt: u32,
        /// Who will act.
        runner: Uuid,
        /// Whether whoever made the last attempt is known to be dead.
        takes_over: bool,
    },
    /// Give the advice that was asked for.
    Complete {
        /// The request.
        request: EventId,
        /// The advice.
        advice: Box<Advice>,
    },
    /// Give up a request for advice.
    GiveUp {
        /// The request.
        request: EventId,
        /// Why.
        reason: EffectFailure,
    },
    /// A message was handed over.
    Told {
        /// The message.
        message: EventId,
        /// To whom.
        via: Via,
    },
    /// A message was not sent, or nobody knows.
    NotTold {
        /// The message.
        message: EventId,
        /// Why.
        reason: EffectFailure,
        /// Whether it may have been sent all the same.
        uncertain: bool,
    },
    /// Close a day that has ended.
    Settle {
        /// The day.
        date: NaiveDate,
    },
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// It counts, or is so already.
    Done,
    /// The effect has come to its end, or was never asked for.
    Over,
    /// The rules refuse it: another runner acts, or the store has closed.
    Refused,
    /// Not now, or nobody knows: ask again.
    Later,
}

impl Intent {
    /// The idempotency key of an outcome, from the event's id. A client's key is visible characters alone, so one with
    /// blanks is none of a client's. Starting has none: its refusal holds for a moment and must not be recorded for ever.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Complete { request: effect, .. }
            | Self::GiveUp { request: effect, .. }
            | Self::Told { message: effect, .. }
            | Self::NotTold { message: effect, .. } => Some(format!("reactor outcome {effect}")),
            Self::Start { .. } | Self::Settle { .. } => None,
        }
    }
}

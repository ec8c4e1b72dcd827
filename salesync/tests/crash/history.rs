//! What the clients saw: every attempt of every command, to be held against the log afterwards.

use events::{Stamp, StoreId};

/// Everything that the clients asked, in no order.
pub(crate) type History = Vec<Command>;

/// One command of one client, under one key, however often it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) session: usize,
    pub(crate) store: StoreId,
    pub(crate) key: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) attempts: Vec<Attempt>,
}

/// One sending of it. Both times are ticks of the one clock that all clients share.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) outcome: Outcome,
}

/// What the client knows afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The writer's word, accepted or rejected: a promise.
    Answered(Answer),
    /// A 5xx that says that definitely nothing happened.
    NotApplied(u16),
    /// A 5xx that says that nobody knows.
    Unknown(u16),
    /// The connection ended before an answer; whether within one.
    Lost { partial: bool },
}

/// An answer, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) stamp: Option<Stamp>,
}

impl Command {
    /// Every answer it got, with the attempt that got it.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (&Attempt, &Answer)> {
        self.attempts.iter().filter_map(|attempt| match &attempt.outcome {
            Outcome::Answered(answer) => Some((attempt, answer)),
            _ => None,
        })
    }

    /// The first answer.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.answers().next().map(|(_, answer)| answer)
    }

    /// Whether some attempt left it open.
    pub(crate) fn was_unknown(&self) -> bool {
        self.attempts.iter().any(|attempt| matches!(attempt.outcome, Outcome::Unknown(_) | Outcome::Lost { .. }))
    }

    /// Whether every attempt was told that nothing happened.
    pub(crate) fn definitely_failed(&self) -> bool {
        self.attempts.iter().all(|attempt| matches!(attempt.outcome, Outcome::NotApplied(_)))
    }

    /// The answer's body as JSON.
    pub(crate) fn said(&self) -> serde_json::Value {
        self.answer().and_then(|answer| serde_json::from_str(&answer.body).ok()).unwrap_or_default()
    }
}

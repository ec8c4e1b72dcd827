//! Effects on the world outside: before one is made, the log says who makes it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::EventId;

/// Somebody began to make an effect that an earlier event asks for. Only he acts whom the counted event names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EffectStarted {
    /// The event that asks for the effect.
    pub effect: EventId,
    /// 1, 2, 3 … per effect.
    pub attempt: u32,
    /// Who acts: a uuid of one run of one process.
    pub runner: Uuid,
}

impl EffectStarted {
    /// Attempts at advice, counting those whose process died: the rules allow no more, and a reactor begins no more.
    pub const ADVICE_ATTEMPTS: u32 = 3;
    /// How long an attempt at advice may take, in seconds; after that another may begin.
    pub const ADVICE_SECONDS: u32 = 120;
}

/// Why an effect came to nothing, in words that are stored and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectFailure {
    /// The service does not accept our credentials.
    Credentials,
    /// The service refuses what was asked of it.
    Refused,
    /// The service gave an answer that cannot be used.
    Unusable,
    /// The service could not be reached, or had no time for us, for as long as it makes sense to ask.
    Unavailable,
    /// What may be spent on it is spent.
    Budget,
    /// The telephone number has had as many messages as it may have in a day.
    PhoneLimit,
    /// The store has no telephone number that a message can be sent to.
    NoPhone,
    /// There are no figures to give advice on.
    NothingSold,
    /// It was begun so often, each time by a process that died, that it is not tried again.
    Abandoned,
}

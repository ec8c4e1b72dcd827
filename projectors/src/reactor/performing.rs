//! One effect from its start to its outcome: begin it in the log, make it, say in the log what came of it.
//!
//! ```text
//!   may it cost that? ─► circuit ─► Start, until it counts ─► the effect, once ─► its outcome, until it counts
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use chrono::{DateTime, TimeDelta, Utc};
use events::{EffectFailure, EffectStarted, EventId, Partition, StoreId};
use migrations::Views;
use uuid::Uuid;

use super::budget::{Budgets, Spent};
use super::circuit::{Asking, Circuit, Circuits};
use super::commands::{Commands, Intent, Submitted};
use super::effects::{Advisor, EffectError, Messenger};
use super::elsewhere;
use super::ledger::{Step, What, Work};
use crate::advice::reading;

/// How long a message may take.
const MESSAGE_SECONDS: u64 = 30;
/// How long an effect is tried for whose service cannot be reached.
const GIVEN_UP_HOURS: i64 = 24;
/// How often an answer that cannot be used is asked for anew.
const UNUSABLE_TRIES: u32 = 3;
/// How long to wait for views that are not far enough.
const NOT_YET: Duration = Duration::from_millis(100);
/// How long to wait before asking the writer again.
const AGAIN_FIRST: Duration = Duration::from_millis(200);
const AGAIN_LAST: Duration = Duration::from_secs(5);

/// What performing needs.
pub(crate) struct Means {
    pub(crate) partition: Partition,
    pub(crate) views: Views,
    pub(crate) commands: Arc<dyn Commands>,
    pub(crate) advisor: Arc<dyn Advisor>,
    pub(crate) messenger: Arc<dyn Messenger>,
    pub(crate) budgets: Budgets,
    pub(crate) spent: Spent,
    pub(crate) circuits: Circuits,
    pub(crate) runner: Uuid,
    pub(crate) now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    /// It has ended; the log says so, or will as soon as this process reads that far.
    Over,
    /// Somebody else's, for now.
    Left,
    /// To be tried again: after this long, or by the backoff of failures.
    Again(Option<Duration>),
    /// The answer could not be used.
    Unusable,
}

impl Means {
    /// Tries an effect once. `unusable` says how often its answer could not be used.
    pub(crate) async fn perform(&self, effect: EventId, work: Work, step: Step, unusable: u32) -> Tried {
        let now = (self.now)();
        match step {
            Step::Leave => return Tried::Left,
            Step::Abandon => return self.end(&work, Self::failed(effect, &work, EffectFailure::Abandoned)).await,
            Step::Start { .. } | Step::Act => {}
        }
        if now > work.asked_at + TimeDelta::hours(GIVEN_UP_HOURS) {
            return self.end(&work, Self::failed(effect, &work, EffectFailure::Unavailable)).await;
        }
        if unusable >= UNUSABLE_TRIES {
            return self.end(&work, Self::failed(effect, &work, EffectFailure::Unusable)).await;
        }
        if let Step::Start { attempt, .. } = step
            && let Some(spent) = self.overspent(effect, &work, attempt, now).await
        {
            return self.end(&work, Self::failed(effect, &work, spent)).await;
        }
        let asking = match self.circuit(&work).ask(Instant::now()) {
            Ok(asking) => asking,
            Err(wait) => return Tried::Again(Some(wait)),
        };
        if let Step::Start { attempt, takes_over } = step {
            let start = Intent::Start { effect, attempt, runner: self.runner, takes_over };
            match self.submit(work.store, start).await {
                Submitted::Done => {}
                Submitted::Over => return Tried::Over,
                Submitted::Refused | Submitted::Later => return Tried::Left,
            }
        }
        self.act(effect, &work, asking).await
    }

    async fn act(&self, effect: EventId, work: &Work, asking: Asking) -> Tried {
        let made = match &work.what {
            What::Advice { .. } => self.advise(effect, work).await,
            What::Message { .. } => self.send(effect, work).await,
        };
        match made {
            Err(EffectError::Transient | EffectError::Uncertain(_)) => self.circuit(work).failed(Instant::now()),
            Err(EffectError::NotYet) => {}
            Ok(_) | Err(EffectError::Permanent(_) | EffectError::Unusable) => self.circuit(work).answered(),
        }
        drop(asking);
        count(&work.what, &made);
        match made {
            Ok(outcome) => self.end(work, outcome).await,
            Err(EffectError::Permanent(reason)) => self.end(work, Self::failed(effect, work, reason)).await,
            Err(EffectError::Uncertain(reason)) => {
                self.end(work, Intent::NotTold { message: effect, reason, uncertain: true }).await
            }
            Err(EffectError::Unusable) => Tried::Unusable,
            Err(EffectError::Transient) => Tried::Again(None),
            Err(EffectError::NotYet) => Tried::Again(Some(NOT_YET)),
        }
    }

    async fn advise(&self, request: EventId, work: &Work) -> Result<Intent, EffectError> {
        let What::Advice { start, end, language } = work.what else { return Err(EffectError::Unusable) };
        let asked = reading::Asked { store: work.store, start, end, language, behind: work.position };
        let figures = reading::figures(&self.views, self.partition, asked).await?;
        let patience = Duration::from_secs(EffectStarted::ADVICE_SECONDS.into());
        let advice = tokio::time::timeout(patience, self.advisor.advise(&figures)).await;
        let advice = advice.unwrap_or(Err(EffectError::Transient))?;
        Ok(Intent::Complete { request, advice: Box::new(advice) })
    }

    async fn send(&self, message: EventId, work: &Work) -> Result<Intent, EffectError> {
        let What::Message { to, text } = &work.what else { return Err(EffectError::Unusable) };
        let phone = to.phone.as_deref().ok_or(EffectError::Permanent(EffectFailure::NoPhone))?;
        let sent = tokio::time::timeout(Duration::from_secs(MESSAGE_SECONDS), self.messenger.send(phone, text)).await;
        let via = sent.unwrap_or(Err(EffectError::Uncertain(EffectFailure::Unavailable)))?;
        Ok(Intent::Told { message, via })
    }

    /// Whether beginning this would cost more than may be spent today.
    async fn overspent(&self, effect: EventId, work: &Work, attempt: u32, now: DateTime<Utc>) -> Option<EffectFailure> {
        match &work.what {
            What::Advice { .. } if self.advisor.costs() => {
                let room = self.spent.advice((work.store, effect, attempt), now, &self.budgets);
                (!room).then_some(EffectFailure::Budget)
            }
            What::Message { to, .. } if self.messenger.costs() => {
                let phone = to.phone.as_deref()?;
                self.count_elsewhere(phone, work.store, now).await;
                let room = self.spent.message(phone, effect, now);
                (!room).then_some(EffectFailure::PhoneLimit)
            }
            _ => None,
        }
    }

    /// Counts what other processes have begun to this telephone. Where that cannot be read, what is known here has to do:
    /// the limit guards against a mistake's bill, and a message is not held back for it.
    async fn count_elsewhere(&self, phone: &str, store: StoreId, now: DateTime<Utc>) {
        if !self.views.is_shared() {
            return;
        }
        match elsewhere::begun(&self.views, store, now).await {
            Ok(begun) => begun.into_iter().for_each(|(message, at)| {
                // Whether there was room for what was begun already makes no difference.
                self.spent.message(phone, message, at);
            }),
            Err(error) => tracing::warn!(%error, "the messages of other instances cannot be counted"),
        }
    }

    fn failed(effect: EventId, work: &Work, reason: EffectFailure) -> Intent {
        match work.what {
            What::Advice { .. } => Intent::GiveUp { request: effect, reason },
            What::Message { .. } => Intent::NotTold { message: effect, reason, uncertain: false },
        }
    }

    async fn end(&self, work: &Work, outcome: Intent) -> Tried {
        if self.submit(work.store, outcome).await == Submitted::Refused {
            tracing::warn!(store = %work.store, "the rules refuse the outcome of an effect, which stays pending");
        }
        Tried::Over
    }

    /// Asks the writer until it has an answer: what is submitted has happened, or must be known to have.
    pub(crate) async fn submit(&self, store: StoreId, intent: Intent) -> Submitted {
        let mut pauses = again();
        loop {
            match self.commands.submit(store, intent.clone()).await {
                Submitted::Later => tokio::time::sleep(pauses.next().unwrap_or(AGAIN_LAST)).await,
                answer => return answer,
            }
        }
    }

    fn circuit(&self, work: &Work) -> &Arc<Circuit> {
        match work.what {
            What::Advice { .. } => &self.circuits.advice,
            What::Message { .. } => &self.circuits.message,
        }
    }
}

/// The pauses between two tries, longer and longer, none like the other's.
fn again() -> impl Iterator<Item = Duration> {
    let backoff = ExponentialBuilder::default().with_min_delay(AGAIN_FIRST).with_max_delay(AGAIN_LAST);
    backoff.with_jitter().without_max_times().build()
}

fn count(what: &What, made: &Result<Intent, EffectError>) {
    let effect = match what {
        What::Advice { .. } => "advice",
        What::Message { .. } => "message",
    };
    let outcome = match made {
        Ok(_) => "made",
        Err(EffectError::Permanent(_)) => "refused",
        Err(EffectError::Unusable) => "unusable",
        Err(EffectError::Transient) => "unreachable",
        Err(EffectError::Uncertain(_)) => "uncertain",
        Err(EffectError::NotYet) => return,
    };
    metrics::counter!("salesync_reactors_effects_total", "effect" => effect, "outcome" => outcome).increment(1);
}

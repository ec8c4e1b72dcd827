//! Reactors: consequences of events outside of this program, whose outcomes come back as commands.
//!
//! ```text
//!   log ──Admitted──► ledger: asked − ended ──► at the end of the log alone ──► perform ──► Commands ──► the writer
//! ```
//!
//! A reactor reads its partition from the beginning each time it starts and acts only once it has passed the end that the
//! log had then, so neither a rebuild nor a lost checkpoint does anything twice: it has no checkpoint to lose. Only he
//! acts whom the counted `EffectStarted` names. Nobody waits for a reactor; commands and queries go on without it.
//!
//! Where several processes share a log, a partition's reactor works beside its writer, and the one of a process that was
//! paused may still be alive when the next has begun. Nothing here rests on its being dead: what it began is named as its
//! own in the log, so a message is left to it for ever, and advice until its time is up.

mod budget;
mod circuit;
mod commands;
mod driver;
mod effects;
mod elsewhere;
mod ledger;
mod performing;
mod settling;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use events::{Partition, Position};
use log::Log;
use migrations::Views;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use budget::{Budgets, MESSAGES_PER_PHONE_DAY, Spent};
pub use circuit::Circuits;
pub use commands::{Commands, Intent, Submitted};
pub use effects::{Advisor, EffectError, Messenger};

use self::driver::{Driver, measure};
use self::performing::Means;

/// What a reactor is made of.
pub struct ReactorOptions {
    /// The log.
    pub log: Arc<dyn Log>,
    /// The partition.
    pub partition: Partition,
    /// Where the advisor's figures are read.
    pub views: Views,
    /// Where outcomes go.
    pub commands: Arc<dyn Commands>,
    /// Who gives advice.
    pub advisor: Arc<dyn Advisor>,
    /// Who sends messages.
    pub messenger: Arc<dyn Messenger>,
    /// What may be spent in a day.
    pub budgets: Budgets,
    /// What has been spent; one for all partitions of the process.
    pub spent: Spent,
    /// Whether the services are asked for now; one for all partitions of the process.
    pub circuits: Circuits,
    /// The uuid of this run, given to nobody else: a reactor that is started again takes another.
    pub runner: Uuid,
    /// Whether it is certain that nobody else who ever acted on this partition is alive, as a data folder's lock makes
    /// it. Without that certainty nothing is taken over before its time is up.
    pub alone: bool,
    /// Whether days that have ended are settled by themselves.
    pub settles: bool,
    /// The wall clock.
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

/// What a reactor is doing, for health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactorStatus {
    /// The partition.
    pub partition: Partition,
    /// Everything before this position is known to it.
    pub next: Position,
    /// Whether it has passed the end that the log had at start, so that it acts.
    pub acts: bool,
    /// How many effects are asked for and have not ended; messages begun by a process that died among them.
    pub pending: usize,
    /// How many are being made.
    pub under_way: usize,
    /// Whether nobody asks the advisor for a while, since it could not be reached.
    pub advice_circuit_open: bool,
    /// Whether nobody asks the messenger for a while, since it could not be reached.
    pub message_circuit_open: bool,
    /// Why it has stopped for good, if it has.
    pub stopped: Option<String>,
}

/// A reactor at work.
pub struct Reactor {
    status: watch::Receiver<ReactorStatus>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Starts a partition's reactor. To be called within a runtime.
pub fn react(options: ReactorOptions) -> Reactor {
    let (stop, stopping) = watch::channel(false);
    let (status, seen) = watch::channel(ReactorStatus {
        partition: options.partition,
        next: Position(0),
        acts: false,
        pending: 0,
        under_way: 0,
        advice_circuit_open: false,
        message_circuit_open: false,
        stopped: None,
    });
    let means = Means {
        partition: options.partition,
        views: options.views,
        commands: options.commands,
        advisor: options.advisor,
        messenger: options.messenger,
        budgets: options.budgets,
        spent: options.spent,
        circuits: options.circuits,
        runner: options.runner,
        now: options.now,
    };
    let driver = Driver::new(options.log, Arc::new(means), (options.alone, options.settles), status, stopping);
    Reactor { status: seen, stop, task: tokio::spawn(driver.run()) }
}

impl Reactor {
    /// What it is doing.
    pub fn status(&self) -> watch::Receiver<ReactorStatus> {
        self.status.clone()
    }

    /// Begins nothing more, lets what is under way finish within this time, and ends. What has not finished then is
    /// broken off: nobody knows whether such a message was sent, and nobody sends it again.
    pub async fn stop(mut self, within: Duration) {
        self.stop.send_replace(true);
        match tokio::time::timeout(within, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::warn!("a reactor did not end in order"),
            Err(_) => {
                tracing::warn!(partition = %self.status.borrow().partition, "a reactor stops with effects under way");
                self.task.abort();
                // Until it has ended somebody else must not begin here.
                let _ = self.task.await;
            }
        }
        let last = self.status.borrow().clone();
        measure(&ReactorStatus { acts: false, pending: 0, under_way: 0, ..last });
    }
}

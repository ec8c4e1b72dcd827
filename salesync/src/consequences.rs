//! The reactors as the program runs them: who gives advice, who sends messages, and how their outcomes reach the writer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use command_api::{Answered, Authority, Key, NotApplied, Reply, Request, Writers};
use domain::{Command, CompleteConsulting, FailConsulting, MessageOutcome, ReportMessage, SettleDay, StartEffect};
use events::{Actor, Digest, EventId, Partition, StoreId};
use log::Log;
use migrations::Views;
use projectors::advice::{EmbeddedAdvisor, OpenAi, OpenAiOptions};
use projectors::messages::{Outbox, Sns};
use projectors::reactor::{
    Advisor, Budgets, Circuits, Commands, Intent, Messenger, Reactor, ReactorOptions, ReactorStatus, Spent, Submitted,
    react,
};
use tokio::sync::watch;
use tracing::info;
use web::{Clock, Ids};

use crate::cli::{self, Settlement, Sms};

/// How long what is under way may take when the process stops.
pub const STOP_WAIT: Duration = Duration::from_secs(10);
/// Variables of which the AWS SDK takes credentials.
const AWS_CREDENTIALS: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Who gives advice and who sends messages.
#[derive(Clone)]
pub struct Services {
    advisor: Arc<dyn Advisor>,
    messenger: Arc<dyn Messenger>,
}

/// What every reactor of the process is made of. Cheap to clone.
#[derive(Clone)]
pub struct Consequences {
    log: Arc<dyn Log>,
    views: Views,
    commands: Arc<dyn Commands>,
    services: Services,
    budgets: Budgets,
    spent: Spent,
    circuits: Circuits,
    alone: bool,
    settles: bool,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

/// Whether others may ever have acted on the log's partitions and still be alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They are dead: the data folder's lock proves it.
    Dead,
    /// Nobody knows: another instance of the chain may only be paused.
    Unknown,
}

/// A reactor for each partition of a log that one process has to itself.
pub struct Reactors(Vec<Reactor>);

impl Services {
    /// Those that the settings and the services' own variables name.
    pub async fn of(options: &cli::Consequences) -> Self {
        Self { advisor: advisor(options), messenger: messenger(options).await }
    }
}

impl Consequences {
    /// Of a log, its read models, and the writers that outcomes go to.
    pub fn of(
        (log, views, writers): (Arc<dyn Log>, Views, Writers),
        (services, others): (Services, Others),
        options: &cli::Consequences,
        (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>),
    ) -> Self {
        let budgets =
            Budgets { advice_per_store_day: options.advice_per_store_day, advice_per_day: options.advice_per_day };
        Self {
            log,
            views,
            commands: Arc::new(ToWriter { writers, clock: Arc::clone(&clock), ids: Arc::clone(&ids) }),
            services,
            budgets,
            spent: Spent::default(),
            circuits: Circuits::default(),
            alone: others == Others::Dead,
            settles: options.settlement == Settlement::Automatic,
            clock,
            ids,
        }
    }

    /// Starts the partition's reactor. To be called within a runtime.
    pub fn react(&self, partition: Partition) -> Reactor {
        let clock = Arc::clone(&self.clock);
        react(ReactorOptions {
            log: Arc::clone(&self.log),
            partition,
            views: self.views.clone(),
            commands: Arc::clone(&self.commands),
            advisor: Arc::clone(&self.services.advisor),
            messenger: Arc::clone(&self.services.messenger),
            budgets: self.budgets,
            spent: self.spent.clone(),
            circuits: self.circuits.clone(),
            runner: self.ids.uuid(),
            alone: self.alone,
            settles: self.settles,
            now: Arc::new(move || clock.now()),
        })
    }
}

impl Reactors {
    /// Starts them all. To be called within a runtime.
    pub fn start(consequences: &Consequences) -> Self {
        let partitions = (0..consequences.log.partitions()).map(Partition);
        Self(partitions.map(|partition| consequences.react(partition)).collect())
    }

    /// What the reactors are doing.
    pub fn status(&self) -> Vec<watch::Receiver<ReactorStatus>> {
        self.0.iter().map(Reactor::status).collect()
    }

    /// Lets what is under way finish; the writer must still serve.
    pub async fn stop(self) {
        futures::future::join_all(self.0.into_iter().map(|reactor| reactor.stop(STOP_WAIT))).await;
    }
}

fn advisor(options: &cli::Consequences) -> Arc<dyn Advisor> {
    let Some(api_key) = variable("OPENAI_API_KEY") else {
        info!("advice is given by plain rules; OPENAI_API_KEY would have it given by a language model");
        return Arc::new(EmbeddedAdvisor);
    };
    info!(model = %options.advice_model, "advice is given by a language model");
    let (base_url, model) = (variable("OPENAI_BASE_URL"), options.advice_model.clone());
    Arc::new(OpenAi::new(OpenAiOptions { api_key, base_url, model }))
}

async fn messenger(options: &cli::Consequences) -> Arc<dyn Messenger> {
    let configured = AWS_CREDENTIALS.iter().any(|name| variable(name).is_some());
    if options.sms == Sms::Sns || (options.sms == Sms::Auto && configured) {
        info!("text messages are sent by SNS");
        return Arc::new(Sns::from_environment().await);
    }
    info!("text messages are not sent but shown by GET /messages; AWS credentials would have them sent");
    Arc::new(Outbox)
}

/// A variable of the services' own libraries; empty is unset.
#[expect(clippy::disallowed_methods, reason = "this is configuration, explained in docs/OPERATING.md")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Brings what a reactor asks to the writer.
struct ToWriter {
    writers: Writers,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

#[async_trait]
impl Commands for ToWriter {
    async fn submit(&self, store: StoreId, intent: Intent) -> Submitted {
        let key = intent.key().map(|text| Key { digest: Digest::of(&[text.as_bytes()]), text });
        let request = Request {
            id: EventId(self.ids.uuid()),
            store,
            key,
            authority: Authority::Reactor,
            actor: Actor::Reactor,
            at: self.clock.now(),
            command: command(intent),
        };
        submitted(&self.writers.submit(request).await)
    }
}

fn command(intent: Intent) -> Command {
    let report = |message, outcome| Command::ReportMessage(ReportMessage { message, outcome });
    match intent {
        Intent::Start { effect, attempt, runner, takes_over } => {
            Command::StartEffect(StartEffect { effect, attempt, runner, takes_over })
        }
        Intent::Complete { request, advice } => Command::CompleteConsulting(CompleteConsulting { request, advice }),
        Intent::GiveUp { request, reason } => Command::FailConsulting(FailConsulting { request, reason }),
        Intent::Told { message, via } => report(message, MessageOutcome::Taken(via)),
        Intent::NotTold { message, reason, uncertain: true } => report(message, MessageOutcome::Uncertain(reason)),
        Intent::NotTold { message, reason, uncertain: false } => report(message, MessageOutcome::NotSent(reason)),
        Intent::Settle { date } => Command::SettleDay(SettleDay { date, read_back: None }),
    }
}

fn submitted(reply: &Reply) -> Submitted {
    match reply {
        Reply::Answered(Answered { answer, .. }) if answer.status < 300 => {
            let over =
                serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok_and(|body| body.get("over").is_some());
            if over { Submitted::Over } else { Submitted::Done }
        }
        Reply::Answered(_)
        | Reply::Unauthorized
        | Reply::KeyReused
        | Reply::NotApplied(NotApplied::TooLarge | NotApplied::Panicked) => Submitted::Refused,
        Reply::NotApplied(_) | Reply::Unknown(_) => Submitted::Later,
    }
}

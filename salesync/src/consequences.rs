//! The reactors as the program runs them: who gives advice, who sends messages, and how their outcomes reach the writer.

use std::sync::Arc;

use async_trait::async_trait;
use command_api::{Answered, Authority, Key, NotApplied, Reply, Request, Writer};
use domain::{Command, CompleteConsulting, FailConsulting, MessageOutcome, ReportMessage, SettleDay, StartEffect};
use events::{Actor, Digest, EventId, Partition, StoreId};
use log::Log as _;
use projectors::advice::{EmbeddedAdvisor, OpenAi, OpenAiOptions};
use projectors::messages::{Outbox, Sns};
use projectors::reactor::{
    Advisor, Budgets, Commands, Intent, Messenger, Reactor, ReactorOptions, ReactorStatus, Spent, Submitted, react,
};
use tokio::sync::watch;
use tracing::info;
use web::{Clock, Ids};

use crate::cli::{self, Settlement, Sms};
use crate::shop::Shop;

/// Variables of which the AWS SDK takes credentials.
const AWS_CREDENTIALS: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Every partition's reactor.
pub struct Consequences(Vec<Reactor>);

impl Consequences {
    /// Starts a reactor for each partition of the shop's log. To be called within a runtime.
    pub async fn start(shop: &Shop, options: &cli::Consequences, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let (advisor, messenger) = (advisor(options), messenger(options).await);
        let commands: Arc<dyn Commands> =
            Arc::new(ToWriter { writer: shop.writer.clone(), clock: Arc::clone(&clock), ids: Arc::clone(&ids) });
        let budgets =
            Budgets { advice_per_store_day: options.advice_per_store_day, advice_per_day: options.advice_per_day };
        let (spent, runner) = (Spent::default(), ids.uuid());
        let reactor = |partition| {
            let clock = Arc::clone(&clock);
            react(ReactorOptions {
                log: shop.log.clone(),
                partition: Partition(partition),
                views: shop.views.clone(),
                commands: Arc::clone(&commands),
                advisor: Arc::clone(&advisor),
                messenger: Arc::clone(&messenger),
                budgets,
                spent: spent.clone(),
                runner,
                // The folder's lock proves that whoever acted before is dead.
                alone: true,
                settles: options.settlement == Settlement::Automatic,
                now: Arc::new(move || clock.now()),
            })
        };
        Self((0..shop.log.partitions()).map(reactor).collect())
    }

    /// What the reactors are doing.
    pub fn status(&self) -> Vec<watch::Receiver<ReactorStatus>> {
        self.0.iter().map(Reactor::status).collect()
    }

    /// Lets what is under way finish; the writer must still serve.
    pub async fn stop(self) {
        futures::future::join_all(self.0.into_iter().map(Reactor::stop)).await;
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
    writer: Writer,
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
        submitted(&self.writer.submit(request).await)
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

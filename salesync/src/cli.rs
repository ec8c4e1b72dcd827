//! The command line: every setting there is, with its flag, its environment variable and its default.
//!
//! A flag goes before the environment, the environment before the settings file ([`crate::settings`]), the file before
//! the default. Secrets are no settings: [`crate::secret`].

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use events::Partition;
use log::KafkaAddress;
use serde::{Deserialize, Serialize};

use crate::kafka_access::KafkaAccess;
use crate::moving::End;
use crate::places::ViewsUrl;

/// The environment variables that are read but have no flag, since a flag would show a secret in the list of processes.
const SECRETS_HELP: &str = "\
Secrets (never flags, never in the settings file):
  SALESYNC_TOKEN_SECRET       what tokens are signed with, at least 32 bytes
  SALESYNC_TOKEN_SECRET_FILE  a file that holds it; without either, DATA/token-secret is made at first start
  SALESYNC_VIEWS_FILE         a file that holds the --views of a chain, with a password or without
  SALESYNC_KAFKA_PASSWORD     what --kafka-user logs in to the broker with; SALESYNC_KAFKA_PASSWORD_FILE names a file
  SALESYNC_KAFKA_KEY_PASSWORD what --kafka-key is encrypted with
  OPENAI_API_KEY              the key of the language model that gives advice; OPENAI_BASE_URL says where it is
  AWS_ACCESS_KEY_ID and the other variables of the AWS SDK: who sends text messages";

/// A point of sale that forgets nothing.
#[derive(Debug, Parser)]
#[command(name = "salesync", version, after_help = SECRETS_HELP, disable_help_subcommand = true)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub shared: Shared,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
pub struct Shared {
    /// The folder with the log, the read models and the token secret
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = "data",
        env = "SALESYNC_DATA",
        hide_env_values = true
    )]
    pub data: PathBuf,
    /// The log of a chain, `kafka://HOST:PORT[,HOST:PORT]/TOPIC`, in place of the folder's [with --views]
    #[arg(
        long = "log",
        id = "log-address",
        global = true,
        value_name = "ADDRESS",
        env = "SALESYNC_LOG",
        hide_env_values = true
    )]
    pub log: Option<KafkaAddress>,
    /// The read models of a chain, `postgres://USER@HOST/DATABASE`; a password in it only by the variable or its file
    #[arg(long, global = true, value_name = "URL", env = "SALESYNC_VIEWS", hide_env_values = true)]
    pub views: Option<ViewsUrl>,
    /// Take a topic with a single replica: a disk that fails then takes the log with it
    #[arg(long, global = true, env = "SALESYNC_ALLOW_SINGLE_REPLICA", hide_env_values = true)]
    pub allow_single_replica: bool,
    /// How long Kafka's client tries to deliver a record; the writer itself waits for 4 s
    #[arg(long, global = true, value_name = "MS", default_value_t = 60_000, env = "SALESYNC_MESSAGE_TIMEOUT_MS", hide_env_values = true, value_parser = value_parser!(u32).range(1_000..=900_000))]
    pub message_timeout_ms: u32,
    /// TLS and log-in to the broker.
    #[command(flatten)]
    pub kafka: KafkaAccess,
    /// A TOML file with settings, named as the flags are
    #[arg(long, global = true, value_name = "FILE", env = "SALESYNC_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// How log lines are written; auto is text on a terminal and JSON elsewhere
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        env = "SALESYNC_LOG_FORMAT",
        hide_env_values = true
    )]
    pub log_format: LogFormat,
    /// Which log lines are written: a level, or a list such as info,projectors=debug
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        default_value = "info",
        env = "SALESYNC_LOG_FILTER",
        hide_env_values = true
    )]
    pub log_filter: String,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Serve the till and the dashboard over HTTP
    Serve(Serve),
    /// Make a believable café with a history, through the same rules that a till goes through
    Demo(Demo),
    /// Write the events of the log as JSON lines; works beside a running server
    Log(Log),
    /// Compare every row of the read models with the log; works beside a running server
    Verify,
    /// Build the read models anew from the log and switch to them; a running server does it itself
    Rebuild,
    /// Have a projection that has stopped leave out the event it cannot apply; recorded, and honoured by verify and rebuild
    Skip(Skip),
    /// Carry a history from a data folder to a chain's log, or back, while it is served; then seal where it was
    Move(Move),
    /// Make the topic of a chain's log, or check its settings
    #[command(subcommand)]
    Topic(Topic),
}

/// From where to where a history goes: a data folder, or `kafka://HOST:PORT/TOPIC`.
#[derive(Debug, Clone, Args)]
pub struct Move {
    /// Where it is
    #[arg(long, value_name = "PLACE")]
    pub from: End,
    /// Where it goes; nothing may write there meanwhile
    #[arg(long, value_name = "PLACE")]
    pub to: End,
}

/// What to do with a topic.
#[derive(Debug, Clone, Subcommand)]
pub enum Topic {
    /// Make it, with every setting that the log needs
    Create(NewTopic),
    /// Say whether every setting is as the log needs it
    Check,
}

/// What a new topic is like.
#[derive(Debug, Clone, Args)]
pub struct NewTopic {
    /// Into how many partitions it is divided, for good
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = value_parser!(u32).range(1..=1_024))]
    pub partitions: u32,
    /// How many brokers have each record
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u16).range(1..=7))]
    pub replicas: u16,
    /// How many of them must have it before it counts as appended
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = value_parser!(u16).range(1..=7))]
    pub in_sync: u16,
}

/// What an instance of a chain does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Writes partitions and takes commands.
    Command,
    /// Keeps the read models.
    Project,
    /// Answers queries, and passes commands on.
    Query,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Where clients connect; TLS ends in a proxy before it
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8080",
        env = "SALESYNC_LISTEN",
        hide_env_values = true
    )]
    pub listen: SocketAddr,
    /// What this instance of a chain does, with commas between; a data folder is served by one process that does all
    #[arg(
        long,
        value_enum,
        value_name = "ROLES",
        value_delimiter = ',',
        default_value = "command,project,query",
        env = "SALESYNC_ROLES",
        hide_env_values = true
    )]
    pub roles: Vec<Role>,
    /// Where the other instances reach this one [default: http:// and the address that it listens at]
    #[arg(long, value_name = "URL", env = "SALESYNC_ADVERTISE", hide_env_values = true, value_parser = origin)]
    pub advertise: Option<String>,
    /// Where operators connect: /metrics, health, rebuild; never to be reachable from outside
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8081",
        env = "SALESYNC_ADMIN_LISTEN",
        hide_env_values = true
    )]
    pub admin_listen: SocketAddr,
    /// The origins whose pages may call the API, or * for all
    #[arg(
        long,
        value_name = "ORIGINS",
        value_delimiter = ',',
        default_value = "https://salesync.site,http://localhost:3000",
        env = "SALESYNC_CORS_ORIGINS",
        hide_env_values = true,
        value_parser = origin
    )]
    pub cors_origins: Vec<String>,
    /// The proxies (addresses or networks) whose X-Forwarded-For is believed
    #[arg(
        long,
        value_name = "NETWORKS",
        value_delimiter = ',',
        env = "SALESYNC_TRUSTED_PROXIES",
        hide_env_values = true
    )]
    pub trusted_proxies: Vec<String>,
    /// DANGEROUS: serve this store to requests without a token, so that the load scripts run
    #[arg(long, value_name = "USERNAME", env = "SALESYNC_DEMONSTRATION_STORE", hide_env_values = true)]
    pub demonstration_store: Option<String>,
    /// Advice, messages, settlements.
    #[command(flatten)]
    pub consequences: Consequences,
}

/// How consequences are seen to: advice, messages, settlements.
#[derive(Debug, Clone, Args)]
pub struct Consequences {
    /// The language model that gives advice, where a key for it is set (below); without one, plain rules do
    #[arg(
        long,
        value_name = "MODEL",
        default_value = "gpt-5-mini",
        env = "SALESYNC_ADVICE_MODEL",
        hide_env_values = true
    )]
    pub advice_model: String,
    /// How often the model is asked in a day for one store at most
    #[arg(long, value_name = "N", default_value_t = 50, env = "SALESYNC_ADVICE_PER_STORE_DAY", hide_env_values = true)]
    pub advice_per_store_day: usize,
    /// How often the model is asked in a day for all stores at most
    #[arg(long, value_name = "N", default_value_t = 1_000, env = "SALESYNC_ADVICE_PER_DAY", hide_env_values = true)]
    pub advice_per_day: usize,
    /// Who sends text messages; auto is SNS where the environment has AWS credentials, else the outbox that the API shows
    #[arg(long, value_enum, default_value = "auto", env = "SALESYNC_SMS", hide_env_values = true)]
    pub sms: Sms,
    /// Whether a business day is settled by hand alone, or by itself when it has ended
    #[arg(long, value_enum, default_value = "by-hand", env = "SALESYNC_SETTLEMENT", hide_env_values = true)]
    pub settlement: Settlement,
}

/// Who sends text messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sms {
    /// SNS where the environment has AWS credentials, else the outbox.
    Auto,
    /// Amazon SNS.
    Sns,
    /// Nobody: the API shows them.
    Outbox,
}

/// How a business day is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Settlement {
    /// When somebody asks for it.
    ByHand,
    /// By itself at the store's cut-off.
    Automatic,
}

/// Which café to make.
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// How many sales are completed, over all stores
    #[arg(long, value_name = "N", default_value_t = 40_000, env = "SALESYNC_DEMO_SALES", hide_env_values = true, value_parser = value_parser!(u64).range(1..=100_000_000))]
    pub sales: u64,
    /// Over how many days, the last one being that of --until
    #[arg(long, value_name = "D", default_value_t = 365, env = "SALESYNC_DEMO_DAYS", hide_env_values = true, value_parser = value_parser!(u32).range(1..=3_660))]
    pub days: u32,
    /// In how many stores: demostore, demostore2, demostore3 …
    #[arg(long, value_name = "S", default_value_t = 1, env = "SALESYNC_DEMO_STORES", hide_env_values = true, value_parser = value_parser!(u32).range(1..=10_000))]
    pub stores: u32,
    /// What chance is drawn from; the same seed and --until make the same history
    #[arg(long, value_name = "X", default_value_t = 1, env = "SALESYNC_DEMO_SEED", hide_env_values = true)]
    pub seed: u64,
    /// The last day, in full [default: today, up to this hour]
    #[arg(long, value_name = "DATE", env = "SALESYNC_DEMO_UNTIL", hide_env_values = true)]
    pub until: Option<NaiveDate>,
}

/// What a projection is to leave out: as health tells it.
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct Skip {
    /// The projection that has stopped
    #[arg(long, value_name = "NAME")]
    pub projection: String,
    /// On this partition
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub partition: u32,
    /// The position of the event: where the projection stands
    #[arg(long, value_name = "POSITION")]
    pub position: u64,
}

impl Skip {
    /// Which projection, and of which partition.
    pub fn place(&self) -> (&str, Partition) {
        (&self.projection, Partition(self.partition))
    }
}

/// Which events to write.
#[derive(Debug, Clone, Args)]
pub struct Log {
    /// Of this store alone: a username or a store id
    #[arg(long, value_name = "STORE")]
    pub store: Option<String>,
    /// From this position on
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub from: u64,
    /// Go on with what happens from now on, until Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// With the personal data of owners, which is left out otherwise
    #[arg(long)]
    pub personal: bool,
}

/// An origin as a browser sends it: scheme, host, port, and nothing behind.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim();
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |host: &str| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c));
    if text == "*" || host.is_some_and(plain) {
        return Ok(text.to_owned());
    }
    Err("an origin is written https://salesync.site, without a path; * allows all".to_owned())
}

#[cfg(test)]
mod tests;

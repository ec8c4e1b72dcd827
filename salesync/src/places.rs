//! Where the log and the read models are: in a data folder, or with a chain's broker and database.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use backon::{ConstantBuilder, Retryable as _};
use log::{KafkaAddress, KafkaLog, KafkaOpenError, KafkaOptions, Log, SqliteLog, SqliteOptions};
use migrations::{PostgresOptions, Views};

use crate::cli::Shared;
use crate::folder::Folder;
use crate::kafka_access::AccessError;

/// The pause before brokers that cannot be asked are asked again; a question itself takes some seconds.
const BROKERS_PAUSE: Duration = Duration::from_secs(1);
/// How often they are asked again.
const BROKERS_TRIES: usize = 9;
const VIEWS_FILE_VARIABLE: &str = "SALESYNC_VIEWS_FILE";

/// Where the log and the read models are.
#[derive(Debug, Clone)]
pub enum Places {
    /// In a data folder, which one process holds.
    Folder(Folder),
    /// With a broker and a database, which any number of processes share.
    Chain(Box<ChainPlaces>),
}

/// A chain's broker and database.
#[derive(Debug, Clone)]
pub struct ChainPlaces {
    /// The log.
    pub log: KafkaOptions,
    /// The read models, where they are needed.
    views: Option<PostgresOptions>,
}

/// The address of a database, which may hold a password and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ViewsUrl(String);

/// Why it is not known where things are.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// Not a database's address.
    #[error("the read models of a chain are written postgres://USER@HOST[:PORT]/DATABASE")]
    NotPostgres,
    /// Only one half of a chain.
    #[error("--views is of a chain, and its log is missing: give --log kafka://HOST:PORT/TOPIC too")]
    ViewsAlone,
    /// Only the other half.
    #[error(
        "--log is of a chain, and its read models are missing: give --views postgres://USER@HOST/DATABASE, or SALESYNC_VIEWS_FILE"
    )]
    LogAlone,
    /// The command is about a chain's broker.
    #[error("a topic is of a chain: give --log kafka://HOST:PORT/TOPIC")]
    NoChain,
    /// Both variables are set.
    #[error(
        "both --views (or SALESYNC_VIEWS) and SALESYNC_VIEWS_FILE are given: which one is meant? Leave out the other"
    )]
    Both,
    /// Nobody can log in to the broker.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The file cannot be read.
    #[error("the file {path} with the address of the read models cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Places {
    /// Where the settings say.
    #[expect(clippy::disallowed_methods, reason = "this is configuration: a secret is given by the environment alone")]
    pub fn of(shared: &Shared) -> Result<Self, PlacesError> {
        Self::choose(shared, std::env::var_os(VIEWS_FILE_VARIABLE))
    }

    fn choose(shared: &Shared, file: Option<OsString>) -> Result<Self, PlacesError> {
        let url = match (&shared.views, file) {
            (Some(_), Some(_)) => return Err(PlacesError::Both),
            (Some(url), None) => Some(url.clone()),
            (None, Some(file)) => Some(read(Path::new(&file))?),
            (None, None) => None,
        };
        let Some(address) = shared.log.clone() else {
            return if url.is_none() {
                Ok(Self::Folder(Folder::at(&shared.data)))
            } else {
                Err(PlacesError::ViewsAlone)
            };
        };
        let log = kafka(shared, address)?;
        let views = url.map(|url| PostgresOptions::new(&url.0)).transpose().map_err(|_| PlacesError::NotPostgres)?;
        Ok(Self::Chain(Box::new(ChainPlaces { log, views })))
    }

    /// The chain's log; an error for a data folder.
    pub fn chain_log(&self) -> Result<&KafkaOptions, PlacesError> {
        match self {
            Self::Chain(chain) => Ok(&chain.log),
            Self::Folder(_) => Err(PlacesError::NoChain),
        }
    }

    /// The log, to be read beside whoever writes it.
    pub async fn read_log(&self) -> anyhow::Result<Arc<dyn Log>> {
        match self {
            Self::Folder(folder) => {
                let folder = folder.clone().existing()?;
                let log = SqliteLog::open(SqliteOptions::reading(folder.log())).context("the log cannot be opened")?;
                Ok(log)
            }
            Self::Chain(chain) => Ok(chain.open_log().await?),
        }
    }

    /// The read models, to be read beside whoever writes them.
    pub async fn read_views(&self) -> anyhow::Result<Views> {
        match self {
            Self::Folder(folder) => Views::open_read_only(&folder.views()),
            Self::Chain(chain) => Views::connect_read_only(chain.views()?.clone()).await,
        }
        .context("the read models cannot be opened")
    }
}

impl ChainPlaces {
    /// Opens the log and the read models, for who writes these.
    pub async fn open(&self) -> anyhow::Result<(Arc<KafkaLog>, Views)> {
        let log = self.open_log().await?;
        let views = Views::connect(self.views()?.clone()).await.context("the read models cannot be opened")?;
        Ok((log, views))
    }

    /// Opens the log, after checking its topic.
    pub async fn open_log(&self) -> anyhow::Result<Arc<KafkaLog>> {
        self.said(KafkaLog::open(self.log.clone()).await)
    }

    /// The same, for an instance that may start before its brokers do, or while they come back.
    pub async fn await_log(&self) -> anyhow::Result<Arc<KafkaLog>> {
        let tries = ConstantBuilder::default().with_delay(BROKERS_PAUSE).with_max_times(BROKERS_TRIES);
        let opened = (|| KafkaLog::open(self.log.clone()))
            .retry(tries)
            .when(KafkaOpenError::is_passing)
            .notify(|error, _| tracing::warn!(%error, "the log cannot be opened yet, trying again"));
        self.said(opened.await)
    }

    fn said<T>(&self, opened: Result<T, KafkaOpenError>) -> anyhow::Result<T> {
        opened.with_context(|| format!("the log {} cannot be opened", self.log.address))
    }

    /// The read models' database.
    pub fn views(&self) -> Result<&PostgresOptions, PlacesError> {
        self.views.as_ref().ok_or(PlacesError::LogAlone)
    }
}

impl ViewsUrl {
    /// Whether it holds a password, which has no place on a command line or in the settings file.
    pub fn has_password(&self) -> bool {
        let user = self.0.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map(|(user, _)| user);
        user.is_some_and(|user| user.contains(':')) || self.0.contains("password=")
    }
}

impl FromStr for ViewsUrl {
    type Err = PlacesError;

    fn from_str(text: &str) -> Result<Self, PlacesError> {
        let text = text.trim();
        let plain = text.starts_with("postgres://") || text.starts_with("postgresql://");
        if plain { Ok(Self(text.to_owned())) } else { Err(PlacesError::NotPostgres) }
    }
}

impl fmt::Debug for ViewsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ViewsUrl(secret)")
    }
}

/// A topic with all that the settings say of how it is reached.
pub fn kafka(shared: &Shared, address: KafkaAddress) -> Result<KafkaOptions, PlacesError> {
    Ok(KafkaOptions {
        allow_single_replica: shared.allow_single_replica,
        message_timeout_ms: shared.message_timeout_ms,
        security: shared.kafka.security()?,
        ..KafkaOptions::at(address)
    })
}

fn read(path: &Path) -> Result<ViewsUrl, PlacesError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| PlacesError::Unreadable { path: path.to_owned(), source })?;
    text.parse()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn places(flags: &[&str], file: Option<OsString>) -> Result<Places, PlacesError> {
        let cli = Cli::try_parse_from(["salesync", "verify"].iter().chain(flags)).unwrap();
        Places::choose(&cli.shared, file)
    }

    #[test]
    fn a_data_folder_is_served_unless_a_chain_is_named() {
        assert!(matches!(places(&[], None), Ok(Places::Folder(_))));
        let chain =
            places(&["--log", "kafka://127.0.0.1:9092/shop", "--views", "postgres://shop@127.0.0.1/shop"], None);
        let Ok(Places::Chain(chain)) = chain else { panic!("no chain") };
        assert_eq!(chain.log.address.to_string(), "kafka://127.0.0.1:9092/shop");
        assert!(chain.views().is_ok() && !chain.log.allow_single_replica);
    }

    #[test]
    fn half_a_chain_is_named_by_the_half_that_is_missing() {
        let views = ["--views", "postgres://shop@127.0.0.1/shop"];
        assert!(places(&views, None).unwrap_err().to_string().contains("--log kafka://"));
        let Ok(Places::Chain(chain)) = places(&["--log", "kafka://127.0.0.1:9092/shop"], None) else { panic!("none") };
        assert!(chain.views().unwrap_err().to_string().contains("--views postgres://"));
        assert!(matches!(places(&views, Some("file".into())), Err(PlacesError::Both)));
        assert!(places(&[], None).unwrap().chain_log().is_err());
    }

    #[test]
    fn a_file_holds_the_address_with_its_password_and_nothing_shows_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "postgres://shop:hunter2@127.0.0.1/shop\n").unwrap();
        let shop = places(&["--log", "kafka://127.0.0.1:9092/shop"], Some(file.path().into())).unwrap();
        assert!(matches!(&shop, Places::Chain(chain) if chain.views().is_ok()));
        let url: ViewsUrl = "postgres://shop:hunter2@127.0.0.1/shop".parse().unwrap();
        assert!(url.has_password() && !format!("{shop:?} {url:?}").contains("hunter2"));
        assert!(!"postgres://shop@127.0.0.1/shop".parse::<ViewsUrl>().unwrap().has_password());
        assert!("mysql://shop@127.0.0.1/shop".parse::<ViewsUrl>().is_err());
    }
}

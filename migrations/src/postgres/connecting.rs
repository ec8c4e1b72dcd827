//! Connections to PostgreSQL: pooled ones for looks, ones of their own for writers and listeners.

use std::pin::Pin;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Connect, Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::options::PostgresOptions;
use crate::error::ViewsError;
use crate::views::READERS;

/// How long the making of a connection may take.
const CONNECT_SECONDS: u64 = 5;
/// After so long without an answer from the peer's network a connection counts as lost.
const UNANSWERED_SECONDS: u64 = 15;
/// So often, and so many times, one asks whether a peer that says nothing is still there.
const KEEPALIVE_SECONDS: u64 = 5;
const KEEPALIVES: u32 = 3;
/// The server ends the transaction of a reader that does nothing for so long.
const READER_IDLE_SECONDS: u64 = 60;
/// The server ends the transaction of a writer that does nothing for so long, for another one may wait for its locks.
const WRITER_IDLE_SECONDS: u64 = 10;
/// Who holds the live generation still folds what it has ahead; so long is it given.
const HOLDER_IDLE_SECONDS: u64 = 30;
/// How long one waits for another's lock.
const LOCK_SECONDS: u64 = 10;

/// Who connects, which decides how patient the server is with him.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Reading,
    Writing,
    Holding,
}

/// Drives pooled connections on the runtime on which the pool was made: whoever opens one, another may use it next, and
/// that one's runtime may outlive his.
struct Home(Handle);

impl Connect for Home {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        let (at_home, here) = (self.0.spawn(driven(config.clone())), driven(config.clone()));
        Box::pin(async move {
            match at_home.await {
                Ok(connected) => connected,
                // That runtime is ending, and with it whatever would have used the pool from there.
                Err(_) => here.await,
            }
        })
    }
}

/// The pool of connections for looks.
pub(super) fn pool(options: &PostgresOptions) -> Result<Pool, ViewsError> {
    // What is given back was proven clean by its last user, so nothing is asked of it again.
    let manager = Manager::from_connect(
        config(options, Purpose::Reading),
        Home(Handle::current()),
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    let pool = Pool::builder(manager).max_size(READERS).queue_mode(QueueMode::Lifo).build();
    pool.map_err(|error| ViewsError::Unavailable(error.to_string()))
}

/// A connection of its own, driven by the runtime that it is made on.
pub(super) async fn connect(options: &PostgresOptions, purpose: Purpose) -> Result<ClientWrapper, ViewsError> {
    let (client, task) = driven(config(options, purpose)).await?;
    Ok(ClientWrapper::new(client, task))
}

async fn driven(config: Config) -> Result<(Client, JoinHandle<()>), Error> {
    let (client, connection) = config.connect(NoTls).await?;
    let task = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(error = %ViewsError::from(error), "a connection to the read models was lost");
        }
    });
    Ok((client, task))
}

pub(super) fn config(options: &PostgresOptions, purpose: Purpose) -> Config {
    let idle_seconds = match purpose {
        Purpose::Reading => READER_IDLE_SECONDS,
        Purpose::Writing => WRITER_IDLE_SECONDS,
        Purpose::Holding => HOLDER_IDLE_SECONDS,
    };
    let mut config = options.config.clone();
    let own = config.get_options().unwrap_or_default().to_owned();
    config
        .application_name("salesync")
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
        .tcp_user_timeout(Duration::from_secs(UNANSWERED_SECONDS))
        .keepalives_idle(Duration::from_secs(UNANSWERED_SECONDS))
        .keepalives_interval(Duration::from_secs(KEEPALIVE_SECONDS))
        .keepalives_retries(KEEPALIVES)
        .options(format!(
            "{own} -c idle_in_transaction_session_timeout={idle_seconds}s -c lock_timeout={LOCK_SECONDS}s"
        ));
    config
}

//! What stands underneath the server: a data folder, or in the test crates of a chain a topic and a database of its own.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::broker::Broker;
use super::database::Database;

/// Into how many partitions a test's topic is divided: more than one, so that stores are on different ones.
const PARTITIONS: &str = "3";
static BROKER: LazyLock<Broker> = LazyLock::new(Broker::any);
static TOPICS: AtomicU32 = AtomicU32::new(0);

/// A topic and a database.
pub(super) struct Chain {
    log: String,
    views: String,
    /// What its instances share; a test that is about secrets gives its own.
    secret: String,
    /// Dropped with the server, where it is on somebody else's.
    database: Database,
}

/// Whether this test crate runs the server on a chain.
pub(super) fn is_chain() -> bool {
    env!("CARGO_CRATE_NAME").ends_with("_chain")
}

/// Where the broker of these tests is.
pub(crate) fn broker_address() -> &'static str {
    &BROKER.address
}

impl Chain {
    /// A fresh one.
    pub(super) fn fresh() -> Self {
        let topic = format!("till-{}-{}", std::process::id(), TOPICS.fetch_add(1, Ordering::Relaxed));
        let log = format!("kafka://{}/{topic}", BROKER.address);
        run(&["topic", "create", "--partitions", PARTITIONS, "--replicas", "1", "--log", &log]);
        let (database, secret) = (a_database(), format!("the-token-secret-of-the-chain-{topic}"));
        Self { log, views: as_url(&database.url()), secret, database }
    }

    /// Takes over the history of a data folder, if it has one.
    pub(super) fn take_over(&self, data: &Path) {
        if data.join("log.db").exists() {
            run(&["move", "--from", data.to_str().unwrap(), "--to", &self.log]);
        }
    }

    /// Puts an empty database in the place of the one there was.
    pub(super) fn lose_views(&mut self) {
        let database = a_database();
        (self.views, self.database) = (as_url(&database.url()), database);
    }

    /// The arguments by which a server uses it.
    pub(super) fn args(&self) -> [&str; 5] {
        ["--log", &self.log, "--views", &self.views, "--allow-single-replica"]
    }

    /// The environment, beside what a test gives.
    pub(super) fn env(&self) -> (&str, &str) {
        ("SALESYNC_TOKEN_SECRET", &self.secret)
    }
}

fn run(args: &[&str]) {
    let ran = Command::new(env!("CARGO_BIN_EXE_salesync")).args(args).arg("--allow-single-replica").output().unwrap();
    assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn a_database() -> Database {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Database::fresh())
}

/// `host=… port=…` as a URL.
pub(crate) fn as_url(settings: &str) -> String {
    let of = |name: &str| {
        let setting = settings.split(' ').find_map(|setting| setting.strip_prefix(name)?.strip_prefix('='));
        setting.unwrap_or_default().to_owned()
    };
    // A server of the tests' own listens in a folder, whose name stands in a URL with its slashes escaped.
    let host = of("host").replace('/', "%2F");
    format!("postgres://{}@{host}:{}/{}", of("user"), of("port"), of("dbname"))
}

//! What stands underneath the server: a data folder, or in the test crate `till_chain` a topic and a database of its own.

use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::broker::Broker;
use super::database::Database;

/// Into how many partitions a test's topic is divided: more than one, so that stores are on different ones.
const PARTITIONS: &str = "3";
/// What the instances of a chain share; a test that is about secrets gives its own.
const SECRET: &str = "a-token-secret-for-tests-of-the-chain";

static BROKER: LazyLock<Broker> = LazyLock::new(Broker::any);
static TOPICS: AtomicU32 = AtomicU32::new(0);

/// A topic and a database.
pub(super) struct Chain {
    log: String,
    views: String,
    /// Dropped with the server, where it is on somebody else's.
    database: Database,
}

/// Whether this test crate runs the server on a chain.
pub(super) fn is_chain() -> bool {
    env!("CARGO_CRATE_NAME") == "till_chain"
}

impl Chain {
    /// A fresh one.
    pub(super) fn fresh() -> Self {
        let topic = format!("till-{}-{}", std::process::id(), TOPICS.fetch_add(1, Ordering::Relaxed));
        let log = format!("kafka://{}/{topic}", BROKER.address);
        let made = Command::new(env!("CARGO_BIN_EXE_salesync"))
            .args(["topic", "create", "--partitions", PARTITIONS, "--replicas", "1", "--log", &log])
            .args(["--allow-single-replica"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let database = a_database();
        Self { log, views: as_url(&database.url()), database }
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
    pub(super) fn env() -> (&'static str, &'static str) {
        ("SALESYNC_TOKEN_SECRET", SECRET)
    }
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

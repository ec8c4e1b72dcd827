//! Topics and databases, and instances that share them.

use std::process::Command;

use log::{KafkaOptions, KafkaTopic, NewTopic};

use crate::broker::Broker;
use crate::database::Database;
use crate::server::{BINARY, Server};

/// What the instances share.
const SECRET: (&str, &str) = ("SALESYNC_TOKEN_SECRET", "a-token-secret-for-the-benchmark-alone");

/// A broker, and by it a database server.
pub struct Services {
    broker: Broker,
    runtime: tokio::runtime::Runtime,
}

/// A topic and a database.
pub struct Place {
    /// The topic's address.
    pub log: String,
    /// The database's address.
    pub views: String,
    folder: tempfile::TempDir,
    _database: Database,
}

impl Services {
    /// Starts what is not configured.
    pub fn start() -> Self {
        Self { broker: Broker::any(), runtime: tokio::runtime::Runtime::new().expect("a runtime") }
    }

    /// A new topic with so many partitions, and an empty database. `flushed` is how a topic with a single replica must
    /// be: each append is on the disk before it counts. One with three is not.
    pub fn place(&self, name: &str, partitions: u32, flushed: bool) -> Place {
        let log = format!("kafka://{}/bench-{}-{name}", self.broker.address, std::process::id());
        let options = options(&log);
        let new = NewTopic { flushed, ..NewTopic::on_one_broker(partitions) };
        self.runtime.block_on(KafkaTopic::new(options).create(new)).expect("a topic");
        let database = self.runtime.block_on(Database::fresh());
        let views = as_url(&database.url());
        Place { log, views, folder: tempfile::tempdir().expect("a folder"), _database: database }
    }
}

impl Place {
    /// Makes a demo store with so many sales.
    pub fn demo(&self, sales: u64) {
        run(self.command("demo").args(["--sales", &sales.to_string()]));
    }

    /// An instance with these roles, when it listens.
    pub fn instance(&self, roles: &str) -> Server {
        Server::listening(
            self.command("serve")
                .args(["--roles", roles, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
                .args(["--log-format", "json", "--log-filter", "warn,salesync::serve=info"]),
        )
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(BINARY);
        command.arg(name).env(SECRET.0, SECRET.1).arg("--data").arg(self.folder.path());
        command.args(["--log", &self.log, "--views", &self.views, "--allow-single-replica"]);
        command
    }
}

/// How a benchmark's topic is opened.
pub fn options(log: &str) -> KafkaOptions {
    KafkaOptions { allow_single_replica: true, ..KafkaOptions::at(log.parse().expect("an address")) }
}

fn run(command: &mut Command) {
    let done = command.output().expect("the program runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// `host=… port=…` as a URL.
fn as_url(settings: &str) -> String {
    let of = |name: &str| {
        let setting = settings.split(' ').find_map(|setting| setting.strip_prefix(name)?.strip_prefix('='));
        setting.unwrap_or_default().to_owned()
    };
    format!("postgres://{}@{}:{}/{}", of("user"), of("host").replace('/', "%2F"), of("port"), of("dbname"))
}

//! Topics and databases, and instances that share them.

use std::process::Command;

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

    /// A new topic with so many partitions, and an empty database.
    pub fn place(&self, partitions: u32) -> Place {
        let log = format!("kafka://{}/bench-{}-{partitions}", self.broker.address, std::process::id());
        let database = self.runtime.block_on(Database::fresh());
        let views = as_url(&database.url());
        let place = Place { log, views, folder: tempfile::tempdir().expect("a folder"), _database: database };
        let partitions = partitions.to_string();
        run(place.command("topic").args(["create", "--partitions", &partitions, "--replicas", "1"]));
        place
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

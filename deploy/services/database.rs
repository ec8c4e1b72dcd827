//! A real PostgreSQL for tests: one server per test binary, one fresh database per test.
//!
//! `SALESYNC_TEST_POSTGRES` names a server to use, by a role that may make databases; without it one is started by
//! `database.sh run`, which stops it when this process ends. Where there is neither, the tests fail and say why.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Config, NoTls};

const CONFIGURED: &str = "SALESYNC_TEST_POSTGRES";

/// A database of one test's own.
pub struct Database {
    config: Config,
    name: String,
    /// On somebody else's server it is dropped with the test; one's own server goes as a whole.
    drop_it: bool,
}

/// A server of one test's own, which may be killed. It ends with this process, however that ends.
#[allow(dead_code, reason = "not every test binary needs it")]
pub struct Mortal(Server);

struct Server {
    config: Config,
    /// The server stops when this is closed.
    ours: Option<ChildStdin>,
}

impl Database {
    /// Makes an empty database.
    pub async fn fresh() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = server();
        let name = format!("salesync_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Self::made(server.config.clone(), name, server.ours.is_none()).await
    }

    async fn made(config: Config, name: String, drop_it: bool) -> Self {
        execute(&config, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        Self { config, name, drop_it }
    }

    /// Its name.
    #[allow(dead_code, reason = "not every test binary needs it")]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to reach it, as the product takes it, in the role that made it.
    pub fn url(&self) -> String {
        self.url_as(self.config.get_user().expect("a role"))
    }

    /// How to reach it in another role, which has no password.
    pub fn url_as(&self, role: &str) -> String {
        let host = match &self.config.get_hosts()[0] {
            tokio_postgres::config::Host::Tcp(name) => name.clone(),
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        let password = self.config.get_password().filter(|_| self.config.get_user() == Some(role));
        let password = password.map(|secret| format!(" password={}", String::from_utf8_lossy(secret)));
        format!("host={host} port={port} user={role} dbname={}{}", self.name, password.unwrap_or_default())
    }

    /// Executes statements behind everybody's back.
    pub async fn execute(&self, sql: &str) {
        execute(&self.url().parse().expect("its own address"), sql).await;
    }

    /// Executes statements on the server, outside of the database.
    #[allow(dead_code, reason = "not every test binary needs it")]
    pub async fn administer(&self, sql: &str) {
        execute(&self.config, sql).await;
    }

    /// The first column of a query's rows, as text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let config: Config = self.url().parse().expect("its own address");
        let (client, connection) = config.connect(NoTls).await.expect("the test's database");
        let driven = tokio::spawn(connection);
        let rows = client.simple_query(sql).await.expect("a query of the test");
        driven.abort();
        let texts = rows.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
            _ => None,
        });
        texts.collect()
    }
}

#[allow(dead_code, reason = "not every test binary needs it")]
impl Mortal {
    /// Starts it.
    pub fn start() -> Self {
        Self(started())
    }

    /// Makes an empty database on it.
    pub async fn database(&self) -> Database {
        Database::made(self.0.config.clone(), "salesync".to_owned(), false).await
    }

    /// Ends it as a crash does.
    pub fn kill(&self) {
        self.script("kill");
    }

    /// Starts it again on its old data.
    pub fn restart(&self) {
        self.script("again");
    }

    fn script(&self, order: &str) {
        let tokio_postgres::config::Host::Unix(folder) = &self.0.config.get_hosts()[0] else {
            panic!("it listens in its own folder");
        };
        let done = Command::new("sh").arg(script()).arg(order).arg(folder).output().expect("sh runs");
        assert!(done.status.success(), "{order}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/services/database.sh")
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.drop_it {
            let (config, sql) = (self.config.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
            // A runtime of its own, since the test's is ending.
            let dropping = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(execute(&config, &sql));
            });
            let _ = dropping.join();
        }
    }
}

async fn execute(config: &Config, sql: &str) {
    let (client, connection) = config.connect(NoTls).await.expect("the tests' database server");
    let driven = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("a statement of the test");
    drop(client);
    let _ = driven.await;
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match configured() {
        Some(url) => {
            eprintln!("these tests use the PostgreSQL that {CONFIGURED} names");
            Server { config: url.parse().expect("SALESYNC_TEST_POSTGRES is an address"), ours: None }
        }
        None => started(),
    })
}

#[allow(clippy::disallowed_methods, reason = "a test's own setting, explained in docs/OPERATING.md")]
fn configured() -> Option<String> {
    std::env::var("SALESYNC_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

fn started() -> Server {
    let mut child = Command::new("sh")
        .arg(script())
        .arg("run")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh runs deploy/services/database.sh");
    let mut place = String::new();
    let mut told = BufReader::new(child.stdout.take().expect("its output"));
    told.read_line(&mut place).expect("its output");
    if place.trim().is_empty() {
        let mut why = String::new();
        let _ = child.stderr.take().expect("its errors").read_to_string(&mut why);
        panic!("no PostgreSQL for the tests, and {CONFIGURED} names none: {why}");
    }
    eprintln!("these tests have started a PostgreSQL of their own ({})", place.trim());
    let ours = child.stdin.take();
    std::thread::spawn(move || child.wait());
    Server { config: place.trim().parse().expect("the script prints an address"), ours }
}

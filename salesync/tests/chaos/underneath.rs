//! What stands underneath the instances of a test: brokers with a topic, and a database.

use std::sync::Arc;
use std::time::Instant;

use events::{Partition, Position};
use log::{KafkaLog, KafkaOptions, KafkaTopic, Log as _, NewTopic};
use migrations::{PostgresOptions, Views};

use crate::cafe::volumes;
use crate::checker::{self, Evidence};
use crate::harness::{Database, Mortal, Server, Till, as_url};
use crate::history::History;
use crate::ledger::Ledger;
use crate::patience::until;
use crate::say;

/// What the instances share.
const SECRET: &str = "a-token-secret-for-tests-of-the-chain";
/// The topic.
pub(crate) const TOPIC: &str = "shop";

/// A topic on brokers, and a database that may be killed.
pub(crate) struct Underneath {
    pub(crate) brokers: String,
    pub(crate) server: Mortal,
    database: Database,
    options: KafkaOptions,
    runtime: tokio::runtime::Runtime,
}

impl Underneath {
    /// Makes the topic and an empty database. What is appended need not reach the disk: no test cuts the power.
    pub(crate) fn new(brokers: &str, topic: NewTopic) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = KafkaOptions::at(format!("kafka://{brokers}/{TOPIC}").parse().unwrap());
        let options = KafkaOptions { allow_single_replica: topic.replication == 1, ..options };
        let server = Mortal::start();
        let database = runtime.block_on(async {
            KafkaTopic::new(options.clone()).create(NewTopic { flushed: false, ..topic }).await.unwrap();
            server.database().await
        });
        Self { brokers: brokers.to_owned(), server, database, options, runtime }
    }

    /// A new instance with these roles, which reaches the brokers at this address, with more settings beside.
    pub(crate) fn instance(&self, brokers: &str, roles: &str, args: &[&str], env: &[(&str, &str)]) -> Server {
        let (log, views) = (Self::log_url(brokers), self.views_url());
        let mut all = vec!["--log", &log, "--views", &views, "--roles", roles];
        if self.options.allow_single_replica {
            all.push("--allow-single-replica");
        }
        all.extend(args);
        let mut environment = vec![("SALESYNC_TOKEN_SECRET", SECRET)];
        environment.extend(env);
        Server::with(&all, &environment)
    }

    /// The topic's address at these brokers, as a command takes it.
    pub(crate) fn log_url(brokers: &str) -> String {
        format!("kafka://{brokers}/{TOPIC}")
    }

    /// The database's address, as a command takes it.
    pub(crate) fn views_url(&self) -> String {
        as_url(&self.database.url())
    }

    /// How many records there are on all partitions.
    pub(crate) fn records(&self) -> u64 {
        let log = self.log();
        (0..log.partitions()).map(|at| self.block_on(log.current_end(Partition(at))).unwrap().0).sum()
    }

    /// The log, as a client of the test's own sees it.
    pub(crate) fn log(&self) -> Arc<KafkaLog> {
        self.block_on(KafkaLog::open(self.options.clone())).unwrap()
    }

    /// The read models, as they are now.
    pub(crate) fn views(&self) -> Views {
        let options = PostgresOptions::new(&self.database.url()).unwrap();
        self.block_on(Views::connect_read_only(options)).unwrap()
    }

    /// The whole log.
    pub(crate) fn ledger(&self) -> Ledger {
        let log = self.log();
        self.block_on(Ledger::read(log.as_ref()))
    }

    /// The whole log, once it is told to go beyond this position: after a cut, a broker that has not heard yet that it
    /// leads no more may tell an earlier end.
    pub(crate) fn ledger_beyond(&self, partition: Partition, position: Position) -> Ledger {
        until("a broker that has the position", || {
            let log = self.log();
            let end = self.block_on(log.current_end(partition)).map_err(|error| error.to_string())?;
            if end <= position {
                return Err(format!("the log is told to end at {end}, and {position} is known"));
            }
            Ok(self.block_on(Ledger::read(log.as_ref())))
        })
    }

    /// Everything that there is to check, once the views that this instance answers from have reached the log's end.
    pub(crate) fn evidence(&self, answers: &Server, stores: &[Till], history: History) -> Evidence {
        let tills: Vec<Till> = stores.iter().map(|store| store.at(answers)).collect();
        // A projector that has joined its group anew may need longer than an answer waits for it.
        let before = self.ledger();
        reach(answers, &before);
        let volumes = volumes(&tills, &before);
        // A claim may come still. What is checked is one state of the log, with nothing behind it.
        let (ledger, report) = until("a log at rest", || {
            let ledger = self.ledger();
            reach(answers, &ledger);
            let (log, views) = (self.log(), self.views());
            let report = self.block_on(projectors::verify(log.as_ref(), &views, |_, _| {})).unwrap();
            let records = self.records();
            if records == ledger.len() { Ok((ledger, report)) } else { Err(format!("now it has {records} records")) }
        });
        Evidence { history, ledger, volumes, views: checker::Views::of(&report) }
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// Waits until the views that this instance answers from have reached this end of the log.
fn reach(answers: &Server, ledger: &Ledger) {
    let (began, ends) = (Instant::now(), ledger.ends());
    until("the views to reach the log's end", || {
        let said = answers.guest().get("/health/ready").json();
        let partitions = said["partitions"].as_array().unwrap();
        let there = partitions.iter().zip(&ends).all(|(partition, end)| partition["next"].as_u64() >= Some(*end));
        if there { Ok(()) } else { Err(format!("{said}\n{}", answers.log())) }
    });
    say(&format!("the views reached the log's end after {:?}", began.elapsed()));
}

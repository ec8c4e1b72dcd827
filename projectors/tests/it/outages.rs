//! What a database does to a projector at work: it goes, comes back, refuses; nothing is lost and nothing doubled.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use events::Position;
use log::{Log, MemoryLog};
use migrations::{PostgresOptions, Views};
use projectors::{Handle, verify};

use crate::cafe::Cafe;
use crate::history::History;
use crate::place::Place;
use crate::till::{self, Till};

const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE application_name = 'salesync' AND datname = current_database()";

/// Watches that what a projector says of its place never goes back, until the task is dropped.
fn watched(projector: &Handle) -> tokio::task::JoinHandle<()> {
    let mut progress = projector.progress();
    tokio::spawn(async move {
        let mut last = Position(0);
        while progress.changed().await.is_ok() {
            let next = progress.borrow_and_update().next;
            assert!(next >= last, "the projector went back from {last} to {next}");
            last = next;
        }
    })
}

#[tokio::test]
async fn a_projector_whose_connections_are_cut_again_and_again_loses_and_doubles_nothing() {
    let mut till = Till::open(Place::postgres().await).await;
    let watch = watched(&till.projector);
    let events = Cafe::busy("cut", 1, 4_000);
    for batch in events.chunks(200) {
        // The projector is in the middle of it, or about to begin.
        till.history.append(&batch[..100]).await;
        till.place.database().execute(CUT).await;
        till.happened(&batch[100..]).await;
    }
    let report = till.verify().await;
    assert!(report.is_equal(), "{:?}", report.differences);
    assert!(report.views.iter().all(|view| view.events == 4_000));
    assert!(!watch.is_finished());
}

#[tokio::test]
async fn while_the_database_is_read_only_the_projector_waits_and_then_goes_on() {
    let mut till = Till::open(Place::postgres().await).await;
    let events = Cafe::busy("barred", 2, 400);
    till.happened(&events[..100]).await;
    let database = till.place.database().name().to_owned();
    let read_only = |on| format!("ALTER DATABASE {database} SET default_transaction_read_only = {on}");
    till.place.database().administer(&read_only(true)).await;
    till.place.database().execute(CUT).await;
    let last = till.history.append(&events[100..]).await;
    // Queries are answered all the while, from where the views stand.
    let count = "SELECT next FROM checkpoints WHERE projection = 'sales'";
    let mut answered = 0;
    while answered < 3 {
        // Connections that were cut are found out one by one.
        if let Ok(mut snapshot) = till.views.snapshot().await {
            let next = snapshot.fetch(count, &[]).await.unwrap()[0].int(0).unwrap();
            assert_eq!(next, 101);
            answered += 1;
        }
    }
    assert!(till.projector.is_running() && till.projector.progress().borrow().stopped.is_empty());
    till.place.database().administer(&read_only(false)).await;
    till.place.database().execute(CUT).await;
    till.shown(last).await;
    assert!(till.verify().await.is_equal());
}

/// A server of the test's own, which it may kill.
struct Mortal {
    folder: tempfile::TempDir,
    port: u16,
}

impl Mortal {
    fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mortal = Self { folder: tempfile::tempdir().unwrap(), port };
        mortal.script("start");
        mortal
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn script(&self, order: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/services/database.sh");
        let mut command = Command::new("sh");
        command.arg(script).arg(order).arg(self.folder.path());
        if order == "start" {
            command.arg(self.port.to_string());
        }
        let done = command.output().unwrap();
        assert!(done.status.success(), "{order}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        self.script("kill");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_started_again_finds_its_projector_where_it_was() {
    let server = Mortal::start();
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new(1));
    let mut history = History::begin(Arc::clone(&log)).await;
    let views = Views::connect(PostgresOptions::new(&server.url()).unwrap()).await.unwrap();
    let projector = till::start(&log, &views, &Arc::default());
    let watch = watched(&projector);
    let events = Cafe::busy("killed", 3, 3_000);
    let mut last = Position(0);
    for batch in events.chunks(1_000) {
        for few in batch.chunks(50) {
            last = history.append(few).await;
        }
        projector.progress().wait_for(|progress| progress.next.0 > 0).await.unwrap();
        server.script("kill");
        server.script("start");
    }
    projector.progress().wait_for(|progress| progress.shows(last)).await.unwrap();
    let report = loop {
        // What the pool still holds of connections to the server that was killed is found out one by one.
        match verify(log.as_ref(), &views, |_, _| ()).await {
            Ok(report) => break report,
            Err(error) => assert!(error.to_string().contains("cannot be used now"), "{error}"),
        }
    };
    assert!(report.is_equal(), "{:?}", report.differences);
    assert!(report.views.iter().all(|view| view.events == 3_000));
    assert!(!watch.is_finished());
}

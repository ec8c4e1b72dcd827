//! A server with a few stores, and what is gathered of it when a run is over.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use log::{SqliteLog, SqliteOptions};
use serde_json::json;

use crate::cafe::{furnish, volumes};
use crate::checker::{Evidence, Views};
use crate::door::Door;
use crate::harness::{NOON, Server, Till, new_name};
use crate::history::History;
use crate::ledger::Ledger;
use crate::load::Load;

/// A server on a data folder, with stores that have signed up and made their menu.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) stores: Vec<Till>,
}

impl Scene {
    /// A new folder with this many stores; the server runs with these environment variables too.
    pub(crate) fn with(stores: usize, env: &[(&str, &str)]) -> Self {
        let server = Server::with(&[], env);
        let stores = (0..stores).map(|_| open_store(&server)).collect();
        Self { server, stores }
    }

    /// A new folder with this many stores.
    pub(crate) fn new(stores: usize) -> Self {
        Self::with(stores, &[])
    }

    /// Sets tills to work on the stores.
    pub(crate) fn load(&self, tills: usize, seed: u64) -> Load {
        let door = Arc::new(Door::default());
        door.open(self.server.address());
        Load::start(door, &self.stores, tills, seed)
    }

    /// Serves again, and says where.
    pub(crate) fn restart(&mut self, door: &Door) {
        self.server.run();
        door.open(self.server.address());
    }

    /// A store's client at the present address.
    pub(crate) fn store(&self, nth: usize) -> Till {
        self.stores[nth].at(&self.server)
    }

    /// Everything that there is to check, once the views have reached the log's end.
    pub(crate) fn evidence(&self, history: History) -> Evidence {
        let tills: Vec<Till> = (0..self.stores.len()).map(|nth| self.store(nth)).collect();
        let volumes = volumes(&tills, &ledger(self.server.data()));
        let (ledger, views) = (ledger(self.server.data()), verified(self.server.data()));
        Evidence { history, ledger, volumes, views }
    }
}

fn open_store(server: &Server) -> Till {
    let till = server.sign_up_as(&new_name(), &json!({"time_zone": NOON.zone}));
    furnish(&till);
    till
}

/// The whole log of a folder, beside the server or without one.
pub(crate) fn ledger(data: &Path) -> Ledger {
    let log = SqliteLog::open(SqliteOptions::reading(data.join("log.db"))).unwrap();
    block_on(Ledger::read(log.as_ref()))
}

/// The live generation's file of a server at rest, with everything in it that stood in its write-ahead log.
pub(crate) fn settled_views(data: &Path) -> PathBuf {
    let files = std::fs::read_dir(data.join("views")).unwrap().map(|entry| entry.unwrap().path());
    let file = files.filter(|path| path.extension().is_some_and(|ending| ending == "db")).max().unwrap();
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    connection.close().unwrap();
    file
}

/// Compares every row of the views with a second fold of the log, as `salesync verify` does.
pub(crate) fn verified(data: &Path) -> Views {
    let log = SqliteLog::open(SqliteOptions::reading(data.join("log.db"))).unwrap();
    let views = migrations::Views::open_read_only(&data.join("views")).unwrap();
    Views::of(&block_on(projectors::verify(log.as_ref(), &views, |_, _| {})).unwrap())
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

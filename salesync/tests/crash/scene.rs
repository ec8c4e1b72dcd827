//! A server with a few stores, and what is gathered of it when a run is over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use events::StoreId;
use log::{SqliteLog, SqliteOptions};
use serde_json::Value;

use crate::checker::{Day, Evidence, Views};
use crate::door::Door;
use crate::harness::{Server, Till};
use crate::history::History;
use crate::ledger::Ledger;
use crate::load::{ITEMS, Load};

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
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ledger = runtime.block_on(Ledger::read(self.server.data()));
        let volumes = self.volumes(&ledger);
        let views = runtime.block_on(verified(self.server.data()));
        Evidence { history, ledger, volumes, views }
    }

    /// What the dashboard shows of every day on which something was booked and those beside it, asked for with the
    /// last position that the store was answered from.
    fn volumes(&self, ledger: &Ledger) -> BTreeMap<(StoreId, NaiveDate), Day> {
        let events = ledger.events();
        let booked: Vec<NaiveDate> = events.iter().filter_map(|(_, event)| event.data.books_on()).collect();
        let (Some(first), Some(last)) = (booked.iter().min(), booked.iter().max()) else { return BTreeMap::new() };
        let path = format!("/dashboard/volumes?start={first}&end={last}");
        let mut volumes = BTreeMap::new();
        for nth in 0..self.stores.len() {
            let till = self.store(nth);
            // An order makes the client know the present end, so that the figures are asked for up to there.
            till.post("/orders/", &serde_json::json!({"table_no": 500, "carts": []})).is(200);
            let store: StoreId = StoreId(till.store_id.parse().unwrap());
            for day in till.get(&path).is(200)["total"].as_array().unwrap() {
                volumes.insert((store, day["date"].as_str().unwrap().parse().unwrap()), figures(day));
            }
        }
        volumes
    }
}

fn figures(day: &Value) -> Day {
    Day { sales_volume: day["sales_volume"].as_i64().unwrap(), profit: day["profit"].as_i64().unwrap() }
}

fn open_store(server: &Server) -> Till {
    let menu: Vec<(String, i64)> = (1..=ITEMS).map(|item| (format!("메뉴 {item}"), 1_000 * item + 500)).collect();
    let menu: Vec<(&str, i64)> = menu.iter().map(|(name, price)| (name.as_str(), *price)).collect();
    let till = server.cafe(&menu);
    till.cost(1, 700);
    till.cost(2, 1_100);
    till
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
pub(crate) async fn verified(data: &Path) -> Views {
    let log = SqliteLog::open(SqliteOptions::reading(data.join("log.db"))).unwrap();
    let views = migrations::Views::open_read_only(&data.join("views")).unwrap();
    let report = projectors::verify(log.as_ref(), &views, |_, _| {}).await.unwrap();
    Views {
        rows: report.rows,
        differences: report.differences.iter().map(ToString::to_string).collect(),
        reached: report.views.iter().map(|view| (view.name.to_owned(), view.next)).collect(),
    }
}

//! A view cannot take an event: it stands there while all else goes on, until an operator says that it is left out.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::scene::{Scene, settled_views, verified};

/// The views refuse every sale at this table.
const REFUSED: i64 = 7;

fn salesync(args: &[&str], data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_salesync")).args(args).arg("--data").arg(data).output().unwrap()
}

fn skip(data: &Path, projection: &str, position: u64) -> Output {
    salesync(&["skip", "--projection", projection, "--position", &position.to_string()], data)
}

fn stopped(health: &Value) -> Vec<(String, u64)> {
    let all = health["views"]["stopped"].as_array().unwrap().iter();
    all.map(|s| (s["projection"].as_str().unwrap().to_owned(), s["position"].as_u64().unwrap())).collect()
}

fn sales(data: &Path) -> i64 {
    let views = rusqlite::Connection::open(settled_views(data)).unwrap();
    views.query_row("SELECT count(*) FROM sales", [], |row| row.get(0)).unwrap()
}

/// A server on whose views the sale at the table is refused, and the position at which they stand.
fn standing() -> (Scene, u64) {
    let mut scene = Scene::new(1);
    assert!(scene.server.stop().success());
    let views = rusqlite::Connection::open(settled_views(scene.server.data())).unwrap();
    let refusing = format!(
        "CREATE TRIGGER refusing BEFORE INSERT ON sales WHEN NEW.table_no = {REFUSED}
         BEGIN SELECT RAISE(ABORT, 'refused'); END"
    );
    views.execute_batch(&refusing).unwrap();
    views.close().unwrap();
    scene.server.run();
    for table in [REFUSED, 8] {
        scene.store(0).order(table, &[(1, 2)]).is(200);
        scene.store(0).pay(table).is(201);
    }
    let health = scene.server.guest().until("/health/ready", |health| !stopped(health).is_empty());
    let all = stopped(&health);
    assert!(all.len() == 1 && all[0].0 == "sales", "{health}");
    (scene, all[0].1)
}

#[test]
fn a_view_stands_at_what_it_cannot_take_until_it_is_left_out_through_the_server() {
    let (mut scene, position) = standing();
    let data = scene.server.data().to_owned();
    for (projection, elsewhere) in [("sales", position - 1), ("sales", position + 1), ("days", position), ("weeks", 0)]
    {
        let refused = skip(&data, projection, elsewhere);
        assert!(!refused.status.success(), "{projection} {elsewhere}: {refused:?}");
    }
    let done = skip(&data, "sales", position);
    assert!(done.status.success() && String::from_utf8_lossy(&done.stdout).contains("leaves out"), "{done:?}");
    scene.server.guest().until("/health/ready", |health| stopped(health).is_empty());
    // The one behind it is there by now, and so is all that the other views make of both.
    assert!(verified(&data).differences.is_empty());
    assert!(!skip(&data, "sales", position).status.success(), "there is nothing more to leave out");
    assert!(scene.server.stop().success());
    assert_eq!(sales(&data), 1);
}

#[test]
fn what_was_left_out_without_a_server_stays_left_out_over_a_rebuild() {
    let (mut scene, position) = standing();
    let data = scene.server.data().to_owned();
    assert!(scene.server.stop().success());
    assert!(skip(&data, "sales", position).status.success());
    scene.server.run();
    scene.server.guest().until("/health/ready", |health| stopped(health).is_empty());
    assert!(scene.server.stop().success());
    assert!(salesync(&["rebuild"], &data).status.success());
    assert_eq!(sales(&data), 1);
    assert!(verified(&data).differences.is_empty());
}

//! The data folder comes to harm: a second process, a broken page, an altered byte, an older log under newer views.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use serde_json::json;

use crate::scene::{Scene, ledger, settled_views, verified};

/// What a broken page is overwritten with.
const BROKEN: [u8; 4_096] = [0xA5; 4_096];

/// A shop with some history, at rest.
fn at_rest() -> Scene {
    let mut scene = Scene::new(1);
    trade(&mut scene);
    scene
}

/// Some more history, then to rest.
fn trade(scene: &mut Scene) {
    let load = scene.load(4, 8);
    load.door.await_tally("some history", |tally| tally.answers > 300);
    load.finish();
    assert!(scene.server.stop().success());
}

/// Serves on the folder. None if that goes well, in which case it is ended at once.
fn refusal(data: &Path) -> Option<(ExitStatus, String)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_salesync"))
        .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok) {
        if line.contains("\"serving\"") {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        said = said + &line + "\n";
    }
    Some((child.wait().unwrap(), said))
}

fn records(data: &Path) -> u64 {
    ledger(data).len()
}

/// How far the views are.
fn checkpoints(data: &Path) -> Vec<u64> {
    let connection = rusqlite::Connection::open(settled_views(data)).unwrap();
    let mut places = connection.prepare("SELECT next FROM checkpoints ORDER BY projection").unwrap();
    places.query_map([], |row| row.get::<_, i64>(0)).unwrap().map(|next| next.unwrap().unsigned_abs()).collect()
}

fn overwrite_the_middle(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2 / BROKEN.len() * BROKEN.len();
    bytes[middle..middle + BROKEN.len()].copy_from_slice(&BROKEN);
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn a_second_process_on_the_folder_is_refused_and_told_which_one_is_there() {
    let scene = Scene::new(1);
    let (status, said) = refusal(scene.server.data()).expect("a refusal");
    assert!(!status.success());
    let holder = format!("another salesync (process {}) is running on the data folder", scene.server.pid());
    assert!(said.contains(&holder), "{said}");
    scene.store(0).order(1, &[(1, 1)]).is(200);
}

#[test]
fn a_broken_page_of_the_log_is_found_at_start() {
    let scene = at_rest();
    overwrite_the_middle(&scene.server.data().join("log.db"));
    let (status, said) = refusal(scene.server.data()).expect("a refusal");
    assert!(!status.success() && said.contains("the log is damaged"), "{status}: {said}");
}

#[test]
fn one_altered_letter_in_the_log_is_found_at_start() {
    let scene = at_rest();
    let log = rusqlite::Connection::open(scene.server.data().join("log.db")).unwrap();
    // Valid JSON, and another amount; SQLite sees nothing wrong with it.
    let altered = log.execute(
        r#"UPDATE records SET value = CAST(replace(CAST(value AS TEXT), '"unit_price":1', '"unit_price":2') AS BLOB)
           WHERE position = (SELECT max(position) FROM records WHERE CAST(value AS TEXT) LIKE '%"unit_price":1%')"#,
        [],
    );
    assert_eq!(altered.unwrap(), 1);
    log.close().unwrap();
    let (status, said) = refusal(scene.server.data()).expect("a refusal");
    assert!(!status.success() && said.contains("checksum does not fit"), "{status}: {said}");
}

#[test]
fn broken_read_models_are_folded_anew_and_equal_the_log() {
    let mut scene = at_rest();
    let end = records(scene.server.data());
    overwrite_the_middle(&settled_views(scene.server.data()));
    scene.server.run();
    scene.server.wait_for_log(|line| line["message"].as_str().is_some_and(|said| said.contains("folded anew")));
    let till = scene.store(0);
    till.order(1, &[(1, 1)]).is(200);
    till.get("/orders/unpaids").is(200);
    let views = verified(scene.server.data());
    assert!(views.differences.is_empty() && views.rows > 0, "{views:?}");
    // The claim of this start, and the order.
    assert!(views.reached.iter().all(|(.., next)| *next == end + 2), "{end}: {views:?}");
}

/// A shop whose log is an older copy of it, the positions at which that ends and that had been reached, and whatever
/// is to be done before the next start.
fn under_an_older_log(meanwhile: impl FnOnce(&Path)) -> (Scene, u64, u64) {
    let mut scene = at_rest();
    let log = scene.server.data().join("log.db");
    let older = std::fs::read(&log).unwrap();
    let cut = records(scene.server.data());
    scene.server.run();
    trade(&mut scene);
    let had = records(scene.server.data());
    assert!(had > cut && checkpoints(scene.server.data()).iter().all(|next| *next == had));
    std::fs::write(&log, &older).unwrap();
    meanwhile(scene.server.data());
    (scene, cut, had)
}

#[test]
fn an_older_log_under_newer_views_is_refused_and_both_places_are_named() {
    // With the writer's snapshot, and without it: then the writer alone would notice nothing.
    for snapshots_stay in [true, false] {
        let (scene, cut, had) = under_an_older_log(|data| {
            if !snapshots_stay {
                std::fs::remove_dir_all(data.join("snapshots")).unwrap();
            }
        });
        let data = scene.server.data();
        let (status, said) = refusal(data).expect("a refusal");
        let named = format!("the log ends at {cut}, but {had} had been read of it");
        assert!(!status.success() && said.contains(&named), "{status}: {said}");
        assert_eq!(records(data), cut, "the log was written");
        assert!(checkpoints(data).iter().all(|next| *next == had), "the views were written");
    }
}

#[test]
fn an_older_log_under_a_newer_snapshot_is_never_written_and_both_places_are_named() {
    let (mut scene, cut, had) = under_an_older_log(|data| std::fs::remove_dir_all(data.join("views")).unwrap());
    scene.server.run();
    let named = format!("the log ends at {cut}, but {had} had been read of it");
    scene.server.wait_for_log(|line| line.to_string().contains(&named));
    let refused = scene.store(0).post("/orders/", &json!({"table_no": 1, "carts": []}));
    assert_eq!(refused.json()["outcome"], "not_applied", "{refused:?}");
    let ready = scene.server.guest().get("/health/ready").is(503);
    assert_eq!(ready["status"], "not ready", "{ready}");
    scene.server.kill();
    assert_eq!(records(scene.server.data()), cut, "the log was written");
}

#[test]
fn an_older_log_without_what_was_made_of_it_is_an_ordinary_restore() {
    let mut scene = at_rest();
    for made in ["views", "snapshots"] {
        std::fs::remove_dir_all(scene.server.data().join(made)).unwrap();
    }
    scene.server.run();
    let load = scene.load(2, 9);
    load.door.await_tally("answers", |tally| tally.answers > 20);
    load.finish();
    scene.store(0).get("/orders/unpaids").is(200);
    assert!(scene.server.stop().success());
    let views = verified(scene.server.data());
    assert!(views.differences.is_empty() && views.rows > 0, "{views:?}");
}

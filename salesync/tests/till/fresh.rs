//! How new an answer is: positions, what a client may wait for, and what it need not fetch again.

use std::sync::LazyLock;

use serde_json::json;

use crate::harness::{Answer, NOON, Server, Till, registration};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

fn position(answer: &Answer) -> u64 {
    answer.header("salesync-position").unwrap().rsplit('-').next().unwrap().parse().unwrap()
}

/// A client that does not know of its own writes.
fn forgetful(till: &Till) -> Till {
    SERVER.guest().bearer(till.token())
}

#[test]
fn every_write_says_where_it_stands_and_every_answer_how_far_it_looked() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let first = till.order(1, &[(1, 1)]);
    let second = till.order(1, &[(1, 1)]);
    let form = first.header("salesync-position").unwrap();
    let parts: Vec<&str> = form.split('-').collect();
    assert_eq!((parts.len(), parts[0].len()), (3, 8), "{form}");
    assert!(parts[0].bytes().all(|byte| byte.is_ascii_hexdigit()));
    let partitions = SERVER.writers(&SERVER.guest().get("/health/ready").is(200)).len();
    assert!(parts[1].parse::<usize>().unwrap() < partitions, "{form}");
    assert!(
        [&first, &second].iter().all(|answer| answer.header("salesync-position").unwrap().starts_with(&form[..10]))
    );
    assert!(position(&second) > position(&first));
    let seen = till.get("/orders/unpaids");
    assert!(position(&seen) >= position(&second));
}

#[test]
fn who_asks_for_a_position_sees_at_least_that_even_if_the_write_did_not_wait() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    for times in 1..=20_i64 {
        let written = till.with("Prefer", "respond-async").order(1, &[(1, 1)]);
        let after = written.header("salesync-position").unwrap().to_owned();
        let plain = forgetful(&till);
        for path in ["/orders/unpaids/1", "/orders/unpaids"] {
            let seen = plain.get(&format!("{path}?after={after}"));
            assert!(position(&seen) >= position(&written));
        }
        let table = plain.get(&format!("/orders/unpaids/1?after={after}")).is(200);
        assert_eq!(table["total_price"], json!(5000 * times));
        let listed = plain.get(&format!("/orders/daily?date={}&after={after}", NOON.day(0))).is(200);
        assert_eq!(listed["orders"].as_array().unwrap().len() as i64, times);
    }
}

#[test]
fn a_position_that_does_not_come_is_503_and_one_of_another_log_is_nothing() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let here = till.order(1, &[(1, 1)]).header("salesync-position").unwrap().to_owned();
    let (place, _) = here.rsplit_once('-').unwrap();
    let partition = place.split('-').next_back().unwrap();
    let plain = forgetful(&till);
    let late = plain.get(&format!("/orders/unpaids?after={place}-999999999"));
    assert_eq!(late.refused(503, "not-yet-visible")["outcome"], "not_applied");
    assert!(late.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    plain.get(&format!("/orders/unpaids?after=00000000-{partition}-999999999")).is(200);
    plain.get(&format!("/orders/unpaids?after={here},00000000-3-7,")).is(200);
    for wrong in ["x", "1", "5f3a90c1-0", "5f3a90c1-0--1", "zzzzzzzz-0-1"] {
        let refused = plain.get(&format!("/orders/unpaids?after={wrong}")).refused(422, "invalid-field");
        assert_eq!(refused["field"], "after", "{wrong}");
    }
}

#[test]
fn an_unchanged_answer_is_304_and_a_neighbours_write_changes_nothing() {
    let (till, neighbour) = (SERVER.cafe(&[("라떼", 5000)]), SERVER.cafe(&[("차", 4000)]));
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    let range = format!("start={0}&end={0}", NOON.day(0));
    for path in [
        "/stores/".to_owned(),
        "/categories/".to_owned(),
        "/orders/unpaids".to_owned(),
        "/orders/unpaids/1".to_owned(),
        format!("/dashboard/volumes?{range}"),
        format!("/bff/sales?{range}"),
    ] {
        let first = till.get(&path);
        let tag = first.header("etag").unwrap().to_owned();
        neighbour.order(1, &[(1, 1)]).is(200);
        let again = till.with("If-None-Match", &tag).get(&path);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        assert_eq!(again.header("etag"), Some(tag.as_str()));
        assert!(first.header("vary").unwrap().to_lowercase().contains("authorization"));
        assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    }
}

#[test]
fn a_change_is_a_new_answer_with_a_new_tag() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let first = till.get("/orders/unpaids");
    let tag = first.header("etag").unwrap().to_owned();
    till.order(1, &[(1, 1)]).is(200);
    let again = till.with("If-None-Match", &tag).get("/orders/unpaids");
    again.is(200);
    assert_ne!(again.header("etag"), Some(tag.as_str()));
}

#[test]
fn another_stores_tag_is_no_tag() {
    let (till, other) = (SERVER.sign_up(), SERVER.sign_up());
    let tag = other.get("/categories/").header("etag").unwrap().to_owned();
    assert_eq!(till.with("If-None-Match", &tag).get("/categories/").is(200)["store_id"], till.store_id);
    assert_eq!(other.with("If-None-Match", &tag).get("/categories/").status, 304);
}

#[test]
fn an_answer_outlives_a_restart_byte_by_byte() {
    let mut server = Server::start();
    let till = server.cafe(&[("라떼", 5000)]);
    till.cost(1, 1000);
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    till.order(2, &[(1, 1)]).is(200);
    let range = format!("start={}&end={}", NOON.day(-6), NOON.day(0));
    let paths = [
        "/stores/".to_owned(),
        "/categories/items".to_owned(),
        "/orders/unpaids".to_owned(),
        "/sales/".to_owned(),
        format!("/orders/period?{range}"),
        format!("/dashboard/volumes?{range}"),
        format!("/dashboard/sales?{range}"),
    ];
    let answers = |till: &Till| paths.iter().map(|path| till.get(path).body).collect::<Vec<_>>();
    let before = answers(&till);
    server.crash_and_restart();
    assert_eq!(answers(&till.at(&server)), before);
    // The read models are disposable: without them the same answers come from the log.
    assert!(server.stop().success());
    server.lose_views();
    server.run();
    assert_eq!(answers(&till.at(&server)), before);
}

#[test]
fn who_signs_up_or_writes_sees_it_at_once_without_asking_for_a_position() {
    let username = crate::harness::new_name();
    let answer = SERVER.guest().post("/stores/", &registration(&username, &json!({}))).is(201);
    let plain = SERVER.guest().bearer(answer["token"]["access_token"].as_str().unwrap());
    for _ in 0..4 {
        assert_eq!(plain.get("/categories/").is(200)["categories"], json!([]));
    }
    plain.get("/categories/items").is(200);
    plain.get("/orders/unpaids").is(200);
}

//! The same request twice: what a key promises over HTTP.

use std::sync::LazyLock;
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Server, Till, new_name, registration};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

fn one_latte(till: &Till) -> Answer {
    till.order(1, &[(1, 1)])
}

#[test]
fn the_same_key_twice_in_a_row_is_one_order_and_one_answer() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let keyed = till.key("a-1");
    let (first, again) = (one_latte(&keyed), one_latte(&keyed));
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(first.is(200)["result"], "success");
    assert_eq!(first.header("salesync-position"), again.header("salesync-position"));
    assert_eq!(till.table(1), (vec![(1, 1)], 5000));
}

#[test]
fn the_same_key_sixteen_times_at_once_is_one_order() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let keyed = till.key("at-once");
    let at_once: Vec<_> = (0..16)
        .map(|_| {
            let keyed = keyed.clone();
            thread::spawn(move || one_latte(&keyed))
        })
        .collect();
    let answers: Vec<Answer> = at_once.into_iter().map(|asked| asked.join().unwrap()).collect();
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
    }
    assert_eq!(till.table(1), (vec![(1, 1)], 5000));
}

#[test]
fn the_same_key_with_another_request_is_422_and_speaks_for_nothing() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let keyed = till.key("b-1");
    let first = one_latte(&keyed);
    assert_eq!(keyed.order(1, &[(1, 2)]).refused(422, "key-reused")["field"], "Idempotency-Key");
    keyed.order(2, &[(1, 1)]).refused(422, "key-reused");
    keyed.pay(1).refused(422, "key-reused");
    keyed.with("Prefer", "handling=strict").order(1, &[(1, 1)]).refused(422, "key-reused");
    // The refusal took nothing from the key: the first request still has its answer.
    assert_eq!(one_latte(&keyed).body, first.body);
    assert_eq!(till.table(1), (vec![(1, 1)], 5000));
}

#[test]
fn the_same_key_in_another_store_is_another_key() {
    let (till, other) = (SERVER.cafe(&[("라떼", 5000)]), SERVER.cafe(&[("차", 4000)]));
    one_latte(&till.key("c-1")).is(200);
    one_latte(&other.key("c-1")).is(200);
    assert_eq!((till.table(1).1, other.table(1).1), (5000, 4000));
}

#[test]
fn a_refusal_that_was_decided_is_the_answer_for_good() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let keyed = till.key("d-1");
    let refused = keyed.pay(1);
    refused.refused(409, "no-open-order");
    one_latte(&till).is(200);
    let again = keyed.pay(1);
    assert_eq!((again.status, &again.body), (409, &refused.body));
    assert_eq!(again.header("content-type"), Some("application/problem+json"));
    till.key("d-2").pay(1).is(201);
}

#[test]
fn what_was_already_so_is_the_answer_for_good_too() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let keyed = till.key("e-1");
    let nothing = keyed.delete("/orders/1");
    assert_eq!(nothing.is(200)["orders"], json!([]));
    one_latte(&till).is(200);
    assert_eq!(keyed.delete("/orders/1").body, nothing.body);
    assert_eq!(till.table(1), (vec![(1, 1)], 5000));
}

#[test]
fn a_field_that_was_refused_leaves_the_key_free() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let keyed = till.key("f-1");
    keyed.order(1, &[(1, -1)]).refused(422, "invalid-field");
    one_latte(&keyed).is(200);
}

#[test]
fn both_slash_forms_are_one_request() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let keyed = till.key("g-1");
    let body = json!({"table_no": 1, "carts": [{"item_id": 1, "quantity": 1}]});
    let (plain, slashed) = (keyed.post("/orders", &body), keyed.post("/orders/", &body));
    assert_eq!((plain.status, plain.body), (200, slashed.body));
    assert_eq!(till.table(1), (vec![(1, 1)], 5000));
}

#[test]
fn a_key_is_1_to_255_visible_characters_sent_once() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let longest = "k".repeat(255);
    one_latte(&till.key(&longest)).is(200);
    for wrong in ["", "with blank", "키", &"k".repeat(256)] {
        let refused = one_latte(&till.key(wrong)).refused(422, "invalid-field");
        assert_eq!(refused["field"], "Idempotency-Key", "{wrong}");
    }
    let mut twice = till.key("one");
    twice.headers.push(("Idempotency-Key".to_owned(), "two".to_owned()));
    one_latte(&twice).refused(422, "invalid-field");
    assert_eq!(till.table(1), (vec![(1, 1)], 5000));
}

#[test]
fn a_key_is_remembered_over_a_crash() {
    let mut server = Server::start();
    let till = server.cafe(&[("라떼", 5000)]);
    let placed = one_latte(&till.key("h-1"));
    let refused = till.key("h-2").pay(7);
    placed.is(200);
    refused.refused(409, "no-open-order");
    server.crash_and_restart();
    let till = till.at(&server);
    assert_eq!(one_latte(&till.key("h-1")).body, placed.body);
    assert_eq!(till.key("h-2").pay(7).body, refused.body);
    assert_eq!(till.table(1), (vec![(1, 1)], 5000));
    till.key("h-1").order(1, &[(1, 2)]).refused(422, "key-reused");
    assert!(server.stop().success());
    server.run();
    assert_eq!(one_latte(&till.at(&server).key("h-1")).body, placed.body);
}

fn less_token(answer: &Answer) -> Value {
    let mut body = answer.is(201);
    body.as_object_mut().unwrap().remove("token");
    body
}

#[test]
fn a_sign_up_that_is_sent_again_with_its_key_gets_its_answer_and_a_token() {
    let guest = SERVER.guest().key("sign-up-1");
    let body = registration(&new_name(), &json!({}));
    let (first, again) = (guest.post("/stores/", &body), guest.post("/stores/", &body));
    assert_eq!(less_token(&first), less_token(&again));
    for answer in [first, again] {
        let body = answer.json();
        let till = SERVER.guest().bearer(body["token"]["access_token"].as_str().unwrap());
        till.get("/orders/unpaids").is(200);
    }
}

#[test]
fn knowing_a_sign_ups_key_without_its_password_opens_nothing() {
    let guest = SERVER.guest().key("sign-up-2");
    let name = new_name();
    guest.post("/stores/", &registration(&name, &json!({}))).is(201);
    let tried = guest.post("/stores/", &registration(&name, &json!({"password": "Another1!!"})));
    tried.refused(409, "username-taken");
    let elsewhere = registration(&name, &json!({"store_name": "다른 가게"}));
    guest.post("/stores/", &elsewhere).refused(422, "key-reused");
}

#[test]
fn a_password_change_that_is_sent_again_with_its_key_wants_the_new_password() {
    let till = SERVER.sign_up();
    let path = format!("/stores/{}", till.store_id);
    let keyed = till.key("password-1");
    let first = keyed.put(&path, &json!({"password": "Another1!!"}));
    assert_eq!(keyed.put(&path, &json!({"password": "Another1!!"})).body, first.body);
    first.is(200);
    keyed.put(&path, &json!({"password": "Guessed-1!!"})).refused(422, "key-reused");
    let log_in = json!({"username": till.username, "password": "Another1!!"});
    SERVER.guest().post("/stores/login", &log_in).is(200);
}

#[test]
fn a_closing_that_is_sent_again_with_its_key_gets_its_answer() {
    let till = SERVER.sign_up();
    let path = format!("/stores/{}", till.store_id);
    let keyed = till.key("close-1");
    let first = keyed.delete(&path);
    first.is(200);
    let again = keyed.delete(&path);
    assert_eq!((again.status, &again.body), (200, &first.body));
    till.delete(&path).refused(401, "unauthorized");
    till.key("close-2").delete(&path).refused(401, "unauthorized");
    let log_in = json!({"username": till.username, "password": PASSWORD});
    SERVER.guest().post("/stores/login", &log_in).refused(400, "wrong-credentials");
}

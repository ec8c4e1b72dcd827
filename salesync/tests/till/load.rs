//! The published load scripts, request by request as they are, on a demonstration store; and what they are told where
//! there is none.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Server, Till, registration};

const STORE: &str = "loadstore";

static DEMONSTRATION: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::with(&["--demonstration-store", STORE], &[]);
    let owner = server.sign_up_as(STORE, &json!({}));
    owner.menu(&[("아메리카노", 20), ("라떼", 30)]);
    server
});
static ORDINARY: LazyLock<Server> = LazyLock::new(Server::start);

/// Headers as published: two of them empty, JSON also on GET.
fn script(server: &Server) -> Till {
    let till = server.guest().with("Content-Type", "application/json");
    till.with("Authorization", "").with("X-CSRF-TOKEN", "")
}

/// Every request of the scripts; of the payment, which needs an order, the order goes before.
fn requests() -> Vec<(&'static str, String, Option<Value>)> {
    let order = json!({"table_no": 1, "carts": [{"item_id": 1, "quantity": 1}, {"item_id": 2, "quantity": 1}]});
    let mut requests = vec![
        ("GET", "/categories/".to_owned(), None),
        ("POST", "/categories/".to_owned(), Some(json!({"name": "New Category 17"}))),
        ("GET", "/categories/items".to_owned(), None),
        ("POST", "/categories/1/items".to_owned(), Some(json!({"name": "New Item 17", "price": 20.0}))),
        ("GET", "/categories/items/costs?store_id=1".to_owned(), None),
        (
            "POST",
            "/categories/items/costs".to_owned(),
            Some(json!({"store_id": 1, "items": [{"item_id": 1, "cost": 5.0}, {"item_id": 2, "cost": 7.0}]})),
        ),
        ("POST", "/orders/".to_owned(), Some(order)),
        ("GET", "/orders/unpaids".to_owned(), None),
        ("GET", "/orders/daily?date=2024-01-25".to_owned(), None),
        ("GET", "/orders/period?start=2024-01-25&end=2024-01-25".to_owned(), None),
        ("GET", "/sales/".to_owned(), None),
        ("POST", "/sales/".to_owned(), Some(json!({"table_no": 1, "payment_type": "card", "total_price": 50.0}))),
        ("GET", "/sales/daily?date=2022-01-23".to_owned(), None),
        ("GET", "/sales/period?start=2022-01-01&end=2022-01-31".to_owned(), None),
    ];
    requests.extend((1..=8).map(|table| ("GET", format!("/orders/unpaids/{table}"), None)));
    requests
}

fn send(till: &Till, method: &str, path: &str, body: Option<&Value>) -> crate::harness::Answer {
    till.send(method, path, body.map(ToString::to_string).as_deref().map(str::as_bytes))
}

#[test]
fn every_request_of_the_scripts_succeeds_on_the_demonstration_store() {
    let till = script(&DEMONSTRATION);
    for (method, path, body) in requests() {
        let answer = send(&till, method, &path, body.as_ref());
        let created = method == "POST" && (path.starts_with("/categories") && !path.ends_with("costs"));
        let expected: &[u16] = match (method, path.as_str()) {
            _ if created => &[201, 409],
            ("POST", "/sales/") => &[201],
            _ => &[200],
        };
        assert!(expected.contains(&answer.status), "{method} {path}: {}", answer.text());
        let body = answer.json();
        match path.as_str() {
            "/categories/" if method == "GET" => assert!(body["categories"].is_array() && !body["store_id"].is_null()),
            "/orders/" => assert_eq!(body["result"], "success"),
            _ => {}
        }
    }
}

#[test]
fn requests_without_any_authorization_are_served_too() {
    let till = DEMONSTRATION.guest();
    for path in ["/orders/daily?date=2024-01-25", "/orders/period?start=2024-01-25&end=2024-01-25"] {
        till.get(path).is(200);
    }
    till.get("/categories/items/costs?store_id=1").is(200);
}

#[test]
fn the_same_name_again_is_409_as_the_scripts_expect() {
    let till = script(&DEMONSTRATION);
    let category = json!({"name": "New Category 4000"});
    till.post("/categories/", &category).is(201);
    till.post("/categories/", &category).refused(409, "name-in-use");
    let item = json!({"name": "New Item 4000", "price": 20.0});
    till.post("/categories/1/items", &item).is(201);
    till.post("/categories/1/items", &item).refused(409, "name-in-use");
}

#[test]
fn everything_else_wants_a_token_there_too() {
    let till = script(&DEMONSTRATION);
    for (method, path) in [
        ("GET", "/stores/"),
        ("PUT", "/stores/1"),
        ("DELETE", "/stores/1"),
        ("POST", "/stores/pwcheck"),
        ("PUT", "/categories/1"),
        ("DELETE", "/categories/1"),
        ("GET", "/categories/items/1"),
        ("PUT", "/categories/items/1"),
        ("DELETE", "/categories/items/1"),
        ("PUT", "/categories/items/costs/1"),
        ("PUT", "/orders/"),
        ("DELETE", "/orders/1"),
        ("DELETE", "/sales/1"),
        ("GET", "/bff/sales?start=2024-01-25&end=2024-01-25"),
        ("GET", "/bff/volumes?start=2024-01-25&end=2024-01-25"),
        ("GET", "/bff/costs"),
        ("POST", "/bff/costs"),
        ("GET", "/dashboard/costs"),
        ("POST", "/dashboard/costs"),
        ("PUT", "/dashboard/costs/1"),
        ("GET", "/dashboard/sales?start=2024-01-25&end=2024-01-25"),
        ("GET", "/dashboard/volumes?start=2024-01-25&end=2024-01-25"),
        ("GET", "/dashboard/calculate?date=2024-01-25"),
        ("GET", "/consulting"),
    ] {
        till.send(method, path, Some(b"{}")).refused(401, "unauthorized");
    }
}

#[test]
fn a_bad_token_stays_401_and_a_good_one_speaks_for_its_own_store() {
    for (method, path, body) in requests() {
        for bad in ["Bearer null", "Bearer a.b.c", "x"] {
            let till = script(&DEMONSTRATION).with("Authorization", bad);
            send(&till, method, &path, body.as_ref()).refused(401, "unauthorized");
        }
    }
    let other = DEMONSTRATION.sign_up();
    assert_eq!(other.get("/categories/").is(200)["categories"], json!([]));
}

#[test]
fn without_the_option_every_request_of_the_scripts_is_401() {
    let owner = ORDINARY.sign_up_as(STORE, &json!({}));
    owner.menu(&[("아메리카노", 20), ("라떼", 30)]);
    for (method, path, body) in requests() {
        send(&script(&ORDINARY), method, &path, body.as_ref()).refused(401, "unauthorized");
        send(&ORDINARY.guest(), method, &path, body.as_ref()).refused(401, "unauthorized");
    }
}

#[test]
fn the_option_is_logged_loudly_and_opens_nothing_but_that_store() {
    let warned = DEMONSTRATION.wait_for_log(|line| line["level"] == "WARN" && line["store.id"].is_string());
    let log_in = json!({"username": STORE, "password": PASSWORD});
    let store = DEMONSTRATION.guest().post("/stores/login", &log_in).is(200)["store_id"].clone();
    assert_eq!(warned["store.id"], store);
    assert_eq!(script(&DEMONSTRATION).get("/categories/").is(200)["store_id"], store);
    // Its name is no secret, but it is as taken as any other.
    let again = DEMONSTRATION.guest().post("/stores/", &registration(STORE, &json!({})));
    again.refused(409, "username-taken");
}

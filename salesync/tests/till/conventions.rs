//! What holds for every request: slashes, origins, headers, numbers, dates, the order in which it is refused.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::harness::{Answer, NOON, Server};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// One path of every shape that clients send, each answered to its owner with this status.
const PATHS: [(&str, u16); 34] = [
    ("/stores", 200),
    ("/stores/check?username=somebody", 200),
    ("/categories", 200),
    ("/categories/items", 200),
    ("/categories/items/1", 200),
    ("/categories/items/costs", 200),
    ("/orders/unpaids", 200),
    ("/orders/unpaids/1", 200),
    ("/orders/daily?date=2024-01-25", 200),
    ("/orders/period?start=2024-01-25&end=2024-01-25", 200),
    ("/sales", 200),
    ("/sales/daily?date=2022-01-23", 200),
    ("/sales/period?start=2022-01-01&end=2022-01-31", 200),
    ("/bff/sales?start=2024-01-25&end=2024-01-25", 200),
    ("/bff/volumes?start=2024-01-25&end=2024-01-25", 200),
    ("/bff/costs", 200),
    ("/dashboard/sales?start=2024-01-25&end=2024-01-25", 200),
    ("/dashboard/volumes?start=2024-01-25&end=2024-01-25", 200),
    ("/dashboard/costs", 200),
    ("/dashboard/calculate?date=2024-01-25", 200),
    ("/consulting", 422),
    ("/consulting/test", 422),
    ("/settlements", 200),
    ("/settlements/2024-01-25", 404),
    ("/messages", 200),
    ("/consulting/1", 404),
    ("/consulting/test/1", 404),
    ("/dashboard/consulting/1", 404),
    ("/dashboard/consulting/test/1", 404),
    ("/stores/all", 404),
    ("/orders/paid", 404),
    ("/health/live", 200),
    ("/health/ready", 200),
    ("/nowhere", 404),
];

fn with_slash(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if query.is_empty() { format!("{path}/") } else { format!("{path}/?{query}") }
}

#[test]
fn both_slash_forms_of_every_path_are_answered_alike_without_a_redirect() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    for (path, status) in PATHS {
        let (plain, slashed) = (till.get(path), till.get(&with_slash(path)));
        assert_eq!((plain.status, slashed.status), (status, status), "{path}");
        // How far readiness has come may change from one answer to the next.
        let said = |answer: &Answer| if path == "/health/ready" { bare_status(answer) } else { answer.text() };
        assert_eq!(said(&plain), said(&slashed), "{path}");
    }
    let item = json!({"name": "차", "price": 1});
    for (method, path, body) in [
        ("POST", "/categories", json!({"name": "a"})),
        ("POST", "/categories/", json!({"name": "b"})),
        ("PUT", "/categories/2/", json!({"name": "c"})),
        ("POST", "/categories/1/items/", item),
        ("PUT", "/categories/items/1/", json!({"name": "물", "price": 2})),
        ("POST", "/categories/items/costs/", json!({"items": []})),
        ("POST", "/bff/costs/", json!({"items": []})),
        ("POST", "/dashboard/costs/", json!({"items": []})),
        ("PUT", "/categories/items/costs/1/", json!({"cost": 1})),
        ("PUT", "/dashboard/costs/1/", json!({"cost": 2})),
        ("POST", "/orders", json!({"table_no": 1, "carts": [{"item_id": 1, "quantity": 1}]})),
        ("PUT", "/orders", json!({"table_no": 1, "carts": [{"item_id": 1, "quantity": 2}]})),
        ("POST", "/sales", json!({"table_no": 1, "payment_type": "card"})),
        ("DELETE", "/sales/1/", json!({})),
        ("DELETE", "/orders/1/", json!({})),
        ("DELETE", "/categories/items/1/", json!({})),
        ("DELETE", "/categories/2/", json!({})),
        ("POST", "/stores/pwcheck/", json!({"password": "x"})),
    ] {
        let answer = till.send(method, path, Some(body.to_string().as_bytes()));
        assert!(matches!(answer.status, 200 | 201), "{method} {path}: {}", answer.text());
    }
}

fn bare_status(answer: &Answer) -> String {
    answer.json()["status"].to_string()
}

fn preflight(path: &str, origin: &str, method: &str, headers: &str) -> Answer {
    let preflight = SERVER.guest().with("Origin", origin).with("Access-Control-Request-Method", method);
    preflight.with("Access-Control-Request-Headers", headers).send("OPTIONS", path, None)
}

#[test]
fn a_preflight_is_answered_on_any_path_without_a_token() {
    let asked = "authorization,content-type,x-csrf-token,idempotency-key,prefer,if-none-match";
    for path in ["/stores/", "/categories/", "/orders", "/sales/", "/bff/costs", "/orders/7", "/nowhere/at/all/"] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer = preflight(path, "https://salesync.site", method, asked);
            assert!(matches!(answer.status, 200 | 204), "{method} {path}: {}", answer.status);
            assert_eq!(answer.header("access-control-allow-origin"), Some("https://salesync.site"));
            let methods = answer.header("access-control-allow-methods").unwrap();
            assert!(methods.split(',').any(|known| known.trim() == method), "{methods}");
            let headers = answer.header("access-control-allow-headers").unwrap();
            assert!(asked.split(',').all(|name| headers.split(',').any(|known| known.trim() == name)), "{headers}");
            assert!(answer.header("access-control-max-age").unwrap().parse::<u32>().unwrap() >= 3600);
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
    }
}

#[test]
fn the_page_of_development_may_call_and_a_strangers_may_not() {
    let origin = |origin: &str| {
        let answer = preflight("/orders/", origin, "POST", "authorization");
        answer.header("access-control-allow-origin").map(ToOwned::to_owned)
    };
    assert_eq!(origin("http://localhost:3000").as_deref(), Some("http://localhost:3000"));
    assert_eq!(origin("https://elsewhere.example"), None);
}

#[test]
fn every_answer_and_every_refusal_can_be_read_by_the_page() {
    let till = SERVER.cafe(&[("라떼", 5500)]).with("Origin", "https://salesync.site");
    let nobody = SERVER.guest().with("Origin", "https://salesync.site");
    let log_in = json!({"username": "nobody", "password": "wrong-one1"});
    for (answer, status) in [
        (till.get("/categories/"), 200),
        (till.order(1, &[(1, 1)]), 200),
        (till.send("POST", "/orders/", Some(b"{")), 400),
        (nobody.post("/stores/login", &log_in), 400),
        (nobody.get("/orders/unpaids"), 401),
        (till.get("/nowhere"), 404),
        (till.send("PATCH", "/orders", None), 405),
        (till.pay(9), 409),
        (till.send("POST", "/orders/", Some(&vec![b' '; 3 << 20])), 413),
        (till.order(1, &[(1, 0)]), 422),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://salesync.site"), "{status}");
        let exposed = answer.header("access-control-expose-headers").unwrap().to_lowercase();
        assert!(["salesync-position", "etag", "retry-after"].iter().all(|name| exposed.contains(name)), "{exposed}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

#[test]
fn any_origin_may_call_where_that_is_configured() {
    let server = Server::with(&["--cors-origins", "*"], &[]);
    let answer = server.guest().with("Origin", "https://elsewhere.example").get("/categories/");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, Some("*")));
}

#[test]
fn who_is_logged_out_sends_null_or_nothing_and_is_told_401() {
    let guest = SERVER.guest();
    let told = guest.get("/categories/");
    told.refused(401, "unauthorized");
    assert_eq!(told.header("www-authenticate"), Some("Bearer"));
    for sent in ["Bearer null", "Bearer undefined", "Bearer", "Bearer ", "", "null", "Basic YTpi", "Bearer a.b.c"] {
        let answer = guest.with("Authorization", sent).with("X-CSRF-Token", "null").get("/categories/");
        assert_eq!((answer.status, &answer.body), (401, &told.body), "{sent}");
    }
}

#[test]
fn a_csrf_token_is_accepted_whatever_it_says() {
    let till = SERVER.sign_up();
    for (name, csrf) in [("X-CSRF-Token", "not-needed"), ("X-CSRF-TOKEN", ""), ("x-csrf-token", "null")] {
        till.with(name, csrf).get("/categories/").is(200);
    }
    till.post("/categories/", &json!({"name": "without"})).is(201);
}

#[test]
fn whole_numbers_are_taken_in_every_form_that_clients_send() {
    let till = SERVER.cafe(&[]);
    for (nth, (sent, price)) in [
        (json!("5000"), 5000),
        (json!(" 5000 "), 5000),
        (json!(5000), 5000),
        (json!(20.0), 20),
        (json!(3_000_000_000_i64), 3_000_000_000_i64),
        (json!(0), 0),
    ]
    .into_iter()
    .enumerate()
    {
        let id =
            till.post("/categories/1/items", &json!({"name": format!("{nth}"), "price": sent})).is(201)["id"].clone();
        let item = till.get(&format!("/categories/items/{id}")).is(200)["item"].clone();
        assert_eq!(item["price"], json!(price));
    }
    let exponent = till.send("POST", "/categories/1/items", Some(br#"{"name":"e","price":5e3}"#)).is(201);
    let path = format!("/categories/items/{}", exponent["id"]);
    assert_eq!(till.get(&path).is(200)["item"]["price"], json!(5000));
}

#[test]
fn what_is_no_whole_number_is_refused_with_its_field() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let not_whole = [
        json!("5000a"),
        json!(""),
        json!("5.5"),
        json!("-5"),
        json!(5.5),
        json!(-5),
        json!(true),
        json!([]),
        json!({}),
    ];
    for sent in not_whole.iter().chain([&Value::Null]) {
        let refused =
            till.post("/categories/1/items", &json!({"name": "x", "price": sent})).refused(422, "invalid-field");
        assert_eq!(refused["field"], "price", "{sent}");
    }
    for sent in &not_whole {
        let payment = json!({"table_no": 1, "payment_type": "card", "total_price": sent});
        assert_eq!(till.post("/sales/", &payment).refused(422, "invalid-field")["field"], "total_price", "{sent}");
        let order = json!({"table_no": sent, "carts": []});
        assert_eq!(till.post("/orders/", &order).refused(422, "invalid-field")["field"], "table_no", "{sent}");
        let cost = till.put("/categories/items/costs/1", &json!({"cost": sent}));
        assert_eq!(cost.refused(422, "invalid-field")["field"], "cost", "{sent}");
    }
    assert_eq!(till.get("/categories/items/1").is(200)["item"]["price"], json!(5500));
}

#[test]
fn unknown_fields_and_parameters_are_ignored_and_a_store_id_selects_nothing() {
    let (till, other) = (SERVER.cafe(&[("라떼", 5500)]), SERVER.cafe(&[("남의 것", 1)]));
    let body = json!({"store_id": other.store_id, "table_no": 1, "carts": [{"item_id": 1, "quantity": 1,
        "item_name": "?", "price": 1}], "total_price": 1, "more": {"deep": [1, 2]}});
    till.post(&format!("/orders/?store_id={}", other.store_id), &body).is(200);
    assert_eq!(till.table(1), (vec![(1, 1)], 5500));
    assert_eq!(other.table(1), (vec![], 0));
    for store in ["1", &other.store_id, "x"] {
        let costs = till.get(&format!("/categories/items/costs?store_id={store}")).is(200);
        assert_eq!(costs["items"][0]["name"], "라떼");
    }
}

#[test]
fn a_date_is_one_of_the_calendar_or_refused_by_its_name() {
    let till = SERVER.sign_up();
    for wrong in ["", "2024-1-5", "2024-02-30", "20240125", "2024-01-25T00:00:00", "0000-01-01", "x", "2024-01-25%20"] {
        for (path, field) in [
            (format!("/orders/daily?date={wrong}"), "date"),
            (format!("/sales/daily?date={wrong}"), "date"),
            (format!("/sales/period?start={wrong}&end=2024-01-25"), "start"),
            (format!("/bff/volumes?start=2024-01-25&end={wrong}"), "end"),
        ] {
            assert_eq!(till.get(&path).refused(422, "invalid-field")["field"], field, "{path}");
        }
    }
    assert_eq!(till.get("/orders/daily").refused(422, "invalid-field")["field"], "date");
    let backwards = till.get("/bff/sales?start=2024-01-25&end=2024-01-24").refused(422, "invalid-field");
    assert_eq!(backwards["field"], "end");
    till.get("/dashboard/volumes?start=2014-01-01&end=2024-01-08").is(200);
    let long = till.get("/dashboard/volumes?start=2014-01-01&end=2024-01-09").refused(422, "invalid-field");
    assert_eq!((&long["limit"], &long["maximum"]), (&json!("range_days"), &json!(3660)));
}

#[test]
fn dates_go_out_as_days_or_with_the_stores_offset() {
    let till = SERVER.sign_up();
    till.menu(&[("라떼", 5500)]);
    till.order(1, &[(1, 1)]).is(200);
    let opened = till.get("/orders/unpaids/1").is(200)["order_date"].clone();
    assert!(opened.as_str().unwrap().ends_with("+09:00") && opened.as_str().unwrap().len() == 25, "{opened}");
    till.pay(1).is(201);
    let sold = till.get("/sales/").is(200)["sales"][0]["sale_date"].clone();
    assert!(sold.as_str().unwrap().ends_with("+09:00"), "{sold}");
}

#[test]
fn numbers_go_out_as_numbers() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.cost(1, 1500);
    till.order(1, &[(1, 2)]).is(200);
    let open = till.get("/orders/unpaids/1").is(200);
    assert!(open["total_price"].is_i64() && open["table_no"].is_i64() && open["carts"][0]["quantity"].is_i64());
    till.pay(1).is(201);
    let range = format!("start={0}&end={0}", NOON.day(0));
    let item = till.get(&format!("/bff/sales?{range}")).is(200)["items"][0].clone();
    assert!(["sales_volume", "profit", "quantity", "item_id"].iter().all(|name| item[name].is_i64()), "{item}");
    let menu = till.get("/bff/costs").is(200)["items"][0]["items"][0].clone();
    assert!(menu["price"].is_i64() && menu["cost"].is_i64(), "{menu}");
}

#[test]
fn lists_are_whole_and_oldest_first() {
    let till = SERVER.cafe(&[]);
    let names: Vec<String> = (0..60).map(|nth| format!("{}", 60 - nth)).collect();
    for name in &names {
        till.post("/categories/", &json!({"name": name})).is(201);
        till.post("/categories/1/items", &json!({"name": name, "price": 1})).is(201);
    }
    let categories = till.get("/categories/").is(200)["categories"].clone();
    let shown: Vec<&str> = categories.as_array().unwrap().iter().skip(1).map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(shown, names);
    let items = till.get("/categories/items").is(200)["categories"][0]["items"].clone();
    let shown: Vec<&str> = items.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(shown, names);
}

#[test]
fn nothing_is_cached_without_being_asked_for_anew() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    for (path, status) in PATHS.iter().filter(|(_, status)| *status == 200).filter(|(path, _)| !path.contains("health"))
    {
        let answer = till.get(path);
        assert_eq!(answer.status, *status);
        let caching = answer.header("cache-control").unwrap_or_default();
        assert!(caching.contains("no-cache") || caching.contains("no-store"), "{path}: {caching:?}");
    }
}

#[test]
fn a_request_is_refused_for_its_route_then_method_then_token_then_body() {
    let (till, guest) = (SERVER.sign_up(), SERVER.guest());
    guest.send("PATCH", "/nowhere", Some(b"{")).refused(404, "not-found");
    guest.send("PATCH", "/orders", Some(b"{")).refused(405, "method-not-allowed");
    guest.get("/stores/all").refused(404, "not-found");
    guest.put("/orders/paid", &json!({})).refused(404, "not-found");
    guest.send("POST", "/orders", Some(b"{")).refused(401, "unauthorized");
    till.send("POST", "/orders", Some(b"{")).refused(400, "malformed-json");
    till.send("POST", "/orders", Some(b"{}")).refused(422, "invalid-field");
    for path in ["/categories/null", "/categories/items/undefined", "/orders/1.5", "/sales/-x", "/categories/99"] {
        till.delete(path).refused(404, "not-found");
        guest.delete(path).refused(401, "unauthorized");
    }
    till.put("/categories/null", &json!({"name": "x"})).refused(404, "not-found");
    till.get("/orders/unpaids/x").refused(404, "not-found");
}

#[test]
fn a_page_may_ask_ten_times_at_once() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let ask = |_| {
        let till = till.clone();
        std::thread::spawn(move || till.get("/categories/"))
    };
    let asked: Vec<_> = (0..10).map(ask).collect();
    for answer in asked {
        assert_eq!(answer.join().unwrap().is(200)["categories"][0]["name"], "음료");
    }
}

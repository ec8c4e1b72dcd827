//! The decisions D1 to D9, each as a client notices it.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::harness::{NOON, PASSWORD, Server};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

#[test]
fn d1_what_is_open_is_named_and_all_else_wants_a_token_of_its_own_store() {
    // Who has signed up knows that the writer serves and the views follow, so readiness says so too.
    let till = SERVER.sign_up();
    let guest = SERVER.guest();
    for path in ["/", "/health/live", "/health/ready", "/openapi.json", "/stores/check?username=x"] {
        assert_eq!(guest.get(path).status, 200, "{path}");
    }
    for path in ["/stores/all", "/orders/paid", "/stores/nobody/at/all", "/orders/unpaids/x"] {
        till.get(path).refused(404, "not-found");
    }
    till.put("/orders/paid", &json!({})).refused(404, "not-found");
    for (method, path) in
        [("DELETE", "/orders"), ("POST", "/orders/unpaids"), ("PUT", "/sales"), ("GET", "/stores/login")]
    {
        till.send(method, path, Some(b"{}")).refused(405, "method-not-allowed");
    }
}

#[test]
fn d3_booked_is_the_servers_total_and_the_stated_one_is_kept_beside_it() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let pay = |total: Value| {
        till.order(1, &[(1, 2)]).is(200);
        till.post("/sales/", &json!({"table_no": 1, "payment_type": "card", "total_price": total})).is(201)
    };
    let differs = pay(json!(50.0));
    assert_eq!((&differs["total_price"], &differs["stated_total_price"]), (&json!(11000), &json!(50)));
    assert_eq!(differs["difference"], json!(-10950));
    for agreed in [json!(11000), json!("11000"), Value::Null] {
        let sale = pay(agreed);
        assert_eq!((&sale["total_price"], sale.get("stated_total_price")), (&json!(11000), None), "{sale}");
    }
    let listed = till.get("/sales/").is(200)["sales"].clone();
    assert_eq!((&listed[0]["total_price"], &listed[0]["stated_total_price"]), (&json!(11000), &json!(50)));
    let day = till.get(&format!("/sales/daily?date={}", NOON.day(0))).is(200);
    assert_eq!(day["sales_volume"], json!(44000));
}

#[test]
fn d3_who_wants_it_strict_books_nothing_when_totals_differ() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.order(1, &[(1, 1)]).is(200);
    let strict = till.with("Prefer", "handling=strict");
    let pay =
        |total: i64| strict.post("/sales/", &json!({"table_no": 1, "payment_type": "card", "total_price": total}));
    let refused = pay(5000).refused(409, "totals-differ");
    assert_eq!((&refused["total_price"], &refused["stated_total_price"]), (&json!(5500), &json!(5000)));
    assert_eq!(till.table(1), (vec![(1, 1)], 5500));
    assert_eq!(till.get("/sales/").is(200)["sales"], json!([]));
    pay(5500).is(201);
}

#[test]
fn d4_a_removed_category_leaves_tables_and_history_as_they_are() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.cost(1, 1500);
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    till.order(2, &[(1, 1)]).is(200);
    let range = format!("/bff/sales?start={0}&end={0}", NOON.day(0));
    let before = till.get(&range).is(200);
    till.delete("/categories/1").is(200);
    assert_eq!(till.get("/categories/items").is(200)["categories"], json!([]));
    till.get("/categories/items/1").refused(404, "not-found");
    assert_eq!(till.get(&range).is(200), before);
    assert_eq!(till.get("/orders/unpaids").is(200)["orders"][0]["carts"][0]["item_name"], "라떼");
    assert_eq!(till.pay(2).is(201)["total_price"], json!(5500));
}

#[test]
fn d4_ones_own_name_is_no_conflict() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.put("/categories/1", &json!({"name": "음료"})).is(200);
    till.put("/categories/items/1", &json!({"name": "라떼", "price": 6000})).is(200);
    till.put("/categories/items/1", &json!({"name": "라떼", "price": 6000})).is(200);
}

#[test]
fn d5_a_day_is_the_stores_own_and_begins_when_it_says() {
    // It is noon there: the business day that begins a minute before midnight is still yesterday's.
    let fields = json!({"time_zone": NOON.zone, "day_begins": "23:59"});
    let till = SERVER.sign_up_as(&crate::harness::new_name(), &fields);
    till.menu(&[("라떼", 5500)]);
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    let volume = |days: i64| till.get(&format!("/sales/daily?date={}", NOON.day(days))).is(200)["sales_volume"].clone();
    assert_eq!((volume(-1), volume(0)), (json!(5500), json!(0)));
    let volumes = till.get(&format!("/bff/volumes?start={}&end={}", NOON.day(-3), NOON.day(0))).is(200);
    let shown: Vec<i64> =
        volumes["total"].as_array().unwrap().iter().map(|day| day["sales_volume"].as_i64().unwrap()).collect();
    assert_eq!(shown, [0, 0, 5500, 0]);
}

#[test]
fn d6_no_cost_is_cost_0_and_flagged_everywhere() {
    let till = SERVER.cafe(&[("라떼", 5500), ("차", 4000)]);
    till.cost(2, 1000);
    till.order(1, &[(1, 1), (2, 1)]).is(200);
    till.pay(1).is(201);
    let range = format!("start={0}&end={0}", NOON.day(0));
    for page in ["bff", "dashboard"] {
        let items = till.get(&format!("/{page}/sales?{range}")).is(200)["items"].clone();
        assert_eq!((&items[0]["profit"], &items[0]["cost_missing"]), (&json!(5500), &json!(true)));
        assert_eq!((&items[1]["profit"], items[1].get("cost_missing")), (&json!(3000), None));
        let day = till.get(&format!("/{page}/volumes?{range}")).is(200)["total"][0].clone();
        assert_eq!((&day["profit"], &day["cost_missing"]), (&json!(8500), &json!(true)));
    }
}

#[test]
fn d6_a_null_cost_and_an_equal_one_change_nothing() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.cost(1, 1500);
    let last = till.put("/categories/items/costs/1", &json!({"cost": 1500}));
    assert_eq!(last.is(200)["items"], json!([]));
    assert_eq!(till.put("/categories/items/costs/1", &json!({"cost": null})).is(200)["items"], json!([]));
    assert_eq!(till.get("/dashboard/costs").is(200)["items"][0]["cost"], json!(1500));
}

#[test]
fn d7_a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let owner = SERVER.sign_up();
    let log_in = |name: &str, password: &str| {
        SERVER.guest().post("/stores/login", &json!({"username": name, "password": password}))
    };
    let wrong = log_in(&owner.username, "Wrong-one1!");
    let unknown = log_in("nobody-at-all", PASSWORD);
    let problem = wrong.refused(400, "wrong-credentials");
    assert_eq!(problem["error"], problem["message"]);
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    let empty = log_in(&owner.username, "");
    assert_eq!((empty.status, &empty.body), (400, &wrong.body));
    assert_eq!(owner.post("/stores/pwcheck", &json!({"password": "Wrong-one1!"})).is(200)["result"], "failed");
    SERVER.guest().post("/stores/login", &json!({"username": owner.username})).refused(422, "invalid-field");
    log_in(&owner.username.to_uppercase(), PASSWORD).is(200);
}

#[test]
fn d8_every_refusal_is_a_problem_with_a_sentence_for_people() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let guest = SERVER.guest();
    guest.get("/sales").refused(401, "unauthorized");
    till.get("/nowhere").refused(404, "not-found");
    till.send("PATCH", "/sales", None).refused(405, "method-not-allowed");
    till.send("POST", "/sales", Some(b"nonsense")).refused(400, "malformed-json");
    till.pay(3).refused(409, "no-open-order");
    till.post("/sales", &json!({})).refused(422, "invalid-field");
    till.get("/consulting/1").refused(404, "not-found");
    let unknown = guest.send("TRACE", "/x", None);
    assert_eq!(unknown.header("content-type"), Some("application/problem+json"), "{unknown:?}");
}

#[test]
fn d8_a_limit_that_was_passed_is_named_with_its_bounds() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let name = "가".repeat(101);
    let refused = till.post("/categories/", &json!({"name": name})).refused(422, "invalid-field");
    assert_eq!((&refused["field"], &refused["limit"]), (&json!("name"), &json!("name_characters")));
    assert_eq!((&refused["minimum"], &refused["maximum"]), (&json!(1), &json!(100)));
    till.post("/categories/", &json!({"name": "가".repeat(100)})).is(201);
    let price = till.post("/categories/1/items", &json!({"name": "x", "price": 1_000_000_000_001_i64}));
    assert_eq!(price.refused(422, "invalid-field")["maximum"], json!(1_000_000_000_000_i64));
    let order = till.order(1, &[(1, 1_000_001)]).refused(422, "invalid-field");
    assert_eq!((&order["limit"], &order["field"]), (&json!("quantity"), &json!("carts[0].quantity")));
    let lines: Vec<(i64, i64)> = (0..501).map(|_| (1, 1)).collect();
    assert_eq!(till.order(1, &lines).refused(422, "invalid-field")["limit"], "lines");
    let dear = till.post("/categories/1/items", &json!({"name": "금", "price": 1_000_000_000_000_i64})).is(201);
    let total = till.order(1, &[(dear["id"].as_i64().unwrap(), 2)]).refused(422, "limit-exceeded");
    assert_eq!((&total["limit"], &total["maximum"]), (&json!("amount_minor_units"), &json!(1_000_000_000_000_i64)));
    assert_eq!(till.table(1), (vec![], 0));
}

#[test]
fn d9_payment_types_are_known_by_two_names_each_and_others_are_kept() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let longest = "가".repeat(200);
    let sent = ["카드", "card", "현금", "cash", "네이버페이", &longest];
    for kind in sent {
        till.order(1, &[(1, 1)]).is(200);
        till.post("/sales/", &json!({"table_no": 1, "payment_type": kind})).is(201);
    }
    let sales = till.get("/sales/").is(200)["sales"].clone();
    let kept: Vec<&str> = sales.as_array().unwrap().iter().map(|sale| sale["payment_type"].as_str().unwrap()).collect();
    assert_eq!(kept, ["card", "card", "cash", "cash", "네이버페이", &longest]);
    till.order(1, &[(1, 1)]).is(200);
    for wrong in ["", " ", &"가".repeat(201), "a\u{7}b"] {
        let body = json!({"table_no": 1, "payment_type": wrong});
        assert_eq!(till.post("/sales/", &body).refused(422, "invalid-field")["field"], "payment_type");
    }
}

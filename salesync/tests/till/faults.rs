//! What the backend that this one replaces did wrong, each as what happens now. The numbers are the contract's; what
//! was wrong with a day that has ended stands in `past`, and with advice nowhere yet.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::harness::{NOON, Server, Till, new_name, registration};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// Every figure of today, as bytes.
fn figures(till: &Till) -> Vec<Vec<u8>> {
    let day = NOON.day(0);
    let range = format!("start={day}&end={day}");
    [
        format!("/sales/daily?date={day}"),
        format!("/sales/period?{range}"),
        format!("/bff/sales?{range}"),
        format!("/bff/volumes?{range}"),
        format!("/dashboard/sales?{range}"),
        format!("/dashboard/volumes?{range}"),
        format!("/orders/daily?date={day}"),
        "/sales/".to_owned(),
    ]
    .iter()
    .map(|path| {
        let answer = till.get(path);
        answer.is(200);
        answer.body
    })
    .collect()
}

/// A café that has sold a latte of 12,000 that costs it 5,000.
fn sold() -> Till {
    let till = SERVER.cafe(&[("라떼", 12000), ("차", 5000)]);
    till.cost(1, 5000);
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    till
}

#[test]
fn f1_a_new_price_changes_no_past_figure() {
    let till = sold();
    let before = figures(&till);
    till.put("/categories/items/1", &json!({"name": "라떼", "price": 1})).is(200);
    assert_eq!(figures(&till), before);
}

#[test]
fn f2_a_new_cost_changes_no_past_figure() {
    let till = sold();
    let before = figures(&till);
    till.cost(1, 11999);
    assert_eq!(figures(&till), before);
}

#[test]
fn f3_a_removed_item_stays_on_its_table_and_in_history_and_is_404_by_itself() {
    let till = sold();
    till.order(1, &[(1, 1)]).is(200);
    let before = figures(&till);
    till.delete("/categories/items/1").is(200);
    assert_eq!(till.table(1), (vec![(1, 1)], 12000));
    assert_eq!(figures(&till), before);
    till.get("/categories/items/1").refused(404, "not-found");
    assert_eq!(till.pay(1).is(201)["total_price"], json!(12000));
}

#[test]
fn f4_open_orders_are_in_no_figure_and_items_add_up_to_the_total() {
    let till = sold();
    till.order(2, &[(1, 3), (2, 1)]).is(200);
    let sales = till.get(&format!("/bff/sales?start={0}&end={0}", NOON.day(0))).is(200);
    let sum: i64 = sales["items"].as_array().unwrap().iter().map(|item| item["sales_volume"].as_i64().unwrap()).sum();
    assert_eq!((sum, &sales["sales_volume"]), (12000, &json!(12000)));
    till.pay(2).is(201);
    let sales = till.get(&format!("/bff/sales?start={0}&end={0}", NOON.day(0))).is(200);
    let sum: i64 = sales["items"].as_array().unwrap().iter().map(|item| item["sales_volume"].as_i64().unwrap()).sum();
    assert_eq!((sum, &sales["sales_volume"]), (53000, &json!(53000)));
}

#[test]
fn f5_a_day_without_sales_is_zeros() {
    let till = SERVER.sign_up();
    let volumes = till.get("/bff/volumes?start=2024-02-28&end=2024-03-01").is(200);
    let idle =
        |date: &str| json!({"date": date, "sales_volume": 0, "profit": 0, "voided": 0, "corrections": 0, "late": 0});
    assert_eq!(volumes["total"], json!([idle("2024-02-28"), idle("2024-02-29"), idle("2024-03-01")]));
    assert_eq!(till.get("/sales/daily?date=2024-02-29").is(200)["sales_volume"], json!(0));
    assert_eq!(till.get("/bff/sales?start=2024-02-28&end=2024-03-01").is(200)["items"], json!([]));
}

#[test]
fn f6_an_item_without_cost_counts_as_0_and_is_flagged_in_both_figures() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    let range = format!("start={0}&end={0}", NOON.day(0));
    let item = till.get(&format!("/bff/sales?{range}")).is(200)["items"][0].clone();
    let day = till.get(&format!("/bff/volumes?{range}")).is(200)["total"][0].clone();
    for figure in [item, day] {
        assert_eq!((&figure["profit"], &figure["cost_missing"]), (&json!(5500), &json!(true)));
    }
}

#[test]
fn f7_sales_and_volumes_of_one_range_are_equal_after_price_changes_too() {
    let till = sold();
    till.put("/categories/items/1", &json!({"name": "라떼", "price": 7000})).is(200);
    till.order(1, &[(1, 2), (2, 1)]).is(200);
    till.pay(1).is(201);
    till.delete("/sales/1").is(200);
    let range = format!("start={}&end={}", NOON.day(-6), NOON.day(0));
    let sales = till.get(&format!("/bff/sales?{range}")).is(200);
    let volumes = till.get(&format!("/bff/volumes?{range}")).is(200)["total"].clone();
    let sum = |entries: &Value, field: &str| {
        entries.as_array().unwrap().iter().map(|entry| entry[field].as_i64().unwrap()).sum::<i64>()
    };
    assert_eq!(sum(&volumes, "sales_volume"), 19000);
    assert_eq!(sum(&sales["items"], "sales_volume"), 19000);
    assert_eq!(sum(&sales["items"], "profit"), sum(&volumes, "profit"));
    let period = till.get(&format!("/sales/period?{range}")).is(200);
    assert_eq!((&period["sales_volume"], &sales["sales_volume"]), (&json!(19000), &json!(19000)));
}

#[test]
fn f8_a_days_profit_is_the_days() {
    let till = sold();
    let volumes = till.get(&format!("/bff/volumes?start={}&end={}", NOON.day(-1), NOON.day(0))).is(200);
    let profits: Vec<i64> =
        volumes["total"].as_array().unwrap().iter().map(|day| day["profit"].as_i64().unwrap()).collect();
    assert_eq!(profits, [0, 7000]);
}

#[test]
fn f9_booked_is_the_servers_total_and_a_negative_one_is_refused() {
    let till = sold();
    till.order(1, &[(1, 1)]).is(200);
    let pay = |total: i64| till.post("/sales/", &json!({"table_no": 1, "payment_type": "card", "total_price": total}));
    pay(-999_999).refused(422, "invalid-field");
    assert_eq!(till.table(1), (vec![(1, 1)], 12000));
    assert_eq!(pay(1).is(201)["total_price"], json!(12000));
}

#[test]
fn f11_the_same_key_is_one_order_and_no_key_is_two_in_both_views() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    let keyed = till.key("order-1");
    let first = keyed.order(1, &[(1, 1)]);
    first.is(200);
    assert_eq!(keyed.order(1, &[(1, 1)]).body, first.body);
    assert_eq!(till.table(1), (vec![(1, 1)], 5000));
    till.order(1, &[(1, 1)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 2)], 10000));
    assert_eq!(till.get("/orders/unpaids").is(200)["orders"][0]["total_price"], json!(10000));
    assert_eq!(till.pay(1).is(201)["total_price"], json!(10000));
}

#[test]
fn f12_of_two_payments_at_once_one_is_booked() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    till.order(1, &[(1, 1)]).is(200);
    let pay = || {
        let till = till.clone();
        std::thread::spawn(move || till.pay(1).status)
    };
    let mut statuses: Vec<u16> = [pay(), pay()].into_iter().map(|paying| paying.join().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(till.get("/sales/").is(200)["sales"].as_array().unwrap().len(), 1);
}

#[test]
fn f13_a_payment_without_a_total_is_booked() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    till.order(1, &[(1, 1)]).is(200);
    assert_eq!(till.pay(1).is(201)["total_price"], json!(5000));
    assert_eq!(till.get("/sales/").is(200)["sales"][0]["total_price"], json!(5000));
}

#[test]
fn f14_an_order_whose_second_line_is_bad_books_nothing() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    for bad in [json!({"item_id": 1}), json!({"quantity": 1}), json!({"item_id": 1, "quantity": "x"}), json!(7)] {
        let body = json!({"table_no": 1, "carts": [{"item_id": 1, "quantity": 1}, bad]});
        let refused = till.post("/orders/", &body).refused(422, "invalid-field");
        assert!(refused["field"].as_str().unwrap().starts_with("carts[1]"), "{refused}");
        assert_eq!(till.table(1), (vec![], 0));
    }
}

#[test]
fn f15_foreign_items_are_404_and_odd_quantities_422_but_digits_are_a_number() {
    let (till, other) = (SERVER.cafe(&[("라떼", 5000)]), SERVER.cafe(&[("a", 1), ("b", 2)]));
    other.order(1, &[(2, 1)]).is(200);
    till.order(1, &[(2, 1)]).refused(404, "not-found");
    till.order(1, &[(1, 1), (99, 1)]).refused(404, "not-found");
    let order = |table: Value, quantity: Value| {
        till.post("/orders/", &json!({"table_no": table, "carts": [{"item_id": 1, "quantity": quantity}]}))
    };
    for quantity in [json!(-4), json!(0), json!(1.5), json!("x")] {
        order(json!(1), quantity).refused(422, "invalid-field");
    }
    order(json!(-1), json!(1)).refused(422, "invalid-field");
    assert_eq!(till.table(1), (vec![], 0));
    order(json!(1), json!("2")).is(200);
    assert_eq!(till.table(1), (vec![(1, 2)], 10000));
}

#[test]
fn f16_odd_prices_and_costs_are_422_and_good_ones_are_taken() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    for price in [json!(1000.5), json!(-5), json!("abc"), Value::Null] {
        till.post("/categories/1/items", &json!({"name": "x", "price": price})).refused(422, "invalid-field");
        till.put("/categories/items/1", &json!({"name": "x", "price": price})).refused(422, "invalid-field");
    }
    let cost = json!({"items": [{"item_id": 1, "cost": 5.5}]});
    till.post("/categories/items/costs", &cost).refused(422, "invalid-field");
    let shop = json!({"items": [{"items": [{"item_id": 1, "cost": 5.5}]}]});
    till.post("/bff/costs", &shop).refused(422, "invalid-field");
    for (name, price) in [("a", json!("4500")), ("b", json!(3_000_000_000_i64))] {
        till.post("/categories/1/items", &json!({"name": name, "price": price})).is(201);
    }
}

#[test]
fn f17_a_refusal_has_the_status_that_it_is() {
    let till = SERVER.sign_up();
    till.bearer("not.a.token").get("/sales").refused(401, "unauthorized");
    SERVER.guest().post("/stores/", &registration(&till.username, &json!({}))).refused(409, "username-taken");
    till.pay(1).refused(409, "no-open-order");
    till.send("POST", "/sales", Some(b"{\"table_no\":")).refused(400, "malformed-json");
    let short = registration(&new_name(), &json!({"password": "short"}));
    assert_eq!(SERVER.guest().post("/stores/", &short).refused(422, "invalid-field")["limit"], "password_characters");
}

#[test]
fn f23_the_other_slash_form_and_a_missing_csrf_token_are_fine() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    for path in ["/orders", "/orders/"] {
        let order = json!({"table_no": 1, "carts": [{"item_id": 1, "quantity": 1}]});
        let answer = till.without("X-CSRF-Token").post(path, &order);
        assert_eq!((answer.status, answer.header("location")), (200, None));
    }
}

#[test]
fn also_a_mistake_in_the_costs_is_an_error_and_no_200() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    till.post("/bff/costs", &json!({"items": [{"items": [{"item_id": 9, "cost": 1}]}]})).refused(404, "not-found");
    till.post("/bff/costs", &json!({})).refused(422, "invalid-field");
    till.post("/bff/costs", &json!({"items": "x"})).refused(422, "invalid-field");
}

//! The front end's flows, request by request in its order.

use std::sync::LazyLock;

use serde_json::json;

use crate::harness::{NOON, PASSWORD, Server, Till, new_name, registration};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// The headers that the front end sends with everything once it is logged in.
fn front_end(till: &Till) -> Till {
    till.with("X-CSRF-Token", "not-needed")
        .with("Accept", "application/json, text/plain, */*")
        .with("Origin", "https://salesync.site")
}

#[test]
fn a_guest_signs_up_and_finds_an_empty_store_at_once() {
    let guest = front_end(&SERVER.guest()).with("Authorization", "Bearer null").with("X-CSRF-Token", "null");
    let name = new_name();
    let free = guest.get(&format!("/stores/check?username={name}")).is(200);
    assert_eq!(free["result"], "success");
    assert!(free["message"].as_str().unwrap().chars().any(|c| ('가'..='힣').contains(&c)));

    let signed_up = guest.post("/stores/", &registration(&name, &json!({}))).is(201);
    assert!(!signed_up["token"]["csrf_token"].as_str().unwrap().is_empty());
    assert!(signed_up["store_id"].is_string());
    let till = front_end(&guest.bearer(signed_up["token"]["access_token"].as_str().unwrap()));

    assert_eq!(till.get("/orders/unpaids").is(200)["orders"], json!([]));
    for _ in 0..4 {
        assert_eq!(till.get("/categories/").is(200)["categories"], json!([]));
    }
    assert_eq!(till.get("/categories/items").is(200)["categories"], json!([]));

    let taken = guest.get(&format!("/stores/check?username={name}")).is(200);
    assert_eq!(taken["result"], "failed");
    assert_eq!(taken["message"], "이미 사용 중인 아이디입니다.");
}

#[test]
fn an_owner_logs_in_and_the_page_loads() {
    let owner = SERVER.sign_up();
    let guest = front_end(&SERVER.guest()).with("Authorization", "Bearer null");
    let log_in = guest.post("/stores/login", &json!({"username": owner.username, "password": PASSWORD})).is(200);
    assert!(!log_in["csrf_token"].as_str().unwrap().is_empty());
    assert_eq!(log_in["store_id"], owner.store_id);
    let till = front_end(&guest.bearer(log_in["access_token"].as_str().unwrap()));
    till.get("/categories/").is(200);
    till.get("/categories/").is(200);
    till.get("/orders/unpaids").is(200);
}

#[test]
fn a_menu_is_made_category_by_category() {
    let till = front_end(&SERVER.sign_up());
    assert_eq!(till.get("/categories/").is(200)["categories"], json!([]));
    let drinks = till.post("/categories/", &json!({"name": "음료"})).is(201)["id"].clone();
    assert_eq!(drinks, json!(1));
    assert_eq!(till.get("/categories/").is(200)["categories"], json!([{"id": 1, "name": "음료"}]));
    let empty = json!([{"category_id": 1, "category_name": "음료", "items": []}]);
    assert_eq!(till.get("/categories/items").is(200)["categories"], empty);

    let latte = till.post("/categories/1/items", &json!({"name": "라떼", "price": "5500"})).is(201)["id"].clone();
    let shown = till.get("/categories/items").is(200);
    let line = json!({"item_id": latte, "name": "라떼", "price": 5500, "cost": null});
    assert_eq!(shown["categories"][0]["items"], json!([line]));

    // An edit resends the whole object, its price a number as long as nobody touched it.
    let edit = json!({"item_id": latte, "name": "카페라떼", "price": 5500, "category_id": 1});
    assert_eq!(till.put(&format!("/categories/items/{latte}"), &edit).is(200)["item_id"], latte);
    assert_eq!(till.get("/categories/items").is(200)["categories"][0]["items"][0]["name"], "카페라떼");
    assert_eq!(till.put("/categories/1", &json!({"name": "커피"})).is(200)["id"], json!(1));
    assert_eq!(till.delete(&format!("/categories/items/{latte}")).is(200)["item_id"], latte);
    assert_eq!(till.delete("/categories/1").is(200)["category_id"], json!(1));
    assert_eq!(till.get("/categories/items").is(200)["categories"], json!([]));
}

#[test]
fn a_table_is_opened_saved_changed_and_paid() {
    let till = front_end(&SERVER.cafe(&[("아메리카노", 4500), ("라떼", 5500)]));
    till.get("/orders/unpaids").is(200);
    till.get("/categories/items").is(200);
    let open = till.get("/orders/unpaids/1").is(200);
    assert_eq!((&open["carts"], &open["total_price"], &open["table_no"]), (&json!([]), &json!(0), &json!(1)));

    let placed = till.order(1, &[(1, 1), (2, 2)]).is(200);
    assert_eq!((&placed["result"], &placed["table_no"]), (&json!("success"), &json!(1)));
    let unpaid = till.get("/orders/unpaids").is(200);
    assert_eq!(unpaid["orders"][0]["order_id"], placed["order_id"]);

    let open = till.get("/orders/unpaids/1").is(200);
    let carts = json!([
        {"item_id": 1, "item_name": "아메리카노", "quantity": 1}, {"item_id": 2, "item_name": "라떼", "quantity": 2}
    ]);
    assert_eq!((&open["carts"], &open["total_price"]), (&carts, &json!(15500)));
    let saved = till.reorder(1, &[(1, 2), (2, 2)]).is(200);
    assert_eq!((&saved["result"], &saved["order_id"]), (&json!("success"), &placed["order_id"]));

    let total = till.get("/orders/unpaids/1").is(200)["total_price"].clone();
    assert_eq!(total, json!(20000));
    let payment = json!({"table_no": 1, "payment_type": "현금", "total_price": total});
    assert_eq!(till.post("/sales/", &payment).is(201)["id"], json!(1));
    assert_eq!(till.get("/orders/unpaids").is(200)["orders"], json!([]));
}

#[test]
fn a_table_on_which_nothing_is_left_is_saved_as_an_empty_cart() {
    let till = front_end(&SERVER.cafe(&[("라떼", 5500)]));
    till.order(3, &[(1, 1)]).is(200);
    let emptied = till.reorder(3, &[]).is(200);
    assert_eq!((&emptied["result"], &emptied["table_no"]), (&json!("cancelled"), &json!(3)));
    assert_eq!(till.table(3), (vec![], 0));
}

#[test]
fn a_cancel_that_nobody_waits_for_leaves_either_state_and_then_none() {
    let till = front_end(&SERVER.cafe(&[("라떼", 5500)]));
    let order = till.order(2, &[(1, 1)]).is(200)["order_id"].clone();
    let other = till.clone();
    let cancel = std::thread::spawn(move || other.delete("/orders/2").is(200));
    let meanwhile = till.get("/orders/unpaids").is(200);
    assert!(meanwhile["orders"].as_array().unwrap().len() <= 1, "{meanwhile}");
    let cancelled = cancel.join().unwrap();
    assert_eq!((&cancelled["orders"], &cancelled["table_no"]), (&json!([order]), &json!(2)));
    assert_eq!(till.get("/orders/unpaids").is(200)["orders"], json!([]));
}

#[test]
fn costs_are_filled_in_on_their_page_and_sent_back_whole() {
    let till = front_end(&SERVER.cafe(&[("아메리카노", 4500), ("라떼", 5500)]));
    let mut page = till.get("/bff/costs").is(200)["items"].clone();
    assert_eq!(page[0]["category_name"], "음료");
    assert_eq!(page[0]["items"][1], json!({"item_id": 2, "name": "라떼", "price": 5500, "cost": null}));
    page[0]["items"][1]["cost"] = json!(1200);
    let saved = till.post("/bff/costs", &json!({"items": page})).is(200);
    let changed = json!([{"item_id": 2, "name": "라떼", "category_id": 1, "price": 5500, "cost": 1200}]);
    assert_eq!(saved["items"], changed);
    assert_eq!(till.get("/bff/costs").is(200)["items"][0]["items"][1]["cost"], json!(1200));
}

#[test]
fn a_day_is_looked_at_and_settled_and_the_owner_logs_out() {
    let till = front_end(&SERVER.cafe(&[("라떼", 5500)]));
    till.cost(1, 1500);
    till.order(1, &[(1, 2)]).is(200);
    till.pay(1).is(201);
    let today = NOON.day(0);
    let figures = till.get(&format!("/bff/sales?start={today}&end={today}")).is(200);
    let latte = json!({"item_id": 1, "name": "라떼", "quantity": 2, "sales_volume": 11000, "profit": 8000});
    assert_eq!(figures["items"], json!([latte]));
    // The page does not wait for the message; nobody sends messages here, so it is in the outbox.
    assert_eq!(till.get(&format!("/dashboard/calculate?date={today}")).is(200)["result"], "success");
    let message = till.until("/messages", |answer| answer["messages"][0]["state"] == "outbox")["messages"][0].clone();
    assert!(message["text"].as_str().unwrap().contains("11,000"), "{message}");
    assert_eq!(till.get(&format!("/dashboard/calculate?date={today}")).is(200)["result"], "success");
    assert_eq!(till.get("/messages").is(200)["messages"].as_array().map(Vec::len), Some(1), "once per total");
}

#[test]
fn a_password_is_changed_and_the_token_that_did_it_stays_good() {
    let till = front_end(&SERVER.sign_up());
    let store = till.get("/stores/").is(200)["store"].clone();
    let fields = ["store_id", "owner_name", "username", "phone", "store_name", "address", "store_type"];
    assert!(fields.iter().all(|field| store[field].is_string()), "{store}");
    let wrong = till.post("/stores/pwcheck", &json!({"password": "Wrong-one1!"})).is(200);
    assert_eq!(wrong["result"], "failed");
    assert_eq!(till.post("/stores/pwcheck", &json!({"password": PASSWORD})).is(200)["result"], "success");
    till.get("/stores/").is(200);
    till.get("/stores/").is(200);
    let path = format!("/stores/{}", store["store_id"].as_str().unwrap());
    assert_eq!(till.put(&path, &json!({"password": "Another1!!"})).is(200)["store_id"], store["store_id"]);

    till.get("/stores/").is(200);
    assert_eq!(till.post("/stores/pwcheck", &json!({"password": "Another1!!"})).is(200)["result"], "success");
    let log_in = |password: &str| {
        SERVER.guest().post("/stores/login", &json!({"username": till.username, "password": password}))
    };
    log_in(PASSWORD).refused(400, "wrong-credentials");
    log_in("Another1!!").is(200);
}

#[test]
fn the_kiosk_keeps_its_popup_and_pays_what_the_guest_saw() {
    let till = front_end(&SERVER.cafe(&[("라떼", 5500)]));
    till.get("/categories/items").is(200);
    assert_eq!(till.get("/orders/unpaids/0").is(200)["carts"], json!([]));
    assert_eq!(till.order(0, &[(1, 1)]).is(200)["result"], "success");
    let paid = till.post("/sales/", &json!({"table_no": 0, "payment_type": "카드", "total_price": 5500})).is(201);
    assert_eq!((&paid["total_price"], paid.get("difference")), (&json!(5500), None));

    // An order that its guest left unpaid is shown to the next one.
    till.order(0, &[(1, 3)]).is(200);
    assert_eq!(till.table(0), (vec![(1, 3)], 16500));
    // Saving again after one's own cancel: the popup stays.
    till.delete("/orders/0").is(200);
    till.reorder(0, &[(1, 1)]).refused(409, "no-open-order");
}

#[test]
fn a_second_click_on_card_books_nothing() {
    let till = front_end(&SERVER.cafe(&[("라떼", 5500)]));
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    till.pay(1).refused(409, "no-open-order");
    let sales = till.get("/sales/").is(200)["sales"].clone();
    assert_eq!(sales.as_array().map(Vec::len), Some(1));
}

#[test]
fn advice_is_asked_for_waited_for_and_read() {
    let till = front_end(&SERVER.cafe(&[("라떼", 5500)]));
    till.cost(1, 1500);
    till.order(1, &[(1, 2)]).is(200);
    till.pay(1).is(201);
    let today = NOON.day(0);
    let asked = till.get(&format!("/consulting/test?start={today}&end={today}"));
    assert_eq!(asked.header("cache-control"), Some("no-store"));
    let request = asked.is(200)["req_id"].as_str().unwrap().to_owned();
    let path = format!("/consulting/test/{request}");
    assert_eq!(till.get(&path).header("cache-control"), Some("no-store"));
    till.until(&path, |answer| answer["result"] == "success");
    let advice = till.get(&format!("/dashboard/consulting/test/{request}")).is(200);
    assert!(advice["consulting"].as_str().unwrap().contains("11,000원"), "{advice}");
    assert_eq!(advice["advisor"], "embedded");
    let again = till.get(&format!("/consulting/?start={today}&end={today}")).is(200);
    assert_eq!(again["req_id"], request.as_str(), "unchanged figures have known advice");
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    assert_ne!(till.get(&format!("/consulting/?start={today}&end={today}")).is(200)["req_id"], request.as_str());
    let other = SERVER.sign_up();
    other.get(&path).refused(404, "not-found");
}

#[test]
fn advice_that_nobody_asked_for_is_not_found_and_a_token_is_asked_for_first() {
    let till = front_end(&SERVER.sign_up());
    let today = NOON.day(0);
    for path in [
        &format!("/consulting/test?start={today}&end={today}"),
        "/consulting/test/1",
        "/dashboard/consulting/test/1",
        "/consulting/",
        "/consulting/1",
        "/dashboard/consulting/1",
    ] {
        let status = till.get(path).status;
        assert_eq!(
            status,
            if path.contains("start=") {
                200
            } else if path == "/consulting/" {
                422
            } else {
                404
            }
        );
        till.with("Authorization", "Bearer null").get(path).refused(401, "unauthorized");
    }
}

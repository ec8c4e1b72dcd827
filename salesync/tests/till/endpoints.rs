//! Every field of every answer, in the rows of the contract: stores, menu, orders, sales, figures.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::harness::{NOON, PASSWORD, Server, Till, bare, new_name, registration};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// A café that has sold two lattes at table 1 for 11,000, and has one open table.
fn sold() -> Till {
    let till = SERVER.cafe(&[("아메리카노", 4500), ("라떼", 5500)]);
    till.cost(2, 1500);
    till.order(1, &[(2, 2)]).is(200);
    till.pay(1).is(201);
    till.order(2, &[(1, 1)]).is(200);
    till
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_sign_up_answers_with_the_store_and_its_token() {
    let answer = SERVER.guest().post("/stores/", &registration(&new_name(), &json!({}))).is(201);
    assert_eq!(answer["result"], "success");
    assert_eq!(members(&answer["token"]), ["access_token", "csrf_token"]);
    let url_safe = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    assert!(answer["store_id"].as_str().unwrap().chars().all(url_safe));
}

#[test]
fn a_sign_up_may_fix_currency_zone_day_and_language_and_has_defaults() {
    let store = |till: &Till| till.get("/stores/").is(200)["store"].clone();
    let plain = store(&SERVER.sign_up());
    assert_eq!((&plain["currency"], &plain["time_zone"]), (&json!("KRW"), &json!("Asia/Seoul")));
    assert_eq!((&plain["day_begins"], &plain["language"]), (&json!("00:00:00"), &json!("ko")));
    let fixed = json!({"currency": "EUR", "time_zone": "Europe/Berlin", "day_begins": "05:30", "language": "en"});
    let other = store(&SERVER.sign_up_as(&new_name(), &fixed));
    assert_eq!((&other["currency"], &other["time_zone"]), (&json!("EUR"), &json!("Europe/Berlin")));
    assert_eq!((&other["day_begins"], &other["language"]), (&json!("05:30:00"), &json!("en")));
    for (field, wrong) in [("currency", "won"), ("time_zone", "Seoul"), ("day_begins", "25:00"), ("language", "fr")] {
        let body = registration(&new_name(), &json!({field: wrong}));
        assert_eq!(SERVER.guest().post("/stores/", &body).refused(422, "invalid-field")["field"], field);
    }
}

#[test]
fn a_sign_up_without_one_of_its_fields_names_it() {
    for field in ["username", "password", "owner_name", "phone", "store_name", "address", "store_type"] {
        let mut body = registration(&new_name(), &json!({}));
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(SERVER.guest().post("/stores/", &body).refused(422, "invalid-field")["field"], field);
        body[field] = json!(5);
        assert_eq!(SERVER.guest().post("/stores/", &body).refused(422, "invalid-field")["field"], field);
    }
}

#[test]
fn everything_that_the_sign_up_page_lets_pass_is_accepted() {
    let widest = json!({"password": "Aa1@$!%*?&bcdefg", "owner_name": "가힣AZ", "phone": "01098765432"});
    let name = format!("Z{}", new_name());
    let till = SERVER.sign_up_as(&name, &widest);
    assert_eq!(till.get("/stores/").is(200)["store"]["username"], name);
    let shortest = json!({"password": "Aa1@$!%*?&", "owner_name": "김이"});
    SERVER.sign_up_as(&new_name(), &shortest);
}

#[test]
fn a_taken_name_is_409_and_the_check_says_so_with_200() {
    let till = SERVER.sign_up();
    for name in [till.username.clone(), till.username.to_uppercase()] {
        SERVER.guest().post("/stores/", &registration(&name, &json!({}))).refused(409, "username-taken");
        assert_eq!(SERVER.guest().get(&format!("/stores/check?username={name}")).is(200)["result"], "failed");
    }
    assert_eq!(SERVER.guest().get("/stores/check").refused(422, "invalid-field")["field"], "username");
}

#[test]
fn a_store_shows_what_its_owner_said_at_sign_up() {
    let till = SERVER.sign_up();
    let said = registration(&till.username, &json!({}));
    let store = till.get("/stores/").is(200)["store"].clone();
    for field in ["owner_name", "username", "phone", "store_name", "address", "store_type"] {
        assert_eq!(store[field], said[field], "{field}");
    }
    assert_eq!(store["store_id"], till.store_id);
    assert!(!store.to_string().contains("password") && !store.to_string().contains("$argon2"));
}

#[test]
fn a_closed_store_ends_for_good_and_its_name_stays_taken() {
    let till = SERVER.sign_up();
    let path = format!("/stores/{}", till.store_id);
    assert_eq!(till.delete(&path).is(200)["store_id"], till.store_id);
    till.get("/categories/").refused(401, "unauthorized");
    till.post("/categories/", &json!({"name": "x"})).refused(401, "unauthorized");
    till.delete(&path).refused(401, "unauthorized");
    let log_in = json!({"username": till.username, "password": PASSWORD});
    SERVER.guest().post("/stores/login", &log_in).refused(400, "wrong-credentials");
    SERVER.guest().post("/stores/", &registration(&till.username, &json!({}))).refused(409, "username-taken");
    assert_eq!(SERVER.guest().get(&format!("/stores/check?username={}", till.username)).is(200)["result"], "failed");
}

#[test]
fn the_menu_is_shown_with_and_without_costs() {
    let till = SERVER.cafe(&[("아메리카노", 4500), ("라떼", 5500)]);
    till.cost(2, 1500);
    till.post("/categories/", &json!({"name": "빈 칸"})).is(201);
    let categories = till.get("/categories/").is(200);
    assert_eq!(
        bare(categories),
        json!({"store_id": till.store_id,
        "categories": [{"id": 1, "name": "음료"}, {"id": 2, "name": "빈 칸"}]})
    );
    let items = json!([
        {"category_id": 1, "category_name": "음료", "items": [
            {"item_id": 1, "name": "아메리카노", "price": 4500, "cost": null},
            {"item_id": 2, "name": "라떼", "price": 5500, "cost": 1500}]},
        {"category_id": 2, "category_name": "빈 칸", "items": []}
    ]);
    assert_eq!(bare(till.get("/categories/items").is(200)), json!({"categories": items}));
    assert_eq!(bare(till.get("/bff/costs").is(200)), json!({"items": items}));
    let costs = json!({"items": [
        {"item_id": 1, "name": "아메리카노", "category_id": 1, "category_name": "음료", "price": 4500, "cost": null},
        {"item_id": 2, "name": "라떼", "category_id": 1, "category_name": "음료", "price": 5500, "cost": 1500}]});
    assert_eq!(bare(till.get("/categories/items/costs?store_id=1").is(200)), costs);
    assert_eq!(bare(till.get("/dashboard/costs").is(200)), costs);
    let one = json!({"item": {"item_id": 2, "name": "라떼", "price": 5500}});
    assert_eq!(bare(till.get("/categories/items/2").is(200)), one);
}

#[test]
fn names_are_in_use_once_in_a_store_and_once_in_a_category() {
    let till = SERVER.cafe(&[("라떼", 5500), ("차", 4000)]);
    let named = |name: &str| json!({"name": name, "price": 1});
    till.post("/categories/", &named("음료")).refused(409, "name-in-use");
    till.post("/categories/", &named("간식")).is(201);
    till.put("/categories/2", &named("음료")).refused(409, "name-in-use");
    till.post("/categories/1/items", &named("라떼")).refused(409, "name-in-use");
    till.post("/categories/2/items", &named("라떼")).is(201);
    till.put("/categories/items/2", &named("라떼")).refused(409, "name-in-use");
    for (method, path) in [
        ("PUT", "/categories/9"),
        ("DELETE", "/categories/9"),
        ("POST", "/categories/9/items"),
        ("PUT", "/categories/items/9"),
        ("DELETE", "/categories/items/9"),
        ("GET", "/categories/items/9"),
        ("PUT", "/categories/items/costs/9"),
        ("PUT", "/dashboard/costs/9"),
    ] {
        let body = json!({"name": "new", "price": 1, "cost": 1}).to_string();
        till.send(method, path, Some(body.as_bytes())).refused(404, "not-found");
    }
}

#[test]
fn costs_are_set_one_or_many_at_once_under_every_path() {
    let till = SERVER.cafe(&[("아메리카노", 4500), ("라떼", 5500)]);
    let line = |item: i64, name: &str, price: i64, cost: i64| json!({"item_id": item, "name": name, "category_id": 1, "price": price, "cost": cost});
    let two = json!({"items": [{"item_id": 1, "cost": 5.0}, {"item_id": 2, "cost": 7.0}]});
    let set = till.post("/categories/items/costs", &two).is(200);
    assert_eq!(set["items"], json!([line(1, "아메리카노", 4500, 5), line(2, "라떼", 5500, 7)]));
    assert_eq!(till.post("/categories/items/costs", &two).is(200)["items"], json!([]));
    let one = json!({"items": [{"item_id": 2, "cost": 8}, {"item_id": 1, "cost": null}]});
    assert_eq!(till.post("/dashboard/costs", &one).is(200)["items"], json!([line(2, "라떼", 5500, 8)]));
    let put = till.put("/categories/items/costs/1", &json!({"cost": 9})).is(200);
    assert_eq!(put["item"], line(1, "아메리카노", 4500, 9));
    let put = till.put("/dashboard/costs/2", &json!({"cost": 10})).is(200);
    assert_eq!(put["item"], line(2, "라떼", 5500, 10));
    let unknown = json!({"items": [{"item_id": 1, "cost": 1}, {"item_id": 9, "cost": 1}]});
    till.post("/categories/items/costs", &unknown).refused(404, "not-found");
    assert_eq!(till.get("/dashboard/costs").is(200)["items"][0]["cost"], json!(9));
}

#[test]
fn orders_and_tables_answer_with_their_fields() {
    let till = SERVER.cafe(&[("아메리카노", 4500), ("라떼", 5500)]);
    let placed = till.order(1, &[(1, 1), (2, 1)]).is(200);
    assert_eq!(bare(placed), json!({"order_id": 1, "table_no": 1}));
    let nothing = till.order(2, &[]).is(200);
    assert_eq!(nothing["result"], "failed");
    let saved = till.reorder(1, &[(2, 2)]).is(200);
    assert_eq!((&saved["result"], &saved["order_id"], &saved["table_no"]), (&json!("success"), &json!(1), &json!(1)));

    let open = till.get("/orders/unpaids/1").is(200);
    assert_eq!(members(&open), ["carts", "message", "order_date", "order_id", "result", "table_no", "total_price"]);
    let all = till.get("/orders/unpaids").is(200);
    assert_eq!(all["orders"][0], bare(open));
    assert_eq!(all["store_id"], till.store_id);
    for table in 0..=8 {
        till.get(&format!("/orders/unpaids/{table}")).is(200);
    }
    let cancelled = till.delete("/orders/1").is(200);
    assert_eq!((&cancelled["orders"], &cancelled["table_no"]), (&json!([1]), &json!(1)));
}

#[test]
fn orders_of_a_day_and_of_a_period_are_listed() {
    let (till, today) = (sold(), NOON.day(0));
    let day = till.get(&format!("/orders/daily?date={today}")).is(200);
    assert_eq!((&day["date"], day["orders"].as_array().unwrap().len()), (&json!(today), 2));
    let order = &day["orders"][0];
    assert_eq!((&order["order_id"], &order["table_no"], &order["total_price"]), (&json!(1), &json!(1), &json!(11000)));
    assert_eq!(order["carts"], json!([{"item_id": 2, "item_name": "라떼", "quantity": 2}]));
    let period = till.get(&format!("/orders/period?start={today}&end={today}")).is(200);
    assert_eq!(period["orders"], day["orders"]);
    assert_eq!((&period["start_date"], &period["end_date"]), (&json!(today), &json!(today)));
    let idle = till.get("/orders/daily?date=2024-01-25").is(200);
    assert_eq!(bare(idle), json!({"orders": [], "date": "2024-01-25"}));
}

#[test]
fn sales_are_listed_and_summed() {
    let (till, today) = (sold(), NOON.day(0));
    let sales = till.get("/sales/").is(200)["sales"].clone();
    let sale = &sales[0];
    assert_eq!((&sale["id"], &sale["total_price"], &sale["payment_type"]), (&json!(1), &json!(11000), &json!("card")));
    assert!(sale["sale_date"].as_str().unwrap().starts_with(&today), "{sale}");
    let restated = json!({"voided": 0, "corrections": 0, "late": 0});
    let day = till.get(&format!("/sales/daily?date={today}")).is(200);
    assert_eq!((&day["sales_volume"], &day["date"]), (&json!(11000), &json!(today)));
    let period = till.get(&format!("/sales/period?start={today}&end={today}")).is(200);
    assert_eq!((&period["sales_volume"], &period["start_date"]), (&json!(11000), &json!(today)));
    assert_eq!(period["end_date"], json!(today));
    for (name, none) in restated.as_object().unwrap() {
        assert_eq!((&day[name], &period[name]), (none, none));
    }
}

#[test]
fn figures_answer_alike_under_both_paths() {
    let (till, today, yesterday) = (sold(), NOON.day(0), NOON.day(-1));
    let range = format!("start={today}&end={today}");
    let sales = bare(till.get(&format!("/bff/sales?{range}")).is(200));
    assert_eq!(
        sales,
        json!({"start_date": today, "end_date": today, "sales_volume": 11000,
        "voided": 0, "corrections": 0, "late": 0,
        "items": [{"item_id": 2, "name": "라떼", "quantity": 2, "sales_volume": 11000, "profit": 8000}]})
    );
    assert_eq!(bare(till.get(&format!("/dashboard/sales?{range}")).is(200)), sales);
    let range = format!("start={yesterday}&end={today}");
    let volumes = bare(till.get(&format!("/dashboard/volumes?{range}")).is(200));
    assert_eq!(
        volumes,
        json!({"start_date": yesterday, "end_date": today, "total": [
        {"date": yesterday, "sales_volume": 0, "profit": 0, "voided": 0, "corrections": 0, "late": 0},
        {"date": today, "sales_volume": 11000, "profit": 8000, "voided": 0, "corrections": 0, "late": 0}]})
    );
    assert_eq!(bare(till.get(&format!("/bff/volumes?{range}")).is(200)), volumes);
}

#[test]
fn ids_are_small_whole_numbers_that_count_from_one_in_each_store() {
    for _ in 0..2 {
        let till = SERVER.cafe(&[("a", 1), ("b", 1)]);
        let second = till.post("/categories/", &json!({"name": "둘"})).is(201);
        assert_eq!(second["id"], json!(2));
        let item = till.post("/categories/2/items", &json!({"name": "c", "price": 1})).is(201);
        assert_eq!(item["id"], json!(3), "items count in the store, not in the category");
        till.delete("/categories/items/3").is(200);
        let next = till.post("/categories/2/items", &json!({"name": "c", "price": 1})).is(201);
        assert_eq!(next["id"], json!(4), "no id is used twice");
        // The menu's and the cart's ids are the same JSON type, since the client compares them with ===.
        till.order(0, &[(4, 1)]).is(200);
        let cart = till.get("/orders/unpaids/0").is(200);
        let menu = till.get("/categories/items").is(200);
        assert_eq!(cart["carts"][0]["item_id"], menu["categories"][1]["items"][0]["item_id"]);
        assert_eq!(cart["table_no"], json!(0));
    }
}

//! What requests mean, row by row of the contract, with its own examples.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::harness::{NOON, Server, Till, bare};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

fn price(till: &Till, item: i64, name: &str, price: i64) {
    till.put(&format!("/categories/items/{item}"), &json!({"name": name, "price": price})).is(200);
}

fn today(path: &str) -> String {
    format!("{path}?start={0}&end={0}", NOON.day(0))
}

#[test]
fn an_open_table_looks_as_the_contract_shows_it() {
    let till = SERVER.cafe(&[("아메리카노", 4500), ("라떼", 5500)]);
    till.order(1, &[(2, 2)]).is(200);
    let mut shown = till.get("/orders/unpaids").is(200);
    let date = shown["orders"][0]["order_date"].take();
    assert!(chrono::DateTime::parse_from_rfc3339(date.as_str().unwrap()).is_ok());
    assert_eq!(
        shown["orders"],
        json!([{"order_id": 1, "order_date": null, "table_no": 1, "total_price": 11000,
        "carts": [{"item_id": 2, "item_name": "라떼", "quantity": 2}]}])
    );
}

#[test]
fn an_order_on_an_occupied_table_is_a_second_one_and_both_views_merge_them() {
    let till = SERVER.cafe(&[("아메리카노", 4500), ("라떼", 5500)]);
    let first = till.order(1, &[(2, 1)]).is(200)["order_id"].clone();
    let opened = till.get("/orders/unpaids/1").is(200)["order_date"].clone();
    let second = till.order(1, &[(1, 1), (2, 1)]).is(200)["order_id"].clone();
    assert_ne!(first, second);
    let table = bare(till.get("/orders/unpaids/1").is(200));
    assert_eq!(
        table,
        json!({"order_id": first, "order_date": opened, "table_no": 1, "total_price": 15500, "carts": [
        {"item_id": 2, "item_name": "라떼", "quantity": 2}, {"item_id": 1, "item_name": "아메리카노", "quantity": 1}]})
    );
    assert_eq!(till.get("/orders/unpaids").is(200)["orders"], json!([table]));
}

#[test]
fn lines_of_one_item_at_two_prices_are_one_line_and_the_total_of_all() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    till.order(1, &[(1, 1)]).is(200);
    price(&till, 1, "라떼", 6000);
    till.order(1, &[(1, 1)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 2)], 11000));
}

#[test]
fn saving_a_table_replaces_it_and_one_order_remains() {
    let till = SERVER.cafe(&[("아메리카노", 4500), ("라떼", 5500)]);
    let first = till.order(1, &[(2, 1)]).is(200)["order_id"].clone();
    till.order(1, &[(1, 1)]).is(200);
    // What the client resends is the merged table, which must not double.
    let saved = till.reorder(1, &[(2, 1), (1, 1)]).is(200);
    assert_eq!(saved["order_id"], first);
    assert_eq!(till.table(1), (vec![(2, 1), (1, 1)], 10000));
    let orders = till.get(&format!("/orders/daily?date={}", NOON.day(0))).is(200)["orders"].clone();
    assert_eq!(orders.as_array().map(Vec::len), Some(1), "{orders}");
}

#[test]
fn kept_units_keep_their_price_added_ones_take_todays_and_the_newest_leave_first() {
    let till = SERVER.cafe(&[("라떼", 5000)]);
    till.order(1, &[(1, 2)]).is(200);
    price(&till, 1, "라떼", 6000);
    till.reorder(1, &[(1, 3)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 3)], 16000));
    till.reorder(1, &[(1, 2)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 2)], 10000));
}

#[test]
fn what_left_the_menu_stays_on_the_table_unless_it_is_sent_away() {
    let till = SERVER.cafe(&[("라떼", 5500), ("차", 4000)]);
    till.order(1, &[(1, 1), (2, 2)]).is(200);
    till.delete("/categories/items/2").is(200);
    till.reorder(1, &[(1, 2)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 2), (2, 2)], 19000));
    till.reorder(1, &[(1, 2), (2, 3)]).refused(404, "not-found");
    till.reorder(1, &[(1, 2), (2, 1)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 2), (2, 1)], 15000));
    till.reorder(1, &[(1, 2), (2, 0)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 2)], 11000));
}

#[test]
fn an_empty_cart_cancels_even_what_left_the_menu() {
    let till = SERVER.cafe(&[("차", 4000)]);
    till.order(1, &[(1, 2)]).is(200);
    till.delete("/categories/items/1").is(200);
    assert_eq!(till.reorder(1, &[]).is(200)["result"], "cancelled");
    assert_eq!(till.table(1), (vec![], 0));
}

#[test]
fn none_of_an_item_is_a_wish_when_saving_and_a_mistake_when_ordering() {
    let till = SERVER.cafe(&[("라떼", 5500), ("차", 4000)]);
    let refused = till.order(1, &[(1, 1), (2, 0)]).refused(422, "invalid-field");
    assert!(refused["field"].as_str().unwrap().ends_with("quantity"), "{refused}");
    assert_eq!(till.table(1), (vec![], 0));
    till.order(1, &[(1, 1), (2, 1)]).is(200);
    till.reorder(1, &[(1, 1), (2, 0)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 1)], 5500));
}

#[test]
fn an_item_that_is_sent_twice_is_summed() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.order(1, &[(1, 1), (1, 2)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 3)], 16500));
    till.reorder(1, &[(1, 2), (1, 2)]).is(200);
    assert_eq!(till.table(1), (vec![(1, 4)], 22000));
}

#[test]
fn saving_an_empty_table_is_409_and_saving_nothing_on_it_changes_nothing() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.reorder(4, &[(1, 1)]).refused(409, "no-open-order");
    assert_eq!(till.reorder(4, &[]).is(200)["result"], "cancelled");
}

#[test]
fn cancelling_a_table_ends_all_its_orders_and_an_empty_one_none() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let orders: Vec<Value> = (0..3).map(|_| till.order(1, &[(1, 1)]).is(200)["order_id"].clone()).collect();
    assert_eq!(till.delete("/orders/1").is(200)["orders"], json!(orders));
    assert_eq!(till.delete("/orders/1").is(200)["orders"], json!([]));
    let listed = till.get(&format!("/orders/daily?date={}", NOON.day(0))).is(200)["orders"].clone();
    assert_eq!(listed, json!([]), "cancelled orders are not listed");
}

#[test]
fn a_payment_closes_all_orders_of_its_table_with_one_sale() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.order(1, &[(1, 1)]).is(200);
    till.order(1, &[(1, 1)]).is(200);
    till.order(2, &[(1, 1)]).is(200);
    assert_eq!(till.pay(1).is(201)["total_price"], json!(11000));
    let open = till.get("/orders/unpaids").is(200)["orders"].clone();
    assert_eq!((open.as_array().map(Vec::len), &open[0]["table_no"]), (Some(1), &json!(2)));
    till.pay(1).refused(409, "no-open-order");
}

#[test]
fn a_voided_sale_is_taken_out_of_every_figure_and_stays_in_the_list() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    till.cost(1, 1500);
    for table in [1, 2] {
        till.order(table, &[(1, 1)]).is(200);
        till.pay(table).is(201);
    }
    let before = till.get("/sales/").is(200)["sales"].clone();
    assert_eq!(before[0]["voided_at"], Value::Null);
    let answer = till.delete("/sales/1");
    answer.is(200);
    let again = till.delete("/sales/1");
    again.is(200);
    assert_eq!(till.get("/sales/").is(200)["sales"].as_array().unwrap().len(), 2);
    let sale = till.get("/sales/").is(200)["sales"][0].clone();
    assert_eq!((&sale["total_price"], sale["voided_at"].is_string()), (&json!(5500), true));

    let day = till.get(&format!("/sales/daily?date={}", NOON.day(0))).is(200);
    assert_eq!((&day["sales_volume"], &day["voided"]), (&json!(5500), &json!(-5500)));
    assert_eq!((&day["corrections"], &day["late"]), (&json!(0), &json!(0)));
    let item = till.get(&today("/bff/sales")).is(200);
    let latte = json!({"item_id": 1, "name": "라떼", "quantity": 1, "sales_volume": 5500, "profit": 4000});
    assert_eq!((&item["items"], &item["voided"]), (&json!([latte]), &json!(-5500)));
    let volumes = till.get(&today("/dashboard/volumes")).is(200)["total"][0].clone();
    assert_eq!((&volumes["sales_volume"], &volumes["profit"]), (&json!(5500), &json!(4000)));
    assert_eq!(volumes["voided"], json!(-5500));
    till.delete("/sales/9").refused(404, "not-found");
}

#[test]
fn orders_are_listed_each_paid_or_not_with_its_own_date() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    for table in [1, 1, 2] {
        till.order(table, &[(1, 1)]).is(200);
    }
    till.pay(1).is(201);
    let listed = till.get(&format!("/orders/daily?date={}", NOON.day(0))).is(200)["orders"].clone();
    let shown: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|order| (order["order_id"].as_i64().unwrap(), order["total_price"].as_i64().unwrap()))
        .collect();
    assert_eq!(shown, [(1, 5500), (2, 5500), (3, 5500)]);
}

#[test]
fn an_item_is_called_what_its_last_line_called_it() {
    let till = SERVER.cafe(&[("coffee", 5000)]);
    till.cost(1, 1000);
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    price(&till, 1, "커피", 5000);
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    let figures = till.get(&today("/dashboard/sales")).is(200);
    let item = json!({"item_id": 1, "name": "커피", "quantity": 2, "sales_volume": 10000, "profit": 8000});
    assert_eq!((&figures["items"], &figures["sales_volume"]), (&json!([item]), &json!(10000)));
}

#[test]
fn sums_are_kept_by_way_of_paying() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    for (table, kind) in [(1, "카드"), (2, "card"), (3, "현금"), (4, "카카오페이")] {
        till.order(table, &[(1, 1)]).is(200);
        till.post("/sales/", &json!({"table_no": table, "payment_type": kind})).is(201);
    }
    let payments = till.get(&format!("/sales/daily?date={}", NOON.day(0))).is(200)["payments"].clone();
    let of = |kind: &str| {
        let entry = payments.as_array().unwrap().iter().find(|entry| entry["payment_type"] == kind).unwrap();
        (entry["sales_volume"].as_i64().unwrap(), entry["sales"].as_i64().unwrap())
    };
    assert_eq!((of("card"), of("cash"), of("카카오페이")), ((11000, 2), (5500, 1), (5500, 1)));
}

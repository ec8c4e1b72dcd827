//! What is on the tables, as the front end reads it after each write.

use serde_json::json;

use crate::fixture::Fixture;
use crate::on_both_engines;
use crate::place::Place;
use crate::rows;

on_both_engines!(
    the_open_tables_are_listed_as_in_the_contract,
    one_table_is_that_one_object_and_an_empty_one_has_an_empty_cart,
);

async fn the_open_tables_are_listed_as_in_the_contract(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let on_tables = vec![
        rows::tab(cafe, 1, 4, "2026-11-20T10:06:34.987654Z", 11000),
        rows::tab_line(cafe, 1, 2, "라떼", 2, 4 * 512),
        rows::tab(cafe, 7, 3, "2026-11-20T10:00:00Z", 9000),
        rows::tab_line(cafe, 7, 9, "스콘", 1, 3 * 512 + 1),
        rows::tab_line(cafe, 7, 12, "아메리카노", 2, 3 * 512),
    ];
    fixture.event(cafe, &["tables"], on_tables).await;
    let expected = json!({"orders": [
        {"order_id": 3, "order_date": "2026-11-20T19:00:00+09:00", "table_no": 7, "total_price": 9000, "carts": [
            {"item_id": 12, "item_name": "아메리카노", "quantity": 2},
            {"item_id": 9, "item_name": "스콘", "quantity": 1},
        ]},
        {"order_id": 4, "order_date": "2026-11-20T19:06:34+09:00", "table_no": 1, "total_price": 11000, "carts": [
            {"item_id": 2, "item_name": "라떼", "quantity": 2},
        ]},
    ], "store_id": cafe.0});
    assert_eq!(fixture.get(cafe, "/orders/unpaids").await.success(), expected);
    assert_eq!(fixture.get(cafe, "/orders/unpaids/").await.success(), expected);
}

async fn one_table_is_that_one_object_and_an_empty_one_has_an_empty_cart(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let other = fixture.store("otherstore").await;
    let on_table = |store, name| {
        vec![rows::tab(store, 0, 4, "2026-11-20T10:06:34Z", 11000), rows::tab_line(store, 0, 2, name, 2, 2048)]
    };
    fixture.event(cafe, &["tables"], on_table(cafe, "라떼")).await;
    fixture.event(other, &["tables"], on_table(other, "남의 것")).await;
    let kiosk = json!({"order_id": 4, "order_date": "2026-11-20T19:06:34+09:00", "table_no": 0, "total_price": 11000,
        "carts": [{"item_id": 2, "item_name": "라떼", "quantity": 2}]});
    assert_eq!(fixture.get(cafe, "/orders/unpaids/0").await.success(), kiosk);
    let empty = json!({"order_id": null, "order_date": null, "table_no": 8, "total_price": 0, "carts": []});
    assert_eq!(fixture.get(cafe, "/orders/unpaids/8").await.success(), empty);
    for nonsense in ["-1", "x", "1.5", "null"] {
        fixture.get(cafe, &format!("/orders/unpaids/{nonsense}")).await.json(404);
    }
}

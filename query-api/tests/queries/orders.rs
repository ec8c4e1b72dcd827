//! The orders of days and periods.

use query_api::LISTS_AT_ONCE;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture};
use crate::on_both_engines;
use crate::place::Place;
use crate::rows;

on_both_engines!(
    every_order_stands_on_the_day_it_was_placed_whatever_its_table,
    orders_of_a_period_come_by_date_and_then_by_number,
    a_list_of_any_length_is_whole_and_valid,
    the_fifth_long_list_is_read_when_the_client_of_one_of_the_four_has_gone,
    a_list_ends_at_the_highest_number_that_there_was_when_it_began,
    a_list_has_no_tag_and_no_position_and_is_not_to_be_kept,
    a_date_that_is_none_is_refused_by_name,
);

const LATTE: &str = r#"[{"item_id": 2, "item_name": "라떼", "quantity": 1, "unit_price": 5000}]"#;

async fn every_order_stands_on_the_day_it_was_placed_whatever_its_table(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let orders = vec![
        rows::order(cafe, 1, 5, "2026-11-19T14:59:00Z", "2026-11-19", LATTE),
        rows::order(cafe, 2, 5, "2026-11-19T15:01:00Z", "2026-11-20", LATTE),
        rows::order(cafe, 3, 5, "2026-11-21T03:00:00Z", "2026-11-21", LATTE),
    ];
    fixture.event(cafe, &["orders"], orders).await;
    let order = |id: i64, at: &str| {
        json!({"order_id": id, "order_date": at, "table_no": 5, "total_price": 5000,
            "carts": [{"item_id": 2, "item_name": "라떼", "quantity": 1}]})
    };
    let (first, second) = (order(1, "2026-11-19T23:59:00+09:00"), order(2, "2026-11-20T00:01:00+09:00"));
    let day = fixture.get(cafe, "/orders/daily?date=2026-11-20").await;
    assert_eq!(day.success(), json!({"date": "2026-11-20", "orders": [second]}));
    let period = fixture.get(cafe, "/orders/period?start=2026-11-19&end=2026-11-20").await;
    let expected = json!({"start_date": "2026-11-19", "end_date": "2026-11-20", "orders": [first, second]});
    assert_eq!(period.success(), expected);
    let idle = fixture.get(cafe, "/orders/daily?date=2024-01-25").await;
    assert_eq!(idle.success(), json!({"date": "2024-01-25", "orders": []}));
}

async fn orders_of_a_period_come_by_date_and_then_by_number(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    // The clock went back between the second and the third order.
    let orders = vec![
        rows::order(cafe, 1, 1, "2026-11-20T01:00:00Z", "2026-11-20", LATTE),
        rows::order(cafe, 2, 1, "2026-11-21T01:00:00Z", "2026-11-21", LATTE),
        rows::order(cafe, 3, 1, "2026-11-20T02:00:00Z", "2026-11-20", LATTE),
    ];
    fixture.event(cafe, &["orders"], orders).await;
    let period = fixture.get(cafe, "/orders/period?start=2026-11-20&end=2026-11-21").await.success();
    let ids: Vec<_> = period["orders"].as_array().unwrap().iter().map(|order| order["order_id"].clone()).collect();
    assert_eq!(ids, [1, 3, 2]);
}

async fn a_list_of_any_length_is_whole_and_valid(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let other = fixture.store("otherstore").await;
    let mut placed = 0;
    for rows_there in [999, 1_000, 1_001, 2_000, 3_500] {
        let rows = (placed + 1..=rows_there).flat_map(|id| {
            [cafe, other].map(|store| rows::order(store, id, 1, "2026-11-20T01:00:00Z", "2026-11-20", LATTE))
        });
        fixture.event(cafe, &["orders"], rows.collect()).await;
        placed = rows_there;
        let day = fixture.get(cafe, "/orders/daily?date=2026-11-20").await.success();
        let ids: Vec<_> = day["orders"].as_array().unwrap().iter().map(|order| order["order_id"].as_i64()).collect();
        assert_eq!(ids, (1..=placed).map(Some).collect::<Vec<_>>());
    }
}

async fn the_fifth_long_list_is_read_when_the_client_of_one_of_the_four_has_gone(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let rows = (1..=5_000).map(|id| rows::order(cafe, id, 1, "2026-11-20T01:00:00Z", "2026-11-20", LATTE));
    fixture.event(cafe, &["orders"], rows.collect()).await;
    let path = "/orders/daily?date=2026-11-20";
    let mut four = Vec::new();
    for _ in 0..LISTS_AT_ONCE {
        four.push(fixture.begin(cafe, path).await);
    }
    let mut fifth = Box::pin(fixture.begin(cafe, path));
    assert!(futures::poll!(&mut fifth).is_pending(), "four are read already");
    assert_eq!(fixture.get(cafe, "/categories/").await.status, 200, "and nothing else waits for them");
    drop(four.pop());
    let whole = Answer::of(fifth.await).await.success();
    assert_eq!(whole["orders"].as_array().unwrap().len(), 5_000);
}

async fn a_list_ends_at_the_highest_number_that_there_was_when_it_began(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let rows = |ids: std::ops::RangeInclusive<i64>| {
        ids.map(|id| rows::order(cafe, id, 1, "2026-11-20T01:00:00Z", "2026-11-20", LATTE)).collect()
    };
    fixture.event(cafe, &["orders"], rows(1..=3_000)).await;
    let begun = fixture.begin(cafe, "/orders/daily?date=2026-11-20").await;
    fixture.event(cafe, &["orders"], rows(3_001..=3_500)).await;
    let whole = Answer::of(begun).await.success();
    assert_eq!(whole["orders"].as_array().unwrap().len(), 3_000);
}

async fn a_list_has_no_tag_and_no_position_and_is_not_to_be_kept(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    for path in ["/orders/daily?date=2026-11-20", "/sales/"] {
        let list = fixture.get(cafe, path).await;
        assert_eq!(list.header("content-type"), "application/json");
        assert_eq!((list.header("cache-control"), list.header("vary")), ("private, no-cache", "authorization"));
        assert!(!list.headers.contains_key("etag") && !list.headers.contains_key("salesync-position"), "{path}");
    }
}

async fn a_date_that_is_none_is_refused_by_name(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let refused = |answer: Value| answer["field"].as_str().unwrap().to_owned();
    for query in ["", "?date=", "?date=2026-11-31", "?date=20261120", "?date=2026-11-20T00:00:00Z", "?date=today"] {
        for path in ["/orders/daily", "/sales/daily"] {
            assert_eq!(refused(fixture.get(cafe, &format!("{path}{query}")).await.json(422)), "date", "{path}{query}");
        }
    }
    let ranges = [
        "?end=2026-11-20",
        "?start=2026-11-20",
        "?start=2026-11-20&end=2026-11-19",
        "?start=2016-01-01&end=2026-11-20",
    ];
    let paths =
        ["/orders/period", "/sales/period", "/bff/sales", "/dashboard/sales", "/bff/volumes", "/dashboard/volumes"];
    for path in paths {
        for range in ranges {
            let field = refused(fixture.get(cafe, &format!("{path}{range}")).await.json(422));
            assert!(["start", "end"].contains(&field.as_str()), "{path}{range}");
        }
        let ten_years = format!("{path}?start=2016-11-13&end=2026-11-20");
        assert_eq!(fixture.get(cafe, &ten_years).await.status, 200, "3,660 days are allowed");
    }
}

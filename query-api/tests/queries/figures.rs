//! The figures of the dashboard: by day, by item, and that they are the same figures.

use events::StoreId;
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::on_both_engines;
use crate::place::Place;
use crate::rows;

on_both_engines!(
    every_day_has_its_own_profit_and_days_without_sales_are_zeros,
    a_range_outside_of_all_sales_is_all_zeros,
    each_item_is_one_entry_with_the_name_of_its_last_line_in_the_range,
    items_days_and_period_are_sums_of_the_same_lines,
    ten_years_of_the_largest_days_are_summed_exactly,
);

/// Two days: coffee under two names on both, a pastry without cost on the second, a void on the second.
async fn cafe(place: Place) -> (Fixture, StoreId) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let booked = vec![
        rows::day(cafe, "2026-11-18", [4500, 900, 0, 0, 0, 0]),
        rows::day(cafe, "2026-11-20", [10000, 2000, -5000, 0, 0, 2]),
        rows::day_item(cafe, "2026-11-18", 1, "커피", [5, 1, 4500, 900, 0]),
        rows::day_item(cafe, "2026-11-20", 1, "아메리카노", [9, 1, 5000, 2000, 0]),
        rows::day_item(cafe, "2026-11-20", 12, "스콘", [8, 2, 5000, 0, 2]),
    ];
    fixture.event(cafe, &["days"], booked).await;
    (fixture, cafe)
}

fn idle(date: &str) -> Value {
    json!({"date": date, "sales_volume": 0, "profit": 0, "voided": 0, "corrections": 0, "late": 0})
}

async fn every_day_has_its_own_profit_and_days_without_sales_are_zeros(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let expected = json!({"start_date": "2026-11-17", "end_date": "2026-11-20", "total": [
        idle("2026-11-17"),
        {"date": "2026-11-18", "sales_volume": 4500, "profit": 3600, "voided": 0, "corrections": 0, "late": 0},
        idle("2026-11-19"),
        {"date": "2026-11-20", "sales_volume": 10000, "profit": 8000, "voided": -5000, "corrections": 0, "late": 0,
            "cost_missing": true},
    ]});
    for path in ["/dashboard/volumes", "/bff/volumes", "/bff/volumes/"] {
        let volumes = fixture.get(cafe, &format!("{path}?start=2026-11-17&end=2026-11-20")).await;
        assert_eq!(volumes.success(), expected, "{path}");
    }
}

async fn a_range_outside_of_all_sales_is_all_zeros(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let volumes = fixture.get(cafe, "/dashboard/volumes?start=2026-11-21&end=2026-11-21").await.success();
    assert_eq!(volumes["total"], json!([idle("2026-11-21")]));
    let sales = fixture.get(cafe, "/dashboard/sales?start=2026-11-21&end=2026-11-21").await.success();
    assert_eq!((&sales["sales_volume"], &sales["items"]), (&json!(0), &json!([])));
}

async fn each_item_is_one_entry_with_the_name_of_its_last_line_in_the_range(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let coffee = |name: &str, quantity: i64, sales_volume: i64, profit: i64| json!({"item_id": 1, "name": name, "quantity": quantity, "sales_volume": sales_volume, "profit": profit});
    let scone = json!({"item_id": 12, "name": "스콘", "quantity": 2, "sales_volume": 5000, "profit": 5000,
        "cost_missing": true});
    let expected = json!({"start_date": "2026-11-18", "end_date": "2026-11-20", "sales_volume": 14500,
        "voided": -5000, "corrections": 0, "late": 0, "items": [coffee("아메리카노", 2, 9500, 6600), scone]});
    for path in ["/dashboard/sales", "/bff/sales"] {
        let sales = fixture.get(cafe, &format!("{path}?start=2026-11-18&end=2026-11-20")).await;
        assert_eq!(sales.success(), expected, "{path}");
    }
    let before = fixture.get(cafe, "/bff/sales?start=2026-11-18&end=2026-11-19").await.success();
    assert_eq!(before["items"], json!([coffee("커피", 1, 4500, 3600)]));
}

async fn items_days_and_period_are_sums_of_the_same_lines(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let range = "start=2026-11-01&end=2026-11-30";
    let items = fixture.get(cafe, &format!("/dashboard/sales?{range}")).await.success();
    let days = fixture.get(cafe, &format!("/dashboard/volumes?{range}")).await.success();
    let period = fixture.get(cafe, &format!("/sales/period?{range}")).await.success();
    let sum = |list: &Value, of: &str| list.as_array().unwrap().iter().map(|e| e[of].as_i64().unwrap()).sum::<i64>();
    assert_eq!(days["total"].as_array().unwrap().len(), 30);
    assert_eq!(sum(&items["items"], "sales_volume"), 14500);
    assert_eq!(sum(&days["total"], "sales_volume"), 14500);
    assert_eq!(sum(&items["items"], "profit"), sum(&days["total"], "profit"));
    assert_eq!((&items["sales_volume"], &period["sales_volume"]), (&json!(14500), &json!(14500)));
}

async fn ten_years_of_the_largest_days_are_summed_exactly(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let first = rows::date("2016-11-13");
    let days = first.iter_days().take(3_660).flat_map(|date| {
        let on = date.to_string();
        let largest = 1_000_000_000_000_000;
        [rows::day(cafe, &on, [largest, 1, 0, 0, 0, 0]), rows::day_item(cafe, &on, 1, "금", [1, 1, largest, 1, 0])]
    });
    fixture.event(cafe, &["days"], days.collect()).await;
    let sales = fixture.get(cafe, "/dashboard/sales?start=2016-11-13&end=2026-11-20").await.success();
    assert_eq!(sales["sales_volume"], json!(3_660_000_000_000_000_000_i64));
    assert_eq!(sales["items"][0]["profit"], json!(3_660_000_000_000_000_000_i64 - 3_660));
}

//! The list of sales, and what days and periods sold.

use serde_json::json;

use crate::fixture::Fixture;
use crate::on_both_engines;
use crate::place::Place;
use crate::rows::{self, SaleRow};

on_both_engines!(
    a_sale_that_was_voided_stays_on_the_list,
    what_a_day_and_a_period_sold_is_one_sum_with_what_stands_beside_it,
    a_day_without_sales_sold_nothing,
);

async fn a_sale_that_was_voided_stays_on_the_list(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let plain =
        SaleRow { id: 1, total: 9500, stated: None, payment: "card", sold_at: "2026-11-20T03:00:00Z", voided_at: None };
    let odd =
        SaleRow { id: 2, stated: Some(50), payment: "상품권", voided_at: Some("2026-11-20T04:00:00Z"), ..plain };
    let plain = SaleRow { ..plain };
    fixture.event(cafe, &["sales"], vec![rows::sale(cafe, &odd), rows::sale(cafe, &plain)]).await;
    let expected = json!({"sales": [
        {"id": 1, "total_price": 9500, "sale_date": "2026-11-20T12:00:00+09:00", "payment_type": "card", "table_no": 3,
            "voided_at": null},
        {"id": 2, "total_price": 9500, "sale_date": "2026-11-20T12:00:00+09:00", "payment_type": "상품권", "table_no": 3,
            "stated_total_price": 50, "voided_at": "2026-11-20T13:00:00+09:00"},
    ]});
    assert_eq!(fixture.get(cafe, "/sales/").await.success(), expected);
    assert_eq!(fixture.get(cafe, "/sales").await.success(), expected);
}

async fn what_a_day_and_a_period_sold_is_one_sum_with_what_stands_beside_it(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let booked = vec![
        rows::day(cafe, "2026-11-19", [7000, 2000, -500, 0, 0, 0]),
        rows::day(cafe, "2026-11-20", [10000, 2000, 0, -300, 200, 0]),
        rows::day_payment(cafe, "2026-11-19", "card", 7000, 2),
        rows::day_payment(cafe, "2026-11-20", "cash", 4000, 1),
        rows::day_payment(cafe, "2026-11-20", "card", 6000, 3),
    ];
    fixture.event(cafe, &["days"], booked).await;
    let day = fixture.get(cafe, "/sales/daily?date=2026-11-20").await;
    let expected = json!({"sales_volume": 10000, "date": "2026-11-20", "voided": 0, "corrections": -300, "late": 200,
        "payments": [{"payment_type": "card", "sales_volume": 6000, "sales": 3},
            {"payment_type": "cash", "sales_volume": 4000, "sales": 1}]});
    assert_eq!(day.success(), expected);
    let period = fixture.get(cafe, "/sales/period?start=2026-11-01&end=2026-11-30").await;
    let expected = json!({"sales_volume": 17000, "start_date": "2026-11-01", "end_date": "2026-11-30",
        "voided": -500, "corrections": -300, "late": 200,
        "payments": [{"payment_type": "card", "sales_volume": 13000, "sales": 5},
            {"payment_type": "cash", "sales_volume": 4000, "sales": 1}]});
    assert_eq!(period.success(), expected);
}

async fn a_day_without_sales_sold_nothing(place: Place) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let day = fixture.get(cafe, "/sales/daily?date=2022-01-23").await.success();
    let expected = json!({"sales_volume": 0, "date": "2022-01-23", "voided": 0, "corrections": 0, "late": 0,
        "payments": []});
    assert_eq!(day, expected);
    let period = fixture.get(cafe, "/sales/period?start=2022-01-01&end=2022-01-31").await.success();
    assert_eq!((&period["sales_volume"], &period["payments"]), (&json!(0), &json!([])));
}

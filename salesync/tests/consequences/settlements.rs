//! Settling a day, and what comes after it.

use serde_json::{Value, json};

use crate::harness::{NOON, Server, Till};
use crate::history::{of_type, verified};

/// A café that sold yesterday, told today by a terminal that was offline: 2 lattes by card, 1 in cash, one void.
fn cafe_of_yesterday(server: &Server) -> Till {
    let till = server.cafe(&[("라떼", 5_500)]);
    till.cost(1, 1_500);
    for (table, how) in [(1, "카드"), (2, "현금"), (3, "카드")] {
        late_order(&till, table);
        late_payment(&till, table, how);
    }
    till.delete("/sales/3").is(200);
    till
}

fn yesterday_noon() -> String {
    NOON.instant(-1).to_rfc3339()
}

fn late_order(till: &Till, table: i64) {
    let body = json!({"table_no": table, "carts": [{"item_id": 1, "quantity": 1}], "occurred_at": yesterday_noon()});
    till.post("/orders/", &body).is(200);
}

fn late_payment(till: &Till, table: i64, how: &str) -> Value {
    till.post("/sales/", &json!({"table_no": table, "payment_type": how, "occurred_at": yesterday_noon()})).is(201)
}

fn settle(till: &Till, day: &str) -> crate::harness::Answer {
    till.post("/settlements", &json!({"date": day}))
}

#[test]
fn a_settled_day_never_changes_and_what_comes_later_is_shown_beside_it() {
    let server = Server::start();
    let till = cafe_of_yesterday(&server);
    let (yesterday, today) = (NOON.day(-1), NOON.day(0));
    let first = settle(&till, &yesterday);
    let totals = first.is(201);
    for (figure, value) in
        [("gross", 16_500), ("voids", -5_500), ("sales_volume", 11_000), ("cost", 3_000), ("profit", 8_000)]
    {
        assert_eq!(totals[figure], value, "{figure}: {totals}");
    }
    assert_eq!((&totals["sales"], &totals["voided_sales"]), (&json!(3), &json!(1)));
    assert_eq!(
        totals["payments"],
        json!([
            {"payment_type": "card", "sales_volume": 5_500, "sales": 1},
            {"payment_type": "cash", "sales_volume": 5_500, "sales": 1},
        ])
    );
    let figures = |path: String| till.get(&path).body;
    let settled = || figures(format!("/settlements?x={yesterday}"));
    let day = || figures(format!("/sales/daily?date={yesterday}"));
    let items = || figures(format!("/bff/sales?start={yesterday}&end={yesterday}"));
    let before = (settled(), day(), items());

    till.delete("/sales/1").is(200);
    late_order(&till, 5);
    late_payment(&till, 5, "카드");
    assert_eq!((settled(), day(), items()), before, "byte for byte");
    assert_eq!(settle(&till, &yesterday).body, first.body, "asked again: the same answer");
    assert_eq!(of_type(&server, "DaySettled").len(), 1, "and no event");

    let open = till.get(&format!("/sales/daily?date={today}")).is(200);
    assert_eq!(
        (&open["sales_volume"], &open["corrections"]),
        (&json!(0), &json!(0)),
        "one void, one late sale: {open}"
    );
    late_order(&till, 6);
    late_payment(&till, 6, "카드");
    let open = till.get(&format!("/sales/daily?date={today}")).is(200);
    assert_eq!((&open["corrections"], &open["voided"], &open["late"]), (&json!(5_500), &json!(0), &json!(0)), "{open}");
    let period = till.get(&format!("/sales/period?start={yesterday}&end={today}")).is(200);
    assert_eq!(period["sales_volume"], 16_500);
    verified(&server);
}

#[test]
fn only_a_day_that_has_ended_is_settled_and_only_a_settled_one_has_a_message() {
    let server = Server::start();
    let till = cafe_of_yesterday(&server);
    let (yesterday, today) = (NOON.day(-1), NOON.day(0));
    settle(&till, &today).refused(409, "day-not-ended");
    settle(&till, "2026-02-30").refused(422, "invalid-field");
    till.post("/settlements", &json!({})).refused(422, "invalid-field");
    till.get(&format!("/settlements/{yesterday}")).refused(404, "not-found");
    till.post(&format!("/settlements/{yesterday}/message"), &json!({})).refused(404, "not-found");
    till.get("/settlements/nonsense").refused(404, "not-found");
    settle(&till, &yesterday).is(201);
    let shown = till.until(&format!("/settlements/{yesterday}"), |answer| answer["message_state"] == "outbox");
    assert_eq!(shown["messages"].as_array().map(Vec::len), Some(1));
    till.post(&format!("/settlements/{yesterday}/message"), &json!({})).is(200);
    let shown = till.until(&format!("/settlements/{yesterday}"), |answer| {
        answer["messages"].as_array().is_some_and(|all| all.len() == 2) && answer["message_state"] == "outbox"
    });
    assert_eq!(shown["messages"][0]["text"], shown["messages"][1]["text"]);
    assert!(!shown.to_string().contains("1012345678"), "the number is nobody's business");
    let other = server.sign_up();
    other.get(&format!("/settlements/{yesterday}")).refused(404, "not-found");
    assert_eq!(other.get("/messages").is(200)["messages"], json!([]));
    verified(&server);
}

#[test]
fn an_instant_has_its_limits() {
    let server = Server::start();
    let till = server.cafe(&[("라떼", 5_500)]);
    let order = |at: &str| {
        till.post("/orders/", &json!({"table_no": 1, "carts": [{"item_id": 1, "quantity": 1}], "occurred_at": at}))
    };
    for bad in ["yesterday", "2026-11-20", "2026-11-20T10:00:00"] {
        assert_eq!(order(bad).refused(422, "invalid-field")["field"], "occurred_at");
    }
    assert_eq!(order(&NOON.instant(-9).to_rfc3339()).refused(422, "invalid-field")["field"], "occurred_at");
    assert_eq!(order(&NOON.instant(1).to_rfc3339()).refused(422, "invalid-field")["field"], "occurred_at");
    order(&NOON.instant(-6).to_rfc3339()).is(200);
    assert_eq!(
        till.get(&format!("/orders/daily?date={}", NOON.day(-6))).is(200)["orders"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn a_day_is_settled_by_itself_where_that_is_switched_on() {
    let server = Server::with(&["--settlement", "automatic"], &[]);
    let till = cafe_of_yesterday(&server);
    let yesterday = NOON.day(-1);
    let settled = till.until("/settlements", |answer| !answer["settlements"].as_array().unwrap().is_empty());
    assert_eq!(settled["settlements"][0]["date"], yesterday.as_str());
    let event = &of_type(&server, "DaySettled")[0];
    assert_eq!(event["business_date"], yesterday.as_str());
    till.until(&format!("/settlements/{yesterday}"), |answer| answer["message_state"] == "outbox");
    verified(&server);
}

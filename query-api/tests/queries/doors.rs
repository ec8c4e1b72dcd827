//! Who gets in: tokens, the demonstration store, other stores' data, routes that are not there.

use events::StoreId;
use serde_json::json;

use crate::fixture::Fixture;
use crate::on_both_engines;
use crate::place::Place;
use crate::rows;

on_both_engines!(
    without_a_good_token_every_question_is_401_with_one_body,
    the_demonstration_store_answers_exactly_what_the_load_scripts_ask,
    no_answer_holds_anything_of_another_store,
    every_path_is_served_with_and_without_a_slash_at_its_end,
    the_store_itself_is_shown_to_its_owner,
    advice_that_nobody_asked_for_is_404_at_once,
    removed_routes_and_unknown_ones_are_404_and_other_methods_405,
);

/// Every question that needs a token, with valid parameters; and whether the load scripts ask it.
const GUARDED: [(&str, bool); 28] = [
    ("/stores/", false),
    ("/categories/", true),
    ("/categories/items", true),
    ("/categories/items/costs", true),
    ("/categories/items/1", false),
    ("/dashboard/costs", false),
    ("/bff/costs", false),
    ("/orders/unpaids", true),
    ("/orders/unpaids/1", true),
    ("/orders/daily?date=2024-01-25", true),
    ("/orders/period?start=2024-01-25&end=2024-01-25", true),
    ("/sales/", true),
    ("/sales/daily?date=2022-01-23", true),
    ("/sales/period?start=2022-01-01&end=2022-01-31", true),
    ("/bff/sales?start=2022-01-01&end=2022-01-31", false),
    ("/dashboard/sales?start=2022-01-01&end=2022-01-31", false),
    ("/bff/volumes?start=2022-01-01&end=2022-01-31", false),
    ("/dashboard/volumes?start=2022-01-01&end=2022-01-31", false),
    ("/settlements/", false),
    ("/settlements/2022-01-01", false),
    ("/messages", false),
    ("/consulting/7", false),
    ("/consulting/test/7", false),
    ("/dashboard/consulting/7", false),
    ("/dashboard/consulting/test/7", false),
    // Without what they need: the token is asked for first.
    ("/orders/daily", true),
    ("/bff/sales?start=x", false),
    ("/categories/items/undefined", false),
];

async fn without_a_good_token_every_question_is_401_with_one_body(place: Place) {
    let fixture = Fixture::new(place).await;
    let store = fixture.store("demostore").await;
    let closed = fixture.store("closedstore").await;
    fixture.event(closed, &["stores"], vec![rows::closed(closed)]).await;
    let closed = format!("Bearer {}", fixture.token(closed));
    let forged = format!("Bearer {}x", fixture.token(store));
    let one_body = fixture.send("GET", "/stores/", &[], "").await;
    for (path, _) in GUARDED {
        for token in ["", "Bearer null", "Bearer ", "null", &forged, &closed] {
            let refused = fixture.send("GET", path, &[("authorization", token)], "").await;
            assert_eq!((refused.status.as_u16(), &refused.body), (401, &one_body.body), "{path} {token}");
        }
        let silent = fixture.send("GET", path, &[], "").await;
        assert_eq!((silent.status.as_u16(), &silent.body), (401, &one_body.body), "{path}");
    }
    let check = fixture.post("/stores/pwcheck", &[], r#"{"password": "Demostore1!"}"#).await;
    assert_eq!((check.status.as_u16(), &check.body), (401, &one_body.body));
}

async fn the_demonstration_store_answers_exactly_what_the_load_scripts_ask(place: Place) {
    let fixture = Fixture::with_demonstration("demostore", place).await;
    let demo = fixture.store("demostore").await;
    fixture.event(demo, &["catalogue"], vec![rows::category(demo, 1, "커피")]).await;
    for (path, load_script) in GUARDED {
        for headers in [&[][..], &[("authorization", ""), ("x-csrf-token", ""), ("content-type", "application/json")]] {
            let answer = fixture.send("GET", path, headers, "").await;
            assert_eq!(answer.status != 401, load_script, "{path}: {}", answer.status);
        }
        let bad = fixture.send("GET", path, &[("authorization", "Bearer null")], "").await;
        assert_eq!(bad.status, 401, "{path}");
    }
    let categories = fixture.send("GET", "/categories/", &[("authorization", "")], "").await;
    let expected = json!({"categories": [{"id": 1, "name": "커피"}], "store_id": demo.0});
    assert_eq!(categories.success(), expected);
}

async fn no_answer_holds_anything_of_another_store(place: Place) {
    let fixture = Fixture::new(place).await;
    let (mine, theirs) = (fixture.store("minestore").await, fixture.store("theirstore").await);
    let planted = |store: StoreId| {
        vec![
            rows::category(store, 1, "CANARY"),
            rows::item(store, (1, 1), "CANARY", 123_457, Some(3)),
            rows::tab(store, 1, 1, "2022-01-23T03:00:00Z", 123_457),
            rows::tab_line(store, 1, 1, "CANARY", 1, 512),
            rows::order(
                store,
                1,
                1,
                "2022-01-23T03:00:00Z",
                "2024-01-25",
                r#"[{"item_id":1,"item_name":"CANARY","quantity":1}]"#,
            ),
            rows::sale(
                store,
                &rows::SaleRow {
                    id: 1,
                    total: 123_457,
                    stated: None,
                    payment: "CANARY",
                    sold_at: "2022-01-23T03:00:00Z",
                    voided_at: None,
                },
            ),
            rows::day(store, "2022-01-23", [123_457, 0, 0, 0, 0, 0]),
            rows::day_item(store, "2022-01-23", 1, "CANARY", [1, 1, 123_457, 0, 0]),
            rows::day_payment(store, "2022-01-23", "CANARY", 123_457, 1),
        ]
    };
    fixture.event(theirs, &["catalogue", "tables", "orders", "sales", "days"], planted(theirs)).await;
    let mut shown = 0;
    for (path, _) in GUARDED {
        let separator = if path.contains('?') { '&' } else { '?' };
        let theirs_too = fixture.get(theirs, path).await;
        let seen = String::from_utf8(theirs_too.body).unwrap();
        shown += usize::from(seen.contains("CANARY") || seen.contains("123457"));
        let answer = fixture.get(mine, &format!("{path}{separator}store_id={}", theirs.0)).await;
        let body = String::from_utf8(answer.body).unwrap();
        for trace in ["CANARY", "123457", &theirs.0.to_string()] {
            assert!(!body.contains(trace), "{path}: {body}");
        }
    }
    assert_eq!(shown, 17, "the canaries are where they would show");
}

async fn every_path_is_served_with_and_without_a_slash_at_its_end(place: Place) {
    let fixture = Fixture::new(place).await;
    let store = fixture.store("demostore").await;
    for (path, _) in GUARDED {
        let (route, query) = path.split_once('?').unwrap_or((path, ""));
        let route = route.trim_end_matches('/');
        let (with, without) = (format!("{route}/?{query}"), format!("{route}?{query}"));
        let (with, without) = (fixture.get(store, &with).await, fixture.get(store, &without).await);
        assert_eq!((with.status, &with.body), (without.status, &without.body), "{path}");
        assert!(!with.status.is_redirection(), "{path}");
    }
}

async fn the_store_itself_is_shown_to_its_owner(place: Place) {
    let fixture = Fixture::new(place).await;
    let store = fixture.store("demostore").await;
    let expected = json!({"store": {"store_id": store.0, "username": "demostore", "owner_name": "홍길동",
        "phone": "01012345678", "store_name": "한빛카페", "address": "서울시 중구", "store_type": "일반음식점",
        "currency": "KRW", "time_zone": "Asia/Seoul", "day_begins": "00:00:00", "language": "ko"}});
    assert_eq!(fixture.get(store, "/stores/").await.success(), expected);
}

async fn advice_that_nobody_asked_for_is_404_at_once(place: Place) {
    let fixture = Fixture::new(place).await;
    let store = fixture.store("demostore").await;
    for (path, _) in GUARDED.iter().filter(|(path, _)| path.contains("consulting")) {
        fixture.get(store, path).await.json(404);
    }
}

async fn removed_routes_and_unknown_ones_are_404_and_other_methods_405(place: Place) {
    let fixture = Fixture::new(place).await;
    let store = fixture.store("demostore").await;
    let bearer = format!("Bearer {}", fixture.token(store));
    let requests = [
        ("GET", "/stores/all", 404),
        ("PUT", "/orders/paid", 404),
        ("GET", "/nothing", 404),
        ("GET", "/dashboard", 404),
        ("DELETE", "/dashboard/volumes", 405),
        ("POST", "/orders/unpaids", 405),
    ];
    for (method, path, status) in requests {
        let answer = fixture.send(method, path, &[("authorization", &bearer)], "").await;
        let problem = answer.json(status);
        assert_eq!((&problem["status"], &problem["result"]), (&json!(status), &json!("failed")), "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

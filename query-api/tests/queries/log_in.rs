//! Log-in, password check, and whether a name is taken.

use events::StoreId;
use serde_json::json;

use crate::fixture::Fixture;
use crate::on_both_engines;
use crate::place::Place;
use crate::rows;

on_both_engines!(
    a_log_in_gives_a_token_that_opens_the_store,
    a_wrong_password_an_unknown_name_and_a_closed_store_are_one_400,
    after_ten_failures_the_right_password_has_to_wait_too,
    log_ins_that_succeed_are_never_throttled,
    a_log_in_that_is_no_log_in_says_what_is_wrong,
    the_password_check_answers_200_either_way,
    a_stolen_token_does_not_help_to_guess_the_password,
    a_name_is_taken_in_any_spelling_and_stays_so_when_the_store_has_closed,
    secrets_and_personal_data_stand_in_no_answer_but_the_owners,
);

const RIGHT: &str = "Demostore1!";

async fn cafe(place: Place) -> (Fixture, StoreId) {
    let fixture = Fixture::new(place).await;
    let store = StoreId::of_username("demostore");
    let hash = fixture.passwords.hash(RIGHT, [3; 16]).await.unwrap();
    fixture.event(store, &["stores"], vec![rows::store(store, "demostore", &hash)]).await;
    (fixture, store)
}

fn credentials(username: &str, password: &str) -> String {
    json!({"username": username, "password": password}).to_string()
}

async fn a_log_in_gives_a_token_that_opens_the_store(place: Place) {
    let (fixture, store) = cafe(place).await;
    for username in ["demostore", "DemoStore", " demostore "] {
        let answer = fixture.post("/stores/login", &[], &credentials(username, RIGHT)).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.success();
        assert_eq!(body["store_id"], json!(store.0));
        assert!(!body["csrf_token"].as_str().unwrap().is_empty());
        let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
        let own = fixture.send("GET", "/stores/", &[("authorization", &bearer)], "").await;
        assert_eq!(own.success()["store"]["username"], "demostore");
    }
}

async fn a_wrong_password_an_unknown_name_and_a_closed_store_are_one_400(place: Place) {
    let (fixture, store) = cafe(place).await;
    let wrong = fixture.post("/stores/login", &[], &credentials("demostore", "Wrong12345!")).await;
    let problem = wrong.json(400);
    assert_eq!(problem["result"], "failed");
    assert!(problem["error"].is_string() && problem["message"].is_string());
    fixture.event(store, &["stores"], vec![rows::closed(store)]).await;
    for (username, password) in [("nobodyhere", RIGHT), ("demostore", RIGHT), ("", ""), ("demostore", "")] {
        let answer = fixture.post("/stores/login", &[], &credentials(username, password)).await;
        assert_eq!((answer.status, &answer.body), (wrong.status, &wrong.body), "{username} {password}");
    }
}

async fn after_ten_failures_the_right_password_has_to_wait_too(place: Place) {
    let (fixture, _) = cafe(place).await;
    for _ in 0..10 {
        fixture.post("/stores/login", &[], &credentials("demostore", "Wrong12345!")).await.json(400);
    }
    let refused = fixture.post("/stores/login", &[], &credentials("DEMOSTORE", RIGHT)).await;
    refused.json(429);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds));
    fixture.post("/stores/login", &[], &credentials("otherstore", "x")).await.json(400);
}

async fn log_ins_that_succeed_are_never_throttled(place: Place) {
    let (fixture, _) = cafe(place).await;
    for _ in 0..15 {
        fixture.post("/stores/login", &[], &credentials("demostore", RIGHT)).await.success();
    }
}

async fn a_log_in_that_is_no_log_in_says_what_is_wrong(place: Place) {
    let (fixture, _) = cafe(place).await;
    fixture.post("/stores/login", &[], "{").await.json(400);
    fixture.post("/stores/login", &[], "[1]").await.json(422);
    let missing = fixture.post("/stores/login", &[], r#"{"username": "demostore"}"#).await;
    assert_eq!(missing.json(422)["field"], "password");
    let number = fixture.post("/stores/login", &[], r#"{"username": 7, "password": "x"}"#).await;
    assert_eq!(number.json(422)["field"], "username");
}

async fn the_password_check_answers_200_either_way(place: Place) {
    let (fixture, store) = cafe(place).await;
    let bearer = format!("Bearer {}", fixture.token(store));
    let headers = [("authorization", bearer.as_str())];
    let right = fixture.post("/stores/pwcheck", &headers, &json!({"password": RIGHT}).to_string()).await;
    assert_eq!(right.json(200)["result"], "success");
    let wrong = fixture.post("/stores/pwcheck/", &headers, r#"{"password": "Wrong12345!"}"#).await;
    assert_eq!(wrong.json(200)["result"], "failed");
}

async fn a_stolen_token_does_not_help_to_guess_the_password(place: Place) {
    let (fixture, store) = cafe(place).await;
    let bearer = format!("Bearer {}", fixture.token(store));
    for _ in 0..10 {
        fixture.post("/stores/pwcheck", &[("authorization", &bearer)], r#"{"password": "x"}"#).await.json(200);
    }
    fixture.post("/stores/pwcheck", &[("authorization", &bearer)], r#"{"password": "x"}"#).await.json(429);
}

async fn a_name_is_taken_in_any_spelling_and_stays_so_when_the_store_has_closed(place: Place) {
    let (fixture, store) = cafe(place).await;
    let check = async |name: &str| fixture.send("GET", &format!("/stores/check?username={name}"), &[], "").await;
    for closed in [false, true] {
        for name in ["demostore", "DEMOSTORE", "%EF%BD%84emostore"] {
            let taken = check(name).await.json(200);
            assert_eq!(taken["result"], "failed", "{name} {closed}");
            assert!(taken["message"].as_str().unwrap().ends_with("아이디입니다."));
        }
        assert_eq!(check("demostore2").await.json(200)["result"], "success");
        fixture.event(store, &["stores"], vec![rows::closed(store)]).await;
    }
    assert_eq!(fixture.send("GET", "/stores/check", &[], "").await.json(422)["field"], "username");
    let bearer = [("authorization", "Bearer null")];
    assert_eq!(fixture.send("GET", "/stores/check?username=free", &bearer, "").await.json(200)["result"], "success");
}

async fn secrets_and_personal_data_stand_in_no_answer_but_the_owners(place: Place) {
    let (fixture, store) = cafe(place).await;
    let bearer = format!("Bearer {}", fixture.token(store));
    let answers = [
        fixture.post("/stores/login", &[], &credentials("demostore", "CANARY-Wrong1!")).await,
        fixture.post("/stores/login", &[], r#"{"username": "CANARY", "password": ["CANARY"]}"#).await,
        fixture.post("/stores/pwcheck", &[("authorization", &bearer)], r#"{"password": "CANARY"}"#).await,
        fixture.send("GET", "/stores/check?username=demostore", &[], "").await,
    ];
    for answer in answers {
        let body = String::from_utf8(answer.body).unwrap();
        for secret in ["CANARY", "argon2", "홍길동", "01012345678", "중구"] {
            assert!(!body.contains(secret), "{secret}: {body}");
        }
    }
    let own = String::from_utf8(fixture.get(store, "/stores/").await.body).unwrap();
    assert!(own.contains("홍길동") && !own.contains("argon2"));
}

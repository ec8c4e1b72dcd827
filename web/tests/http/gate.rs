//! Who gets in.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use web::{Access, TOKEN_DAYS, Tokens};

use crate::fixture::{Answer, SECRET, Served, clock_and_ids, demonstration, serve, store};

const NOW: i64 = 1_800_000_000;

fn claims() -> Value {
    json!({
        "iss": "salesync", "aud": "salesync", "sub": store(), "jti": store(), "cv": 0, "iat": NOW, "exp": NOW + 60
    })
}

fn forge(algorithm: Algorithm, secret: &[u8], alter: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims();
    alter(&mut claims);
    encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(secret)).unwrap()
}

fn set(name: &'static str, value: Value) -> String {
    forge(Algorithm::HS256, SECRET, |claims| claims[name] = value)
}

fn without(name: &str) -> String {
    forge(Algorithm::HS256, SECRET, |claims| {
        claims.as_object_mut().unwrap().remove(name);
    })
}

async fn ask(served: &Served, path: &str, authorization: &str) -> Answer {
    served.send("GET", path, &[&format!("Authorization: {authorization}")], "").await
}

#[tokio::test]
async fn a_minted_token_opens_its_store() {
    let served = serve().await;
    let answer = served.send_signed("GET", "/owner", "").await;
    assert_eq!((answer.status, &answer.json()["store_id"]), (200, &json!(store())));
    let forged_right = forge(Algorithm::HS256, SECRET, |_| {});
    assert_eq!(ask(&served, "/owner", &format!("bearer {forged_right}")).await.status, 200);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_the_answer_is_one_constant_401() {
    let served = serve().await;
    let good = served.token();
    let (head, rest) = good.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    // {"alg":"none","typ":"JWT"} and the claims, unsigned.
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let tokens = [
        String::new(),
        "null".to_owned(),
        "undefined".to_owned(),
        format!("{head}.{rest}x"),
        good[..good.len() - 1].to_owned(),
        format!("{head}..{signature}"),
        format!("{none}.{}.", rest.split_once('.').unwrap().0),
        format!("{none}.{rest}"),
        "a".repeat(100_000 / 2),
        forge(Algorithm::HS512, SECRET, |_| {}),
        forge(Algorithm::HS256, b"another secret, another installation", |_| {}),
        forge(Algorithm::HS256, b"", |_| {}),
        set("aud", json!("another")),
        set("aud", json!(["another"])),
        set("iss", json!("another")),
        set("exp", json!((NOW + 60).to_string())),
        set("exp", json!(1.0e300)),
        set("exp", json!(i64::MAX)),
        set("exp", json!(NOW)),
        set("exp", json!(null)),
        set("nbf", json!(NOW + 1)),
        set("nbf", json!("0")),
        set("sub", json!("store")),
        set("cv", json!(-1)),
        without("exp"),
        without("iss"),
        without("aud"),
        without("sub"),
        without("jti"),
        without("cv"),
    ];
    let expected = served.send("GET", "/owner", &[], "").await;
    assert!(expected.status == 401 && expected.is_problem("unauthorized"), "{expected:?}");
    assert_eq!(expected.header("www-authenticate"), Some("bearer"));
    for token in tokens {
        for path in ["/owner", "/signed", "/open-to-scripts"] {
            let answer = ask(&served, path, &format!("Bearer {token}")).await;
            assert_eq!((answer.status, &answer.body), (401, &expected.body), "{path} {token}");
        }
    }
}

#[tokio::test]
async fn a_token_that_was_good_ends_with_its_time() {
    let served = serve().await;
    let bearer = format!("Bearer {}", served.token());
    served.clock.pass(TOKEN_DAYS * 86_400 - 1);
    assert_eq!(ask(&served, "/owner", &bearer).await.status, 200);
    served.clock.pass(1);
    assert_eq!(ask(&served, "/owner", &bearer).await.status, 401);
}

#[tokio::test]
async fn two_authorizations_are_none() {
    let served = serve().await;
    let good = format!("Authorization: Bearer {}", served.token());
    assert_eq!(served.send("GET", "/owner", &[&good, &good], "").await.status, 401);
    assert_eq!(served.send("GET", "/open-to-scripts", &[&good, "Authorization: "], "").await.status, 401);
}

#[tokio::test]
async fn a_revoked_token_is_refused_but_where_the_writer_decides() {
    let served = serve().await;
    let bearer = format!("Bearer {}", served.token());
    served.sessions.say(Access::Revoked);
    assert!(ask(&served, "/owner", &bearer).await.is_problem("unauthorized"));
    assert_eq!(ask(&served, "/signed", &bearer).await.status, 200);
}

#[tokio::test]
async fn while_it_is_not_known_nobody_is_logged_out() {
    let served = serve().await;
    served.sessions.say(Access::Unsure);
    let answer = served.send_signed("GET", "/owner", "").await;
    assert!(answer.status == 503 && answer.is_problem("unavailable"), "{answer:?}");
    assert_eq!((answer.header("retry-after"), &answer.json()["outcome"]), (Some("1"), &json!("not_applied")));
}

#[tokio::test]
async fn the_demonstration_store_is_for_an_absent_or_empty_authorization_alone() {
    let served = serve().await;
    let store_id = |answer: Answer| answer.json()["store_id"].clone();
    for silent in [vec![], vec!["Authorization:"], vec!["Authorization:   "]] {
        assert_eq!(store_id(served.send("GET", "/open-to-scripts", &silent, "").await), json!(demonstration()));
        assert_eq!(served.send("GET", "/owner", &silent, "").await.status, 401);
    }
    let good = format!("Bearer {}", served.token());
    assert_eq!(store_id(ask(&served, "/open-to-scripts", &good).await), json!(store()));
    for bad in ["Bearer null", "Bearer", "Bearer ", "null", "Basic YTpi"] {
        assert_eq!(ask(&served, "/open-to-scripts", bad).await.status, 401, "{bad}");
    }
}

#[tokio::test]
async fn route_method_token_path_and_body_are_asked_for_in_this_order() {
    let served = serve().await;
    assert_eq!(served.send("PUT", "/nowhere", &[], "{").await.status, 404);
    assert_eq!(served.send("POST", "/items/1", &[], "{").await.status, 405);
    assert_eq!(served.send("PUT", "/items/null", &[], "{").await.status, 401);
    assert_eq!(served.send_signed("PUT", "/items/null", "{").await.status, 404);
    assert_eq!(served.send_signed("PUT", "/items/1", "{").await.status, 400);
    assert_eq!(served.send_signed("PUT", "/items/1", "{}").await.status, 422);
    assert_eq!(served.send_signed("PUT", "/items/1", r#"{"price":"5000"}"#).await.status, 200);
}

#[test]
fn a_secret_that_could_be_guessed_is_refused() {
    let (clock, ids) = clock_and_ids();
    assert!(Tokens::new(&SECRET[..31], clock.clone(), ids.clone()).is_err());
    assert!(Tokens::new(SECRET, clock, ids).is_ok());
}

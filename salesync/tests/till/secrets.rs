//! Tokens, guesses and canaries: who gets in, how often one may try, and what no log line ever says.

use std::sync::LazyLock;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{Answer, NOON, PASSWORD, Server, Till, new_name, registration};

/// The secret of a server whose tokens the tests can forge.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

static KNOWN: LazyLock<Server> = LazyLock::new(|| Server::with(&[], &[("SALESYNC_TOKEN_SECRET", SECRET)]));

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        let digit = |nth: usize| char::from(DIGITS[number >> (18 - 6 * nth) & 63]);
        text.extend((0..=chunk.len()).map(digit));
    }
    text
}

fn hmac(secret: &[u8], text: &[u8]) -> Vec<u8> {
    let mut key = [0_u8; 64];
    key[..secret.len()].copy_from_slice(secret);
    let padded = |pad: u8| key.map(|byte| byte ^ pad).to_vec();
    let inner = Sha256::digest([padded(0x36), text.to_vec()].concat());
    Sha256::digest([padded(0x5c), inner.to_vec()].concat()).to_vec()
}

fn token(header: &Value, claims: &Value, secret: &str) -> String {
    let text = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
    let signature = base64url(&hmac(secret.as_bytes(), text.as_bytes()));
    format!("{text}.{signature}")
}

/// The claims of a good token of this store, with these instead or less those that are null.
fn claims(till: &Till, other: &Value) -> Value {
    let now = chrono::NaiveDate::and_hms_opt(&NOON.today, 12, 0, 0).unwrap().and_utc().timestamp();
    let mut claims = json!({"iss": "salesync", "aud": "salesync", "sub": till.store_id, "cv": 0, "iat": now - 172_800,
        "jti": "11111111-1111-4111-8111-111111111111", "exp": now + 172_800});
    for (name, value) in other.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

#[test]
fn f19_a_forged_token_is_401_with_one_body_whatever_is_wrong_with_it() {
    let till = KNOWN.sign_up();
    let hs256 = json!({"alg": "HS256", "typ": "JWT"});
    let ask = |token: &str| KNOWN.guest().bearer(token).get("/categories/");
    // The forger's tools are good: with the right secret and claims the token opens the store.
    ask(&token(&hs256, &claims(&till, &json!({})), SECRET)).is(200);

    let told = KNOWN.guest().get("/categories/");
    told.refused(401, "unauthorized");
    let past = NOON.today.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp() - 864_000;
    let ahead = past + 2 * 864_000;
    let forged = |other: Value| token(&hs256, &claims(&till, &other), SECRET);
    let good = claims(&till, &json!({}));
    let unsigned = token(&json!({"alg": "none"}), &good, SECRET);
    for (what, token) in [
        ("another secret", token(&hs256, &good, "super-secret-super-secret-super-")),
        ("a published secret", token(&hs256, &good, "super-secret")),
        ("no secret", token(&hs256, &good, "")),
        ("no algorithm", unsigned.clone()),
        ("no signature", format!("{}.", unsigned.rsplit_once('.').unwrap().0)),
        ("another algorithm", token(&json!({"alg": "HS512"}), &good, SECRET)),
        ("expired", forged(json!({"exp": past}))),
        ("a text as expiry", forged(json!({"exp": ahead.to_string()}))),
        ("no expiry", forged(json!({"exp": null}))),
        ("not yet", forged(json!({"nbf": ahead}))),
        ("another audience", forged(json!({"aud": "other"}))),
        ("another issuer", forged(json!({"iss": "other"}))),
        ("no audience", forged(json!({"aud": null}))),
        ("no store", forged(json!({"sub": null}))),
        ("a store that never was", forged(json!({"sub": "22222222-2222-4222-8222-222222222222"}))),
        ("nothing", String::new()),
        ("very long", "a".repeat(5_000)),
    ] {
        let answer = ask(&token);
        assert_eq!((answer.status, &answer.body), (401, &told.body), "{what}");
        let write = KNOWN.guest().bearer(&token).post("/categories/", &json!({"name": what}));
        assert_eq!((write.status, &write.body), (401, &told.body), "{what}, writing");
    }
    assert_eq!(till.get("/categories/").is(200)["categories"], json!([]));
}

#[test]
fn f19_every_installation_has_a_secret_of_its_own() {
    let (one, other) = (Server::start(), Server::start());
    let name = new_name();
    let till = one.sign_up_as(&name, &json!({}));
    other.sign_up_as(&name, &json!({}));
    till.get("/stores/").is(200);
    other.guest().bearer(till.token()).get("/stores/").refused(401, "unauthorized");
}

#[test]
fn a_token_is_good_for_30_days_and_over_a_restart() {
    let mut server = Server::start();
    let till = server.sign_up();
    let claims = till.token().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&unbase64url(claims)).unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 30 * 86_400);
    server.crash_and_restart();
    till.at(&server).get("/stores/").is(200);
}

fn unbase64url(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'-' => 62,
        _ => 63,
    };
    let bits: Vec<u8> = text.bytes().flat_map(|c| (0..6).rev().map(move |bit| value(c) >> bit & 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}

fn log_in(server: &Server, name: &str, password: &str) -> Answer {
    server.guest().post("/stores/login", &json!({"username": name, "password": password}))
}

#[test]
fn a_changed_password_ends_every_token_but_the_one_that_changed_it() {
    let till = KNOWN.sign_up();
    let token = |answer: Answer| answer.is(200)["access_token"].as_str().unwrap().to_owned();
    let elsewhere = KNOWN.guest().bearer(&token(log_in(&KNOWN, &till.username, PASSWORD)));
    elsewhere.get("/stores/").is(200);
    till.put(&format!("/stores/{}", till.store_id), &json!({"password": "Another1!!"})).is(200);
    till.get("/stores/").is(200);
    till.post("/categories/", &json!({"name": "still here"})).is(201);
    elsewhere.get("/stores/").refused(401, "unauthorized");
    elsewhere.post("/categories/", &json!({"name": "gone"})).refused(401, "unauthorized");
    let after = KNOWN.guest().bearer(&token(log_in(&KNOWN, &till.username, "Another1!!")));
    after.put(&format!("/stores/{}", till.store_id), &json!({"password": "Thirdone1!"})).is(200);
    till.get("/stores/").refused(401, "unauthorized");
    after.get("/stores/").is(200);
}

#[test]
fn guessing_is_slowed_down_per_account_and_the_others_go_on() {
    let server = Server::start();
    let (till, other) = (server.sign_up(), server.sign_up());
    let guesses: Vec<u16> = (0..12).map(|_| log_in(&server, &till.username, "Guessed-1!").status).collect();
    assert_eq!(guesses, [vec![400; 10], vec![429; 2]].concat());
    let slowed = log_in(&server, &till.username, PASSWORD);
    slowed.refused(429, "too-many-requests");
    let wait: u64 = slowed.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    till.get("/stores/").is(200);
    log_in(&server, &other.username, PASSWORD).is(200);
    // An account that is not there is slowed down alike, so that this tells nothing either.
    let nobody: Vec<u16> = (0..11).map(|_| log_in(&server, "nobody-here", "Guessed-1!").status).collect();
    assert_eq!(nobody.last(), Some(&429));
}

#[test]
fn sign_ups_from_one_address_are_60_an_hour() {
    let server = Server::start();
    let sign_up = |nth: usize| server.guest().post("/stores/", &registration(&format!("massstore{nth}"), &json!({})));
    for nth in 0..60 {
        sign_up(nth).is(201);
    }
    let refused = sign_up(60);
    refused.refused(429, "too-many-requests");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() <= 3600);
    // What is refused for its form is no sign-up, and who is there already goes on.
    server.guest().post("/stores/", &json!({})).refused(422, "invalid-field");
    log_in(&server, "massstore7", PASSWORD).is(200);
}

#[test]
fn no_secret_and_nothing_personal_is_ever_in_the_log_or_a_refusal() {
    let mut server = Server::with(&["--log-filter", "debug"], &[]);
    let canaries = json!({"password": "Canary-pw-77!", "owner_name": "카나리아주인", "phone": "01077777777",
        "address": "카나리아로 77"});
    let till = server.sign_up_as("canarystore", &canaries);
    let mut refusals = vec![
        log_in(&server, "canarystore", "Canary-pw-78!"),
        server.guest().post("/stores/", &registration("canarystore", &canaries)),
        server.guest().post("/stores/", &registration("canary2", &json!({"phone": "0".repeat(90), "owner_name": 7}))),
        server.guest().send("POST", "/stores/", Some(b"{\"password\": \"Canary-pw-77!\", ")),
        server.guest().bearer(&format!("{}x", till.token())).get("/stores/?password=Canary-pw-77!"),
        till.put("/stores/Canary-pw-77!", &json!({"password": "Canary-pw-77!"})),
        till.post("/stores/pwcheck", &json!({"password": ["Canary-pw-77!"]})),
    ];
    let change = till.put(&format!("/stores/{}", till.store_id), &json!({"password": "Canary-pw-79!"}));
    change.is(200);
    refusals.push(change);
    till.get("/stores/").is(200);
    till.order(1, &[(1, 1)]).refused(404, "not-found");
    server.crash_and_restart();
    assert!(server.stop().success());
    let log = server.log();
    assert!(log.contains("serving") && log.contains("/stores/login"), "{log}");
    let said: Vec<String> = refusals.iter().map(Answer::text).chain([log]).collect();
    let secrets = ["Canary-pw", "카나리아", "01077777777", "argon2", till.token()];
    for (said, secret) in said.iter().flat_map(|said| secrets.iter().map(move |secret| (said, secret))) {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

//! What happens to every request and every answer.

use std::time::Duration;

use serde_json::json;
use web::{Origins, ServerLimits, TrustedProxies};

use crate::fixture::{Answer, Served, serve, serve_with};

async fn serve_briefly() -> Served {
    let brief = |options: &mut web::EdgeOptions| options.request_timeout = Duration::from_millis(20);
    serve_with(brief, ServerLimits::default(), TrustedProxies::default()).await
}

async fn serve_for(origins: &str) -> Served {
    let origins: Origins = origins.parse().unwrap();
    serve_with(|options| options.origins = origins, ServerLimits::default(), TrustedProxies::default()).await
}

async fn preflight(served: &Served, path: &str, origin: &str) -> Answer {
    let lines = [
        &format!("Origin: {origin}"),
        "Access-Control-Request-Method: PUT",
        "Access-Control-Request-Headers: authorization",
    ];
    served.send("OPTIONS", path, &lines, "").await
}

#[tokio::test]
async fn both_slash_forms_of_a_path_are_one() {
    let served = serve().await;
    for path in ["/", "//", "/owner", "/owner/", "/owner//", "/items/7", "/items/7/"] {
        let answer = served.send_signed("GET", path, "").await;
        assert_eq!((answer.status, answer.header("location")), (200, None), "{path}");
    }
    let days = served.send_signed("GET", "/days/?start=2026-01-01&end=2026-01-31", "").await;
    assert_eq!(days.json()["days"], 31);
}

#[tokio::test]
async fn a_preflight_of_any_path_is_answered_without_a_token() {
    let served = serve().await;
    for path in ["/owner", "/owner/", "/items/1", "/nowhere", "/"] {
        let answer = preflight(&served, path, "https://salesync.site").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")), "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), Some("get,post,put,delete"));
        assert_eq!(answer.header("access-control-max-age"), Some("86400"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        let allowed: Vec<_> = answer.header("access-control-allow-headers").unwrap().split(',').collect();
        for name in ["authorization", "content-type", "x-csrf-token", "idempotency-key", "prefer", "if-none-match"] {
            assert!(allowed.contains(&name), "{name} in {allowed:?}");
        }
    }
}

#[tokio::test]
async fn a_browser_may_read_every_answer_errors_too() {
    let served = serve_briefly().await;
    for (method, path, status) in [
        ("GET", "/", 200),
        ("GET", "/owner", 401),
        ("GET", "/nowhere", 404),
        ("DELETE", "/owner", 405),
        ("PUT", "/items/1", 401),
        ("POST", "/login", 400),
        ("GET", "/panic", 500),
        ("GET", "/gate", 503),
    ] {
        let answer = served.send(method, path, &["Origin: http://localhost:3000"], "").await;
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (status, Some("*")),
            "{method} {path}"
        );
        assert_eq!(answer.header("access-control-expose-headers"), Some("salesync-position,etag,retry-after"));
    }
}

#[tokio::test]
async fn of_listed_origins_each_is_named_and_others_are_not() {
    let served = serve_for("https://salesync.site, http://localhost:3000").await;
    for (origin, allowed) in [
        ("https://salesync.site", Some("https://salesync.site")),
        ("http://localhost:3000", Some("http://localhost:3000")),
        ("https://salesync.site.example", None),
        ("null", None),
    ] {
        let answer = served.send("GET", "/", &[&format!("Origin: {origin}")], "").await;
        assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), (allowed, Some("origin")));
        assert_eq!(preflight(&served, "/owner", origin).await.header("access-control-allow-origin"), allowed);
    }
}

#[test]
fn what_is_no_origin_is_refused_by_name() {
    assert_eq!("*".parse(), Ok(Origins::Any));
    for bad in
        ["", "salesync.site", "https://salesync.site/", "https://salesync.site/page", "https://a?b", "*, https://a"]
    {
        assert!(bad.parse::<Origins>().is_err(), "{bad}");
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_possible_are_problems() {
    let served = serve().await;
    let nowhere = served.send("GET", "/stores/all", &[], "").await;
    assert!(nowhere.status == 404 && nowhere.is_problem("not-found"), "{nowhere:?}");
    let method = served.send("PATCH", "/items/1", &[], "").await;
    assert!(method.status == 405 && method.is_problem("method-not-allowed"), "{method:?}");
    assert_eq!(method.header("allow"), Some("get,head,put,delete"));
}

#[tokio::test]
async fn a_panic_is_one_500_and_the_next_request_is_served() {
    let served = serve().await;
    for (method, outcome) in [("GET", "not_applied"), ("POST", "unknown")] {
        let answer = served.send(method, "/panic", &[], "").await;
        assert!(answer.status == 500 && answer.is_problem("internal"), "{answer:?}");
        assert_eq!(answer.json()["outcome"], outcome);
        assert!(!answer.body.contains("canary"));
    }
    assert_eq!(served.send("GET", "/", &[], "").await.status, 200);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_503_that_promises_nothing() {
    let served = serve_briefly().await;
    for (method, outcome) in [("GET", "not_applied"), ("POST", "unknown")] {
        let answer = served.send(method, "/gate", &[], "").await;
        assert!(answer.status == 503 && answer.is_problem("timeout"), "{answer:?}");
        assert_eq!(answer.json()["outcome"], outcome);
    }
}

#[tokio::test]
async fn a_request_keeps_its_sane_id_and_gets_one_otherwise() {
    let served = serve().await;
    let kept = served.send("GET", "/client", &["X-Request-Id: till-1.order_7"], "").await;
    assert_eq!(
        (kept.header("x-request-id"), &kept.json()["request"]),
        (Some("till-1.order_7"), &json!("till-1.order_7"))
    );
    let mut made = Vec::new();
    let long = format!("X-Request-Id: {}", "x".repeat(65));
    for line in ["X-Request-Id: ", "X-Request-Id: a b", "X-Request-Id: a\"b", "X-Request-Id: é", &long] {
        let answer = served.send("GET", "/nowhere", &[line], "").await;
        made.push(answer.header("x-request-id").unwrap().to_owned());
    }
    assert!(made.iter().all(|id| id.len() < 65 && id.contains('-')), "{made:?}");
    made.dedup();
    assert_eq!(made.len(), 5);
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let answer = serve().await.send("HEAD", "/", &[], "").await;
    assert_eq!((answer.status, answer.header("content-length"), answer.body.as_str()), (200, Some("8"), ""));
}

#[tokio::test]
async fn ranges_and_positions_are_read_strictly() {
    let served = serve().await;
    for (query, status) in [
        ("start=2026-01-01&end=2026-01-01", 200),
        ("start=2026-01-01&end=2026-01-02&store_id=1&x=%ff", 200),
        ("start=2016-01-01&end=2026-01-07", 200),
        ("start=2016-01-01&end=2026-01-08", 422),
        ("start=2026-01-02&end=2026-01-01", 422),
        ("start=2026-02-30&end=2026-03-01", 422),
        ("start=2026-1-1&end=2026-01-02", 422),
        ("start=0000-01-01&end=0000-01-01", 422),
        ("start=9999-12-31&end=9999-12-31", 200),
        ("start=20260101&end=2026-01-02", 422),
        ("end=2026-01-02", 422),
        ("", 422),
        ("start=2026-01-01&end=2026-01-01&after=5f3a90c1-3-1042,5f3a90c1-4-7", 200),
        ("start=2026-01-01&end=2026-01-01&after=", 200),
        ("start=2026-01-01&end=2026-01-01&after=5f3a90c1-3", 422),
        ("start=2026-01-01&end=2026-01-01&after=1042", 422),
    ] {
        let answer = served.send_signed("GET", &format!("/days?{query}"), "").await;
        assert_eq!(answer.status, status, "{query}: {}", answer.body);
        assert!(status == 200 || (answer.is_problem("invalid-field") && answer.json()["field"].is_string()));
    }
}

#[tokio::test]
async fn more_positions_than_a_client_can_have_are_refused() {
    let served = serve().await;
    let list = vec!["5f3a90c1-3-1042"; 65].join(",");
    let answer = served.send_signed("GET", &format!("/days?start=2026-01-01&end=2026-01-01&after={list}"), "").await;
    assert_eq!((answer.status, &answer.json()["limit"]), (422, &json!("after_positions")));
}

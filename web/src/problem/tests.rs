//! Problems as their readers get them: status, type, members, and no secret.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use super::*;

fn body(problem: &Problem) -> Value {
    serde_json::from_slice(&problem.to_bytes()).unwrap()
}

#[test]
fn every_kind_has_a_slug_of_its_own_and_a_sentence_in_korean() {
    let slugs: HashSet<_> = ProblemType::ALL.iter().map(|kind| kind.slug()).collect();
    assert_eq!(slugs.len(), ProblemType::ALL.len());
    for kind in ProblemType::ALL {
        assert!(kind.message().chars().any(|letter| ('가'..='힣').contains(&letter)), "{kind:?}");
        assert!(kind.slug().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{kind:?}");
        assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{kind:?}");
    }
}

#[test]
fn every_5xx_says_whether_it_was_applied_and_nothing_else_does() {
    for kind in ProblemType::ALL {
        let outcome = &body(&Problem::new(*kind))["outcome"];
        assert_eq!(outcome.is_string(), kind.status().is_server_error(), "{kind:?}");
    }
    assert_eq!(body(&Problem::unavailable(Outcome::Unknown))["outcome"], "unknown");
    assert_eq!(body(&Problem::busy())["outcome"], "not_applied");
}

#[test]
fn a_problem_says_what_it_was_told_and_no_more() {
    let limit = Limit::new("quantity", 1..=1_000_000);
    let problem = Problem::invalid_field("carts[0].quantity", "must be at least 1").limit(&limit).with("item_id", 2);
    assert_eq!(
        body(&problem),
        serde_json::json!({
            "type": "https://salesync.site/problems/invalid-field", "title": "A field is not valid", "status": 422,
            "detail": "must be at least 1", "field": "carts[0].quantity",
            "limit": "quantity", "minimum": 1, "maximum": 1_000_000, "item_id": 2,
            "result": "failed", "message": "입력값을 확인해 주세요."
        })
    );
    assert_eq!(problem.to_string(), "A field is not valid: must be at least 1");
}

#[test]
fn a_body_always_fits_what_can_be_recorded() {
    let long = Problem::new(ProblemType::NameInUse).detail("가".repeat(RECORDED_BYTES)).field("name");
    assert!(long.to_bytes().len() <= RECORDED_BYTES);
    assert_eq!(body(&long), body(&Problem::new(ProblemType::NameInUse)));
}

#[test]
fn a_wait_is_told_in_whole_seconds_rounded_up() {
    let response = Problem::busy().retry_after(Duration::from_millis(1500)).into_response();
    assert_eq!(response.headers()[RETRY_AFTER], "2");
    assert!(!Problem::not_found().into_response().headers().contains_key(RETRY_AFTER));
}

//! Hostile JSON, field by field: what is taken and what is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;
use crate::problem::ProblemType;

const NAME: Limit = Limit::new("name_characters", 1..=5);
const LINES: Limit = Limit::new("lines", 0..=3);
const QUANTITY: Limit = Limit::new("quantity", 1..=1_000_000);

fn fields(body: &str) -> Fields<'_> {
    Fields::parse(body.as_bytes()).unwrap()
}

/// The field that was refused.
fn refused<T>(read: Result<T, Problem>) -> String {
    let problem = read.err().unwrap();
    assert_eq!(problem.kind(), ProblemType::InvalidField);
    let body: serde_json::Value = serde_json::from_slice(&problem.to_bytes()).unwrap();
    body["field"].as_str().unwrap().to_owned()
}

#[test]
fn a_text_is_trimmed_then_counted_in_characters() {
    assert_eq!(fields(r#"{"name":"  아메리카노 "}"#).text("name", &NAME).unwrap(), "아메리카노");
    assert_eq!(fields(r#"{"name":"\ub77c\ub5bc"}"#).text("name", &NAME).unwrap(), "라떼");
    for body in [
        r#"{"name":"카페아메리카노"}"#,
        r#"{"name":""}"#,
        r#"{"name":"   "}"#,
        r#"{"name":"a\u0000b"}"#,
        r#"{"name":"a\nb"}"#,
        r#"{"name":"\ud800"}"#,
        r#"{"name":7}"#,
        r#"{"name":["a"]}"#,
        r#"{"name":null}"#,
        "{}",
    ] {
        assert_eq!(refused(fields(body).text("name", &NAME)), "name", "{body}");
    }
}

#[test]
fn an_optional_field_may_be_absent_or_null_but_not_wrong() {
    for body in ["{}", r#"{"name":null}"#] {
        assert_eq!(fields(body).optional_text("name", &NAME).unwrap(), None);
        assert_eq!(fields(body).optional_integer("name", &QUANTITY).unwrap(), None);
        assert!(!fields(body).has("name"));
    }
    assert_eq!(refused(fields(r#"{"name":true}"#).optional_text("name", &NAME)), "name");
    assert_eq!(refused(fields(r#"{"name":0}"#).optional_integer("name", &QUANTITY)), "name");
}

#[test]
fn a_password_is_kept_to_the_last_blank_and_shown_nowhere() {
    let body = r#"{"password":" canary "}"#;
    let secret = fields(body).secret("password", &Limit::new("password_characters", 8..=8)).unwrap();
    assert_eq!(secret.expose(), " canary ");
    assert!(!format!("{secret:?} {:?}", fields(body)).contains("canary"));
}

#[test]
fn of_a_name_that_comes_twice_the_last_counts() {
    assert_eq!(fields(r#"{"n":1,"\u006e":2}"#).integer("n", &QUANTITY).unwrap(), 2);
    assert_eq!(refused(fields(r#"{"n":1,"n":null}"#).integer("n", &QUANTITY)), "n");
}

#[test]
fn a_refusal_inside_of_a_list_says_where() {
    let body = r#"{"carts":[{"item_id":1,"quantity":2},{"item_id":"x","items":[{"cost":-1}]}]}"#;
    let carts = fields(body).objects("carts", &LINES).unwrap();
    assert_eq!(carts[0].integer("quantity", &QUANTITY).unwrap(), 2);
    assert_eq!(refused(carts[1].integer("item_id", &QUANTITY)), "carts[1].item_id");
    let inner = carts[1].objects("items", &LINES).unwrap();
    assert_eq!(refused(inner[0].integer("cost", &QUANTITY)), "carts[1].items[0].cost");
}

#[test]
fn a_list_holds_objects_and_no_more_than_its_limit() {
    assert!(fields(r#"{"carts":[]}"#).objects("carts", &LINES).unwrap().is_empty());
    for (body, field) in [
        (r#"{"carts":{}}"#, "carts"),
        (r#"{"carts":null}"#, "carts"),
        (r#"{"carts":"[]"}"#, "carts"),
        (r#"{"carts":[{},{},{},{}]}"#, "carts"),
        (r#"{"carts":[{},[]]}"#, "carts[1]"),
        (r#"{"carts":[null]}"#, "carts[0]"),
    ] {
        assert_eq!(refused(fields(body).objects("carts", &LINES)), field, "{body}");
    }
}

#[test]
fn brackets_in_a_text_are_no_depth() {
    let text = "[{".repeat(100);
    assert!(Fields::parse(format!(r#"{{"name":"{text}\"{text}"}}"#).as_bytes()).is_ok());
    let deepest = format!(r#"{{"a":{}{}}}"#, "[".repeat(DEPTH - 1), "]".repeat(DEPTH - 1));
    assert!(Fields::parse(deepest.as_bytes()).is_ok());
    let deeper = format!(r#"{{"a":{}{}}}"#, "[".repeat(DEPTH), "]".repeat(DEPTH));
    assert_eq!(Fields::parse(deeper.as_bytes()).err().unwrap().kind(), ProblemType::MalformedJson);
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(fields) = Fields::parse(&body) {
            let _ = (fields.text("a", &NAME), fields.integer("a", &QUANTITY), fields.objects("a", &LINES));
        }
    }

    #[test]
    fn whatever_looks_like_json_is_read_or_refused(body in r#"\{"a":[\[\]{}",:0-9eE.+\-nul\\ ]{0,40}\}"#) {
        if let Ok(fields) = Fields::parse(body.as_bytes()) {
            let _ = (fields.text("a", &NAME), fields.integer("a", &QUANTITY), fields.objects("a", &LINES));
        }
    }

    #[test]
    fn a_whole_number_is_read_exactly_in_every_way_of_writing_it(number in any::<i64>(), zeros in 0_usize..4) {
        let any = Limit::new("any", i64::MIN..=i64::MAX);
        let fraction = format!("{number}.{}", "0".repeat(zeros + 1));
        let power = format!("{number}{}e-{zeros}", "0".repeat(zeros));
        for text in [number.to_string(), fraction, power] {
            let body = format!(r#"{{"n":{text}}}"#);
            prop_assert_eq!(fields(&body).integer("n", &any).unwrap(), number);
        }
    }
}

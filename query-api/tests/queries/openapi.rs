//! The document of the read side: every endpoint, every reference resolved, every refusal a problem.

use serde_json::Value;

fn document() -> Value {
    let (_, document) = query_api::routes().split_for_parts();
    serde_json::to_value(document).unwrap()
}

#[test]
fn every_endpoint_stands_in_the_document() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let mut found: Vec<_> = paths
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
        .collect();
    found.sort();
    let mut expected: Vec<_> = [
        "get /bff/costs",
        "get /bff/sales",
        "get /bff/volumes",
        "get /categories",
        "get /categories/items",
        "get /categories/items/costs",
        "get /categories/items/{item_id}",
        "get /consulting/test/{req_id}",
        "get /consulting/{req_id}",
        "get /dashboard/consulting/test/{req_id}",
        "get /dashboard/consulting/{req_id}",
        "get /dashboard/costs",
        "get /dashboard/sales",
        "get /dashboard/volumes",
        "get /events/live",
        "get /messages",
        "get /settlements",
        "get /settlements/{date}",
        "get /orders/daily",
        "get /orders/period",
        "get /orders/unpaids",
        "get /orders/unpaids/{table_no}",
        "get /sales",
        "get /sales/daily",
        "get /sales/period",
        "get /stores",
        "get /stores/check",
        "post /stores/login",
        "post /stores/pwcheck",
    ]
    .map(str::to_owned)
    .to_vec();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    let references: Vec<_> =
        text.match_indices("\"$ref\":\"#").map(|(at, _)| text[at + 9..].split('"').next().unwrap()).collect();
    assert!(references.len() > 30);
    for reference in references {
        assert!(document.pointer(&reference[0..]).is_some(), "{reference}");
    }
}

#[test]
fn every_refusal_is_a_problem_and_every_guarded_question_names_its_token() {
    let document = document();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let responses = operation["responses"].as_object().unwrap();
            let open = ["/stores/check", "/stores/login"].contains(&path.as_str());
            assert_eq!(responses.contains_key("401"), !open, "{path}");
            // `[{}]` says that nothing is needed; a name in it says what is.
            let needs = |one: &serde_json::Value| one.as_object().is_some_and(|one| !one.is_empty());
            let guarded = operation["security"].as_array().is_some_and(|all| all.iter().any(needs));
            assert_eq!(guarded, !open, "{path}");
            for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
                assert!(response["content"]["application/problem+json"].is_object(), "{path} {status}");
            }
        }
    }
}

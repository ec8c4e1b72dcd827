//! What the interface says of itself: the OpenAPI document, the page to try it, and who may come in where.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::harness::Server;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// Whom anybody may ask without a token.
const OPEN: [&str; 6] =
    ["GET /", "GET /health/live", "GET /health/ready", "POST /stores", "GET /stores/check", "POST /stores/login"];

/// Every operation of the contract.
const CONTRACT: [&str; 51] = [
    "GET /",
    "POST /stores",
    "GET /stores/check",
    "POST /stores/login",
    "GET /stores",
    "POST /stores/pwcheck",
    "PUT /stores/{}",
    "DELETE /stores/{}",
    "GET /categories",
    "POST /categories",
    "PUT /categories/{}",
    "DELETE /categories/{}",
    "GET /categories/items",
    "POST /categories/{}/items",
    "GET /categories/items/{}",
    "PUT /categories/items/{}",
    "DELETE /categories/items/{}",
    "GET /categories/items/costs",
    "POST /categories/items/costs",
    "PUT /categories/items/costs/{}",
    "POST /orders",
    "PUT /orders",
    "GET /orders/unpaids",
    "GET /orders/unpaids/{}",
    "DELETE /orders/{}",
    "GET /orders/daily",
    "GET /orders/period",
    "POST /sales",
    "GET /sales",
    "DELETE /sales/{}",
    "GET /sales/daily",
    "GET /sales/period",
    "GET /bff/sales",
    "GET /bff/costs",
    "POST /bff/costs",
    "GET /bff/volumes",
    "GET /dashboard/sales",
    "GET /dashboard/volumes",
    "GET /dashboard/costs",
    "POST /dashboard/costs",
    "PUT /dashboard/costs/{}",
    "GET /dashboard/calculate",
    "GET /consulting",
    "GET /consulting/{}",
    "GET /dashboard/consulting/{}",
    "GET /dashboard/consulting/test/{}",
    "POST /settlements",
    "GET /settlements",
    "GET /settlements/{}",
    "POST /settlements/{}/message",
    "GET /events/live",
];

/// Commands that the existing clients ask for by GET.
const ASKED_BY_GET: [&str; 3] = ["GET /consulting", "GET /consulting/test", "GET /dashboard/calculate"];

/// Every operation of the document, as `GET /sales/daily`.
fn operations() -> Vec<(String, String, Value)> {
    let document = SERVER.guest().get("/openapi.json").is(200);
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    operations
}

/// The path with something in the place of each parameter.
fn filled(path: &str, with: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { with } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_but_the_named_ones_asks_for_a_token() {
    let mut asked = 0;
    for (method, path, operation) in operations() {
        let name = format!("{method} {path}");
        let path = filled(&path, "1");
        let statuses: Vec<u16> = ["", "Bearer null", "Bearer a.b.c"]
            .iter()
            .map(|sent| SERVER.guest().with("Authorization", sent).send(&method, &path, Some(b"{}")).status)
            .chain([SERVER.guest().send(&method, &path, None).status])
            .collect();
        if OPEN.contains(&name.as_str()) {
            assert!(!statuses.contains(&401), "{name} {statuses:?}");
        } else {
            assert_eq!(statuses, [401; 4], "{name}");
            asked += 1;
        }
        let open = operation["security"] == json!([{}]);
        assert_eq!(open, OPEN.contains(&name.as_str()), "{name}: the document says otherwise");
    }
    assert!(asked > 40, "{asked}");
}

#[test]
fn the_document_has_every_operation_of_the_contract_and_each_is_served() {
    let document = SERVER.guest().get("/openapi.json").is(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let operations = operations();
    let names: Vec<String> =
        operations.iter().map(|(method, path, _)| format!("{method} {}", filled(path, "{}"))).collect();
    let missing: Vec<_> = CONTRACT.iter().filter(|name| !names.iter().any(|known| known == *name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(names.iter().all(|name| !name.contains("/stores/all") && !name.contains("/orders/paid")));
    let till = SERVER.sign_up();
    for (method, path, operation) in operations {
        if path == "/events/live" {
            // Its answer has no end; it is listened to elsewhere.
            continue;
        }
        assert!(operation["summary"].is_string() && operation["responses"].is_object(), "{method} {path}");
        // Not followed to the letter, but none of them is unknown to the router.
        let answer = till.send(&method, &filled(&path, "nobody"), Some(b"{}"));
        assert_ne!(answer.status, 405, "{method} {path}");
    }
}

#[test]
fn whoever_tries_an_operation_finds_its_parameters_and_refusals_in_the_document() {
    let mut ids = Vec::new();
    for (method, path, operation) in operations() {
        let name = format!("{method} {path}");
        let parameters: Vec<&str> = operation["parameters"]
            .as_array()
            .map(|all| all.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect())
            .unwrap_or_default();
        let placed = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        assert!(placed.clone().all(|part| parameters.contains(&part)), "{name}: {parameters:?}");
        let refusals = |status: &str| operation["responses"][status].is_object();
        assert!(OPEN.contains(&name.as_str()) || refusals("401"), "{name}");
        if operation["requestBody"].is_object() {
            assert!(["400", "413", "422"].iter().all(|status| refusals(status)), "{name}");
        }
        let asks = ASKED_BY_GET.contains(&name.as_str());
        let writes = asks || (method != "GET" && !path.ends_with("/login") && !path.ends_with("/pwcheck"));
        assert_eq!(parameters.contains(&"Idempotency-Key"), writes, "{name}");
        ids.push(operation["operationId"].as_str().unwrap().to_owned());
    }
    let operations = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), operations, "an operation's id is its own");
}

#[test]
fn the_page_to_try_it_comes_whole_from_here() {
    let guest = SERVER.guest();
    let mut path = "/docs".to_owned();
    let mut page = guest.get(&path);
    for _ in 0..3 {
        let Some(location) = page.header("location").map(ToOwned::to_owned) else { break };
        page = guest.get(&location);
        path = location;
    }
    assert_eq!(page.status, 200, "{path}");
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let html = page.text();
    let assets: Vec<&str> = html
        .split(['"', '\''])
        .filter(|part| [".js", ".css", ".png"].iter().any(|ending| part.ends_with(ending)))
        .collect();
    assert!(assets.len() >= 4, "{html}");
    let folder = path.rsplit_once('/').unwrap().0;
    for asset in assets {
        assert!(!asset.contains("//"), "{asset} comes from elsewhere");
        let asset = asset.trim_start_matches("./");
        let served = guest.get(&if asset.starts_with('/') { asset.to_owned() } else { format!("{folder}/{asset}") });
        assert_eq!(served.status, 200, "{folder}/{asset}");
        assert!(!served.body.is_empty());
        if asset.ends_with("initializer.js") {
            assert!(served.text().contains("/openapi.json"), "{}", served.text());
        }
    }
}

#[test]
fn health_is_open_and_names_nobody() {
    let till = SERVER.sign_up();
    assert_eq!(SERVER.guest().get("/").status, 200);
    assert_eq!(SERVER.guest().get("/health/live").is(200)["status"], "live");
    let ready = SERVER.guest().get("/health/ready").is(200);
    assert_eq!((&ready["status"], &ready["log"]), (&json!("ready"), &json!("up")));
    assert!(SERVER.writers(&ready).iter().all(|writer| writer == "serving"), "{ready}");
    assert!(!ready.to_string().contains(&till.username));
}

#[test]
fn figures_of_the_process_are_for_its_operators_alone() {
    SERVER.guest().get("/metrics").refused(404, "not-found");
    let mut operator = SERVER.guest();
    operator.address = SERVER.admin_address();
    let metrics = operator.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("http_"), "{}", metrics.text());
}

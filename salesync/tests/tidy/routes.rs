//! Every route is in the OpenAPI document, from which the tests of authorisation take the list of what to try.

use std::collections::BTreeMap;

use utoipa::openapi::path::{Operation, PathItem};

use crate::{Source, hold, sources};

/// Ways to add a route that leave no trace in the document.
const BEHIND_THE_DOCUMENT: [&str; 4] = [".route(", ".route_service(", ".nest_service(", ".fallback("];
/// What an earlier backend served and is answered 404: by design not in the document.
const REMOVED: [&str; 2] = ["\"/stores/all\"", "\"/orders/paid\""];

#[test]
fn no_route_is_added_behind_the_documents_back() {
    let ours = |s: &&Source| s.path.starts_with("command-api/src/") || s.path.starts_with("query-api/src/");
    let broken: Vec<_> = sources().iter().filter(ours).flat_map(undocumented).collect();
    hold(
        "A route is added by `.routes(routes!(handler))`, which puts it into the OpenAPI document too; the page, the clients and the test that tries every route without a token all read that.",
        &broken,
    );
}

#[test]
fn every_operation_says_what_it_is_for() {
    let operations = operations();
    assert!(operations.len() > 40, "only {} operations: is the list complete?", operations.len());
    let silent = |operation: &Operation| operation.summary.as_deref().unwrap_or_default().is_empty();
    let broken: Vec<_> =
        operations.iter().filter(|(_, operation)| silent(operation)).map(|(name, _)| name.clone()).collect();
    hold("The first sentence of a handler's doc comment is its summary in the OpenAPI document: write it.", &broken);
}

#[test]
fn a_path_is_written_without_its_last_slash() {
    let broken: Vec<_> = operations().into_keys().filter(|name| name.ends_with('/') && !name.ends_with(" /")).collect();
    hold("Both forms of every path are served; the document and the routes name the one without the slash.", &broken);
}

/// Every operation of both sides, as `GET /sales/daily`.
fn operations() -> BTreeMap<String, Operation> {
    let documents = [command_api::routes().to_openapi(), query_api::routes().to_openapi()];
    let paths = documents.into_iter().flat_map(|document| document.paths.paths);
    paths.flat_map(|(path, item)| named(&path, item)).collect()
}

fn named(path: &str, item: PathItem) -> Vec<(String, Operation)> {
    let each = [("GET", item.get), ("POST", item.post), ("PUT", item.put), ("DELETE", item.delete)];
    each.into_iter().filter_map(|(method, operation)| Some((format!("{method} {path}"), operation?))).collect()
}

fn undocumented(source: &Source) -> Vec<String> {
    let hidden = |line: &str| {
        let routes = BEHIND_THE_DOCUMENT.iter().map(|mark| line.matches(mark).count()).sum::<usize>();
        routes > REMOVED.iter().filter(|path| line.contains(*path)).count()
    };
    source
        .code()
        .filter(|(_, line)| hidden(line))
        .map(|(at, line)| format!("{}:{at} {}", source.path, line.trim()))
        .collect()
}

#[test]
fn the_search_for_hidden_routes_knows_the_removed_ones() {
    let source = |text: &str| Source { path: "sample.rs".to_owned(), text: text.to_owned() };
    assert_eq!(undocumented(&source("x.route(\"/stores/all\", g).route(\"/orders/paid\", g)")), Vec::<String>::new());
    assert_eq!(undocumented(&source("x.route(\"/stores/all\", g).route(\"/secret\", g)")).len(), 1);
}

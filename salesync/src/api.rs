//! The whole interface: commands, queries and health under one OpenAPI document, with a page to try it.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use command_api::{CommandState, Relay};
use query_api::QueryState;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::Config;
use web::{Problem, ProblemType};

use crate::health::{self, Watched};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Salesync",
        description = "A point of sale that forgets nothing. Both forms of every path, with and without a slash at \
            the end, are served. Every refusal is a problem (RFC 9457) with a stable `type`."
    ),
    components(schemas(web::ProblemDocument)),
    modifiers(&Token),
    security(("token" = []))
)]
struct Document;

struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// The sides that a process serves; what it does not serve is not there.
pub struct Sides {
    /// Commands, and how those of others' partitions are passed on.
    pub commands: Option<(CommandState, Option<Arc<Relay>>)>,
    /// Queries.
    pub queries: Option<QueryState>,
}

/// All routes, and the document of them.
pub fn router(sides: Sides, watched: Watched) -> (Router, utoipa::openapi::OpenApi) {
    let mut described = OpenApiRouter::with_openapi(Document::openapi());
    if let Some((commands, relay)) = sides.commands {
        let routes = command_api::routes().with_state(commands);
        described = described.merge(match relay {
            Some(relay) => routes.layer(middleware::from_fn_with_state(relay, command_api::relay::pass_on)),
            None => routes,
        });
    }
    if let Some(queries) = sides.queries {
        described = described.merge(query_api::routes().with_state(queries));
    }
    let described = described.merge(health::routes().with_state(watched));
    let (router, document) = described.split_for_parts();
    let served = document.clone();
    let router = router.route("/openapi.json", get(move || std::future::ready(axum::Json(served.clone()))));
    (page(router), document)
}

/// Adds the page to try it, whose files are part of this program. Its links are relative, and the slash at the end of
/// `/docs/` is taken off before it comes to a route; so the page is a file in that folder.
fn page(router: Router) -> Router {
    let config = Arc::new(Config::from("/openapi.json"));
    let file = move |Path(file): Path<String>| std::future::ready(page_file(&file, Arc::clone(&config)));
    let page = get(|| async { Redirect::to("/docs/index.html") });
    router.route("/docs", page).route("/docs/{file}", get(file))
}

fn page_file(file: &str, config: Arc<Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(file, config) {
        Ok(Some(file)) => ([(CONTENT_TYPE, file.content_type)], file.bytes).into_response(),
        Ok(None) => Problem::not_found().into_response(),
        Err(_) => Problem::new(ProblemType::Internal).into_response(),
    }
}

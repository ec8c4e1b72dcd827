//! Whether the process lives, and whether it is ready: for whoever starts, balances and watches it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use command_api::{WriterStatus, Writers};
use events::Position;
use log::Health;
use projectors::Progress;
use projectors::reactor::ReactorStatus;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::shop::Shop;

/// Something whose health can be asked for.
pub trait Condition: Send + Sync + 'static {
    /// Whether it is ready, and which part is not.
    fn report(&self) -> (bool, Value);
}

/// What health is read from.
#[derive(Clone)]
pub struct Watched(Arc<dyn Condition>);

impl Watched {
    /// The health of this.
    pub fn of(condition: Arc<dyn Condition>) -> Self {
        Self(condition)
    }
}

/// The health of a data folder at work.
pub struct ShopCondition {
    log: Arc<log::SqliteLog>,
    writers: Writers,
    progress: watch::Receiver<Progress>,
    end_at_start: Position,
    reactors: Vec<watch::Receiver<ReactorStatus>>,
}

impl ShopCondition {
    /// The parts of this shop.
    pub fn of(shop: &Shop) -> Self {
        Self {
            log: Arc::clone(&shop.log),
            writers: shop.writers.clone(),
            progress: shop.projector.progress(),
            end_at_start: shop.end_at_start,
            reactors: Vec::new(),
        }
    }

    /// These reactors beside them. Nothing waits for one, so none keeps the process from being ready.
    #[must_use]
    pub fn with_reactors(self, reactors: Vec<watch::Receiver<ReactorStatus>>) -> Self {
        Self { reactors, ..self }
    }
}

impl Condition for ShopCondition {
    /// Whether commands are taken, whether queries are answered from views that are far enough, and the rest.
    fn report(&self) -> (bool, Value) {
        let writers = self.writers.conditions();
        let idle = writers.iter().find(|status| !matches!(status, WriterStatus::Serving(_)));
        let (writes, writing) = (idle.is_none(), idle.map_or_else(|| "serving".to_owned(), said));
        let up = matches!(self.log.health(), Health::Up);
        let progress = self.progress.borrow();
        let reads = progress.next >= self.end_at_start && self.progress.has_changed().is_ok();
        let stopped: Vec<Value> = progress
            .stopped
            .iter()
            .map(|s| json!({"projection": s.projection, "position": s.position, "reason": s.reason}))
            .collect();
        // A view that has stopped is shown, and keeps nobody from the others.
        let ready = writes && up && reads;
        let body = json!({
            "status": if ready { "ready" } else { "not ready" },
            "log": if up { "up" } else { "down" },
            "writer": writing,
            "views": {"next": progress.next, "caught_up": reads, "stopped": stopped},
            "reactors": self.reactors.iter().map(|status| reactor(&status.borrow())).collect::<Vec<_>>(),
        });
        (ready, body)
    }
}

/// A writer's status in a word or two.
pub(crate) fn said(status: &WriterStatus) -> String {
    match status {
        WriterStatus::Serving(_) => "serving".to_owned(),
        WriterStatus::Elsewhere => "elsewhere".to_owned(),
        WriterStatus::Starting => "starting".to_owned(),
        WriterStatus::Stopped => "stopped".to_owned(),
        WriterStatus::Halted(why) => format!("halted: {why}"),
    }
}

/// What a reactor is doing, as health shows it.
pub(crate) fn reactor(status: &ReactorStatus) -> Value {
    json!({
        "partition": status.partition, "next": status.next, "acts": status.acts, "pending": status.pending,
        "under_way": status.under_way, "stopped": status.stopped,
        "circuits_open": {"advice": status.advice_circuit_open, "message": status.message_circuit_open},
    })
}

/// The routes; open to all, and they name nobody.
pub fn routes() -> OpenApiRouter<Watched> {
    OpenApiRouter::new().routes(routes!(root)).routes(routes!(live)).routes(routes!(ready))
}

/// A word for whoever calls by hand.
#[utoipa::path(get, path = "/", tag = "health", responses((status = 200, description = "A greeting")), security(()))]
async fn root() -> &'static str {
    "Salesync is here. The interface is described at /docs.\n"
}

/// The process runs.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, description = "Alive")),
    security(()))]
async fn live() -> Json<Value> {
    Json(json!({"status": "live"}))
}

/// Commands are taken and queries are answered from views that have caught up; else it says which part is not ready.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, description = "Ready"),
    (status = 503, description = "Not ready; which part is not"),
), security(()))]
async fn ready(State(watched): State<Watched>) -> Response {
    let (ready, body) = watched.0.report();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}

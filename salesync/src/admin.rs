//! The operators' listener: metrics, health, a rebuild of the read models, an event left out of one. Never to be reachable
//! from outside.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use events::{Digest, Position};
use futures::StreamExt as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use projectors::{Handle, RebuildProgress};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use web::{Ids as _, Problem, ServerLimits, TrustedProxies};

use crate::ambient::SystemIds;
use crate::cli::Skip;
use crate::door::{Door, Line};
use crate::folder::Folder;
use crate::health::{self, Watched};

/// Connections of operators at once.
const CONNECTIONS: u32 = 64;
/// How often distributions are summed up, so that they do not grow between two scrapes.
const UPKEEP: Duration = Duration::from_secs(5);
/// Lines of progress that wait for a reader.
const LINES: usize = 16;

/// The listener at work.
pub struct Admin {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Operators {
    meters: PrometheusHandle,
    projector: Option<Handle>,
    token: Arc<str>,
}

/// What operators ask about.
pub struct Behind {
    /// What a rebuild and a skip are asked of; of a chain they need no server.
    pub projector: Option<Handle>,
    /// The health.
    pub watched: Watched,
}

/// Collects the metrics of the process from here on.
pub fn install_metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new().install_recorder().context("metrics cannot be collected")?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// Listens, and writes down where, if there is a folder to do so.
pub async fn start(
    folder: Option<&Folder>,
    listen: SocketAddr,
    behind: &Behind,
    meters: PrometheusHandle,
) -> anyhow::Result<Admin> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("{listen} is not free: stop what listens there, or choose another --admin-listen"))?;
    let address = listener.local_addr().context("the address that operators are served at")?;
    let token = format!("{}{}", SystemIds.uuid().simple(), SystemIds.uuid().simple());
    if let Some(folder) = folder {
        Door { address, token: token.clone() }.write(&folder.admin()).context("DATA/admin cannot be written")?;
    }
    let operators = Operators { meters, projector: behind.projector.clone(), token: token.into() };
    let (health, _) = health::routes().with_state(behind.watched.clone()).split_for_parts();
    let router = Router::new()
        .route("/metrics", get(scrape))
        .route("/rebuild", post(rebuild))
        .route("/skip", post(skip))
        .with_state(operators)
        .merge(health)
        .fallback(|| async { Problem::not_found() });
    let (stop, mut stopping) = watch::channel(false);
    let limits = ServerLimits { connections: CONNECTIONS, drain: Duration::from_secs(1), ..ServerLimits::default() };
    let serving = tokio::spawn(web::serve(listener, router, limits, TrustedProxies::default(), async move {
        // Whoever let go of the sender wants this to end too.
        let _ = stopping.wait_for(|stop| *stop).await;
    }));
    Ok(Admin { address, stop, serving })
}

impl Admin {
    /// Stops listening.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.serving.await.is_err() {
            tracing::warn!("the operators' listener ended badly");
        }
    }
}

async fn scrape(State(operators): State<Operators>) -> String {
    operators.meters.render()
}

impl Operators {
    /// The projector, for whoever has the token.
    fn projector(self, headers: &HeaderMap) -> Result<Handle, Problem> {
        let sent = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        // Compared by digest, so that the time it takes says nothing of the token.
        if sent.map(|sent| Digest::of(&[sent])) != Some(Digest::of(&[self.token.as_bytes()])) {
            return Err(Problem::unauthorized());
        }
        self.projector.ok_or_else(Problem::not_found)
    }
}

async fn skip(
    State(operators): State<Operators>,
    headers: HeaderMap,
    Json(skip): Json<Skip>,
) -> Result<Response, Problem> {
    let projector = operators.projector(&headers)?;
    let (runtime, asked) = (tokio::runtime::Handle::current(), skip.clone());
    // Writing SQLite blocks.
    let work = move || runtime.block_on(projector.skip(asked.place(), Position(asked.position)));
    let line = match tokio::task::spawn_blocking(work).await {
        Ok(Ok(())) => Line::Done(crate::skipping::told(&skip)),
        Ok(Err(error)) => Line::Failed(error.to_string()),
        Err(died) => Line::Failed(died.to_string()),
    };
    Ok(encode(&line).into_response())
}

async fn rebuild(State(operators): State<Operators>, headers: HeaderMap) -> Result<Response, Problem> {
    let projector = operators.projector(&headers)?;
    let (lines, body) = mpsc::channel(LINES);
    tokio::spawn(run(projector, lines));
    let body = futures::stream::unfold(body, |mut body| async { body.recv().await.map(|line| (line, body)) });
    Ok(Body::from_stream(body.map(Ok::<Bytes, Infallible>)).into_response())
}

/// Rebuilds to the end even if nobody listens any more.
async fn run(projector: Handle, lines: mpsc::Sender<Bytes>) {
    let progress = lines.clone();
    let told = move |at: RebuildProgress| {
        let line = Line::Progress { records: at.records, records_total: at.records_total };
        // Progress that nobody takes in time is left out; the next line says more.
        let _ = progress.try_send(encode(&line));
    };
    let last = match projector.rebuild(SystemIds.uuid(), told).await {
        Ok(report) => Line::Done(crate::rebuild::told(&report)),
        Err(error) => Line::Failed(error.to_string()),
    };
    let _ = lines.send(encode(&last)).await;
}

fn encode(line: &Line) -> Bytes {
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}

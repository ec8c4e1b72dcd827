//! The operators' listener: metrics, health, a rebuild of the read models. Never to be reachable from outside.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use events::Digest;
use futures::StreamExt as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use projectors::{Handle, RebuildProgress};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use web::{Ids as _, Problem, ServerLimits, TrustedProxies};

use crate::ambient::SystemIds;
use crate::folder::Folder;
use crate::health::{self, Watched};
use crate::shop::Shop;

/// Connections of operators at once.
const CONNECTIONS: u32 = 64;
/// How often distributions are summed up, so that they do not grow between two scrapes.
const UPKEEP: Duration = Duration::from_secs(5);
/// Lines of progress that wait for a reader.
const LINES: usize = 16;

/// Where the running server takes operators' requests, and the token they need: `DATA/admin`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Door {
    /// The address.
    pub address: SocketAddr,
    /// The token, anew at each start.
    pub token: String,
}

/// One line of a rebuild's answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebuildLine {
    /// On the way.
    Progress {
        /// Records read so far.
        records: u64,
        /// Records in the log.
        records_total: u64,
    },
    /// Done; in words.
    Done(Vec<String>),
    /// Come to nothing; why.
    Failed(String),
}

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
    projector: Handle,
    token: Arc<str>,
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

/// Listens, and writes down where.
pub async fn start(
    folder: &Folder,
    listen: SocketAddr,
    (shop, watched): (&Shop, Watched),
    meters: PrometheusHandle,
) -> anyhow::Result<Admin> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("{listen} is not free: stop what listens there, or choose another --admin-listen"))?;
    let address = listener.local_addr().context("the address that operators are served at")?;
    let token = format!("{}{}", SystemIds.uuid().simple(), SystemIds.uuid().simple());
    write(&folder.admin(), &Door { address, token: token.clone() }).context("DATA/admin cannot be written")?;
    let operators = Operators { meters, projector: shop.projector.clone(), token: token.into() };
    let (health, _) = health::routes().with_state(watched).split_for_parts();
    let router = Router::new()
        .route("/metrics", get(scrape))
        .route("/rebuild", post(rebuild))
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

fn write(file: &Path, door: &Door) -> std::io::Result<()> {
    let begun = file.with_extension("new");
    let mut new = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&begun)?;
    new.write_all(&serde_json::to_vec(door)?)?;
    new.sync_all()?;
    std::fs::rename(&begun, file)
}

async fn scrape(State(operators): State<Operators>) -> String {
    operators.meters.render()
}

async fn rebuild(State(operators): State<Operators>, headers: HeaderMap) -> Response {
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    // Compared by digest, so that the time it takes says nothing of the token.
    if sent.map(|sent| Digest::of(&[sent])) != Some(Digest::of(&[operators.token.as_bytes()])) {
        return Problem::unauthorized().into_response();
    }
    let (lines, body) = mpsc::channel(LINES);
    tokio::spawn(run(operators.projector, lines));
    let body = futures::stream::unfold(body, |mut body| async { body.recv().await.map(|line| (line, body)) });
    Body::from_stream(body.map(Ok::<Bytes, Infallible>)).into_response()
}

/// Rebuilds to the end even if nobody listens any more.
async fn run(projector: Handle, lines: mpsc::Sender<Bytes>) {
    let progress = lines.clone();
    let told = move |at: RebuildProgress| {
        let line = RebuildLine::Progress { records: at.records, records_total: at.records_total };
        // Progress that nobody takes in time is left out; the next line says more.
        let _ = progress.try_send(encode(&line));
    };
    let last = match projector.rebuild(SystemIds.uuid(), told).await {
        Ok(report) => RebuildLine::Done(crate::rebuild::told(&report)),
        Err(error) => RebuildLine::Failed(error.to_string()),
    };
    let _ = lines.send(encode(&last)).await;
}

fn encode(line: &RebuildLine) -> Bytes {
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}
